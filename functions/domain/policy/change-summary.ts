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

/** A change set without changes. */
export const noChange: ChangeSummary = {
  ...{ added: 0, changed: 0, replaced: 0, removed: 0, stateful_removed: 0, unpinned: 0 },
  types: [],
}
