import * as z from 'zod'

/** What this program reads of the API's answers. `--json` prints the other members too. */

const time = z.iso.datetime({ offset: true })

const Review = z.looseObject({
  due_at: time,
  status: z.enum(['due', 'overdue', 'done']),
  by: z.string().optional(),
  outcome: z.string().optional(),
  note: z.string().optional(),
})

const Use = z.looseObject({ tool: z.string(), begun_at: time, outcome: z.string().optional() })
const Call = z.looseObject({
  at: time,
  action: z.string(),
  resource: z.string().optional(),
  verdict: z.string(),
  error: z.string().optional(),
})

export const Opening = z.looseObject({
  id: z.string().regex(/^bgl_[0-9a-z]{26}$/),
  status: z.string(),
  person: z.string(),
  profile: z.string().optional(),
  action: z.string(),
  resource: z.looseObject({ type: z.string(), id: z.string() }),
  arguments: z.record(z.string(), z.unknown()).default({}),
  rights: z.array(z.looseObject({ action: z.string(), resources: z.array(z.string()) })),
  /** What Hotwork gives for it: AWS credentials, one call that it makes itself, or a token for a tool. */
  credential: z.enum(['sts', 'mediated', 'token']).catch('sts'),
  reason: z.string(),
  incident: z.string(),
  drill: z.boolean().default(false),
  /** A use of the sealed role, which needs no Hotwork: there are no credentials of it here. */
  sealed: z.boolean().default(false),
  opened_at: time,
  not_after: time,
  ended: z.looseObject({ at: time, by: z.string(), reason: z.string().optional() }).optional(),
  review: Review.optional(),
  grant: z.looseObject({ uses: z.array(Use).default([]) }).optional(),
  /** Absent in a list. */
  credentials: z.array(z.looseObject({})).default([]),
  /** Null where the record of calls does not answer. */
  calls: z.array(Call).nullish(),
  calls_more: z.boolean().default(false),
  calls_unread: z.array(z.string()).default([]),
})
export type Opening = z.infer<typeof Opening>

export const Opened = Opening.extend({ budget_left_minutes: z.number() })
export type Opened = z.infer<typeof Opened>

const Budget = z.looseObject({
  person: z.string().optional(),
  profile: z.string().optional(),
  action: z.string().optional(),
  resource: z.looseObject({ id: z.string() }).optional(),
  budget_minutes: z.number(),
  left_minutes: z.number(),
})
export const Listed = z.looseObject({
  break_glass: z.array(Opening),
  budgets: z.array(Budget).default([]),
})
export type Listed = z.infer<typeof Listed>

const Step = z.looseObject({
  step: z.string(),
  verdict: z.string(),
  within_seconds: z.number(),
  took_seconds: z.number().optional(),
})
export const DrillReport = z.looseObject({
  steps: z.array(Step),
})
export type DrillReport = z.infer<typeof DrillReport>

export const Vouched = z.looseObject({ person: z.string(), until: time })

export const AccessToken = z.looseObject({ access_token: z.string().min(1) })

export const Called = z.looseObject({ output: z.record(z.string(), z.unknown()) })
export type Called = z.infer<typeof Called>

/** What AWS SDKs take from a `credential_process`: these members, and no others. */
export const AwsCredentials = z.object({
  Version: z.literal(1),
  AccessKeyId: z.string(),
  SecretAccessKey: z.string(),
  SessionToken: z.string(),
  Expiration: time,
})
export type AwsCredentials = z.infer<typeof AwsCredentials>

/** Problem details (RFC 9457), or an error of OAuth (RFC 6749 section 5.2); empty where the answer is neither. */
export const Problem = z
  .looseObject({
    type: z.string().optional(),
    title: z.string().optional(),
    detail: z.string().optional(),
    error: z.string().optional(),
    error_description: z.string().optional(),
  })
  .catch({})
