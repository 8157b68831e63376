// Rules: test/client/agents/inventory.test.ts
import type { AgentAnswer } from '../../functions/domain/cards/wire/agent.ts'

/** The words for each kind of host. A test compares them with the kinds that the server knows. */
export const hostKinds = new Map([
  ['awsRole', 'AWS role'],
  ['githubRepository', 'GitHub repository'],
  ['githubEnvironment', 'GitHub environment'],
  ['kubernetesServiceAccount', 'Kubernetes'],
  ['scheduler', 'scheduled'],
  ['other', 'other'],
])

/** A right of the host that lets the agent act without asking. */
type WayRound = { agent: string; action: string; resource: string; by: readonly string[] }

export const waysRound = ({ id: agent, ambient }: Pick<AgentAnswer, 'id' | 'ambient'>): readonly WayRound[] =>
  Object.entries(ambient.resources).flatMap(([action, answers]) =>
    answers.flatMap(({ resource, answer, by = [] }) => (answer === 'allowed' ? [{ agent, action, resource, by }] : [])),
  )

export function hostOf(runsOn: AgentAnswer['runs_on']): { kind: string; name: string } {
  const [kind = 'other', name = 'not said'] = Object.entries(runsOn).find(([each]) => hostKinds.has(each)) ?? []
  return { kind: hostKinds.get(kind) ?? kind, name }
}
