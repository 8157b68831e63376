import * as z from 'zod'
import { event } from './events.ts'
import { NumericDate, PersonId } from './values.ts'

/** How long a word for somebody is good: it is for an emergency that is going on now. Seconds. */
export const vouchedFor = 600

/** Somebody gave their word for another who has to break the glass though a review is overdue: on their own chain. */
export const VouchEvent = event('Vouched', { person: PersonId, budgetKey: z.string(), until: NumericDate })
export type VouchEvent = z.infer<typeof VouchEvent>

/** Under which key a word for somebody waits to be spent, and as what. */
export const voucherKey = (person: PersonId): string => `VOUCHED#${person}`
export const voucherValue = ({ by, until, budgetKey }: { by: PersonId; until: NumericDate; budgetKey: string }) =>
  `${by} ${until} ${budgetKey}`

/** What was put down so; undefined for one that is spent. */
export function readVoucher(value: string): { by: string; until: NumericDate; budgetKey: string } | undefined {
  const [by, until, ...about] = value.split(' ')
  return by === undefined || until === undefined ? undefined : { by, until: Number(until), budgetKey: about.join(' ') }
}
