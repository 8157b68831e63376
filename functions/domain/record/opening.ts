// Rules: test/domain/break-glass/budget.test.ts
import * as z from 'zod'
import { Alias, Digest, NumericDate, PersonId, RequestId, Seconds } from '../values.ts'

/** An action of the catalogue, and the patterns of its resources (`*` is the only wildcard). */
export const OpenRight = z.strictObject({ action: z.string(), resources: z.array(z.string().min(1).max(2048)).min(1) })
export type OpenRight = z.infer<typeof OpenRight>

export const Opening = z.strictObject({
  /** The profile. Without it the opening is of the ask's one action. */
  profile: Alias.optional(),
  rights: z.array(OpenRight).min(1),
  reason: z.string(),
  incident: z.string(),
  /** The longest length. Seconds. */
  window: Seconds,
  coolDown: Seconds,
  /** The budget beside the person's: that of the profile, or of the action on its resource. */
  budgetKey: z.string(),
  /** True if its credentials can do nothing. */
  drill: z.boolean(),
  secondedBy: PersonId.optional(),
  /** True if the role was used outside Hotwork, which issues no credential for it and only has it reviewed. */
  sealed: z.literal(true).optional(),
})
export type Opening = z.infer<typeof Opening>

/** The review of an opening. Every opening gets one, however it ended. */
export const Review = z.strictObject({
  dueAt: NumericDate,
  overdueAt: NumericDate.optional(),
  done: z
    .strictObject({
      by: PersonId,
      at: NumericDate,
      outcome: z.enum(['justified', 'not_justified']),
      note: z.string(),
    })
    .optional(),
})
export type Review = z.infer<typeof Review>

/** One opening in a budget. `until` is its end, which an early end moves. */
export const BudgetEntry = z.strictObject({
  id: RequestId,
  at: NumericDate,
  until: NumericDate,
  review: NumericDate.optional(),
  /** The digest of the reason: a reason is used once. */
  reason: Digest,
})
export type BudgetEntry = z.infer<typeof BudgetEntry>

/** A budget. Drills have budgets of their own. */
export const Budget = z.array(BudgetEntry)
export type Budget = z.infer<typeof Budget>

/** `alone`: one opening at a time, and a cool-down after it. It limits a person; a profile may have two at once. */
export type Limits = { window: number; budget: number; alone?: { coolDown: number } }
