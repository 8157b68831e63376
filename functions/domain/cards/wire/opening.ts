// Rules: test/client/openapi.test.ts
import * as z from 'zod'
import { Call } from './ledger.ts'
import { End, Grant } from './request.ts'
import { idOf, Members, Resource, time, word } from './word.ts'

/** An opening of break-glass, as people see it. */

const Review = z.looseObject({
  due_at: time,
  status: z.enum(['due', 'overdue', 'done']),
  by: z.string().optional(),
  at: time.optional(),
  outcome: word('justified', 'not_justified').optional(),
  note: z.string().optional(),
})

const opening = {
  id: idOf('bgl'),
  status: word('pending', 'approved', 'denied', 'withdrawn', 'expired', 'completed', 'revoked'),
  person: z.string(),
  profile: z.string().optional(),
  action: z.string(),
  arguments: Members.default({}),
  resource: Resource,
  rights: z.array(z.looseObject({ action: z.string(), resources: z.array(z.string()) })),
  environment: z.string().optional(),
  reason: z.string(),
  incident: z.string(),
  minutes: z.number().optional(),
  drill: z.boolean().default(false),
  /** A use of the sealed role, whose credentials are not Hotwork's. */
  sealed: z.boolean().default(false),
  vouched_by: z.string().optional(),
  digest: z.string().optional(),
  unpinned: z.array(z.string()).optional(),
  /** AWS credentials, one call that Hotwork makes itself, or a token for a tool. */
  credential: z.enum(['sts', 'mediated', 'token']).catch('sts') as unknown as z.ZodType<
    'sts' | 'mediated' | 'token',
    string
  >,
  opened_at: time,
  not_after: time,
  ended: End.optional(),
  grant: Grant.optional(),
  review: Review.optional(),
}

export const Opening = z.looseObject({
  ...opening,
  /** Missing in a list. */
  credentials: z
    .array(
      z.looseObject({
        id: z.string(),
        kind: z.string(),
        issued_at: time,
        expires_at: time,
        role: z.string().optional(),
      }),
    )
    .default([]),
  /** Null if the record of calls does not answer. */
  calls: z.array(Call).nullish(),
  calls_complete: z.boolean().optional(),
  calls_more: z.boolean().default(false),
  calls_unread: z.array(z.string()).default([]),
})
export type Opening = z.infer<typeof Opening>

export const Opened = Opening.extend({ budget_left_minutes: z.number() })
export type Opened = z.infer<typeof Opened>

export const Budget = z.looseObject({
  person: z.string().optional(),
  profile: z.string().optional(),
  action: z.string().optional(),
  resource: Resource.optional(),
  budget_minutes: z.number(),
  left_minutes: z.number(),
})

export const Openings = z.looseObject({
  break_glass: z.array(Opening),
  budgets: z.array(Budget).default([]),
})
export type Openings = z.infer<typeof Openings>

const DrillStep = z.looseObject({
  step: z.string(),
  verdict: z.string(),
  within_seconds: z.number(),
  took_seconds: z.number().optional(),
})
export const DrillReport = z.looseObject({
  id: z.string().optional(),
  drill: z.literal(true).optional(),
  status: z.string().optional(),
  opened_at: time.optional(),
  not_after: time.optional(),
  kept: z.boolean().optional(),
  steps: z.array(DrillStep),
  told: z
    .looseObject({ due: z.number(), missing: z.array(z.string()), in_channel: z.boolean(), paged: z.boolean() })
    .optional(),
})
export type DrillReport = z.infer<typeof DrillReport>

export const Vouched = z.looseObject({ person: z.string(), vouched_by: z.string().optional(), until: time })

export const IncidentHeard = z.looseObject({ incident: z.string(), ended: z.array(z.string()) })
