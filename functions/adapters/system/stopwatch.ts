import type { Stopwatch } from '../../operations/measure-drill.ts'

/** The machine's clock, in milliseconds. */
export class SystemStopwatch implements Stopwatch {
  milliseconds(): number {
    return Date.now()
  }
}
