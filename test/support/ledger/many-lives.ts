import { type Entry, entryHash } from '../../../functions/domain/ledger/ledger.ts'

/** Repeats lives, each with new ids, on chains that verify. */
export function* manyLives(entries: readonly Entry[], times: number): Generator<Entry> {
  for (let n = 0; n < times; n++) {
    const heads = new Map<string, string>()
    for (const { hash: _, previous: __, ...entry } of entries) {
      const text = JSON.stringify(entry).replaceAll(
        /_(0{10}\d{16})\b/g,
        (_match, digits: string) => `_${String(n * 1_000_000 + Number(digits)).padStart(26, '0')}`,
      )
      const open = JSON.parse(text) as Omit<Entry, 'hash' | 'previous'>
      const chain = open.id.slice(0, open.id.lastIndexOf('/'))
      const chained = { ...open, previous: heads.get(chain) ?? null }
      const hash = entryHash(chained)
      heads.set(chain, hash)
      yield { ...chained, hash }
    }
  }
}
