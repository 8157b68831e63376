/** Limits concurrent calls. Work that has begun goes before new work. */
export class Gate {
  #free: number
  readonly #begun: (() => void)[] = []
  readonly #new: (() => void)[] = []

  constructor(most: number) {
    this.#free = most
  }

  get waiting(): number {
    return this.#begun.length + this.#new.length
  }

  async within<T>(work: () => Promise<T>, turn: 'begun' | 'new' = 'begun'): Promise<T> {
    const queue = turn === 'new' ? this.#new : this.#begun
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => queue.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#begun.shift() ?? this.#new.shift()
      if (next) next()
      else this.#free += 1
    }
  }
}
