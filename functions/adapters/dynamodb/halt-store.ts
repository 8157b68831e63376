import { HaltTarget } from '../../domain/halts/halt.ts'
import type { HaltId } from '../../domain/values.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import type { HaltChange, HaltStore, StoredHalts } from '../../operations/halts/ports.ts'
import type { Connection } from './client.ts'
import { haltItem, haltItemKey, storedHaltsOf, versionIs } from './halt-items.ts'
import { endsAt, headAttributes, headOf, type Item, text, textOf } from './items.ts'
import { putEntry } from './ledger-items.ts'
import { readOne } from './read-one.ts'
import { transact } from './transaction.ts'

/**
 * Kill switches in the requests table: the halts of a target as one item, so that whoever decides reads it beside the
 * request, and an item `REV#<id>` for each halt, to find its target by and to end its chain of entries.
 */
export class DynamoHaltStore implements HaltStore {
  readonly #connection: Connection
  readonly #requests: string
  readonly #ledger: string

  constructor(connection: Connection, tables: { requests: string; ledger: string }) {
    this.#connection = connection
    this.#requests = tables.requests
    this.#ledger = tables.ledger
  }

  async load(target: HaltTarget): Promise<StoredHalts> {
    const item = await this.#get(haltItemKey(target), 'read the halts of a target')
    return item ? storedHaltsOf(item) : { halts: [], version: 0 }
  }

  async find(id: HaltId) {
    const item = await this.#get(switchKey(id), `read \`${id}\``)
    return item && { target: targetOf(item), head: headOf(item) }
  }

  async save({ id, target, expected, halts, entries, head }: HaltChange): Promise<boolean> {
    const table = { TableName: this.#requests }
    const ofId = { ...switchKey(id), target: text(JSON.stringify(target)), ...headAttributes(head) }
    const items = [
      {
        Put: {
          ...table,
          Item: haltItem(target, { halts, version: expected.version + 1 }),
          ...versionIs(expected.version),
        },
      },
      { Put: { ...table, Item: ofId, ...endsAt(expected.head) } },
      ...entries.map((entry) => putEntry(this.#ledger, entry)),
    ]
    const { done } = await transact(this.#connection, items, `save \`${id}\``)
    return done
  }

  #get(key: Item, trying: string): Promise<Item | undefined> {
    return readOne(this.#connection, this.#requests, key, trying)
  }
}

const switchKey = (id: HaltId) => ({ pk: text(`REV#${id}`), sk: text('REV') })

function targetOf(item: Item): HaltTarget {
  const parsed = HaltTarget.safeParse(JSON.parse(textOf(item, 'target')))
  if (!parsed.success) throw new StoreUnavailable(`the item \`${textOf(item, 'pk')}\` names no target`)
  return parsed.data
}
