import * as z from 'zod'
import { Halt, HaltTarget, haltKey } from '../../domain/halts/halt.ts'
import type { HaltId } from '../../domain/values.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import type { HaltChange, HaltStore, StoredHalts } from '../../operations/halts/ports.ts'
import { type Connection, transact } from './client.ts'
import { endsAt, headAttributes, headOf, type Item, number, numberOf, readOne, text, textOf } from './items.ts'
import { putEntry } from './ledger-store.ts'

/** The halts of one target, those that were lifted too, as one item `HALT#kind#value` of the requests table. */
export const haltItemKey = (target: HaltTarget) => ({ pk: text(haltKey(target)), sk: text('HALT') })

/** The keys of some targets, each once, as a batch demands. */
export const uniqueKeys = (targets: readonly HaltTarget[]): readonly Item[] =>
  [...new Map(targets.map((target) => [haltKey(target), target])).values()].map(haltItemKey)

const Halts = z.array(Halt)

/** @throws StoreUnavailable when the item holds no halts that this code understands: stop rather than guess */
export function haltsOf(item: Item): Halt[] {
  const parsed = Halts.safeParse(JSON.parse(textOf(item, 'halts')))
  if (!parsed.success) throw new StoreUnavailable(`the item \`${textOf(item, 'pk')}\` holds no halts`)
  return parsed.data
}

/** @throws StoreUnavailable when it is none of ours */
export const storedHaltsOf = (item: Item): StoredHalts => ({ halts: haltsOf(item), version: numberOf(item, 'version') })

/** The halts of a target as its item. */
const haltItem = (target: HaltTarget, { halts, version }: StoredHalts): Item => ({
  ...haltItemKey(target),
  halts: text(JSON.stringify(halts)),
  version: number(version),
})

/** The condition that a target's halts are still as they were read: 0 for none. */
export const versionIs = (version: number) =>
  version === 0
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : {
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': number(version) },
      }

/**
 * Halts in the requests table: those of a target as one item, so that each decision reads it beside the
 * request, and an item `HLT#<id>` for each halt, to find its target by and to end its chain of entries.
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
    const item = await this.#get(haltIdKey(id), `read \`${id}\``)
    return item && { target: targetOf(item), head: headOf(item) }
  }

  async save({ id, target, expected, halts, entries, head }: HaltChange): Promise<boolean> {
    const table = { TableName: this.#requests }
    const ofId = { ...haltIdKey(id), target: text(JSON.stringify(target)), ...headAttributes(head) }
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

const haltIdKey = (id: HaltId) => ({ pk: text(`HLT#${id}`), sk: text('HLT') })

function targetOf(item: Item): HaltTarget {
  const parsed = HaltTarget.safeParse(JSON.parse(textOf(item, 'target')))
  if (!parsed.success) throw new StoreUnavailable(`the item \`${textOf(item, 'pk')}\` names no target`)
  return parsed.data
}
