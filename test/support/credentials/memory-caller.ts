import type { JsonObject } from '../../../functions/domain/values.ts'
import { CallNotSent, CallOutdated, CallRefused, CallUnanswered } from '../../../functions/operations/faults.ts'
import type { AwsCall, AwsCaller } from '../../../functions/targets/aws/ports.ts'
import type { LookedUp } from '../../../functions/targets/reach.ts'

/**
 * What becomes of the next call: AWS says no, finds another state than it was told to, its answer is lost though it was
 * done, it never arrives, or never leaves.
 */
export type CallFate = { refuses: string } | 'outdated' | 'answer_lost' | 'call_lost' | 'not_sent'

/** An AWS in memory, as far as mediated calls go: it does what it is told, each time, and remembers what it did. */
export class MemoryCaller implements AwsCaller {
  /** Every call that took effect, in order. */
  readonly done: AwsCall[] = []
  readonly #fates: CallFate[] = []
  readonly #readable: boolean
  /** What it answers: nothing of it may be kept. */
  output: JsonObject = { Timeout: 60 }

  /** @param readable whether reading tells what was done */
  constructor({ readable = true }: { readable?: boolean } = {}) {
    this.#readable = readable
  }

  /** What becomes of the next calls, one each. */
  next(...fates: readonly CallFate[]): void {
    this.#fates.push(...fates)
  }

  async call(call: AwsCall): Promise<JsonObject> {
    await Promise.resolve()
    const fate = this.#fates.shift()
    if (typeof fate === 'object') throw new CallRefused(fate.refuses)
    if (fate === 'outdated') throw new CallOutdated('another state')
    if (fate === 'not_sent') throw new CallNotSent('no connection')
    if (fate === 'call_lost') throw new CallUnanswered('nothing came back')
    this.done.push(structuredClone(call))
    if (fate === 'answer_lost') throw new CallUnanswered('nothing came back')
    return this.output
  }

  async lookUp({ action }: AwsCall): Promise<LookedUp> {
    await Promise.resolve()
    if (!this.#readable) return { found: 'unknown' }
    return this.done.some((each) => each.action === action)
      ? { found: 'done', output: this.output }
      : { found: 'not_done' }
  }
}
