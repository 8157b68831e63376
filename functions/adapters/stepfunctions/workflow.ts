import {
  ExecutionAlreadyExists,
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn'
import type { Start } from '../../domain/requests/wait.ts'
import type { RequestId } from '../../domain/values.ts'
import type { RunWorkflow, Workflow } from '../../operations/requests/ports.ts'
import { asItself, bounded } from '../aws-client.ts'

const nameOf = (request: RequestId, count: number): string => (count === 1 ? request : `${request}-${count}`)

async function startOnce(client: SFNClient, command: StartExecutionCommand): Promise<void> {
  try {
    await client.send(command)
  } catch (cause) {
    // The execution exists. Emulators give this error for running ones too, AWS only for ended ones.
    if (!(cause instanceof ExecutionAlreadyExists)) throw cause
  }
}

export class SfnWorkflow implements Workflow {
  readonly #client: SFNClient
  readonly #stateMachineArn: string

  constructor(stateMachineArn: string, client: SFNClient = asItself(new SFNClient(bounded(3, 3000)))) {
    this.#client = client
    this.#stateMachineArn = stateMachineArn
  }

  async start(request: RequestId, { run, wait, tier }: Start): Promise<void> {
    const command = new StartExecutionCommand({
      // Each tier has a state machine that begins at its first stage, which saves the transitions to get there.
      stateMachineArn: tier === undefined ? this.#stateMachineArn : `${this.#stateMachineArn}-tier${tier}`,
      name: nameOf(request, run),
      // For Step Functions the same name with the same bytes is the same execution, so the members keep this order.
      input: JSON.stringify({ requestId: request, wait }),
    })
    await startOnce(this.#client, command)
  }

  async endWait(taskToken: string, outcome: Parameters<Workflow['endWait']>[1]): Promise<'sent' | 'late'> {
    try {
      await (outcome === 'succeeded'
        ? this.#client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }))
        : this.#client.send(new SendTaskFailureCommand({ taskToken, error: outcome })))
      return 'sent'
    } catch (cause) {
      // The wait timed out or ended already, or its execution was deleted. Engines report these differently.
      if ([TaskDoesNotExist, TaskTimedOut, InvalidToken].some((late) => cause instanceof late)) return 'late'
      throw cause
    }
  }
}

/** The pause before the first look: many runs are short. Seconds. */
const firstPause = 5

export class SfnRunWorkflow implements RunWorkflow {
  readonly #client: SFNClient
  readonly #stateMachineArn: string

  constructor(stateMachineArn: string, client: SFNClient = asItself(new SFNClient(bounded(3, 3000)))) {
    this.#client = client
    this.#stateMachineArn = stateMachineArn
  }

  start(request: RequestId, attempt: number): Promise<void> {
    const input = JSON.stringify({ requestId: request, seconds: firstPause })
    const named = { stateMachineArn: this.#stateMachineArn, name: nameOf(request, attempt) }
    return startOnce(this.#client, new StartExecutionCommand({ ...named, input }))
  }
}
