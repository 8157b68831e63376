import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { AgentId } from '../../domain/values.ts'
import type { HostLook } from '../../operations/agents/ports.ts'
import { faultName } from '../../operations/faults.ts'
import type { Log } from '../../operations/ports.ts'
import { asItself, bounded } from '../aws-client.ts'

/** Has the one function that may ask IAM look at one agent's host. What it finds is in the agent's row. */
export class LambdaHostLook implements HostLook {
  readonly #function: string
  readonly #log: Log
  readonly #client: LambdaClient

  constructor(functionArn: string, log: Log, client: LambdaClient = asItself(new LambdaClient(bounded(1, 22_000)))) {
    this.#function = functionArn
    this.#log = log
    this.#client = client
  }

  async now(agent: AgentId): Promise<void> {
    try {
      const command = new InvokeCommand({
        FunctionName: this.#function,
        Payload: Buffer.from(JSON.stringify({ agent })),
      })
      const { FunctionError } = await this.#client.send(command)
      if (FunctionError !== undefined) this.#log.warn('host_not_looked_at', { agent, fault: FunctionError })
    } catch (fault) {
      this.#log.warn('host_not_looked_at', { agent, fault: faultName(fault) })
    }
  }
}
