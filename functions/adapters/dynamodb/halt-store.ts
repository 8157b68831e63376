import * as z from 'zod'
import { Halt, HaltTarget, haltKey } from '../../domain/halts/halt.ts'
import type { HaltId } from '../../domain/values.ts'
import type { HaltChange, HaltStore, StoredHalts } from '../../operations/halts/ports.ts'
import { endsAt, headOf, headRow, type Item, numberOf, valueIn, versionIs } from './items.ts'
import { LedgeredStore } from './ledger-store.ts'

/**
 * Halts in the requests table: those of a target as one item `HALT#kind#value`, the lifted ones too, so that each decision
 * reads it beside the request; and an item `HLT#<id>` for each halt, to find its target by and to end its chain of entries.
 */
export class DynamoHaltStore extends LedgeredStore implements HaltStore {
  async load(target: HaltTarget): Promise<StoredHalts> {
    const item = await this.requests.get(haltRowKey(target), 'read the halts of a target')
    return item ? storedHaltsOf(item) : { halts: [], version: 0 }
  }

  async find(id: HaltId) {
    const item = await this.requests.get(haltIdKey(id), `read \`${id}\``)
    return item && { target: valueIn(item, 'target', HaltTarget), head: headOf(item) }
  }

  async save({ id, target, expected, halts, entries, head }: HaltChange): Promise<boolean> {
    const list = { ...haltRowKey(target), halts: JSON.stringify(halts), version: expected.version + 1 }
    const ofId = { ...haltIdKey(id), target: JSON.stringify(target), ...headRow(head) }
    const items = [
      this.requests.putting(list, versionIs(expected.version)),
      this.requests.putting(ofId, endsAt(expected.head)),
    ]
    return (await this.commitAll(items, entries, `save \`${id}\``)).done
  }
}

export const haltRowKey = (target: HaltTarget) => ({ pk: haltKey(target), sk: 'HALT' })
const haltIdKey = (id: HaltId) => ({ pk: `HLT#${id}`, sk: 'HLT' })

const Halts = z.array(Halt)

export const haltsOf = (item: Item): Halt[] => valueIn(item, 'halts', Halts)
export const storedHaltsOf = (item: Item): StoredHalts => ({ halts: haltsOf(item), version: numberOf(item, 'version') })
