// Rules: test/handlers/agents/list-actions.test.ts
import { hostFacts } from '../../domain/agents/ambient.ts'
import type { Agent } from '../../domain/people/organisation.ts'
import { type Askable, type Asking, askable, type Wanted } from '../../domain/policy/askable.ts'
import type { Policy } from '../policy/ports.ts'
import type { Clock } from '../ports.ts'
import type { AgentReader } from './ports.ts'

/** The most actions of one page: each takes about ten milliseconds. */
const mostLooked = 60

type Ports = { policy: Policy; clock: Clock; agents: Pick<AgentReader, 'host'> }

/**
 * The actions that policy could permit an agent, by name. Leaves out actions whose policies cannot be evaluated.
 *
 * @param after the `next` of the page before
 * @returns `next`: the last name that was looked at, if there are more
 */
export async function listAskable(
  { agent, wanted, after = '', most }: { agent: Agent; wanted: Wanted; after?: string | undefined; most: number },
  { policy: { bundle, explainer }, clock, agents }: Ports,
): Promise<{ found: readonly Askable[]; next?: string }> {
  const file = await agents.host(agent.id)
  const now = clock.now()
  const hostOf: Asking['hostOf'] = (about) => hostFacts(file, agent, { ...about, rules: bundle.resources }, now)
  const weigh = explainer?.weigh ?? (() => undefined)
  const found: Askable[] = []
  const names = Object.keys(bundle.actions).toSorted()
  let last = after
  for (const [looked, name] of names.filter((each) => each > after).entries()) {
    if (found.length === most || looked === mostLooked) return { found, next: last }
    const entry = bundle.actions[name]
    const one = entry && askable(entry, { bundle, weigh, agent, now, wanted, hostOf })
    if (one) found.push(one)
    last = name
  }
  return { found }
}
