import { asOf } from '../domain/requests/due.ts'
import type { AgentId, RequestId } from '../domain/values.ts'
import { keepRate, type RatePorts } from './keep-rate.ts'
import type { RequestStore, Stored } from './ports.ts'

/** Sleeps until the next look, or less when there is no time left. The world's only pause. */
export type Pause = (milliseconds: number) => Promise<void>
type Ports = RatePorts & { requests: Pick<RequestStore, 'load'>; pause: Pause }
type Ask = { id: RequestId; agent: AgentId; wait: number }

/** A task, and in how many seconds to read it again while it is pending. */
export type ReadTask = Stored & { retryAfter?: number }

const afterHeld = 1
const afterPlain = 5

/**
 * The agent's own request as it is now. Held for up to `wait` seconds while it is pending and nothing about it changes,
 * looking once a second. Each second asked for is a token of the agent's rate: a read that finds too few is answered at
 * once, so that one agent does not take the Lambdas of all others.
 *
 * @throws StoreUnavailable
 */
export async function readTask(ask: Ask, ports: Ports): Promise<ReadTask | undefined> {
  const { agent, wait } = ask
  const first = await look(ask, ports)
  if (first?.state.status !== 'pending') return first
  const isHeld = wait > 0 && (await keepRate(agent, 'heldReads', wait, ports)).permitted
  if (!isHeld) return { ...first, retryAfter: afterPlain }
  const until = ports.clock.now() + wait
  for (;;) {
    await ports.pause(1000)
    const now = await look(ask, ports)
    if (now?.state.status !== 'pending') return now
    if (now.head.sequence !== first.head.sequence || ports.clock.now() >= until)
      return { ...now, retryAfter: afterHeld }
  }
}

async function look({ id, agent }: Ask, { requests, clock }: Ports): Promise<Stored | undefined> {
  const stored = await requests.load(id)
  return stored?.state.ask.agent.id === agent ? { ...stored, state: asOf(stored.state, clock.now()) } : undefined
}
