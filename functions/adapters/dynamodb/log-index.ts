import * as z from 'zod'
import { type Leaf, partsOfId } from '../../domain/anchor/leaf.ts'
import { type LoggedAt, type LogIndex, type LogState, mostAtOnce } from '../../operations/anchor/ports.ts'
import { condition, entryIdOf, itemOf, numberOf, packed, packedIn, textOf } from './items.ts'
import { TableStore } from './table.ts'

const Pending = z.array(z.string())

/** The key of the state. Aggregates have a prefix, so their keys differ. */
const stateKey = { aggregate: 'LOG', sequence: 0 }

/** The place of each entry in the log, and the number of entries, in a table of the notary's own. */
export class DynamoLogIndex extends TableStore implements LogIndex {
  async state(): Promise<LogState> {
    const item = await this.table.get(stateKey, 'read the state of the log')
    return item
      ? { size: numberOf(item, 'size'), pending: packedIn(item, 'pending', Pending) }
      : { size: 0, pending: [] }
  }

  async find(ids: readonly string[]): Promise<ReadonlyMap<string, LoggedAt>> {
    const keys = [...new Set(ids)].flatMap((id) => partsOfId(id) ?? []).map((parts) => itemOf(parts))
    const items = await this.table.getMany(keys, 'read places in the log')
    return new Map(
      items.map((item) => [entryIdOf(item), { index: numberOf(item, 'place'), hash: textOf(item, 'hash') }]),
    )
  }

  async last(aggregate: string) {
    const query = { where: '#aggregate = :aggregate', values: { aggregate }, newestFirst: true, limit: 1 }
    const [item] = (await this.table.query(query, 'read the last place of a chain')).items
    return item && { sequence: numberOf(item, 'sequence'), hash: textOf(item, 'hash') }
  }

  async place(size: number, leaves: readonly Leaf[], pending: readonly string[]): Promise<boolean> {
    if (leaves.length > mostAtOnce) throw new RangeError(`${leaves.length} leaves do not fit into one transaction`)
    const isFree = condition('attribute_not_exists(#aggregate)')
    const counted = size === 0 ? isFree : condition('#size = :before', { before: size })
    const state = { ...stateKey, size: size + leaves.length, pending: packed(pending) }
    const rows = leaves.map(({ id, hash }, at) => ({ ...partsOf(id), place: size + at, hash }))
    const puts = [this.table.putting(state, counted), ...rows.map((row) => this.table.putting(row, isFree))]
    return (await this.table.transact(puts, 'give places in the log')).done
  }
}

function partsOf(id: string) {
  const parts = partsOfId(id)
  if (!parts) throw new RangeError(`\`${id}\` is not an entry's id`)
  return parts
}
