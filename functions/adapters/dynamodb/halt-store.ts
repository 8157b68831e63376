import * as z from 'zod'
import { Halt, type HaltTarget, haltKey } from '../../domain/halts/halt.ts'
import { factsOfHalt } from '../../domain/ledger/facets.ts'
import { defined, type HaltId } from '../../domain/values.ts'
import type { HaltChange, HaltStore, StoredHalts } from '../../operations/halts/ports.ts'
import type { Page } from '../../operations/ports.ts'
import { haltIdKey } from './chain-ends.ts'
import { endsAt, headOf, headRow, type Item, numberOf, timeKey, valueIn, versionIs } from './items.ts'
import { LedgeredStore } from './ledger-store.ts'

/**
 * Halts in the requests table: those of a target as one item `HALT#kind#value`, the lifted ones too, so that each decision
 * reads it beside the request; and an item `HLT#<id>` for each halt, which is the thing itself and ends its chain of entries.
 */
export class DynamoHaltStore extends LedgeredStore implements HaltStore {
  async load(target: HaltTarget): Promise<StoredHalts> {
    const item = await this.requests.get(haltRowKey(target), 'read the halts of a target')
    return item ? storedHaltsOf(item) : { halts: [], version: 0 }
  }

  async find(id: HaltId) {
    const item = await this.requests.get(haltIdKey(id), `read \`${id}\``)
    return item && { halt: haltOf(item), head: headOf(item) }
  }

  async list({ lifted }: { lifted: boolean }, page: { limit: number; after?: string }): Promise<Page<Halt>> {
    const index = lifted
      ? { index: 'by-time', by: 'kind', value: 'halt' }
      : { index: 'open', by: 'openOf', value: 'halts' }
    const { items, next } = await this.requests.listed(index, page, 'list halts')
    const halts = items.map(haltOf)
    return defined({ items: lifted ? halts : halts.filter((halt) => halt.lifted === undefined), next })
  }

  async save({ halt, expected, halts, entries, head, texts }: HaltChange): Promise<boolean> {
    const list = { ...haltRowKey(halt.target), halts: JSON.stringify(halts), version: expected.version + 1 }
    const items = [
      this.requests.putting(list, versionIs(expected.version)),
      this.requests.putting({ ...haltRow(halt), ...headRow(head) }, endsAt(expected.head)),
    ]
    const all = { entries, texts }
    return (await this.commitAll(items, all, `save \`${halt.id}\``, () => factsOfHalt(halt))).done
  }
}

export const haltRowKey = (target: HaltTarget) => ({ pk: haltKey(target), sk: 'HALT' })

/** A halt by itself, and in the index over what is open until a person lifts it. */
const haltRow = (halt: Halt) => ({
  ...haltIdKey(halt.id),
  halt: JSON.stringify(halt),
  kind: 'halt',
  submitted: timeKey(halt.at) + halt.id,
  openOf: halt.lifted ? undefined : 'halts',
})

const Halts = z.array(Halt)

const haltOf = (item: Item): Halt => valueIn(item, 'halt', Halt)

export const haltsOf = (item: Item): Halt[] => valueIn(item, 'halts', Halts)
export const storedHaltsOf = (item: Item): StoredHalts => ({ halts: haltsOf(item), version: numberOf(item, 'version') })
