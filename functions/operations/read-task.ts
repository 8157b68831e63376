import { asOf } from '../domain/due.ts'
import type { AgentId, RequestId } from '../domain/values.ts'
import type { Clock, RequestStore, Stored } from './ports.ts'

/** Sleeps until the next look, or less when there is no time left. The world's only pause. */
export type Pause = (milliseconds: number) => Promise<void>
type Ports = { requests: Pick<RequestStore, 'load'>; clock: Clock; pause: Pause }

/**
 * The agent's own request as it is now. Held for up to `wait` seconds while it is pending and nothing about it changes,
 * looking once a second.
 */
export async function readTask(
  { id, agent, wait }: { id: RequestId; agent: AgentId; wait: number },
  ports: Ports,
): Promise<Stored | undefined> {
  const until = ports.clock.now() + wait
  let seen: string | undefined
  for (;;) {
    const stored = await ports.requests.load(id)
    if (stored?.state.ask.agent.id !== agent) return undefined
    const state = asOf(stored.state, ports.clock.now())
    const looks = `${state.status} ${stored.head.sequence}`
    const changed = seen !== undefined && seen !== looks
    if (state.status !== 'pending' || changed || ports.clock.now() >= until) return { ...stored, state }
    seen = looks
    await ports.pause(1000)
  }
}
