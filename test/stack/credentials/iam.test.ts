import { LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { AssumeRoleCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { connection, until } from '../support/aws.ts'
import { Deployment, remediator, setParameter, staging } from '../support/deployment.ts'

jest.setTimeout(120_000)
const hotwork = new Deployment()
const { local } = hotwork

/**
 * The sample's AWS actions that an agent does itself, judged by an engine that enforces IAM, on real calls: what was
 * approved succeeds, every neighbour fails. ECS is judged by simulation alone (test/domain/credentials/session-policy.test.ts), since
 * no local engine judges its ARN rightly; the mediated ones are in mediated.test.ts, since nobody gets a session for them.
 */

type Session = { accessKeyId: string; secretAccessKey: string; sessionToken: string }
const worker = 'staging-checkout-worker'
const arn = (rest: string) => `arn:aws:${rest.replace(':', ':us-east-1:000000000000:')}`

/** A call with a session: `done`, or what AWS called its refusal. */
const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (fault: Error) => fault.name,
  )
const client = (credentials: Session, region = 'us-east-1') => ({
  ...connection(local),
  region,
  credentials,
  maxAttempts: 1,
})
const put = (session: Session, Name = staging, region?: string) =>
  outcomeOf(
    new SSMClient(client(session, region)).send(
      new PutParameterCommand({ Name, Value: '3000', Type: 'String', Overwrite: true }),
    ),
  )
const reserve = (session: Session, FunctionName = worker, region?: string) =>
  outcomeOf(
    new LambdaClient(client(session, region)).send(
      new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 5 }),
    ),
  )

type Case = {
  body: () => { [member: string]: unknown }
  approved: (session: Session) => Promise<string>
  neighbours: { [what: string]: (session: Session) => Promise<string> }
}
const cases: { [action: string]: Case } = {
  'ssm:PutParameter': {
    body: () => setParameter(staging),
    approved: put,
    neighbours: {
      'another parameter': (session) => put(session, '/prod/checkout/other'),
      'one whose name goes on': (session) => put(session, `${staging}-2`),
      'another action on it': (session) =>
        outcomeOf(new SSMClient(client(session)).send(new DeleteParameterCommand({ Name: staging }))),
      'another service': reserve,
      'another Region': (session) => put(session, staging, 'eu-west-1'),
    },
  },
  'lambda:PutFunctionConcurrency': {
    body: () => ({
      ...setParameter(staging),
      action: {
        name: 'lambda:PutFunctionConcurrency',
        properties: { FunctionName: worker, ReservedConcurrentExecutions: 5 },
      },
      resource: { type: 'lambda:function', id: arn(`lambda:function:${worker}`) },
    }),
    approved: reserve,
    neighbours: {
      'another function': (session) => reserve(session, 'checkout-worker'),
      'another service': put,
      'another Region': (session) => reserve(session, worker, 'eu-west-1'),
    },
  },
}

/** A session for what is approved at once. */
async function sessionFor(body: object, extra: object = {}): Promise<{ id: string; session: Session }> {
  const id = await hotwork.submitted(remediator, body, extra)
  const token = (await hotwork.exchange(remediator, id)).body.access_token
  const { status, body: issued } = await hotwork.awsCredentials(remediator, token)
  expect(status).toBe(200)
  const { AccessKeyId, SecretAccessKey, SessionToken } = issued
  return { id, session: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken } }
}

const refused = /AccessDenied|Expired/

describe.each(Object.entries(cases))('%s', (_action, { body, approved, neighbours }) => {
  test('succeeds as it was approved, and every neighbour fails', async () => {
    const { session } = await sessionFor(body())
    expect(await approved(session)).toBe('done')
    for (const [what, call] of Object.entries(neighbours))
      expect([what, await call(session)]).toEqual([what, expect.stringMatching(refused)])
  })

  test('is no way to another session', async () => {
    const { session } = await sessionFor(body())
    const sts = new STSClient(client(session))
    const roles = ['hotwork/Hotwork-target', 'hotwork/Hotwork-broker', 'checkout-worker']
    for (const role of roles) {
      const command = new AssumeRoleCommand({ RoleArn: `arn:aws:iam::000000000000:role/${role}`, RoleSessionName: 'x' })
      expect([role, await outcomeOf(sts.send(command))]).toEqual([role, expect.stringMatching(refused)])
    }
    expect(await outcomeOf(sts.send(new GetSessionTokenCommand({})))).not.toBe('done')
  })

  test('fails once it is revoked', async () => {
    const { id, session } = await sessionFor(body())
    expect(await approved(session)).toBe('done')
    await hotwork.json('POST', `/v1/requests/${id}/revoke`, await hotwork.token('person:gus'), { reason: 'enough' })
    const ended = await until(
      () => approved(session),
      (outcome) => outcome !== 'done',
    )
    expect(ended).toMatch(refused)
  })

  test('fails once its time is over, though the session is longer', async () => {
    // Ten seconds must be left when it is asked, however slow the way there.
    const end = new Date(Date.now() + 16_000).toISOString()
    const { session } = await sessionFor(body(), { requested_access: { requested_until: end } })
    expect(await approved(session)).toBe('done')
    const ended = await until(
      () => approved(session),
      (outcome) => outcome !== 'done',
    )
    expect(ended).toMatch(refused)
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(end) - 1000)
  })
})
