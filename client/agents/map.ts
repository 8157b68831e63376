// Rules: test/client/agents/inventory.test.ts
import { AgentMap } from '../../functions/domain/cards/wire/agent-map.ts'
import type { Context } from '../context.ts'
import { Refusal } from '../outcome.ts'

type Wanted = { agent: string | undefined; fold: string | undefined }

/** The picture of the agents that the caller may inspect, or undefined if there is none. */
export async function readMap({ agent, fold }: Wanted, { api }: Context): Promise<string | undefined> {
  const query = new URLSearchParams({ picture: 'true', ...(agent && { agent }), ...(fold && { fold }) })
  try {
    return (await api.call(AgentMap, { method: 'GET', path: `/v1/agents/map?${query}` })).picture
  } catch (fault) {
    if (fault instanceof Refusal && fault.told.code === 'not_permitted') return undefined
    throw fault
  }
}
