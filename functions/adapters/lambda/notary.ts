// Rules: test/stack/anchor.test.ts
import { LambdaClient } from '@aws-sdk/client-lambda'
import { asItself, bounded } from '../aws-client.ts'
import { LambdaQueue } from './queue.ts'

/** The most chains in one asynchronous invocation, with a margin. */
const mostChains = 1000

/** Asks the notary to look at chains soon. Lambda queues the call and retries it. */
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
