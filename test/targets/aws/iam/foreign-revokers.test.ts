import { randomUUID } from 'node:crypto'
import { GetRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { BrokerUnavailable } from '../../../../functions/operations/faults.ts'
import { CloudTrailSessionRecord } from '../../../../functions/targets/aws/cloudtrail/session-record.ts'
import { IamRolePolicies } from '../../../../functions/targets/aws/iam/role-policies.ts'
import { IamRoleReader } from '../../../../functions/targets/aws/iam/role-reader.ts'
import { foreignAuditors, foreignRevokers } from '../../../../functions/targets/aws/sts/foreign-revokers.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { requestId, submittedAt } from '../../../support/ask.ts'
import { externalId, makeRole, policyFor, putPolicy } from './target-role.ts'

/** The emulator's one account, seen from another. */
const accountId = '000000000000'
const accounts = (given: string) => ({
  elsewhere: { partition: 'aws', region: 'us-east-1', accountId, externalId: given } as const,
})
const deny = { tag: 'hotwork:request', value: requestId(), until: submittedAt + 900 } as const

/** A target role, its revoker and its auditor, which trust a caller with their external id. @returns the target's ARN */
async function makeTarget(): Promise<string> {
  const name = `t${randomUUID().slice(0, 8)}`
  const [Principal, Condition] = [{ AWS: '*' }, { StringEquals: { 'sts:ExternalId': externalId } }]
  const rights = {
    revoker: ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'],
    auditor: ['iam:GetRolePolicy', 'iam:ListRolePolicies', 'cloudtrail:LookupEvents'],
  }
  for (const [of, actions] of Object.entries(rights)) {
    await makeRole(`${name}-${of}`, { Principal, Condition }, { Path: '/hotwork/' })
    await putPolicy(`${name}-${of}`, of, policyFor(...actions))
  }
  return makeRole(`${name}-target`, { Principal }, { Path: '/hotwork/' })
}

describe('the revoker of another account', () => {
  useAws()
  const revokers = (given = externalId) => foreignRevokers({ home: '111111111111', accounts: accounts(given) })

  test("a revoker's session is of that account's revoker, with an end, so that it is renewed in time", async () => {
    const target = await makeTarget()
    const session = await revokers()(target)?.()
    expect(session?.expiration?.getTime()).toBeGreaterThan(Date.now())
    const sts = new STSClient({ credentials: session as NonNullable<typeof session> })
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
    expect(Arn).toBe(
      `arn:aws:sts::${accountId}:assumed-role/${target.split('/').at(-1)?.replace('-target', '-revoker')}/hotwork-revoker`,
    )
  })

  test('a revoker writes the deny of the target role in its account', async () => {
    const target = await makeTarget()
    expect(await new IamRolePolicies(revokers()).putDeny(target, [deny])).toBe('put')
    const named = { RoleName: target.split('/').at(-1), PolicyName: 'HotworkDeny' }
    const { PolicyDocument } = await new IAMClient({}).send(new GetRolePolicyCommand(named))
    expect(decodeURIComponent(PolicyDocument as string)).toContain(deny.value)
  })

  test('a revoker that does not trust us is a fault that names it, and nothing is written', async () => {
    const writing = new IamRolePolicies(revokers('a-stranger')).putDeny(await makeTarget(), [deny])
    await expect(writing).rejects.toThrow(BrokerUnavailable)
    await expect(writing).rejects.toThrow(/-revoker/)
  })

  test('a revoker of an account outside the deployment is a fault', async () => {
    const role = 'arn:aws:iam::333333333333:role/hotwork/x-target'
    await expect(revokers()(role)?.()).rejects.toThrow(/is in no account of the deployment/)
  })

  test('the home account needs no revoker', () =>
    expect(
      foreignRevokers({ home: accountId, accounts: accounts(externalId) })(
        'arn:aws:iam::000000000000:role/hotwork/x-target',
      ),
    ).toBeUndefined())
})

describe('the auditor of another account', () => {
  useAws()
  const where = { home: '111111111111', accounts: accounts(externalId) }

  test("an auditor reads the revoker's denies and past sessions, and writes nothing", async () => {
    const target = await makeTarget()
    await new IamRolePolicies(foreignRevokers(where)).putDeny(target, [deny])
    const auditors = foreignAuditors(where)
    const { until: _, ...written } = deny
    expect(await new IamRoleReader(auditors).inForce(target)).toEqual({ denies: [written], others: [] })
    const sessions = new CloudTrailSessionRecord(auditors, () => ['us-east-1'])
    expect(await sessions.sessions(target, 0)).toEqual({ found: [], more: false })
    await expect(new IamRolePolicies(auditors).putDeny(target, [])).rejects.toThrow(/not authorized|denied/i)
  })
})
