// Rules: test/stack/anchor.test.ts
import type { Placed } from '../../domain/anchor/compare.ts'
import { partsOfId } from '../../domain/anchor/leaf.ts'
import type { Head } from '../../domain/ledger/ledger.ts'
import { defined, JsonObject } from '../../domain/values.ts'
import type { LedgerRows } from '../../operations/anchor/ports.ts'
import { readWritten } from '../read-json.ts'
import { chainEndKey } from './chain-ends.ts'
import type { Connection } from './client.ts'
import { headOf, type Item, itemOf, textOf } from './items.ts'
import { Table } from './table.ts'

/** The rows of the ledger table and the ends of its chains, for a comparison with the log. */
export class DynamoLedgerRows implements LedgerRows {
  readonly #ledger: Table
  readonly #requests: Table

  constructor(connection: Connection, tables: { requests: string; ledger: string }) {
    this.#ledger = new Table(connection, tables.ledger)
    this.#requests = new Table(connection, tables.requests)
  }

  async at(ids: readonly string[]): Promise<readonly Placed[]> {
    const keys = ids.flatMap((id) => partsOfId(id) ?? []).map((parts) => itemOf(parts))
    return (await this.#ledger.getMany(keys, 'read entries')).map(placedOf)
  }

  async page(aggregate: string, { after, limit }: { after: number; limit: number }) {
    const query = { where: '#aggregate = :aggregate AND #sequence > :after', values: { aggregate, after }, limit }
    const { items, last } = await this.#ledger.query(query, `read the rows of \`${aggregate}\``)
    return defined({ placed: items.map(placedOf), next: last && Number(last['sequence']?.N) })
  }

  async *part(segment: number, of: number): AsyncIterable<readonly Placed[]> {
    for await (const items of this.#ledger.scan({ segment, of }, 'read the ledger')) yield items.map(placedOf)
  }

  async ends(aggregates: readonly string[]): Promise<ReadonlyMap<string, Head>> {
    const keys = new Map(aggregates.map((aggregate) => [chainEndKey(aggregate).pk, aggregate]))
    const wanted = [...new Set(aggregates)].map((each) => itemOf(chainEndKey(each)))
    const items = await this.#requests.getMany(wanted, 'read the ends of chains')
    return new Map(
      items.flatMap((item) => {
        const head = readHead(item)
        return head ? [[keys.get(textOf(item, 'pk')) as string, head] as const] : []
      }),
    )
  }
}

/** Undefined for a row without an end: its chain has no commits. */
function readHead(item: Item): Head | undefined {
  try {
    return headOf(item)
  } catch {
    return undefined
  }
}

/** A row as stored. A text that is not a JSON object differs from every entry, so the comparison reports it. */
function placedOf(item: Item): Placed {
  const id = `${textOf(item, 'aggregate')}/${item['sequence']?.N}`
  return { id, entry: objectIn(item['entry']?.S ?? '') }
}

export function objectIn(text: string): JsonObject {
  try {
    return JsonObject.parse(readWritten(text))
  } catch {
    return {}
  }
}
