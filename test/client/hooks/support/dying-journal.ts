import { Journal, type Kind } from '../../../../client/journal/journal.ts'

/** Writes nothing from its n-th write on: dead before that write, or right after. */
export class DyingJournal extends Journal {
  #left = Number.POSITIVE_INFINITY
  #after = false
  died = false

  dieAt(write: number, after: boolean): this {
    this.#left = write
    this.#after = after
    return this
  }

  override create<T>(kind: Kind<T>, id: string, row: T & object): boolean {
    return this.#write(() => super.create(kind, id, row))
  }
  override put<T>(kind: Kind<T>, id: string, row: T & object): void {
    this.#write(() => super.put(kind, id, row))
  }
  override remove<T>(kind: Kind<T>, id: string): void {
    this.#write(() => super.remove(kind, id))
  }

  #write<T>(work: () => T): T {
    this.#left -= 1
    if (this.#left > 0) return work()
    this.died = true
    if (this.#left === 0 && this.#after) work()
    throw new Error('killed')
  }
}
