import { GroupReading, type Readings } from '../../domain/people/group-source.ts'
import type { GroupReadings } from '../../operations/people/ports.ts'
import { condition, type Item, textOf, valueIn } from './items.ts'
import { TableStore } from './table.ts'

/** What the sources of groups said last, a row a group, beside the requests: each decision reads them with all else that counts. */
export class DynamoGroupReadings extends TableStore implements GroupReadings {
  save(group: string, reading: GroupReading): Promise<boolean> {
    const { readAt: at } = reading
    // Put again after a lost answer it is the same, and so is still kept.
    const isNewer = condition('attribute_not_exists(pk) OR #at <= :at', { at })
    const put = this.table.putting({ ...readingKey(group), group, reading: JSON.stringify(reading), at }, isNewer)
    return this.table.put(put, `keep who is in the group \`${group}\``)
  }
}

export const readingKey = (group: string) => ({ pk: `GROUP#${group}`, sk: 'GROUP' })
export const readingsOf = (items: readonly Item[]): Readings =>
  Object.fromEntries(items.map((item) => [textOf(item, 'group'), valueIn(item, 'reading', GroupReading)]))
