import { GroupReading, type Readings } from '../../domain/people/group-source.ts'
import type { GroupReadings } from '../../operations/people/ports.ts'
import { type Item, noneIsNewer, textOf, valueIn } from './items.ts'
import { anyShardOf, shardsOf } from './shards.ts'
import { TableStore } from './table.ts'

/**
 * What the sources of groups said last, beside the requests: each decision and use reads it with all else that counts. A row a
 * group, and as many copies as there are shards. They are not written at once, as a source is not asked at once either.
 */
export class DynamoGroupReadings extends TableStore implements GroupReadings {
  async save(group: string, reading: GroupReading): Promise<boolean> {
    const { readAt: at } = reading
    const said = { group, reading: JSON.stringify(reading), at }
    const puts = shardsOf(`GROUP#${group}`, this.shards).map((pk) =>
      this.table.put(
        this.table.putting({ pk, sk: 'GROUP', ...said }, noneIsNewer(at)),
        `keep who is in the group \`${group}\``,
      ),
    )
    return (await Promise.all(puts)).every(Boolean)
  }
}

/** Any of them. One that is not there yet, since the number of shards was raised, has no members, so no person decides by it. */
export const anyReadingKey = (group: string, shards: number) => ({
  pk: anyShardOf(`GROUP#${group}`, shards),
  sk: 'GROUP',
})
export const readingsOf = (items: readonly Item[]): Readings =>
  Object.fromEntries(items.map((item) => [textOf(item, 'group'), valueIn(item, 'reading', GroupReading)]))
