import { LambdaClient } from '@aws-sdk/client-lambda'
import { asItself, bounded } from '../aws-client.ts'
import { LambdaQueue } from './queue.ts'

/** As an asynchronous invocation carries it, with room to spare. */
const mostChains = 1000

/** Has the notary look at chains, soon: Lambda takes the call and tries it again where it fails. */
export class LambdaNotary {
  readonly #looks: LambdaQueue<{ look: readonly string[] }>

  constructor(functionArn: string, client: LambdaClient = asItself(new LambdaClient(bounded(3, 5000)))) {
    this.#looks = new LambdaQueue(functionArn, client)
  }

  async look(chains: readonly string[]): Promise<void> {
    for (let from = 0; from < chains.length; from += mostChains)
      await this.#looks.send([{ look: chains.slice(from, from + mostChains) }])
  }
}
