import { readVoucher, vouchedFor, voucherKey } from '../domain/break-glass/open.ts'
import { personOf } from '../domain/policy/bundle.ts'
import type { NumericDate, PersonId } from '../domain/values.ts'
import { isStopped } from './find-halt.ts'
import type { DecidingPorts, OnceOnly } from './ports.ts'

const day = 86_400

/** That somebody else vouched for this person lately, for this very thing, to be spent by this opening. */
export async function findVoucher(
  person: PersonId,
  budgetKey: string,
  now: NumericDate,
  { requests, policy }: Pick<DecidingPorts, 'requests' | 'policy'>,
): Promise<{ by: PersonId; once: OnceOnly } | undefined> {
  const key = voucherKey(person)
  const value = await requests.recall(key)
  const voucher = value === undefined ? undefined : readVoucher(value)
  if (value === undefined || !voucher || voucher.until <= now || voucher.budgetKey !== budgetKey) return undefined
  const known = personOf(policy.bundle, voucher.by)
  if (known?.status !== 'active') return undefined
  if (await isStopped(known.id, { requests }, voucher.until - vouchedFor)) return undefined
  return { by: known.id, once: { key, value: 'spent', replaces: value, expiresAt: now + day } }
}
