import { GetRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import fc from 'fast-check'
import { Deny } from '../../../../functions/domain/credentials/denies.ts'
import { IamRolePolicies, renderDeny } from '../../../../functions/targets/aws/iam/role-policies.ts'
import type { RolePolicies } from '../../../../functions/targets/aws/ports.ts'
import { onBoth } from '../../../adapters/both.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { credentialId, requestId, submittedAt } from '../../../support/ask.ts'
import { MemoryRolePolicies } from '../../../support/credentials/memory-role-policies.ts'
import { anyDeny } from './any-deny.ts'
import { become, makeTargetRole } from './target-role.ts'

type Role = {
  policies: RolePolicies
  role: string
  /** A session with these tags, and whether it still works. */
  session: (tags: { [tag: string]: string }) => Promise<() => Promise<'works' | 'denied'>>
}

async function onIam(): Promise<Role> {
  const role = await makeTargetRole()
  return {
    policies: new IamRolePolicies(),
    role,
    session: async (tags) => {
      const client = new SQSClient({ credentials: await become(role, 'test', { tags }) })
      return () =>
        client.send(new ListQueuesCommand({})).then(
          () => 'works' as const,
          (fault: Error) => {
            if (!/denied|not authorized/i.test(`${fault.name} ${fault.message}`)) throw fault
            return 'denied' as const
          },
        )
    },
  }
}

function inMemory(): Role {
  const policies = new MemoryRolePolicies()
  const role = 'arn:aws:iam::000000000000:role/hotwork/target'
  return {
    policies,
    role,
    session: async (tags) => {
      const at = Math.floor(Date.now() / 1000)
      return async () => (policies.denies(role, tags, at) ? 'denied' : 'works')
    },
  }
}

const until = submittedAt + 900
const ended: Deny = { tag: 'hotwork:request', value: requestId(1), until }
const replaced: Deny = { tag: 'hotwork:credential', value: credentialId(1), until }

onBoth<Role>('the deny on a role', { memory: inMemory, real: onIam }, (make) => {
  test('a deny ends the sessions of its request or its credential, and no others', async () => {
    const { policies, role, session } = await make()
    const byRequest = await session({ 'hotwork:request': requestId(1), 'hotwork:credential': credentialId(2) })
    const byCredential = await session({ 'hotwork:request': requestId(2), 'hotwork:credential': credentialId(1) })
    const other = await session({ 'hotwork:request': requestId(2), 'hotwork:credential': credentialId(3) })
    const all = async () => [await byRequest(), await byCredential(), await other()]
    expect(await all()).toEqual(['works', 'works', 'works'])
    await policies.putDeny(role, [ended, replaced])
    expect(await all()).toEqual(['denied', 'denied', 'works'])
  })

  test('a new deny replaces the one before', async () => {
    const { policies, role, session } = await make()
    const one = await session({ 'hotwork:request': requestId(1) })
    await policies.putDeny(role, [ended])
    await policies.putDeny(role, [replaced])
    expect(await one()).toBe('works')
  })

  test('a deny of a halt ends earlier sessions by agent, by owner or all, and no later ones', async () => {
    const { policies, role, session } = await make()
    const mine = await session({ 'hotwork:agent': 'agent:one', 'hotwork:owner': 'person:one' })
    const another = await session({ 'hotwork:agent': 'agent:two', 'hotwork:owner': 'person:one' })
    const stranger = await session({ 'hotwork:agent': 'agent:three', 'hotwork:owner': 'person:two' })
    const all = async () => [await mine(), await another(), await stranger()]
    const now = Math.floor(Date.now() / 1000)
    const halt = (at: number) => ({ until: now + 3600, issuedBefore: at })
    const ofAgent: Deny = { tag: 'hotwork:agent', value: 'agent:one', ...halt(now + 5) }
    await policies.putDeny(role, [ofAgent])
    expect(await all()).toEqual(['denied', 'works', 'works'])
    await policies.putDeny(role, [{ tag: 'hotwork:owner', value: 'person:one', ...halt(now + 5) }])
    expect(await all()).toEqual(['denied', 'denied', 'works'])
    await policies.putDeny(role, [{ tag: '*', value: '*', ...halt(now + 5) }])
    expect(await all()).toEqual(['denied', 'denied', 'denied'])
    // As if the halt had been long before these sessions.
    await policies.putDeny(role, [
      { ...ofAgent, ...halt(now - 60) },
      { tag: '*', value: '*', ...halt(now - 60) },
    ])
    expect(await all()).toEqual(['works', 'works', 'works'])
  })

  test('an empty deny removes the policy, even if there is none', async () => {
    const { policies, role, session } = await make()
    const one = await session({ 'hotwork:request': requestId(1) })
    await policies.putDeny(role, [])
    await policies.putDeny(role, [ended])
    expect(await one()).toBe('denied')
    await policies.putDeny(role, [])
    expect(await one()).toBe('works')
  })
})

describe('the deny on a role of IAM', () => {
  useAws()

  test('a deny without room is refused whole, and the old one stays', async () => {
    const { policies, role, session } = await onIam()
    const [one, other] = [await session({ 'hotwork:request': requestId(1) }), await session({})]
    expect(await policies.putDeny(role, [ended])).toBe('put')
    const many = Array.from({ length: 400 }, (_, n) => ({ ...ended, value: requestId(n + 2) }))
    expect(await policies.putDeny(role, many)).toBe('full')
    expect([await one(), await other()]).toEqual(['denied', 'works'])
  })

  test("a deny is one inline policy with its own name, beside the role's others", async () => {
    const [role, client] = [await makeTargetRole(), new IAMClient({})]
    await new IamRolePolicies().putDeny(role, [ended])
    const RoleName = role.split('/').at(-1)
    const policy = await client.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'HotworkDeny' }))
    expect(JSON.parse(decodeURIComponent(policy.PolicyDocument as string))).toEqual(JSON.parse(renderDeny([ended])))
    const own = await client.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'target' }))
    expect(own.PolicyDocument).toBeDefined()
  })
})

