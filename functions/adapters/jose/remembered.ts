/** Remembers so many things under their texts, and no more: what was not asked for longest is forgotten first. */
export class Remembered<Value> {
  readonly #most: number
  readonly #values = new Map<string, Value>()
  #newest: string | undefined

  constructor(most: number) {
    this.#most = most
  }

  get(key: string): Value | undefined {
    const value = this.#values.get(key)
    if (value !== undefined && key !== this.#newest) this.#putLast(key, value)
    return value
  }

  set(key: string, value: Value): void {
    this.#putLast(key, value)
    if (this.#values.size <= this.#most) return
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest)
      return
    }
  }

  /** A map keeps its keys in the order in which they were put. */
  #putLast(key: string, value: Value): void {
    this.#newest = key
    this.#values.delete(key)
    this.#values.set(key, value)
  }
}
