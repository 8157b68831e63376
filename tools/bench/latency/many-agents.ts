import { loadAgent, withMoreAgents } from '../../../test/support/policies/more-agents.ts'

export const agentName = (n: number): string => `agent:bench-${n}`

const rate = { perMinute: 60_000, burst: 10_000 }

/**
 * The sample's policies with `count` more agents, each of which may ask as often as the load needs and never shares a
 * card. A flag's grant has a thousand uses.
 */
export function manyAgents(folder: string, count: number): string {
  const more = Array.from({ length: count }, (_, n) => loadAgent(agentName(n), 'person:dan', 'autonomous', 'the bench'))
  return withMoreAgents(folder, more, (ladder) => ({
    ...(JSON.parse(JSON.stringify(ladder), (member, value) => (member === 'uses' ? 1000 : value)) as object),
    limits: {
      ...{ openPerAgent: 1000, openPerOwner: 5000, burst: 100 },
      submissions: rate,
      evaluations: rate,
      heldReads: rate,
    },
  }))
}
