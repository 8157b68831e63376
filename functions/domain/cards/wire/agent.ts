// Rules: test/client/openapi.test.ts
import * as z from 'zod'
import { Members, Resource, time, word } from './word.ts'

/** The answers about agents and all other subjects of recertification. */

const Answer = word('allowed', 'denied', 'unknown')

const registered = {
  id: z.string(),
  description: z.string().optional(),
  owner: z.string(),
  backup_owner: z.string().optional(),
  autonomy: z.string(),
  status: word('active', 'suspended', 'retired', 'orphaned'),
  because: z.string().optional(),
  /** An owner who left or, with `on`, leaves within 30 days; `answers`: the person who answers for the agent then. */
  leaving: z
    .looseObject({
      on: time.optional(),
      answers: z.string().optional(),
      entry: word('registry', 'folder'),
    })
    .optional(),
  /** The host, by its kind. */
  runs_on: z.record(z.string(), z.string().catch('not said')),
  last_seen: time.optional(),
}

export const AgentLines = z.looseObject({
  agents: z.array(
    z.looseObject({
      ...registered,
      recertification: z.looseObject({ due: time }),
      ambient: z.looseObject({ at: time.optional(), allowed: z.number(), denied: z.number(), unknown: z.number() }),
      live_grants: z.number(),
    }),
  ),
})

const Counts = z.looseObject({
  asked: z.number(),
  approved: z.number(),
  denied: z.number(),
  refused: z.number(),
  tier_zero: z.number(),
  extra_calls: z.number(),
  night: z.number(),
})
export type Counts = z.infer<typeof Counts>

const Recertification = z.looseObject({
  due: time,
  by: z.string().optional(),
  at: time.optional(),
  evidence: z.string().optional(),
})

/**
 * `resources`: for each action, IAM's answer to each rule, the policies that allow it, and `explicit` if a policy of each
 * role denies it or the guardrail leaves it out.
 */
export const AgentAnswer = z.looseObject({
  ...registered,
  identities: z.array(
    z.looseObject({
      issuer: z.string(),
      subject: z.string().optional(),
      claims: Members.optional(),
      valid_from: time.optional(),
      valid_until: time.optional(),
    }),
  ),
  last_use: z.record(z.string(), time),
  counts: z.looseObject({ at: time.optional(), days_30: Counts, days_90: Counts, complete: z.boolean().optional() }),
  live_grants: z.array(
    z.looseObject({
      request: z.string(),
      grant: z.string().optional(),
      action: z.string(),
      resource: Resource.optional(),
      until: time,
    }),
  ),
  more_grants: z.boolean().optional(),
  recertification: Recertification,
  evidence_digest: z.string(),
  ambient: z.looseObject({
    at: time.optional(),
    role: z.string().optional(),
    /** The time of this answer. */
    now: time.optional(),
    actions: z.record(z.string(), Answer),
    resources: z.record(
      z.string(),
      z.array(
        z.looseObject({
          ...{ resource: z.string(), answer: Answer, by: z.array(z.string()).optional() },
          explicit: z.boolean().optional(),
        }),
      ),
    ),
    note: z.string().optional(),
    /** The reason why the last look failed; the answers are then older. */
    failed: z.string().optional(),
    /** The delay until a change of the host's rights is seen. */
    changes: z.string().optional(),
    /** Only for a person who may inspect: the roles that the host reaches, and the secrets that these may read, by name. */
    roles: z
      .array(
        z.looseObject({
          ...{ arn: z.string(), via: z.string(), answer: Answer.optional() },
          boundary: z.string().nullable().optional(),
        }),
      )
      .optional(),
    secrets: z.array(z.looseObject({ kind: z.string(), name: z.string(), role: z.string() })).optional(),
    /** The number of skipped roles. */
    unseen: z.number().optional(),
  }),
  findings: z.array(z.string()).default([]),
  guardrail: Members.optional(),
})
export type AgentAnswer = z.infer<typeof AgentAnswer>

/** The evidence of a person, a group or the names of a sealed role. */
export const SubjectAnswer = z.looseObject({
  subject: z.string(),
  recertification: Recertification,
  evidence: z.looseObject({
    registration: Members.nullable(),
    people: z.array(z.string()),
    looked: z.unknown().optional(),
    observed: z.unknown().optional(),
  }),
  evidence_digest: z.string(),
})

export const Recertified = z.looseObject({
  subject: z.string(),
  recertification: z.looseObject({ due: time, by: z.string(), at: time.optional(), evidence: z.string() }).optional(),
  /** Replaces the recertification of an agent that a person retired. */
  retired: z.looseObject({ by: z.string(), at: time, evidence: z.string() }).optional(),
})

/** An agent's requests, grants and calls, by action. */
export const UsageAnswer = z.looseObject({
  agent: z.string(),
  since: time,
  requests: z.number(),
  actions: z.array(
    z.looseObject({
      action: z.string(),
      asked: z.number(),
      approved: z.number(),
      used: z.number(),
      unused: z.number(),
      resources: z.number(),
      arguments: z.record(
        z.string(),
        z.looseObject({
          distinct: z.number(),
          values: z.array(z.string()).optional(),
          minimum: z.number().optional(),
          maximum: z.number().optional(),
        }),
      ),
      extra_calls: z.number(),
      refused_calls: z.number(),
      bounds: z
        .array(z.looseObject({ argument: z.string(), keyword: z.string(), from: z.unknown(), to: z.unknown() }))
        .optional(),
      /** A narrower catalogue entry that would have sufficed, and its difference from the present one in lines. */
      proposal: Members.optional(),
      diff: z.array(z.string()).optional(),
    }),
  ),
  next: z.string().optional(),
})
export type UsageAnswer = z.infer<typeof UsageAnswer>
