import * as z from 'zod'

const instant = z.iso.datetime({ offset: true })
const Ambient = z.string()

export const RunsOn = z.looseObject({
  awsRole: z.string().optional(),
  githubEnvironment: z.string().optional(),
  kubernetesServiceAccount: z.string().optional(),
  other: z.string().optional(),
})

const line = {
  id: z.string(),
  owner: z.string(),
  autonomy: z.string(),
  status: z.string(),
  runs_on: RunsOn,
  last_seen: instant.optional(),
}

export const AgentLine = z.looseObject({
  ...line,
  ambient: z.looseObject({ at: instant.optional(), allowed: z.number(), denied: z.number(), unknown: z.number() }),
})
export const AgentLines = z.looseObject({ agents: z.array(AgentLine) })

/** `resources`: by action, what IAM said of each rule, and the policies by which it is so. */
export const AgentAnswer = z.looseObject({
  ...line,
  ambient: z.looseObject({
    at: instant.optional(),
    actions: z.record(z.string(), Ambient),
    resources: z.record(
      z.string(),
      z.array(z.looseObject({ resource: z.string(), answer: Ambient, by: z.array(z.string()).optional() })),
    ),
    note: z.string().optional(),
  }),
  findings: z.array(z.string()).default([]),
  guardrail: z.record(z.string(), z.unknown()).optional(),
})
export type AgentAnswer = z.infer<typeof AgentAnswer>

/** A right of the host by which the agent need not ask. */
export type WayRound = { agent: string; action: string; resource: string; by: readonly string[] }

export const waysRound = ({ id: agent, ambient }: AgentAnswer): readonly WayRound[] =>
  Object.entries(ambient.resources).flatMap(([action, answers]) =>
    answers.flatMap(({ resource, answer, by = [] }) => (answer === 'allowed' ? [{ agent, action, resource, by }] : [])),
  )

export const hostOf = ({ awsRole, githubEnvironment, kubernetesServiceAccount, other }: z.infer<typeof RunsOn>) => {
  if (awsRole !== undefined) return { kind: 'AWS role', name: awsRole }
  if (githubEnvironment !== undefined) return { kind: 'GitHub environment', name: githubEnvironment }
  if (kubernetesServiceAccount !== undefined) return { kind: 'Kubernetes', name: kubernetesServiceAccount }
  return { kind: 'other', name: other ?? 'not said' }
}