test('a rendered deny has exact tags, each value once, in any order', () => {
  const second = { ...ended, value: requestId(2) }
  const rendered = renderDeny([second, replaced, ended, ended])
  expect(rendered).toBe(renderDeny([ended, second, replaced]))
  expect(JSON.parse(rendered)).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { StringEquals: { 'aws:PrincipalTag/hotwork:credential': [credentialId(1)] } },
      },
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { StringEquals: { 'aws:PrincipalTag/hotwork:request': [requestId(1), requestId(2)] } },
      },
    ],
  })
})

test('a rendered deny of earlier sessions has one statement for each tag and time', () => {
  const halted: Deny = { tag: 'hotwork:agent', value: 'agent:remediator', issuedBefore: submittedAt, until }
  const everyone: Deny = { tag: '*', value: '*', issuedBefore: submittedAt, until }
  const time = { 'aws:TokenIssueTime': '2027-01-15T08:00:00Z' }
  expect(conditionsOf([halted, everyone, ended, { ...halted, value: 'agent:builder' }])).toEqual([
    { DateLessThan: time },
    { StringEquals: { 'aws:PrincipalTag/hotwork:agent': ['agent:builder', 'agent:remediator'] }, DateLessThan: time },
    { StringEquals: { 'aws:PrincipalTag/hotwork:request': [requestId(1)] } },
  ])
})

test('a rendered deny has a condition in each statement', () => {
  fc.assert(
    fc.property(fc.array(anyDeny), (denies) => {
      for (const condition of conditionsOf(denies.map((deny) => Deny.parse(deny))))
        expect(Object.keys(condition).length).toBeGreaterThan(0)
    }),
  )
})

test('a deny of all sessions without a time is invalid: it could never be lifted', () => {
  expect(Deny.safeParse({ tag: '*', value: '*', until }).success).toBe(false)
})

test('a rendered deny has room for some three hundred sessions', () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => ({ ...ended, value: requestId(n) }))
  expect(renderDeny(many(300)).length).toBeLessThanOrEqual(10_240)
  expect(renderDeny(many(320)).length).toBeGreaterThan(10_240)
})

const conditionsOf = (denies: readonly Deny[]): Record<string, unknown>[] =>
  JSON.parse(renderDeny(denies)).Statement.map(({ Condition }: { Condition: Record<string, unknown> }) => Condition)
