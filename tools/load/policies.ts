import { loadAgent, withMoreAgents } from '../../test/support/policies/more-agents.ts'

const names = (kind: string, count: number) => Array.from({ length: count }, (_, n) => `agent:load-${kind}-${n}`)
/** Agents, each owned by a person who decides none of its requests. */
export const builders = names('builder', 24)
export const remediators = names('remediator', 24)

/** The sample's policies with more agents, and a higher limit of pending requests: more than people could bear. */
export function loadPolicies(folder: string): string {
  const more = [
    ...builders.map((id) => loadAgent(id, 'person:lena', 'supervised', 'the load')),
    ...remediators.map((id) => loadAgent(id, 'person:dan', 'autonomous', 'the load')),
  ]
  return withMoreAgents(folder, more, ({ limits, ...ladder }) => ({
    ...ladder,
    limits: { ...(limits as object), openPerAgent: 1000, openPerOwner: 5000 },
  }))
}
