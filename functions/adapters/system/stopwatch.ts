import type { Stopwatch } from '../../operations/break-glass/drill.ts'

/** The machine's clock, in milliseconds. */
export class SystemStopwatch implements Stopwatch {
  milliseconds(): number {
    return Date.now()
  }
}
