import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { decodeJwt } from 'jose'
import { act, withCredentials } from '../../../../examples/remediator/act.ts'
import type { Hotwork } from '../../../../examples/remediator/hotwork.ts'
import type { Step } from '../../../../examples/remediator/perform-task.ts'
import type { Ask, AwsCredentials, Task } from '../../../../examples/remediator/wire.ts'
import { askFor } from '../asking.ts'
import {
  denial,
  type Finding,
  finding,
  iamDenial,
  type Report,
  refusedByHotwork,
  refusedByIam,
  until,
} from '../report.ts'
import type { World } from '../world.ts'

/** While the agent holds the credential, before it has used it: what it can be used for, and what it cannot. */
export async function lookAtCredential(
  { report, local }: World,
  agent: Hotwork,
  ask: Ask,
  { task, token, credentials }: Extract<Step, { name: 'credential' }>,
): Promise<void> {
  await report.expect('the access token is for this one thing, bound to the agent’s key', async () => {
    const claims = decodeJwt(token.access_token)
    const detail = token.authorization_details[0] ?? {}
    const held =
      claims.aud === `${local.issuer}/aws` &&
      claims['txn'] === task.task.id &&
      typeof (claims['cnf'] as { jkt?: string } | undefined)?.jkt === 'string' &&
      detail['digest'] === task.hotwork.digest &&
      detail['arguments_digest'] === task.hotwork.arguments_digest
    return finding(held, `aud ${claims.aud}, for ${detail['action']}, ${detail['uses']} use, ${token.expires_in} s`)
  })
  await report.expect('asked again with the approval, Hotwork says yes to exactly what was approved', async () => {
    const { decision, context } = await agent.evaluate(withApproval(ask, task))
    return finding(
      decision,
      decision ? `decision: true until ${context.approval?.approved_until}` : `${context.reason}`,
    )
  })
  await report.expect('a changed argument is out of scope: approval for 3000 ms is none for 9000 ms', async () => {
    const changed = withApproval(withArguments(ask, { Value: '9000' }), task)
    const { decision, context } = await agent.evaluate(changed)
    return finding(!decision && context.reason === 'out_of_scope', `decision: ${decision}, ${context.reason}`)
  })
  if (!credentials) throw new Error('the token endpoint gave a token, and the broker no AWS credentials')
  const ssm = new SSMClient(withCredentials(agent.settings.aws, credentials))
  const { Name } = ask.action.properties as { Name: string }
  await report.expect('IAM refuses these credentials another parameter', () => {
    const Other = '/prod/checkout/other'
    return refusedByIam(() => ssm.send(new PutParameterCommand({ Name: Other, Value: 'changed', Overwrite: true })))
  })
  await report.expect('IAM refuses them another action on the same parameter', () =>
    refusedByIam(() => ssm.send(new DeleteParameterCommand({ Name }))),
  )
  report.note(
    'What IAM pins: the action, the parameter’s ARN, the end. Not the value: that is why the card says so, and why a policy can ask for more scrutiny because of it.',
  )
}

/** Right after the agent has reported the end: the credential is dead, for Hotwork at once and for IAM soon after. */
export async function lookAtDeadCredential(
  { report }: World,
  agent: Hotwork,
  ask: Ask,
  { task, sentAt }: Extract<Step, { name: 'completed' }>,
  credentials: AwsCredentials,
): Promise<void> {
  await report.expect('completed: Hotwork gives no further token for it', async () => {
    const wanted = { status: 400, code: 'invalid_authorization_details', says: /: completed/ }
    const refused = await refusedByHotwork(() => agent.exchangeToken(task.task.id), wanted)
    report.latency('completion to refusal by Hotwork', Date.now() - sentAt)
    return refused
  })
  await report.expect('completed: the same AWS credentials are refused by IAM, long before they expire', () =>
    untilDead(report, { latency: 'completion to refusal by IAM', since: sentAt, how: 'denied' }, () =>
      act(ask.action, agent.settings.aws, credentials),
    ),
  )
  await report.expect('completed: asked again with the approval, Hotwork says that it has ended', async () => {
    const { decision, context } = await agent.evaluate(withApproval(ask, task))
    return finding(!decision && context.reason === 'approval_expired', `decision: ${decision}, ${context.reason}`)
  })
}

/**
 * Tries until IAM refuses, and takes how long after `since` that was as `latency`.
 * @param how What the refusal must rest on: a deny is written from a queue and lags, an end by time does not.
 * @returns how long after, in milliseconds
 */
export async function untilDead(
  report: Report,
  { latency, since, how }: { latency: string; since: number; how: keyof typeof denial },
  call: () => Promise<unknown>,
): Promise<Finding<number>> {
  let tries = 0
  const said = await until(
    () => {
      tries += 1
      return iamDenial(call)
    },
    { withinMilliseconds: 20_000, everyMilliseconds: 50, what: 'IAM refuses' },
  )
  const lag = Date.now() - since
  report.latency(latency, lag)
  return finding(denial[how].test(said), `refused ${lag} ms after, at try ${tries}: ${said}`, lag)
}

