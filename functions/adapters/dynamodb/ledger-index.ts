import * as z from 'zod'
import { type Facets, isNarrow, type LedgerFilter, passesFilter, secondOf } from '../../domain/ledger/facets.ts'
import { countFitting } from '../../domain/ledger/page-size.ts'
import { defined } from '../../domain/values.ts'
import type { LedgerIndex, LedgerPage } from '../../operations/ledger/ports.ts'
import { readWritten } from '../read-json.ts'
import type { Connection } from './client.ts'
import { entryIdOf, type Item, itemOf, numberOf, textOf, understood } from './items.ts'
import { entryOf, shardsOfLedger } from './ledger-store.ts'
import { batchLimit, TableStore } from './table.ts'

/** The rounds of queries for one page. If few rows match, the page ends early, with a cursor to continue. */
const roundsPerPage = 5
/** The rows that a query reads from one shard: one page if all match, more if few are expected to. */
const readAtOnce = { all: 25, narrow: 200 }
/** Sorts after every place. */
const end = '~'

type Row = { key: Item; place: string; facets: Facets }

const FacetsText = z.object({
  type: z.string(),
  who: z.array(z.string()),
  actions: z.array(z.string()),
  task: z.string().optional(),
  resource: z.string().optional(),
})

/** The ledger table's index over time. It finds candidates; the entries are read strongly. */
export class DynamoLedgerIndex extends TableStore implements LedgerIndex {
  constructor(connection: Connection, { ledger }: { ledger: string }) {
    super(connection, ledger)
  }

  async search(filter: LedgerFilter, { limit, after }: LedgerPage) {
    const found = await this.#find(filter, { limit: Math.min(limit, batchLimit), after })
    const keys = found.rows.map(({ key }) => key)
    const items = await this.table.getMany(keys, 'read entries')
    const byKey = new Map(items.map((item) => [entryIdOf(item), item]))
    const there = found.rows.flatMap(({ key, place }) => {
      const item = byKey.get(entryIdOf(key))
      return item ? [{ item, place }] : []
    })
    const count = countFitting(there.map(({ item }) => textOf(item, 'entry')))
    const next = count < there.length ? there[count - 1]?.place : found.next
    return { entries: there.slice(0, count).map(({ item }) => entryOf(item)), ...defined({ next }) }
  }

  async #find(filter: LedgerFilter, { limit, after }: LedgerPage): Promise<{ rows: Row[]; next?: string }> {
    const size = isNarrow(filter) ? readAtOnce.narrow : readAtOnce.all
    const from = [after ?? '', secondOf(filter.since ?? 0)].toSorted().at(-1) ?? ''
    const to = filter.until === undefined ? end : secondOf(filter.until)
    const parts = shardsOfLedger(this.shards).map((shard) => ({ shard, from, rows: [] as Row[], isRead: from >= to }))
    const rows: Row[] = []
    let next: string | undefined
    for (let round = 0; round < roundsPerPage; round++) {
      const short = parts.filter((part) => !part.isRead && part.rows.length < size / 2)
      await Promise.all(
        short.map(async (part) => {
          const read = await this.#read(part.shard, part.from, to, size)
          part.rows.push(...read.rows)
          part.from = read.rows.at(-1)?.place ?? part.from
          part.isRead = !read.more
        }),
      )
      // The earliest row is known only if each unfinished part has a row.
      while (rows.length < limit && parts.every((part) => part.isRead || part.rows.length > 0)) {
        const [first] = parts.filter((part) => part.rows.length > 0).toSorted(byPlace)
        const row = first?.rows.shift()
        if (!row) return { rows }
        next = row.place
        if (passesFilter(filter, row.facets)) rows.push(row)
      }
      if (rows.length >= limit) break
    }
    return { rows, ...defined({ next }) }
  }

  async #read(shard: string, from: string, to: string, limit: number): Promise<{ rows: Row[]; more: boolean }> {
    const { items, last } = await this.table.query(
      {
        index: 'by-time',
        where: '#shard = :shard AND #place BETWEEN :from AND :to',
        values: { shard, from, to },
        limit,
      },
      'search the ledger',
    )
    return { rows: items.map(rowOf).filter(({ place }) => place > from && place < to), more: last !== undefined }
  }
}

const byPlace = (one: { rows: readonly Row[] }, other: { rows: readonly Row[] }): number =>
  (one.rows[0]?.place ?? end) < (other.rows[0]?.place ?? end) ? -1 : 1

const rowOf = (item: Item): Row => ({
  key: itemOf({ aggregate: textOf(item, 'aggregate'), sequence: numberOf(item, 'sequence') }),
  place: textOf(item, 'place'),
  facets: defined(understood(readWritten(textOf(item, 'facets')), 'facets', FacetsText)),
})
