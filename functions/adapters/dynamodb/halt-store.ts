import * as z from 'zod'
import { Halt, type HaltTarget, haltKey } from '../../domain/halts/halt.ts'
import { factsOfHalt } from '../../domain/ledger/facets.ts'
import { defined, type HaltId } from '../../domain/values.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import type { HaltChange, HaltStore, StoredHalts } from '../../operations/halts/ports.ts'
import type { Page } from '../../operations/ports.ts'
import { haltIdKey } from './chain-ends.ts'
import { pause } from './client.ts'
import { endsAt, headOf, headRow, type Item, numberOf, timeKey, valueIn, versionIs } from './items.ts'
import { LedgeredStore } from './ledger-store.ts'
import { anyOf } from './shards.ts'

/**
 * The number of equal items for a target. All decisions, issues and uses read one, and DynamoDB serves one item 3,000
 * times a second. A transaction can write a hundred items.
 */
export const haltCopies = 64

/**
 * Halts in the requests table. `HALT#kind#value` and its copies hold all halts of a target, the lifted ones too; `HLT#<id>`
 * is one halt, and ends its chain of entries; `HALTED#` and its copies name each target that was ever halted. Each decision,
 * issue and use reads one `HALTED#` beside the request, and one item for each target of its own that is named there. One
 * transaction writes all copies, so they agree.
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
    const said = { halts: JSON.stringify(halts), version: expected.version + 1 }
    const copies = Array.from({ length: haltCopies - 1 }, (_, before) => haltCopyKey(halt.target, before + 1))
    await this.#name(halt.target)
    const items = [
      this.requests.putting({ ...haltRowKey(halt.target), ...said }, versionIs(expected.version)),
      ...copies.map((key) => this.requests.putting({ ...key, ...said })),
      this.requests.putting({ ...haltRow(halt), ...headRow(head) }, endsAt(expected.head)),
    ]
    const all = { entries, texts }
    return (await this.commitAll(items, all, `save \`${halt.id}\``, () => factsOfHalt(halt))).done
  }

  /** Written before the halt, and never removed: an extra name only costs a read. */
  async #name(target: HaltTarget): Promise<void> {
    for (let attempt = 0; attempt < nameAttempts; attempt++) {
      if (attempt > 0) await pause(10, attempt)
      const item = await this.requests.get(haltedKey(0), 'read the halted targets')
      if (haltedIn(item && [item])(target)) return
      const [names, version] = item ? [namesIn(item), numberOf(item, 'version')] : [[], 0]
      const row = names.length < mostNamed ? { names: [...names, haltKey(target)] } : { many: 1 }
      const puts = Array.from({ length: haltCopies }, (_, copy) =>
        this.requests.putting(
          { ...haltedKey(copy), ...row, version: version + 1 },
          copy === 0 ? versionIs(version) : {},
        ),
      )
      if ((await this.requests.transact(puts, 'name the halted target')).done) return
    }
    throw new StoreUnavailable('other halts kept coming first')
  }
}

const nameAttempts = 60
/** The most names, since the item is read at each act. Beyond it, each target's own item is read. */
export const mostNamed = 250
export const haltedKey = (copy: number) => ({ pk: `HALTED#${copy}`, sk: 'HALTED' })
export const anyHaltedKey = () => haltedKey(anyOf(haltCopies))

const namesIn = (item: Item): readonly string[] => item['names']?.L?.map(({ S = '' }) => S) ?? []

/** The targets that may have halts, by the item that names them. */
export function haltedIn([item]: readonly Item[] = []): (target: HaltTarget) => boolean {
  if (!item) return () => false
  const names = new Set(namesIn(item))
  return item['many'] ? () => true : (target) => names.has(haltKey(target))
}

export const haltRowKey = (target: HaltTarget) => ({ pk: haltKey(target), sk: 'HALT' })

/**
 * Copies have a prefix besides `HALT#`, so that followers of the stream hear of a halt once. @param copy 0 is the item
 * itself
 */
export const haltCopyKey = (target: HaltTarget, copy: number) =>
  copy === 0 ? haltRowKey(target) : { pk: haltKey(target).replace('HALT#', `HALTCOPY#${copy}#`), sk: 'HALT' }

/** The key of any copy. */
export const anyHaltKey = (target: HaltTarget) => haltCopyKey(target, anyOf(haltCopies))

/** A halt's own item, in the index of open halts until a person lifts it. */
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
