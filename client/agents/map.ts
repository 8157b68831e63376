// Rules: test/client/agents/inventory.test.ts
import { AgentMap, type MapAgent } from '../../functions/domain/cards/wire/agent-map.ts'
import type { Context } from '../context.ts'
import { Refusal } from '../outcome.ts'

/** The map of the agents that the caller may inspect, or undefined if there is none. */
export async function readMap({ api }: Context, agent: string | undefined): Promise<readonly MapAgent[] | undefined> {
  const found: MapAgent[] = []
  const of = agent === undefined ? '' : `&agent=${encodeURIComponent(agent)}`
  try {
    for (let after = ''; ; ) {
      const page = await api.call(AgentMap, { method: 'GET', path: `/v1/agents/map?after=${after}${of}` })
      found.push(...page.agents)
      if (page.next === undefined) return found
      after = encodeURIComponent(page.next)
    }
  } catch (fault) {
    if (fault instanceof Refusal && fault.told.code === 'not_permitted') return undefined
    throw fault
  }
}
