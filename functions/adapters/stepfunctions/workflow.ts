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
import type { Workflow } from '../../operations/requests/ports.ts'
import { asItself, bounded } from '../aws-client.ts'

export class SfnWorkflow implements Workflow {
  readonly #client: SFNClient
  readonly #stateMachineArn: string

  constructor(stateMachineArn: string, client: SFNClient = asItself(new SFNClient(bounded(3, 3000)))) {
    this.#client = client
    this.#stateMachineArn = stateMachineArn
  }

  async start(request: RequestId, { run, wait, tier }: Start): Promise<void> {
    const command = new StartExecutionCommand({
      // Each tier has a machine that begins at its first stage, so that no transition is paid to get there.
      stateMachineArn: tier === undefined ? this.#stateMachineArn : `${this.#stateMachineArn}-tier${tier}`,
      name: run === 1 ? request : `${request}-${run}`,
      // The same name with the same bytes is the same execution to Step Functions, so the members keep this order.
      input: JSON.stringify({ requestId: request, wait }),
    })
    try {
      await this.#client.send(command)
    } catch (cause) {
      // It has run already, or an emulator says of a running one what AWS says only of an ended one.
      if (!(cause instanceof ExecutionAlreadyExists)) throw cause
    }
  }

  async endWait(taskToken: string, outcome: Parameters<Workflow['endWait']>[1]): Promise<'sent' | 'late'> {
    try {
      await (outcome === 'succeeded'
        ? this.#client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }))
        : this.#client.send(new SendTaskFailureCommand({ taskToken, error: outcome })))
      return 'sent'
    } catch (cause) {
      // The wait timed out, was ended already, or its execution is gone: engines tell these apart in different ways.
      if ([TaskDoesNotExist, TaskTimedOut, InvalidToken].some((late) => cause instanceof late)) return 'late'
      throw cause
    }
  }
}
