import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import fc from 'fast-check'
import { Deny } from '../../../../functions/domain/credentials/denies.ts'
import type { InForce } from '../../../../functions/targets/aws/findings.ts'
import { IamRolePolicies, renderDeny } from '../../../../functions/targets/aws/iam/role-policies.ts'
import { IamRoleReader, readDeny } from '../../../../functions/targets/aws/iam/role-reader.ts'
import type { RolePolicies, RoleReader } from '../../../../functions/targets/aws/ports.ts'
import { onBoth } from '../../../adapters/both.ts'
import { credentialId, requestId, submittedAt } from '../../../support/ask.ts'
import { MemoryRolePolicies } from '../../../support/credentials/memory-role-policies.ts'
import { anyDeny } from './any-deny.ts'
import { makeTargetRole, policyFor } from './target-role.ts'

type Kept = {
  writer: RolePolicies
  reader: RoleReader
  role: string
  giveOther: (name: string) => Promise<void>
  spoil: () => Promise<void>
  /** The policies of the role from the start. */
  first: readonly string[]
}

function inMemory(): Kept {
  const policies = new MemoryRolePolicies()
  const role = 'arn:aws:iam::000000000000:role/hotwork/target'
  return {
    ...{ writer: policies, reader: policies, role, first: [] },
    giveOther: async (name) => policies.giveOther(role, name),
    spoil: async () => policies.spoil(role),
  }
}

async function onIam(): Promise<Kept> {
  const role = await makeTargetRole()
  const put = async (PolicyName: string, PolicyDocument: string) => {
    const RoleName = role.slice(role.lastIndexOf('/') + 1)
    await new IAMClient({}).send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }))
  }
  return {
    ...{ writer: new IamRolePolicies(), reader: new IamRoleReader(), role, first: ['target'] },
    giveOther: (name) => put(name, policyFor('s3:GetObject')),
    spoil: () => put('HotworkDeny', policyFor('s3:GetObject')),
  }
}

const until = submittedAt + 900
const denies: readonly Deny[] = [
  { tag: 'hotwork:request', value: requestId(1), until },
  { tag: 'hotwork:request', value: requestId(2), until },
  { tag: 'hotwork:credential', value: credentialId(1), until },
  { tag: 'hotwork:owner', value: 'person:gus', until, issuedBefore: submittedAt },
  { tag: '*', value: '*', until, issuedBefore: submittedAt - 60 },
]
const inForce = denies.map(({ until: _, ...deny }) => deny)
/** The denies without their order. */
const setOf = ({ denies: read }: InForce) => new Set<unknown>(read)

onBoth<Kept>('what a role has', { memory: inMemory, real: onIam }, (make) => {
  test('a role has the last put denies without their ends, and none before', async () => {
    const { writer, reader, role, first } = await make()
    expect(await reader.inForce(role)).toEqual({ denies: [], others: first })
    await writer.putDeny(role, denies)
    const read = await reader.inForce(role)
    expect(read.others).toEqual(first)
    expect(setOf(read)).toEqual(new Set(inForce))
    await writer.putDeny(role, denies.slice(0, 1))
    expect((await reader.inForce(role)).denies).toEqual(inForce.slice(0, 1))
    await writer.putDeny(role, [])
    expect((await reader.inForce(role)).denies).toEqual([])
  })

  test("a role's foreign policies are named, and a foreign deny is unreadable", async () => {
    const { writer, reader, role, giveOther, spoil, first } = await make()
    await writer.putDeny(role, denies)
    await giveOther('mine')
    expect((await reader.inForce(role)).others).toEqual(['mine', ...first])
    await spoil()
    expect((await reader.inForce(role)).denies).toBe('unreadable')
    await writer.putDeny(role, denies)
    expect(setOf(await reader.inForce(role))).toEqual(new Set(inForce))
  })
})

const keyOf = ({ tag, value, issuedBefore }: Pick<Deny, 'tag' | 'value' | 'issuedBefore'>) =>
  JSON.stringify([tag, value, issuedBefore ?? null])

test('a rendered deny is read back equal', () => {
  fc.assert(
    fc.property(fc.array(anyDeny, { minLength: 1 }), (all) => {
      const put = all.map((deny) => Deny.parse(deny))
      const read = readDeny(renderDeny(put)) ?? []
      expect(new Set(read.map(keyOf))).toEqual(new Set(put.map(keyOf)))
    }),
  )
})

const [statement] = JSON.parse(renderDeny(denies)).Statement
test.each<[what: string, statement: object]>([
  ['allows', { ...statement, Effect: 'Allow' }],
  ['denies less', { ...statement, Action: 's3:*' }],
  ['denies elsewhere', { ...statement, Resource: 'arn:aws:s3:::x' }],
  ['denies all sessions', { ...statement, Condition: {} }],
  ['asks more before it denies', { ...statement, Condition: { ...statement.Condition, Bool: { 'aws:x': 'true' } } }],
  ['asks by another key', { ...statement, Condition: { StringEquals: { 'aws:PrincipalTag/team': 'x' } } }],
])('a deny with a statement that %s is not read', (_what, spoilt) =>
  expect(readDeny(JSON.stringify({ Version: '2012-10-17', Statement: [spoilt] }))).toBeUndefined(),
)
