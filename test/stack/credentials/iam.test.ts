import { LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { AssumeRoleCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { connection, untilRefused } from '../support/aws.ts'
import { deployed, remediator, setParameter, staging } from '../support/deployment.ts'

const hotwork = deployed()
const { local } = hotwork

/**
 * The sample's AWS actions that an agent does itself, by real calls under an engine that enforces IAM: the approved call
 * succeeds, every neighbour fails. ECS is judged by simulation alone (test/domain/credentials/session-policy.test.ts),
 * since no local engine judges its ARN correctly; mediated actions are in mediated.test.ts, since they have no session.
 */

type Session = { accessKeyId: string; secretAccessKey: string; sessionToken: string }
const worker = 'staging-checkout-worker'
const arn = (rest: string) => `arn:aws:${rest.replace(':', ':us-east-1:000000000000:')}`

/** The outcome of a call: `done`, or AWS's name of the refusal. */
const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (fault: Error) => fault.name,
  )
const settings = { ...connection(local), maxAttempts: 1 }
const client = (credentials: Session, region = 'us-east-1') => ({ ...settings, region, credentials })
const put = (session: Session, Name = staging, region?: string) => {
  const command = new PutParameterCommand({ Name, Value: '3000', Type: 'String', Overwrite: true })
  return outcomeOf(new SSMClient(client(session, region)).send(command))
}
const reserve = (session: Session, FunctionName = worker, region?: string) => {
  const command = new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 5 })
  return outcomeOf(new LambdaClient(client(session, region)).send(command))
}

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

/** A session for an action that is approved at once. */
async function sessionFor(body: object, extra: object = {}): Promise<{ id: string; session: Session; end: number }> {
  const id = await hotwork.submitted(remediator, body, extra)
  const { credentials } = await hotwork.session(remediator, id)
  expect(credentials.status).toBe(200)
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials.body
  const session = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
  return { id, session, end: Date.parse(Expiration) }
}

const refused = /AccessDenied|Expired/

describe.each(Object.entries(cases))('%s', (_action, { body, approved, neighbours }) => {
  test('the approved call succeeds, and every neighbour fails', async () => {
    const { session } = await sessionFor(body())
    expect(await approved(session)).toBe('done')
    for (const [what, call] of Object.entries(neighbours))
      expect([what, await call(session)]).toEqual([what, expect.stringMatching(refused)])
  })

  test('a session gives no other session', async () => {
    const { session } = await sessionFor(body())
    const sts = new STSClient(client(session))
    const roles = ['hotwork/Hotwork-target', 'hotwork/Hotwork-broker', 'checkout-worker']
    for (const role of roles) {
      const command = new AssumeRoleCommand({ RoleArn: `arn:aws:iam::000000000000:role/${role}`, RoleSessionName: 'x' })
      expect([role, await outcomeOf(sts.send(command))]).toEqual([role, expect.stringMatching(refused)])
    }
    expect(await outcomeOf(sts.send(new GetSessionTokenCommand({})))).not.toBe('done')
  })

  test('a session fails once its grant is revoked', async () => {
    const { id, session } = await sessionFor(body())
    expect(await approved(session)).toBe('done')
    await hotwork.as('person:gus', 'POST', `/v1/requests/${id}/revoke`, { reason: 'enough' })
    expect(await untilRefused(() => approved(session))).toMatch(refused)
  })
})

test('a session of each action fails at the end of its grant, as Hotwork does, though AWS made it longer', async () => {
  // Ten seconds must be left when the asks arrive, on a slow machine too.
  const until = Date.now() + 16_000
  const asked = { requested_access: { requested_until: new Date(until).toISOString() } }
  const endOf = async ({ body, approved }: Case) => {
    const { id, session, end } = await sessionFor(body(), asked)
    expect(end).toBeLessThanOrEqual(until)
    expect(await approved(session)).toBe('done')
    expect(await untilRefused(() => approved(session))).toMatch(refused)
    expect(Date.now()).toBeGreaterThanOrEqual(until - 1000)
    expect((await hotwork.exchange(remediator, id)).body.error_description).toMatch(/^expired/)
  }
  await Promise.all(Object.values(cases).map(endOf))
})
