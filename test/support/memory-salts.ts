import type { Salts } from '../../functions/operations/ports.ts'

/** Salts that count: the same run gives the same commitments. */
export class MemorySalts implements Salts {
  #last = 0

  salt(): string {
    this.#last += 1
    return String(this.#last).padStart(22, '0')
  }
}
