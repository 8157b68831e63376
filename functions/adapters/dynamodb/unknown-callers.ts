import { UnknownDay } from '../../domain/agents/unknown-callers.ts'
import type { DayKey, StoredDay, UnknownCallerStore } from '../../operations/agents/unknown-callers.ts'
import { type Item, itemOf, numberOf, packed, packedIn, textOf, versionIs } from './items.ts'
import { TableStore } from './table.ts'

/** `UNKNOWN#<issuer>#<day>`: the unknown callers of one issuer on one day. */
export class DynamoUnknownCallers extends TableStore implements UnknownCallerStore {
  async days(keys: readonly DayKey[]): Promise<readonly StoredDay[]> {
    if (keys.length === 0) return []
    const items = await this.table.getMany(
      keys.map((key) => itemOf(rowOf(key))),
      'read unknown callers',
    )
    const found = new Map<string, Item>(items.map((item) => [textOf(item, 'pk'), item]))
    return keys.flatMap((key) => {
      const item = found.get(rowOf(key).pk)
      return item ? [{ key, value: packedIn(item, 'day', UnknownDay), version: numberOf(item, 'version') }] : []
    })
  }

  saveDay({ key, value, version }: StoredDay, expiresAt: number): Promise<boolean> {
    const row = { ...rowOf(key), day: packed(value), version: version + 1, ttl: expiresAt }
    return this.table.put(this.table.putting(row, versionIs(version)), 'keep unknown callers')
  }
}

const rowOf = ({ issuer, day }: DayKey) => ({ pk: `UNKNOWN#${issuer}#${day}`, sk: 'UNKNOWN' })
