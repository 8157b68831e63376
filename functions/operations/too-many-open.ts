import { limitsOf } from '../domain/policy/ladder.ts'
import type { Ask } from '../domain/requests/request.ts'
import { ok, type Result, refuse } from '../domain/values.ts'
import type { DecidingPorts } from './ports.ts'

/** What somebody who was told that too many are open should wait before they ask again. Seconds. */
export const tryAgainAfter = 60

/**
 * Whether one more request of this agent may wait for people. Counted by an index that is a moment behind, so a few that
 * come at once may pass a cap together; it is there so that people go on reading, and lets nobody do anything.
 */
export async function mayWait(
  { agent, owner }: Pick<Ask, 'agent' | 'owner'>,
  { policy: { bundle }, requests }: Pick<DecidingPorts, 'policy' | 'requests'>,
): Promise<Result<true, 'too_many_open'>> {
  const { openPerAgent, openPerOwner } = limitsOf(bundle.ladder)
  const own = await requests.countOpen(agent.id, openPerAgent)
  if (own >= openPerAgent) return refuse('too_many_open', `${openPerAgent} requests of yours wait for people already`)
  // An owner has few agents, and whoever has moved to another owner takes what is open along.
  const others = bundle.agents.filter((each) => each.owner === owner && each.id !== agent.id)
  const counts = await Promise.all(others.map(({ id }) => requests.countOpen(id, openPerOwner)))
  const all = counts.reduce((sum, count) => sum + count, own)
  return all < openPerOwner
    ? ok(true)
    : refuse('too_many_open', `${openPerOwner} requests of your owner's agents wait for people already`)
}
