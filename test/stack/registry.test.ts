import { randomUUID } from 'node:crypto'
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { registryAge } from '../../functions/domain/agents/governed-registry.ts'
import { digestOfSubject } from '../../functions/operations/agents/unknown-callers.ts'
import { administrator, connection, functionNamed, until } from './support/aws.ts'
import { useTerminal } from './support/command-line.ts'
import { deployed, setParameter, staging } from './support/deployment.ts'

/**
 * The life of an agent without a deployment, with the deployed roles: the function that makes approved changes runs as it
 * does on AWS, behind the stream. One agent is registered for all tests, which follow one another.
 */

const hotwork = deployed()
const { local, desk } = hotwork
const terminal = useTerminal(local)
const [releaser, reporter, stranger] = ['agent:releaser', 'agent:reporter', 'agent:stranger'] as const
const [lena, mia, gus, hana] = ['person:lena', 'person:mia', 'person:gus', 'person:hana'] as const
const iam = new IAMClient({ ...connection(local), credentials: administrator(local) })
const lambda = new LambdaClient({ ...connection(local), credentials: administrator(local) })

const entry = (id: string, owner: string, subject = id.replace(':', '-'), runsOn: object = { other: 'a runner' }) => ({
  ...{ id, owner, runsOn, autonomy: 'supervised', description: 'deploys checkout' },
  identities: [{ issuer: 'workloads', subject }],
  recertifyBy: new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10),
})
const askOf = (agent: string) => ({ ...setParameter(staging), subject: { type: 'agent', id: agent } })

async function asked(person: string, action: string, args: object): Promise<string> {
  const path = '/v1/registry/requests'
  const body = { action: `hotwork:${action}`, arguments: args, reason: 'the team needs it now' }
  const answer = await hotwork.as(person, 'POST', path, body, { 'idempotency-key': randomUUID() })
  if (answer.status !== 202) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body.id
}

let transferredBy = 0
const made = { ended: { outcome: 'succeeded' } }
const ended = (id: string) => hotwork.untilView(id, ({ status }) => !['pending', 'approved'].includes(status))

/** The last click to the end of the request, by Slack. */
async function madeByClick(id: string, person: string) {
  const card = await desk.untilCard(id, ({ buttons }) => buttons.includes('approve'))
  await desk.click(card, 'approve', person)
  return ended(id)
}

async function invoke(which: string): Promise<void> {
  const { FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: await functionNamed(local, which), Payload: '{}' }),
  )
  if (FunctionError) throw new Error(`${which}: ${FunctionError}`)
}

const entriesOf = async (subject: string) =>
  (await hotwork.as(hana, 'GET', `/v1/ledger/${encodeURIComponent(subject)}`)).body.entries
const typed = async (as: string, ...words: string[]) => terminal.type([...words, '--as', as])
const evaluated = (caller: string, agent = caller) => hotwork.evaluate(caller, askOf(agent))
const untilRetired = (caller: string, agent = caller) =>
  until(
    async () => (await evaluated(caller, agent)).body.context?.reason,
    (reason) => reason === 'agent_retired',
    10,
  )

/** A role that a job of the repository's environment may take on, as a CI runner does. */
const RoleName = `release-runner-${randomUUID().slice(0, 8)}`
const environment = `example-org/releases#${RoleName}`
const [own, guardrail] = ['deploy', 'hotwork-guardrail']
const statement = (one: object) => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...one }] })

beforeAll(async () => {
  const Federated = `arn:aws:iam::${local.aws.accountId}:oidc-provider/token.actions.githubusercontent.com`
  const sub = `repo:example-org/releases:environment:${RoleName}`
  const AssumeRolePolicyDocument = statement({
    ...{ Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated } },
    Condition: { StringEquals: { 'token.actions.githubusercontent.com:sub': sub } },
  })
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
  const PolicyDocument = statement({ Action: 'ssm:PutParameter', Resource: '*' })
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: own, PolicyDocument }))
})
afterAll(async () => {
  for (const PolicyName of [own, guardrail])
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })).catch(() => undefined)
  await iam.send(new DeleteRoleCommand({ RoleName }))
  iam.destroy()
  lambda.destroy()
})

test('a caller that is not registered is listed once, with one entry for its day', async () => {
  expect([(await evaluated(stranger)).status, (await evaluated(stranger)).status]).toEqual([401, 401])
  const callers = async () => {
    const { body } = await hotwork.as(gus, 'GET', '/v1/unknown-callers')
    return body.issuers.flatMap((each: { callers: { subject: string }[] }) => each.callers)
  }
  const listed = await until(callers, (found) => found.length > 0, 10)
  expect(listed.filter(({ subject }: { subject: string }) => subject === 'agent-stranger')).toHaveLength(1)
  for (const _ of ['first', 'second']) await invoke('LookAfterAgents')
  const subject = digestOfSubject('agent-stranger')
  const told = (await entriesOf('issuer:workloads')).filter(
    ({ facts }: { facts: { subject?: string } }) => facts.subject === subject,
  )
  expect(told).toHaveLength(1)
})

test('a role that trusts an agent platform and belongs to no agent is listed', async () => {
  await invoke('LookAtHosts')
  const { exit, out } = await typed(gus, 'agents', 'unknown', '--roles')
  expect([exit, out]).toEqual([0, expect.stringMatching(new RegExp(`role/${RoleName} +\\d+ +github`))])
})

