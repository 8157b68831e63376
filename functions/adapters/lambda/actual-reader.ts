// Rules: test/stack/swift/actual.test.ts
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { Actual } from '../../domain/uses/actual.ts'
import { parseJson, type RequestId } from '../../domain/values.ts'
import { faultName } from '../../operations/faults.ts'
import type { Log } from '../../operations/ports.ts'
import type { ActualReader } from '../../operations/uses/ports.ts'
import { asItself, bounded } from '../aws-client.ts'

/** Invokes the one function that may read CloudTrail, which accepts only the id of a request. */
export class LambdaActualReader implements ActualReader {
  readonly #function: string
  readonly #log: Log
  readonly #client: LambdaClient

  constructor(functionArn: string, log: Log, client: LambdaClient = asItself(new LambdaClient(bounded(1, 9000)))) {
    this.#function = functionArn
    this.#log = log
    this.#client = client
  }

  async of(request: RequestId): Promise<Actual | undefined> {
    try {
      const command = new InvokeCommand({
        FunctionName: this.#function,
        Payload: Buffer.from(JSON.stringify({ request })),
      })
      const { FunctionError, Payload } = await this.#client.send(command)
      if (FunctionError === undefined && Payload) return Actual.parse(parseJson(Buffer.from(Payload).toString('utf8')))
      this.#log.warn('calls_not_told', { request, fault: FunctionError ?? 'no answer' })
    } catch (fault) {
      this.#log.warn('calls_not_told', { request, fault: faultName(fault) })
    }
    return undefined
  }
}
