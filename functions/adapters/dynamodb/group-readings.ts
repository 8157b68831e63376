import { GroupReading, type Readings } from '../../domain/people/group-source.ts'
import type { GroupReadings } from '../../operations/people/ports.ts'
import { type Item, noneIsNewer, textOf, valueIn } from './items.ts'
import { TableStore } from './table.ts'

/** What the sources of groups said last, a row a group, beside the requests: each decision reads them with all else that counts. */
export class DynamoGroupReadings extends TableStore implements GroupReadings {
  save(group: string, reading: GroupReading): Promise<boolean> {
    const { readAt: at } = reading
    const put = this.table.putting(
      { ...readingKey(group), group, reading: JSON.stringify(reading), at },
      noneIsNewer(at),
    )
    return this.table.put(put, `keep who is in the group \`${group}\``)
  }
}

export const readingKey = (group: string) => ({ pk: `GROUP#${group}`, sk: 'GROUP' })
export const readingsOf = (items: readonly Item[]): Readings =>
  Object.fromEntries(items.map((item) => [textOf(item, 'group'), valueIn(item, 'reading', GroupReading)]))
