import * as z from 'zod'
import { Alias, Digest, NumericDate, PersonId, RequestId, Seconds } from '../values.ts'

/** An action of the catalogue, on each resource that one of these patterns covers (`*` alone). */
export const OpenRight = z.strictObject({ action: z.string(), resources: z.array(z.string().min(1).max(2048)).min(1) })
export type OpenRight = z.infer<typeof OpenRight>

export const Opening = z.strictObject({
  /** The profile; without it, the one action that the ask names. */
  profile: Alias.optional(),
  rights: z.array(OpenRight).min(1),
  reason: z.string(),
  incident: z.string(),
  /** Seconds. */
  window: Seconds,
  coolDown: Seconds,
  /** Beside the person, what its minutes count against: the profile, or the action's own resource. */
  budgetKey: z.string(),
  /** Its credentials can do nothing. */
  drill: z.boolean(),
  secondedBy: PersonId.optional(),
  /** Used outside Hotwork: no credential comes of it here, only a review. */
  sealed: z.literal(true).optional(),
})
export type Opening = z.infer<typeof Opening>

/** Each opening gets one, however it ended. */
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

/** `until` is its end, which an early end brings forward. */
export const BudgetEntry = z.strictObject({
  id: RequestId,
  at: NumericDate,
  until: NumericDate,
  review: NumericDate.optional(),
  /** The same words are not a reason twice. */
  reason: Digest,
})
export type BudgetEntry = z.infer<typeof BudgetEntry>

/** Drills have budgets of their own. */
export const Budget = z.array(BudgetEntry)
export type Budget = z.infer<typeof Budget>

/** `alone`: one opening at a time, and none soon after. That bounds a person; a profile may be open to two. */
export type Limits = { window: number; budget: number; alone?: { coolDown: number } }
