import * as z from 'zod'

const instant = z.iso.datetime({ offset: true })
const Ambient = z.string()

/** The words for each kind of host. A test holds them to the kinds that agents may run on. */
export const hostKinds = new Map([
  ['awsRole', 'AWS role'],
  ['githubEnvironment', 'GitHub environment'],
  ['kubernetesServiceAccount', 'Kubernetes'],
  ['other', 'other'],
])

const RunsOn = z.record(z.string(), z.string().catch('not said'))

const registered = {
  id: z.string(),
  owner: z.string(),
  backup_owner: z.string().optional(),
  autonomy: z.string(),
  status: z.string(),
  because: z.string().optional(),
  runs_on: RunsOn,
  last_seen: instant.optional(),
}

export const AgentLines = z.looseObject({
  agents: z.array(
    z.looseObject({
      ...registered,
      recertification: z.looseObject({ due: instant }),
      ambient: z.looseObject({ at: instant.optional(), allowed: z.number(), denied: z.number(), unknown: z.number() }),
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

/** `resources`: by action, what IAM said of each rule, and the policies by which it is so. */
export const AgentAnswer = z.looseObject({
  ...registered,
  description: z.string().optional(),
  identities: z.array(
    z.looseObject({ issuer: z.string(), subject: z.string().optional(), valid_until: instant.optional() }),
  ),
  last_use: z.record(z.string(), instant),
  counts: z.looseObject({ at: instant.optional(), days_30: Counts, days_90: Counts }),
  live_grants: z.array(z.looseObject({ request: z.string(), action: z.string(), until: instant })),
  recertification: z.looseObject({ due: instant, by: z.string().optional(), at: instant.optional() }),
  ambient: z.looseObject({
    at: instant.optional(),
    role: z.string().optional(),
    actions: z.record(z.string(), Ambient),
    resources: z.record(
      z.string(),
      z.array(z.looseObject({ resource: z.string(), answer: Ambient, by: z.array(z.string()).optional() })),
    ),
    note: z.string().optional(),
  }),
  findings: z.array(z.string()).default([]),
  evidence_digest: z.string(),
  guardrail: z.record(z.string(), z.unknown()).optional(),
})
export type AgentAnswer = z.infer<typeof AgentAnswer>

/** The evidence of a person, a group or the names of a sealed role. */
export const SubjectAnswer = z.looseObject({
  subject: z.string(),
  recertification: z.looseObject({ due: instant, by: z.string().optional(), at: instant.optional() }),
  evidence: z.looseObject({
    registration: z.record(z.string(), z.unknown()).nullable(),
    people: z.array(z.string()),
  }),
  evidence_digest: z.string(),
})
export type SubjectAnswer = z.infer<typeof SubjectAnswer>

/** A right of the host by which the agent need not ask. */
type WayRound = { agent: string; action: string; resource: string; by: readonly string[] }

export const waysRound = ({ id: agent, ambient }: Pick<AgentAnswer, 'id' | 'ambient'>): readonly WayRound[] =>
  Object.entries(ambient.resources).flatMap(([action, answers]) =>
    answers.flatMap(({ resource, answer, by = [] }) => (answer === 'allowed' ? [{ agent, action, resource, by }] : [])),
  )

export function hostOf(runsOn: z.infer<typeof RunsOn>): { kind: string; name: string } {
  const [kind = 'other', name = 'not said'] = Object.entries(runsOn).find(([each]) => hostKinds.has(each)) ?? []
  return { kind: hostKinds.get(kind) ?? kind, name }
}
