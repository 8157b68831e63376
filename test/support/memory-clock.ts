import type { NumericDate } from '../../functions/domain/values.ts'
import type { Clock } from '../../functions/operations/ports.ts'

/** A clock that only a test moves. */
export class MemoryClock implements Clock {
  #now: NumericDate

  constructor(now: NumericDate) {
    this.#now = now
  }

  now(): NumericDate {
    return this.#now
  }

  /** Moves the clock, back too if `seconds` is negative. */
  advance(seconds: number): void {
    this.#now += seconds
  }
}
