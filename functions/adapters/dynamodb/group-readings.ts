import { GroupReading, type Readings } from '../../domain/people/group-source.ts'
import type { GroupReadings } from '../../operations/people/ports.ts'
import { type Item, noneIsNewer, textOf, valueIn } from './items.ts'
import { anyShardOf, shardsOf } from './shards.ts'
import { TableStore } from './table.ts'

/**
 * The last answers of the groups' sources, beside the requests, since each decision and use reads them with all other
 * facts. A group has a row for each shard. No transaction is needed, since groups are independent.
 */
export class DynamoGroupReadings extends TableStore implements GroupReadings {
  async save(group: string, reading: GroupReading): Promise<boolean> {
    const { readAt: at } = reading
    const said = { group, reading: JSON.stringify(reading), at }
    const puts = shardsOf(`GROUP#${group}`, this.shards).map((pk) =>
      this.table.put(
        this.table.putting({ pk, sk: 'GROUP', ...said }, noneIsNewer(at)),
        `store the members of the group \`${group}\``,
      ),
    )
    return (await Promise.all(puts)).every(Boolean)
  }
}

/**
 * The key of any copy. A copy missing after a raise of the number of shards has no members, so no person decides by it.
 */
export const anyReadingKey = (group: string, shards: number) => ({
  pk: anyShardOf(`GROUP#${group}`, shards),
  sk: 'GROUP',
})
export const readingsOf = (items: readonly Item[]): Readings =>
  Object.fromEntries(items.map((item) => [textOf(item, 'group'), valueIn(item, 'reading', GroupReading)]))
