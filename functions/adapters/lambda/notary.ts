import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { bounded } from '../aws-client.ts'

/** As an asynchronous invocation carries it, with room to spare. */
const mostChains = 1000

/** Has the notary look at chains, soon: Lambda takes the call and tries it again where it fails. */
export class LambdaNotary {
  readonly #function: string
  readonly #client: LambdaClient

  constructor(functionArn: string, client: LambdaClient = new LambdaClient(bounded(3, 5000))) {
    this.#function = functionArn
    this.#client = client
  }

  async look(chains: readonly string[]): Promise<void> {
    for (let from = 0; from < chains.length; from += mostChains) {
      const Payload = Buffer.from(JSON.stringify({ look: chains.slice(from, from + mostChains) }))
      await this.#client.send(new InvokeCommand({ FunctionName: this.#function, InvocationType: 'Event', Payload }))
    }
  }
}
