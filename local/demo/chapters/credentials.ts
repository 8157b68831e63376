// Rules: test/local/demo-options.test.ts
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { decodeJwt } from 'jose'
import type { AgentApi } from '../../../client/agent/agent-api.ts'
import type { Ask, AwsCredentials } from '../../../functions/domain/cards/wire/task.ts'
import { act, withCredentials } from '../act.ts'
import { askFor, withApproval, withArguments } from '../asking.ts'
import { evaluatedNo, finding, refusedByIam, tokenRefused, untilDead } from '../findings.ts'
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

/** Expects a credential to be dead, for Hotwork at once and for IAM soon after. */
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

/** Asks to set the staging parameter, which needs no approval by people, claims its AWS credentials and uses them. */
export async function liveSession({ example, aws }: World, agent: AgentApi, value: string) {
  const ask = withArguments(example('staging-payment-timeout'), { Value: value })
  const { id } = (await askFor(agent, ask)).task
  const { access_token: accessToken } = await agent.exchangeToken(id)
  const credentials = await agent.awsCredentials(accessToken)
  const use = () => act(ask.action, aws, credentials)
  await use()
  return { id, accessToken, use }
}
