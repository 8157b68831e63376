import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { decodeJwt } from 'jose'
import { act, withCredentials } from '../../../../examples/remediator/act.ts'
import type { Hotwork } from '../../../../examples/remediator/hotwork.ts'
import type { Step } from '../../../../examples/remediator/perform-task.ts'
import type { Ask, AwsCredentials, Task } from '../../../../examples/remediator/wire.ts'
import { denial, finding, iamDenial, refusedByHotwork, refusedByIam } from '../findings.ts'
import type { Finding, Report } from '../report.ts'
import { until } from '../until.ts'
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
