import { Deny } from '../../domain/credentials/denies.ts'
import { defined, type NumericDate } from '../../domain/values.ts'
import type { DenyStore } from '../../operations/credentials/ports.ts'
import { condition, type Item, numberOf, textOf, understood } from './items.ts'
import { TableStore } from './table.ts'

/**
 * The time that an item is kept after its end, so that TTL deletes it only after its role has lost the deny. Seconds.
 */
const keepSeconds = 7 * 86_400

/**
 * The denies of a role: items `DENY#<role>` of the requests table, one for each value of a session tag. An item is in the
 * sparse index `overdue` until it is forgotten.
 */
export class DynamoDenyStore extends TableStore implements DenyStore {
  async add(role: string, denies: readonly Deny[]): Promise<void> {
    // A deny is only ever extended: the later of two ends counts, in any order.
    const puts = denies.map((deny) =>
      this.table.putting(
        { ...rowOf(role, deny), overdue: 'deny', dueAt: deny.until },
        condition('attribute_not_exists(pk) OR #until < :until', { until: deny.until }),
      ),
    )
    await Promise.all(puts.map((put) => this.table.put(put, 'deny a session')))
  }

  async ofRole(role: string): Promise<readonly Deny[]> {
    const query = { where: 'pk = :role', filter: 'attribute_exists(overdue)', values: { role: roleKey(role) } }
    return (await this.table.queryAll(query, 'read the denies of a role')).map(denyOf)
  }

  async forget(role: string, denies: readonly Deny[]): Promise<void> {
    // Removes it from the index only: no role may delete from this table, and TTL is slow.
    const puts = denies.map((deny) => this.table.putting(rowOf(role, deny)))
    await Promise.all(puts.map((put) => this.table.put(put, 'forget a deny')))
  }

  async overdue(now: NumericDate, limit: number): Promise<readonly string[]> {
    const where = 'overdue = :deny AND dueAt < :now'
    const query = { index: 'overdue', where, values: { deny: 'deny', now }, limit }
    const { items } = await this.table.query(query, 'find denies that are over')
    return [...new Set(items.map((item) => textOf(item, 'pk').slice(roleKey('').length)))]
  }
}

const roleKey = (role: string): string => `DENY#${role}`

const rowOf = (role: string, { tag, value, until, issuedBefore }: Deny) => ({
  pk: roleKey(role),
  sk: `${tag}#${value}`,
  tag,
  value,
  until,
  ttl: until + keepSeconds,
  issuedBefore,
})

/** @throws StoreUnavailable if the item is invalid: a deny must never be dropped */
function denyOf(item: Item): Deny {
  const members = {
    tag: textOf(item, 'tag'),
    value: textOf(item, 'value'),
    until: numberOf(item, 'until'),
    issuedBefore: item['issuedBefore'] && numberOf(item, 'issuedBefore'),
  }
  return understood(defined(members), 'deny', Deny)
}
