// Rules: test/local/demo-options.test.ts
import { randomUUID } from 'node:crypto'
import type { AgentApi } from '../../client/agent/agent-api.ts'
import { asApproved, type Task } from '../../client/agent/ask.ts'
import { Refusal } from '../../client/outcome.ts'
import type { Ask, AwsCredentials, Evaluation, TokenAnswer } from '../../functions/domain/cards/wire/task.ts'

/** Called with each step of a task. The agent awaits a returned promise. */
export type Step =
  | { name: 'evaluated'; evaluation: Evaluation }
  | { name: 'submitted'; task: Task; sentAt: number }
  | { name: 'changed'; task: Task }
  | { name: 'approved'; task: Task }
  | { name: 'credential'; task: Task; token: TokenAnswer; credentials?: AwsCredentials; heldAt: number }
  | { name: 'completed'; task: Task; outcome: 'succeeded' | 'failed'; sentAt: number }
export type Watch = (step: Step) => void | Promise<void>

/** The task has no credential: policy or people refused it, or time ran out. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed'
  readonly evaluation: Evaluation
  readonly task: Task | undefined

  constructor(evaluation: Evaluation, task?: Task) {
    const { reason, detail } = evaluation.context
    super(task ? `the request is ${task.task.status}` : `${reason}${detail ? `: ${detail}` : ''}`)
    this.evaluation = evaluation
    this.task = task
  }
}

/** An AWS action: the agent does it with AWS credentials, or Hotwork makes the call. */
export const isAws = ({ resource }: Ask): boolean => resource.id.startsWith('arn:')

/** AWS credentials for the approved action; undefined if Hotwork makes the call itself. */
async function ownCredentials(agent: AgentApi, token: TokenAnswer): Promise<AwsCredentials | undefined> {
  try {
    return await agent.awsCredentials(token.access_token)
  } catch (fault) {
    if (fault instanceof Refusal && fault.told.code === 'mediated') return undefined
    throw fault
  }
}

/**
 * Performs one task: evaluate, ask for approval, wait, claim the credential, act, report. A failed act is reported too,
 * which ends the credential.
 * @param doIt does the approved action, which may be narrower than the one asked for; it gets `credentials` for AWS
 * actions that the agent does itself
 * @throws NotAllowed, Refusal, or the error of `doIt`
 */
export async function performTask(
  agent: AgentApi,
  ask: Ask,
  doIt: (credentials: AwsCredentials | undefined, token: TokenAnswer, approved: Ask) => Promise<string>,
  watch: Watch = () => {},
): Promise<Task> {
  const evaluation = await agent.evaluate(ask)
  await watch({ name: 'evaluated', evaluation })
  if (!evaluation.context.access_request) throw new NotAllowed(evaluation)

  const sentAt = Date.now()
  const submitted = await agent.submit(ask, evaluation, { idempotencyKey: randomUUID() })
  await watch({ name: 'submitted', task: submitted, sentAt })
  const { id } = submitted.task
  const settled =
    submitted.task.status === 'pending'
      ? await agent.waitUntilSettled(id, { onChange: (task) => watch({ name: 'changed', task }) })
      : submitted
  if (settled.task.status !== 'approved') throw new NotAllowed(evaluation, settled)
  await watch({ name: 'approved', task: settled })

  const token = await agent.exchangeToken(id)
  const credentials = isAws(ask) ? await ownCredentials(agent, token) : undefined
  await watch({ name: 'credential', task: settled, token, ...(credentials ? { credentials } : {}), heldAt: Date.now() })

  try {
    const note = await doIt(credentials, token, asApproved(ask, settled))
    return await report('succeeded', note)
  } catch (fault) {
    await report('failed', (fault as Error).message.slice(0, 200))
    throw fault
  }

  async function report(outcome: 'succeeded' | 'failed', note: string): Promise<Task> {
    const sentAt = Date.now()
    const task = await agent.complete(id, outcome, note)
    await watch({ name: 'completed', task, outcome, sentAt })
    return task
  }
}
