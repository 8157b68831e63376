import type { NumericDate } from '../../domain/values.ts'
import type { Clock } from '../../operations/ports.ts'

/** The machine's clock, in whole seconds. */
export class SystemClock implements Clock {
  now(): NumericDate {
    return Math.floor(Date.now() / 1000)
  }
}
