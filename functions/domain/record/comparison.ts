// Rules: test/domain/uses/actual.test.ts
import * as z from 'zod'
import { NumericDate } from '../values.ts'

/** The most names of actions in one entry. */
export const mostNames = 20

/**
 * A comparison of a grant's calls with its approval: the number of each kind, and the actions outside of the approval.
 */
export const Comparison = z.strictObject({
  approved: z.int().nonnegative(),
  refused: z.int().nonnegative(),
  extraCalls: z.int().nonnegative(),
  /** The actions of extra calls. */
  extra: z.array(z.string().max(128)).max(mostNames),
  unused: z.boolean(),
  notRecorded: z.literal(true).optional(),
  /** False if the record timed out, or was only read in part. */
  complete: z.boolean(),
})
export type Comparison = z.infer<typeof Comparison>

/** The comparison in the state. */
export const Compared = z.strictObject({ ...Comparison.shape, at: NumericDate })
export type Compared = z.infer<typeof Compared>
