import { KeptKeys } from '../../../../client/kept-keys.ts'

/** Writes nothing any more from its n-th write on: dead before that, or right after. */
export class DyingKeys extends KeptKeys {
  #left = Number.POSITIVE_INFINITY
  #after = false
  died = false

  dieAt(write: number, after: boolean): this {
    this.#left = write
    this.#after = after
    return this
  }

  override create(place: string, value: object): boolean {
    return this.#write(() => super.create(place, value))
  }
  override write(place: string, value: object): void {
    this.#write(() => super.write(place, value))
  }
  override remove(place: string): void {
    this.#write(() => super.remove(place))
  }

  #write<T>(work: () => T): T {
    this.#left -= 1
    if (this.#left > 0) return work()
    this.died = true
    if (this.#left === 0 && this.#after) work()
    throw new Error('killed')
  }
}
