import type { JsonObject } from '../../../functions/domain/values.ts'
import { CallNotSent, CallOutdated, CallRefused, CallUnanswered } from '../../../functions/operations/faults.ts'
import type { AwsCall, AwsCaller } from '../../../functions/targets/aws/ports.ts'
import type { LookedUp } from '../../../functions/targets/reach.ts'

/**
 * The fate of a call: AWS refuses it, finds a changed state, does it and loses the answer; the call never arrives, or
 * never leaves.
 */
export type CallFate = { refuses: string } | 'outdated' | 'answer_lost' | 'call_lost' | 'not_sent'

/** AWS in memory, for mediated calls: it carries out each call, and remembers it. */
export class MemoryCaller implements AwsCaller {
  /** Every call that took effect, in order. */
  readonly done: AwsCall[] = []
  readonly #fates: CallFate[] = []
  readonly #readable: boolean
  /** The answer, of which nothing may be kept. */
  output: JsonObject = { Timeout: 60 }

  /** @param readable whether a reading shows the effect of calls */
  constructor({ readable = true }: { readable?: boolean } = {}) {
    this.#readable = readable
  }

  /** Sets the fates of the next calls, one each. */
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
