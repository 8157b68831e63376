import * as z from 'zod'
import { factsOfStandIn } from '../../domain/ledger/facets.ts'
import { StandIn } from '../../domain/people/stand-in.ts'
import { defined, type PersonId, type StandInId } from '../../domain/values.ts'
import type { StandInChange, StandInStore, StoredStandIns } from '../../operations/people/ports.ts'
import type { Page } from '../../operations/ports.ts'
import { standInIdKey } from './chain-ends.ts'
import { endsAt, headOf, headRow, type Item, numberOf, type Row, timeKey, valueIn, versionIs } from './items.ts'
import { LedgeredStore } from './ledger-store.ts'

/**
 * `STANDIN#`: the stand-ins of one person for others, read with each of their decisions; `ABSENT#`: one person's absences,
 * one at a time; `SIN#<id>`: the stand-in itself, with the end of its chain.
 */
export class DynamoStandInStore extends LedgeredStore implements StandInStore {
  async of({ absent, by }: { absent: PersonId; by: PersonId }) {
    const [absences, taken] = await Promise.all([this.#inList(absenceKey(absent)), this.#inList(standInKey(by))])
    return { absences, taken }
  }

  async find(id: StandInId) {
    const item = await this.requests.get(standInIdKey(id), `read \`${id}\``)
    return item && { standIn: standInOf(item), head: headOf(item) }
  }

  async save({ standIn, expected, absences, taken, entries, head }: StandInChange): Promise<boolean> {
    const list = (key: Row, standIns: readonly StandIn[], version: number) => {
      const row = { ...key, standIns: JSON.stringify(standIns), version: version + 1 }
      return this.requests.putting(row, versionIs(version))
    }
    const { id, at } = standIn
    const ofId = {
      ...standInIdKey(id),
      standIn: JSON.stringify(standIn),
      kind: 'stand-in',
      submitted: timeKey(at) + id,
    }
    const items = [
      list(standInKey(standIn.by), taken, expected.taken),
      list(absenceKey(standIn.for), absences, expected.absences),
      this.requests.putting({ ...ofId, ...headRow(head) }, endsAt(expected.head)),
    ]
    return (await this.commitAll(items, { entries }, `save \`${id}\``, () => factsOfStandIn(standIn))).done
  }

  async list(page: { limit: number; after?: string }): Promise<Page<StandIn>> {
    const index = { index: 'by-time', by: 'kind', value: 'stand-in' }
    const { items, next } = await this.requests.listed(index, page, 'list stand-ins')
    return defined({ items: items.map(standInOf), next })
  }

  async #inList(key: Row): Promise<StoredStandIns> {
    const item = await this.requests.get(key, 'read the stand-ins of a person')
    return item ? { standIns: standInsOf(item), version: numberOf(item, 'version') } : { standIns: [], version: 0 }
  }
}

/**
 * The people that a person may decide for, now or later. The item leaves out stand-ins that had ended at its last
 * change.
 */
export const standInKey = (by: PersonId) => ({ pk: `STANDIN#${by}`, sk: 'STANDIN' })
const absenceKey = (absent: PersonId) => ({ pk: `ABSENT#${absent}`, sk: 'ABSENT' })

const StandIns = z.array(StandIn)

export const standInsOf = (item: Item): StandIn[] => valueIn(item, 'standIns', StandIns)
const standInOf = (item: Item): StandIn => valueIn(item, 'standIn', StandIn)
