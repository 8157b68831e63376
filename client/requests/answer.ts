import * as z from 'zod'
import { Observed } from '../policy/observed-words.ts'

/** What this program reads of a request as the API shows it to people. */

const time = z.iso.datetime({ offset: true })
const change = z.looseObject({ from: z.unknown(), to: z.unknown() })

const Decision = z.looseObject({
  person: z.string(),
  for: z.string().optional(),
  verdict: z.string(),
  at: time,
  comment: z.string().optional(),
})
export type Decision = z.infer<typeof Decision>

const Stage = z.looseObject({
  name: z.string(),
  quorum: z.number(),
  decisions: z.array(Decision),
  deadline: time.optional(),
  escalate_to: z.string().optional(),
  escalated_at: time.optional(),
  needs_comment: z.boolean().default(false),
  login: z.looseObject({ acr: z.string().optional(), max_age: z.number().optional() }).optional(),
})
export type Stage = z.infer<typeof Stage>

const Narrowing = z.looseObject({
  by: z.string(),
  at: time,
  arguments: z.record(z.string(), change).default({}),
  uses: change.optional(),
  lifetime: change.optional(),
})
export type Narrowing = z.infer<typeof Narrowing>

const Shown = z.looseObject({ name: z.string().optional(), text: z.string(), note: z.string().optional() })
export type Shown = z.infer<typeof Shown>

const Preview = z.looseObject({
  before: z.record(z.string(), z.unknown()).optional(),
  after: z.record(z.string(), z.unknown()).optional(),
  observed_at: time,
  gap: z.boolean().optional(),
  /** Why nothing could be read. */
  failed: z.string().optional(),
})
export type Preview = z.infer<typeof Preview>

const Change = z.looseObject({
  at: time,
  from: Preview,
  to: Preview,
  approvers: z.array(z.string()).default([]),
  was_approved: z.boolean().default(false),
})
export type Change = z.infer<typeof Change>

/** What is there now of one argument, and what would be. */
const Difference = z.looseObject({
  name: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
  same: z.boolean(),
  masked: z.boolean().default(false),
  note: z.string().optional(),
})
export type Difference = z.infer<typeof Difference>

const Narrowable = z.looseObject({ of: z.string(), name: z.string(), least: z.number(), most: z.number() })

/** One step of a plan. */
const Step = z.looseObject({
  step: z.number(),
  request: z.string(),
  agent: z.string(),
  owner: z.string(),
  title: z.string().optional(),
  action: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  resource: z.looseObject({ type: z.string(), id: z.string() }),
  environment: z.string(),
  unpinned: z.array(z.string()).default([]),
  undo: z.looseObject({ possible: z.boolean(), how: z.string() }).optional(),
  narrowable: z.array(Narrowable).default([]),
  preview: Preview.optional(),
  after: z.number().optional(),
  status: z.string(),
  opened_at: time.optional(),
  ended_at: time.optional(),
  because: z.string().optional(),
})
export type Step = z.infer<typeof Step>

const ShownStep = z.looseObject({
  step: z.number(),
  arguments: z.array(Shown),
  mcp: Shown.optional(),
  preview: z.array(Difference).optional(),
  resource: Shown,
})

export const Request = z.looseObject({
  id: z.string().regex(/^req_[0-9a-z]{26}$/),
  kind: z.string().default('action'),
  status: z.string(),
  title: z.string(),
  agent: z.string(),
  autonomy: z.string().optional(),
  owner: z.string(),
  asked_by: z.string().optional(),
  ambient: z.string().default('unknown'),
  chain: z.array(z.looseObject({ agent: z.string(), owner: z.string() })).default([]),
  action: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  resource: z.looseObject({ type: z.string(), id: z.string() }),
  environment: z.string(),
  classification: z.string(),
  purpose: z.string(),
  justification: z.string().optional(),
  parent_task: z.looseObject({ id: z.string(), url: z.string().optional() }),
  extends: z.string().optional(),
  approved_before: z.array(z.string()).default([]),
  incident: z.looseObject({ title: z.string(), status: z.string().optional(), url: z.string().optional() }).optional(),
  tier: z.number(),
  tier_name: z.string().optional(),
  policies: z.array(z.string()),
  digest: z.string(),
  unpinned: z.array(z.string()),
  terms: z.looseObject({ uses: z.number(), claim_within: z.number(), lifetime: z.number() }),
  not_before: time.optional(),
  undo: z.looseObject({ possible: z.boolean(), how: z.string() }).optional(),
  standing: z.string().optional(),
  narrowable: z.array(Narrowable).default([]),
  /** Of a plan, in order. */
  steps: z.array(Step).optional(),
  round: z.int(),
  narrowings: z.array(Narrowing).default([]),
  preview: Preview.optional(),
  changes: z.array(Change).default([]),
  submitted_at: time,
  decide_by: time.optional(),
  /** The open one. */
  stage: z.string().nullable(),
  stages: z.array(Stage),
  ended: z
    .looseObject({
      at: time,
      by: z.string(),
      for: z.string().optional(),
      reason: z.string().optional(),
      outcome: z.string().optional(),
      note: z.string().optional(),
    })
    .optional(),
  grant: z
    .looseObject({
      claim_by: time,
      not_after: time,
      claimed_at: time.optional(),
      uses_left: z.number(),
    })
    .optional(),
  /** What others wrote, so that nothing of it deceives the eye. Where one is read. */
  shown: z
    .looseObject({
      arguments: z.array(Shown),
      preview: z.array(Difference).optional(),
      steps: z.array(ShownStep).optional(),
      resource: Shown,
      mcp: Shown.optional(),
      said: z.array(Shown),
      justification: z.string().optional(),
    })
    .optional(),
  /** Who reads it, where one is read. */
  reader: z.string().optional(),
})
export type Request = z.infer<typeof Request>

export const Requests = z.looseObject({ requests: z.array(Request), next: z.string().optional() })

const text = z.string().optional().catch(undefined)

export const Entry = z.looseObject({
  id: z.string(),
  type: z.string(),
  at: time,
  /** The policies that decided, by the hash of their bundle. */
  bundle: text,
  actor: z.looseObject({ type: z.string(), id: z.string() }),
  facts: z.looseObject({ observed: Observed.optional().catch(undefined) }),
})
export type Entry = z.infer<typeof Entry>

export const Entries = z.looseObject({
  entries: z.array(Entry),
  /** The texts that entries have commitments to, by entry and JSON pointer. */
  personal: z.record(z.string(), z.record(z.string(), z.looseObject({ text }))).default({}),
  next: z.string().optional(),
})
export type Entries = z.infer<typeof Entries>
