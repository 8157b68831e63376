// Rules: test/client/openapi.test.ts
import * as z from 'zod'
import { idOf, Members, Resource, time, word } from './word.ts'

/** People, their groups, and their acts besides decisions. */

export const Me = z.looseObject({
  person: z.string(),
  groups: z.array(z.string()),
  acr: z.string().optional(),
  auth_time: time.optional(),
})
export type Me = z.infer<typeof Me>

const by = z.looseObject({ by: z.string(), at: time })

/** Exactly one of `agent`, `owner`, `person`, `role`, `environment`, `action` and `all` is present. */
export const Halt = z.looseObject({
  id: idOf('hlt'),
  agent: z.string().optional(),
  owner: z.string().optional(),
  person: z.string().optional(),
  role: z.string().optional(),
  environment: z.string().optional(),
  action: z.string().optional(),
  all: z.literal(true).optional(),
  reason: z.string(),
  by: z.string(),
  at: time,
  until: time.optional(),
  lifted: by.optional(),
})
export type Halt = z.infer<typeof Halt>
export const Halts = z.looseObject({ halts: z.array(Halt), next: z.string().optional() })

export const StandingPermit = z.looseObject({
  id: idOf('stp'),
  status: word('live', 'used_up', 'expired', 'revoked', 'ended'),
  request: z.string(),
  agent: z.string(),
  owner: z.string(),
  action: z.string(),
  arguments: Members,
  resource: Resource,
  environment: z.string(),
  purpose: z.string(),
  tier: z.number(),
  by: z.string(),
  at: time,
  uses: z.number(),
  until: time,
  /** The requests that drew from it. */
  drawn: z.array(z.string()),
  revoked: by.extend({ reason: z.string() }).optional(),
  /** Each argument as its value, a text with one `*`, or the least and the greatest number. */
  shape: Members.optional(),
  classification: z.string().optional(),
  /** The request of the agent after which people are asked again. */
  ended: z.looseObject({ request: z.string(), at: time, because: word('deny', 'revise', 'extra_calls') }).optional(),
  /** The halt since then that stops further draws, in force or lifted. */
  halted: z.looseObject({ halt: z.string(), at: time }).optional(),
})
/** `covered` of the `asked` requests have the shape, `same_key` of these with the key of the approved request. */
export const PermitCoverage = z.looseObject({
  since: time,
  asked: z.number(),
  covered: z.number(),
  same_key: z.number(),
  complete: z.boolean(),
  requests: z.array(z.string()),
})
export type StandingPermit = z.infer<typeof StandingPermit>
export type PermitCoverage = z.infer<typeof PermitCoverage>
export const StandingPermits = z.looseObject({
  standing_permits: z.array(StandingPermit),
  next: z.string().optional(),
})

export const StandIn = z.looseObject({
  id: idOf('sin'),
  status: word('ahead', 'in_force', 'over', 'ended'),
  for: z.string(),
  by: z.string(),
  from: time,
  until: time,
  at: time,
  ended: by.optional(),
})
export type StandIn = z.infer<typeof StandIn>
export const StandIns = z.looseObject({ stand_ins: z.array(StandIn), next: z.string().optional() })

const Member = z.looseObject({ person: z.string(), name: z.string().optional(), until: time.optional() })

/** `members` come from the source, `people` from the file. */
export const Group = z.looseObject({
  name: z.string(),
  /** The settings of the source, by its kind. */
  source: z.record(z.string(), z.unknown()).optional(),
  tiers: z.number().optional(),
  break_glass: z.literal(true).optional(),
  people: z.array(Member),
  members: z.array(Member).optional(),
  read_at: time.optional(),
  until: time.optional(),
  problem: z.string().optional(),
})
export const Groups = z.looseObject({ groups: z.array(Group) })
