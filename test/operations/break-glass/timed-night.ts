import { Night } from './night.ts'

/** A night in which openings are timed: by the clock of the world, in milliseconds. */
export class TimedNight extends Night {
  override get ports() {
    return { ...super.ports, stopwatch: { milliseconds: () => this.clock.now() * 1000 } }
  }
}
