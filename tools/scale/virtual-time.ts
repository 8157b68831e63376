type Sleeper = { at: number; wake: () => void }

/** Time that passes only while every task sleeps, so that a simulation of minutes takes as long as its work. */
export class VirtualTime {
  /** Milliseconds. */
  now = 0
  readonly #moved: () => void
  #awake = 0
  readonly #asleep: Sleeper[] = []

  /** @param moved called whenever time has passed */
  constructor(moved: () => void) {
    this.#moved = moved
  }

  async run(tasks: readonly (() => Promise<void>)[]): Promise<void> {
    this.#awake = tasks.length
    const ends = async (task: () => Promise<void>) => {
      await task()
      this.#rest()
    }
    await Promise.all(tasks.map(ends))
  }

  async sleep(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#asleep.push({ at: this.now + milliseconds, wake: resolve })
    this.#rest()
    await promise
  }

  #rest(): void {
    this.#awake -= 1
    if (this.#awake > 0 || this.#asleep.length === 0) return
    const next = this.#asleep.reduce((one, other) => (other.at < one.at ? other : one))
    this.#asleep.splice(this.#asleep.indexOf(next), 1)
    this.now = next.at
    this.#moved()
    this.#awake = 1
    next.wake()
  }
}