test('an agent that people register asks seconds after the last click', async () => {
  expect((await evaluated(releaser)).status).toBe(401)
  const id = await asked(lena, 'RegisterAgent', entry(releaser, lena, undefined, { githubEnvironment: environment }))
  expect(await hotwork.view(id)).toMatchObject({ status: 'pending', tier: 1, registry: { agent: releaser } })
  expect((await hotwork.decide(lena, id)).status).toBe(403)
  expect(await madeByClick(id, gus)).toMatchObject({ status: 'completed', ...made })
  expect(
    await until(
      () => evaluated(releaser),
      ({ status }) => status === 200,
      10,
    ),
  ).toMatchObject({ status: 200, body: { decision: false } })
  const ask = await hotwork.submitted(releaser, askOf(releaser))
  expect(await hotwork.view(ask)).toMatchObject({ status: 'pending', agent: releaser, owner: lena })
  const [first] = await hotwork.ledger(ask)
  expect(first.registry).toBeGreaterThan(0)
  const [registered] = await entriesOf(releaser)
  expect(registered).toMatchObject({ type: 'Registered', actor: { id: lena }, facts: { request: id, owner: lena } })
})

test('the role of its host may act without asking, and the check of the guardrail says so', async () => {
  const { exit, out } = await typed(gus, 'agents', 'guardrail', releaser, '--check')
  expect([exit, out]).toEqual([4, expect.stringMatching(/NOT ATTACHED.*ssm:PutParameter on \S+: allowed/s)])
  const PolicyDocument = (await typed(gus, 'agents', 'guardrail', releaser)).out
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: guardrail, PolicyDocument }))
})

test('one of two registrations of one identity that are approved at once is made, and the other is refused', async () => {
  const of = (id: string) => asked(hana, 'RegisterAgent', entry(id, lena, 'agent-reporter'))
  const both = await Promise.all([of(reporter), of(`${reporter}-two`)])
  const done = await Promise.all(both.map((id) => madeByClick(id, gus)))
  expect(done.map(({ ended: { outcome } }) => outcome).toSorted()).toEqual(['failed', 'succeeded'])
  expect(done.find(({ ended: { outcome } }) => outcome === 'failed').registry).toMatchObject({
    code: 'invalid_registry',
  })
})

test('a transfer waits for the new owner, whose acceptance people decide after, and ends what the agent asked for', async () => {
  const before = await hotwork.submitted(releaser, askOf(releaser))
  const id = await asked(lena, 'TransferAgent', { id: releaser, owner: mia })
  expect(await hotwork.decide(gus, id)).toMatchObject({ status: 409 })
  const accept = (person: string) => hotwork.as(person, 'POST', `/v1/registry/requests/${id}/accept`, {})
  expect((await accept(gus)).status).toBe(403)
  expect(await accept(mia)).toMatchObject({ status: 200, body: { registry: { accepts: mia } } })
  expect((await hotwork.decide(mia, id)).status).toBe(403)
  expect(await madeByClick(id, gus)).toMatchObject(made)
  transferredBy = Date.now()
  expect(await ended(before)).toMatchObject({ status: 'denied' })
  const { body } = await hotwork.as(gus, 'GET', `/v1/agents/${releaser}`)
  expect(body).toMatchObject({ owner: mia, status: 'active' })
})

test('a retirement that people decide ends an agent for good', async () => {
  const { body } = await hotwork.as(gus, 'GET', '/v1/registry')
  const { id: winner } = body.agents.find(({ id }: { id: string }) => id.startsWith(reporter))
  const id = await asked(lena, 'RetireAgent', { id: winner })
  expect(await madeByClick(id, gus)).toMatchObject(made)
  expect(await untilRetired(reporter, winner)).toBe('agent_retired')
  expect((await hotwork.as(gus, 'GET', '/v1/registry')).body.agents).not.toContainEqual(
    expect.objectContaining({ id: winner, status: 'active' }),
  )
})

test('the check of an attached guardrail says that the role of the host is denied', async () => {
  // A look by a person would wait a minute after the last one.
  await invoke('LookAtHosts')
  const { exit, out } = await typed(gus, 'agents', 'guardrail', releaser, '--check')
  expect([exit, out]).toEqual([0, expect.stringMatching(/^ATTACHED/)])
})

test('the answer no at a recertification ends the agent, its ask and its grant', async () => {
  // Requests of the seconds in which readers may use the old registry end with the transfer.
  await until(
    async () => Date.now(),
    (now) => now > transferredBy + (registryAge + 1) * 1000,
    10,
  )
  const [ask, granted] = [
    await hotwork.submitted(releaser, askOf(releaser)),
    await hotwork.submitted(releaser, askOf(releaser)),
  ]
  expect(await hotwork.decide('person:ana', granted)).toMatchObject({ status: 200 })
  const token = await hotwork.token(hana)
  const { evidence_digest } = (await hotwork.json('GET', `/v1/agents/${releaser}`, token)).body
  const no = { verdict: 'retire', reason: 'it did nothing that was asked for', evidence_digest }
  const done = await hotwork.json('POST', `/v1/agents/${releaser}/recertify`, token, no)
  expect(done).toMatchObject({ status: 200, body: { retired: { by: hana, evidence: evidence_digest } } })
  expect(await untilRetired(releaser)).toBe('agent_retired')
  expect(await ended(ask)).toMatchObject({ status: 'denied' })
  expect(await ended(granted)).toMatchObject({ status: 'revoked' })
  const types = (await entriesOf(releaser)).map(({ type }: { type: string }) => type)
  expect(types.slice(0, 3)).toEqual(['Registered', 'RegistrationChanged', 'Retired'])
})
