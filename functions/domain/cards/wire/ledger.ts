// Rules: test/client/openapi.test.ts
import * as z from 'zod'
import { ParentTask, Resource, time, word } from './word.ts'

const text = z.string().optional().catch(undefined)

/** The outcome of an act if the observed policies counted. */
export const Observed = z.looseObject({
  outcome: z.string(),
  tier: z.number().optional(),
  policies: z.array(z.string()),
})
export type Observed = z.infer<typeof Observed>

export const Entry = z.looseObject({
  v: z.number().optional(),
  id: z.string(),
  type: z.string(),
  at: time,
  actor: z.looseObject({ type: z.string(), id: z.string(), chain: z.array(z.string()).optional() }),
  parent_task: ParentTask.nullish(),
  resource: Resource.nullish(),
  digest: z.string().nullish(),
  policies: z.array(z.string()).optional(),
  /** The policies that decided, by the hash of their bundle. */
  bundle: text,
  /** The version of the registry of agents beside it. Absent before the first change at run time. */
  registry: z.int().positive().optional(),
  previous: z.string().nullish(),
  /** The event: its members follow from its type. */
  facts: z.looseObject({ observed: Observed.optional().catch(undefined) }).meta({ additionalProperties: true }),
  hash: z.string().optional(),
})
export type Entry = z.infer<typeof Entry>

/** A text beside an entry that holds its commitment. */
const Personal = z.looseObject({
  text,
  salt: text,
  altered: z.literal(true).optional(),
  withheld_until: time.optional(),
})

export const Entries = z.looseObject({
  entries: z.array(Entry),
  /** The texts by entry and JSON pointer. */
  personal: z.record(z.string(), z.record(z.string(), Personal)).default({}),
  next: z.string().optional(),
})
export type Entries = z.infer<typeof Entries>

/** One call to AWS, compared with the approval. */
export const Call = z.looseObject({
  id: z.string().optional(),
  at: time,
  action: z.string(),
  resource: z.string().optional(),
  account: z.string().optional(),
  region: z.string().optional(),
  verdict: word('approved', 'extra', 'refused'),
  because: word('action', 'resource', 'arguments', 'repeated').optional(),
  differs: z.array(z.string()).optional(),
  beyond: z.array(z.string()).optional(),
  error: z.string().optional(),
  credential: z.string().optional(),
})

export const ActualCalls = z.looseObject({
  request: z.string(),
  complete: z.boolean(),
  unused: z.boolean(),
  calls: z.array(Call),
  more: z.boolean(),
  unread: z.array(z.string()).default([]),
  not_recorded: z.array(z.string()).default([]),
})

/** `bundle` has the form of the version that made it. */
export const KeptBundle = z.looseObject({
  hash: z.string().optional(),
  kept_at: z.string(),
  bundle: z.looseObject({ hash: z.string() }),
})

export const Erased = z.looseObject({ erased: z.number(), kept: z.number().optional(), more: z.boolean().optional() })
