import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { decodeJwt } from 'jose'
import type { AgentApi } from '../../../client/agent/agent-api.ts'
import type { Ask, AwsCredentials } from '../../../functions/domain/cards/wire/task.ts'
import { act, withCredentials } from '../act.ts'
import { askFor, withApproval, withArguments } from '../asking.ts'
import { clickInVain, evaluatedNo, finding, refused, refusedByIam, tokenRefused, untilDead } from '../findings.ts'
import type { Step } from '../perform-task.ts'
import type { World } from '../world.ts'

export async function lookAtCredential(
  { report, local, aws }: World,
  agent: AgentApi,
  ask: Ask,
  { task, token, credentials }: Extract<Step, { name: 'credential' }>,
): Promise<void> {
  await report.expect('the access token is for this one thing, bound to the agent’s key', async () => {
    const claims = decodeJwt<{ txn?: string; cnf?: { jkt?: string } }>(token.access_token)
    const detail = token.authorization_details[0] ?? {}
    const held =
      claims.aud === `${local.issuer}/aws` &&
      claims.txn === task.task.id &&
      typeof claims.cnf?.jkt === 'string' &&
      detail['digest'] === task.hotwork.digest &&
      detail['arguments_digest'] === task.hotwork.arguments_digest
    return finding(held, `aud ${claims.aud}, for ${detail['action']}, ${detail['uses']} use, ${token.expires_in} s`)
  })
  await report.expect('asked again with the approval, Hotwork says yes to exactly what was approved', async () => {
    const { decision, context } = await agent.evaluate(withApproval(ask, task))
    return finding(decision, `decision: ${decision}, ${context.reason ?? `until ${context.approval?.approved_until}`}`)
  })
  const changed = withApproval(withArguments(ask, { Value: '9000' }), task)
  await report.expect('a changed argument is out of scope: approval for 3000 ms is none for 9000 ms', () =>
    evaluatedNo(agent, changed, 'out_of_scope'),
  )
  if (!credentials) throw new Error('the token endpoint gave a token, and the broker no AWS credentials')
  const ssm = new SSMClient(withCredentials(aws, credentials))
  const { Name } = ask.action.properties as { Name: string }
  await report.expect('IAM refuses these credentials another parameter', () => {
    const Other = '/prod/checkout/other'
    return refusedByIam(() => ssm.send(new PutParameterCommand({ Name: Other, Value: 'changed', Overwrite: true })))
  })
  await report.expect('IAM refuses them another action on the same parameter', () =>
    refusedByIam(() => ssm.send(new DeleteParameterCommand({ Name }))),
  )
  report.note(
    'IAM pins the action, the parameter’s ARN and the end, not the value. The card says so, and a policy can ask for more scrutiny because of it.',
  )
}

/** Dead for Hotwork at once, and for IAM soon after. */
export async function lookAtDeadCredential(
  { report, aws }: World,
  agent: AgentApi,
  ask: Ask,
  { task, sentAt }: Extract<Step, { name: 'completed' }>,
  credentials: AwsCredentials,
): Promise<void> {
  await report.expect('completed: Hotwork gives no further token for it', () =>
    tokenRefused(agent, task.task.id, 'completed'),
  )
  report.latency('completion to refusal by Hotwork', Date.now() - sentAt)
  await report.expect('completed: the same AWS credentials are refused by IAM, long before they expire', () =>
    untilDead(report, { latency: 'completion to refusal by IAM', since: sentAt }, () =>
      act(ask.action, aws, credentials),
    ),
  )
  await report.expect('completed: asked again with the approval, Hotwork says that it has ended', () =>
    evaluatedNo(agent, withApproval(ask, task), 'approval_expired'),
  )
}

export type LiveSession = Awaited<ReturnType<typeof liveSession>>

/** Asks to set the staging parameter, which needs no person, claims its AWS credentials and uses them. */
export async function liveSession({ example, aws }: World, agent: AgentApi, value: string) {
  const ask = withArguments(example('staging-payment-timeout'), { Value: value })
  const { id } = (await askFor(agent, ask)).task
  const { access_token: accessToken } = await agent.exchangeToken(id)
  const credentials = await agent.awsCredentials(accessToken)
  const use = () => act(ask.action, aws, credentials)
  await use()
  return { id, accessToken, use }
}

export async function tellTime(world: World): Promise<void> {
  const { report, desk, aws } = world
  const agent = await world.agent('agent:remediator')
  // A request may end its wait and its grant early, at the earliest 10 s from now.
  const until = new Date(Date.now() + 16_000)
  const endsAt = Math.floor(until.getTime() / 1000) * 1000
  const silent = (await askFor(agent, world.example('prod-flag-item'), until)).task.id
  const staging = world.example('staging-payment-timeout')
  const brief = (await askFor(agent, staging, until)).task.id

  const credentials = await report.expect('a staging credential until a few seconds from now works', async () => {
    const { access_token } = await agent.exchangeToken(brief)
    const credentials = await agent.awsCredentials(access_token)
    await act(staging.action, aws, credentials)
    const held = Date.parse(credentials.Expiration) <= endsAt
    return finding(held, `it was used; it ends at ${credentials.Expiration}`, credentials)
  })
  report.note('meanwhile:')
  await tellRevocation(world, agent)

  await report.expect('the end has come: the same call with the same credential is refused by IAM', async () => {
    const end = { latency: 'expiry to refusal by IAM', since: endsAt, how: 'notAllowed' } as const
    const no = await untilDead(report, end, () => act(staging.action, aws, credentials))
    return { ...no, held: no.held && Date.now() >= endsAt }
  })
  await report.expect('and Hotwork gives no other', () => tokenRefused(agent, brief, 'expired'))
  await report.expect('a prod request that no person answered has expired: silence is never consent', async () => {
    const { task } = await agent.waitUntilSettled(silent)
    const { status } = await world.reader.request(silent)
    return finding(task.status === 'expired' && status === 'expired', `task ${task.status}, request ${status}`)
  })
  await report.expect('a click after that is told so, in an ephemeral message', async () =>
    clickInVain(world, { id: silent, card: await desk.untilCard(silent) }, 'person:ben', /settled or has ended/),
  )
}

async function tellRevocation(world: World, agent: AgentApi): Promise<void> {
  const { report, person } = world
  const { id, accessToken, use } = await liveSession(world, agent, '2600')
  const gus = person('person:gus')

  const since = await report.expect('Gus, of security, revokes another grant while its credential works', async () => {
    const began = Date.now()
    const { status } = await gus.revoke(id, 'the change freeze began at noon')
    return finding(status === 'revoked', `it was used; now it is ${status} by ${gus.id}`, began)
  })
  await report.expect('revoked: Hotwork refuses its access token at once', () =>
    refused('401', () => agent.awsCredentials(accessToken)),
  )
  report.latency('revocation to refusal by Hotwork', Date.now() - since)
  await report.expect('revoked: IAM refuses the AWS credentials too', () =>
    untilDead(report, { latency: 'revocation to refusal by IAM', since }, use),
  )
}
