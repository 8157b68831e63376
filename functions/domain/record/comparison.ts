import * as z from 'zod'
import { NumericDate } from '../values.ts'

/** Names of actions in one entry. */
export const mostNames = 20

/** What becomes an entry of a grant's calls: how many calls there were of each kind, and what was called beside what was approved. */
export const Comparison = z.strictObject({
  approved: z.int().nonnegative(),
  refused: z.int().nonnegative(),
  extraCalls: z.int().nonnegative(),
  /** Their actions. */
  extra: z.array(z.string().max(128)).max(mostNames),
  unused: z.boolean(),
  notRecorded: z.literal(true).optional(),
  /** False where the record did not answer in time, or has more than was read. */
  complete: z.boolean(),
})
export type Comparison = z.infer<typeof Comparison>

/** In the state. */
export const Compared = z.strictObject({ ...Comparison.shape, at: NumericDate })
export type Compared = z.infer<typeof Compared>
