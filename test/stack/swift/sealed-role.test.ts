import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  PutUserPolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { InvokeCommand, LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { administrator, connection, until } from '../support/aws.ts'
import { logOf } from '../support/canaries.ts'
import { deployed, remediator, setParameter, staging } from '../support/deployment.ts'

/**
 * The way round Hotwork and back: the rule of the target stack hears a use of the sealed role, and reconciliation compares
 * AWS with the table. No emulator knows second factors, so one condition of the trust is left out here; a second engine
 * judges all of them (test/infra/sealed-role.test.ts).
 */
const hotwork = deployed('swift')
const { local } = hotwork
const admin = { ...connection(local), credentials: administrator(local) }
const iam = new IAMClient(admin)
const stackName = 'Swift'
const [sealed, target] = [`${stackName}-sealed`, `${stackName}-target`]
const account = '000000000000'

type Opening = { id: string; status: string; opened_by: string }
const openings = async (): Promise<readonly Opening[]> =>
  (await hotwork.as('person:gus', 'GET', '/v1/break-glass')).body.break_glass

/** A user of the account, with a key, whose own policy lets them assume the role. */
async function makeUser(UserName: string) {
  await iam.send(new CreateUserCommand({ UserName }))
  const statement = { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'seal', PolicyDocument }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
}

/** Runs with the deployed trust, without the conditions that the emulator lacks: second factor, Region, and the user's name. */
async function withoutTheSecondFactor(run: () => Promise<unknown>): Promise<void> {
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: sealed }))
  const deployed = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')
  const trust = JSON.parse(deployed)
  for (const statement of trust.Statement) {
    expect(statement.Condition).toMatchObject({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } })
    statement.Condition = { StringEquals: { 'sts:ExternalId': statement.Condition.StringEquals['sts:ExternalId'] } }
  }
  const put = (PolicyDocument: string) =>
    iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: sealed, PolicyDocument }))
  await put(JSON.stringify(trust))
  await run().finally(() => put(deployed))
}

test('a use of the sealed role is heard by the rule, and is on record as break-glass, with a review that is due', async () => {
  const credentials = await makeUser('hana')
  const sts = new STSClient({ ...connection(local), credentials, maxAttempts: 1 })
  const RoleArn = `arn:aws:iam::${account}:role/hotwork/${sealed}`
  const assume = (ExternalId?: string) =>
    sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'hana', ExternalId, DurationSeconds: 900 }))
  await expect(assume('sealed')).rejects.toThrow(/not authorized|denied/i)
  const before = await openings()
  await withoutTheSecondFactor(async () => {
    await expect(assume()).rejects.toThrow(/not authorized|denied/i)
    await assume('sealed')
  })
  const after = await until(openings, (all) => all.length > before.length, 60)
  const [made, ...more] = after.filter(({ id }) => !before.some((each) => each.id === id))
  expect(more).toEqual([])
  const { body } = await hotwork.as('person:gus', 'GET', `/v1/break-glass/${made?.id}`)
  expect(body).toMatchObject({ status: 'approved' })
  const ended = await hotwork.as('person:hana', 'POST', `/v1/break-glass/${made?.id}/end`)
  expect([ended.status, ended.body.type]).toEqual([403, `${local.issuer}/problems/not_permitted`])
  const { body: ledger } = await hotwork.as('person:gus', 'GET', `/v1/break-glass/${made?.id}/ledger`)
  expect(ledger.entries.slice(0, 2)).toMatchObject([{ type: 'BreakGlassOpened' }, { type: 'ReviewDue' }])
  expect(ledger.entries[0].facts.ask).toMatchObject({ owner: 'person:hana', breakGlass: { sealed: true, window: 900 } })
})

describe('reconciliation', () => {
  const lambda = new LambdaClient(admin)

  /** Runs the hourly reconciliation at once. */
  async function reconcile(): Promise<void> {
    for await (const { Functions = [] } of paginateListFunctions({ client: lambda }, {}))
      for (const { FunctionName = '', Description } of Functions)
        if (FunctionName.startsWith(stackName) && Description === 'Hotwork reconcile-sessions') {
          const { FunctionError } = await lambda.send(new InvokeCommand({ FunctionName, Payload: '{}' }))
          expect(FunctionError).toBeUndefined()
          return
        }
    throw new Error('there is no such function')
  }
  const denied = () =>
    iam.send(new GetRolePolicyCommand({ RoleName: target, PolicyName: 'HotworkDeny' })).then(
      ({ PolicyDocument = '' }) => decodeURIComponent(PolicyDocument),
      () => '',
    )
  /** Its log lines about the target role so far. */
  const told = (kind: string) =>
    logOf('lambda.log')
      .split('\n')
      .filter((line) => line.includes('reconciliation_found') && line.includes(`/${target}"`) && line.includes(kind))

  test('reconciliation restores a deleted deny, and finds no session that Hotwork did not make', async () => {
    const id = await hotwork.submitted(remediator, setParameter(staging))
    const token = (await hotwork.exchange(remediator, id)).body.access_token
    expect((await hotwork.awsCredentials(remediator, token)).status).toBe(200)
    await hotwork.complete(remediator, id)
    expect(await until(denied, (text) => text.includes(id), 60)).toContain(id)
    await iam.send(new DeleteRolePolicyCommand({ RoleName: target, PolicyName: 'HotworkDeny' }))
    await reconcile()
    expect(await until(denied, (text) => text.includes(id), 60)).toContain(id)
    expect(told('deny_missing').length).toBeGreaterThan(0)
    expect(told('session_unknown')).toEqual([])
  })
})
