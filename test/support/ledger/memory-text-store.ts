import type { PersonalText } from '../../../functions/domain/ledger/texts.ts'
import type { Digest, PersonId } from '../../../functions/domain/values.ts'
import type { TextEraser, TextReader } from '../../../functions/operations/ledger/ports.ts'

/** Personal texts in memory, beside the record. */
export class MemoryTextStore implements TextReader, TextEraser {
  readonly #texts = new Map<Digest, PersonalText>()

  async find(commitments: readonly Digest[]) {
    await Promise.resolve()
    return new Map(
      commitments.flatMap((commitment) => {
        const found = this.#texts.get(commitment)
        return found ? [[commitment, { text: found.text, salt: found.salt }] as const] : []
      }),
    )
  }

  async ofPerson(person: PersonId, { limit, after = '' }: { limit: number; after?: string }) {
    await Promise.resolve()
    const all = [...this.#texts.values()]
      .filter((each) => each.person === person && each.commitment > after)
      .map(({ commitment }) => commitment)
      .sort()
    const found = all.slice(0, limit)
    const next = found.at(-1)
    return { found, ...(all.length > found.length && next !== undefined ? { next } : {}) }
  }

  async erase(commitments: readonly Digest[]): Promise<void> {
    await Promise.resolve()
    for (const commitment of commitments) this.#texts.delete(commitment)
  }

  /** Puts texts that commit with their entries. */
  put(texts: readonly PersonalText[]): void {
    for (const text of texts) this.#texts.set(text.commitment, structuredClone(text))
  }

  all(): PersonalText[] {
    return structuredClone([...this.#texts.values()])
  }
}
