// Rules: test/operations/requests/submit-run.test.ts
import * as z from 'zod'

/** A change set in numbers, for policy and cards. */
export const ChangeSummary = z.strictObject({
  added: z.int().nonnegative(),
  changed: z.int().nonnegative(),
  replaced: z.int().nonnegative(),
  removed: z.int().nonnegative(),
  /** The removed or replaced resources that hold data. */
  stateful_removed: z.int().nonnegative(),
  /** The parts of the processed template that no digest pins. */
  unpinned: z.int().nonnegative(),
  types: z.array(z.string()),
})
export type ChangeSummary = z.infer<typeof ChangeSummary>