const withApproval = (ask: Ask, { result }: Task): Ask => ({
  ...ask,
  context: { ...ask.context, approval: result?.approval ?? { id: 'none' } },
})

/** The same ask with other values for some arguments. */
export const withArguments = (ask: Ask, changed: Record<string, unknown>): Ask => ({
  ...ask,
  action: { ...ask.action, properties: { ...ask.action.properties, ...changed } },
})

/** A grant with everything that was issued under it. */
export interface LiveSession {
  /** The request's id. */
  id: string
  accessToken: string
  /** Does the approved thing with its AWS credentials. */
  use(): Promise<unknown>
}

/** Asks to set the staging parameter, for which nobody need be asked, and claims its AWS credentials. */
export async function liveSession({ example }: World, agent: Hotwork, value: string): Promise<LiveSession> {
  const ask = withArguments(example('staging-payment-timeout'), { Value: value })
  const { id } = (await askFor(agent, ask)).task
  const { access_token: accessToken } = await agent.exchangeToken(id)
  const credentials = await agent.awsCredentials(accessToken)
  return { id, accessToken, use: () => act(ask.action, agent.settings.aws, credentials) }
}

/** A person pulls the plug on a grant whose credential works. */
async function tellRevocation(world: World, agent: Hotwork): Promise<void> {
  const { report, person } = world
  const { id, accessToken, use } = await liveSession(world, agent, '2600')
  const gus = person('person:gus')

  const revokedAt = await report.expect(
    'Gus, of security, revokes another staging grant whose credential works',
    async () => {
      await use()
      const began = Date.now()
      const { status } = await gus.revoke(id, 'the change freeze began at noon')
      return finding(status === 'revoked', `it was used; now it is ${status} by ${gus.id}`, began)
    },
  )
  await report.expect('revoked: Hotwork refuses its access token at once', async () => {
    const refused = await refusedByHotwork(() => agent.awsCredentials(accessToken), { status: 401 })
    report.latency('revocation to refusal by Hotwork', Date.now() - revokedAt)
    return refused
  })
  await report.expect('revoked: IAM refuses the AWS credentials too', () =>
    untilDead(report, { latency: 'revocation to refusal by IAM', since: revokedAt, how: 'denied' }, use),
  )
}

/** A request may end its wait and its grant early, at the earliest 10 s from now: here, for what time does by itself. */
const shortMilliseconds = 12_000

/** Time runs out, and somebody pulls the plug. Nothing here needs a timer to fire. */
export async function tellTime(world: World): Promise<void> {
  const { report, desk, person } = world
  const agent = await world.agent('agent:remediator')
  const until = new Date(Date.now() + shortMilliseconds)
  const endsAt = Math.floor(until.getTime() / 1000) * 1000
  const silent = await askFor(agent, world.example('prod-flag-item'), until)
  const staging = world.example('staging-payment-timeout')
  const brief = await askFor(agent, staging, until)

  const credentials = await report.expect('a staging credential until a few seconds from now works', async () => {
    const { access_token } = await agent.exchangeToken(brief.task.id)
    const credentials = await agent.awsCredentials(access_token)
    await act(staging.action, agent.settings.aws, credentials)
    const held = Date.parse(credentials.Expiration) <= endsAt
    return finding(held, `it was used; it ends at ${credentials.Expiration}`, credentials)
  })
  report.note('meanwhile:')
  await tellRevocation(world, agent)

  await report.expect('the end has come: the same call with the same credential is refused by IAM', async () => {
    const refused = await untilDead(
      report,
      { latency: 'expiry to refusal by IAM', since: endsAt, how: 'notAllowed' },
      () => act(staging.action, agent.settings.aws, credentials),
    )
    return { ...refused, held: refused.held && Date.now() >= endsAt }
  })
  await report.expect('and Hotwork gives no other', () =>
    refusedByHotwork(() => agent.exchangeToken(brief.task.id), {
      status: 400,
      code: 'invalid_authorization_details',
      says: /: expired/,
    }),
  )
  await report.expect('a prod request that nobody answered has expired: silence is never consent', async () => {
    const { task } = await agent.waitUntilSettled(silent.task.id)
    const { status } = await world.reader.request(silent.task.id)
    return finding(task.status === 'expired' && status === 'expired', `task ${task.status}, request ${status}`)
  })
  const ben = person('person:ben')
  await report.expect('a click after that is told so, in private', async () => {
    const card = await desk.untilCard(silent.task.id)
    const before = (await desk.toldTo(ben.slackUserId)).length
    const { status } = await desk.click(card, 'approve', ben.slackUserId)
    const { text } = await desk.untilTold(ben.slackUserId, before)
    return finding(status === 200 && /too late/i.test(text), `${status}; told: "${text}"`)
  })
}
