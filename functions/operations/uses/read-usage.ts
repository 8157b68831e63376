// Rules: test/handlers/people/read-requests.test.ts
import { mayRead } from '../../domain/deciding/questions.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import { type ActionUsage, usageOf } from '../../domain/uses/usage.ts'
import { type AgentId, defined, type NumericDate, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import type { AskingPorts } from '../record/ports.ts'

const page = 100
/** Pages of requests read in one call. */
const pages = 5

export type Usage = { requests: number; actions: readonly ActionUsage[]; next?: string }

/** Sums over one agent's requests, the newest first. `next`: the cursor for older ones. */
export async function readUsage(
  { agent, person, since, after }: { agent: AgentId; person: PersonId; since: NumericDate; after?: string },
  { requests, policy, clock }: AskingPorts,
): Promise<Result<Usage, 'not_permitted' | 'unknown_aggregate'>> {
  if (!mayRead(policy, person, clock.now())) return refuse('not_permitted')
  const found: ApprovalRequest[] = []
  let next = after
  for (let read = 0; read < pages; read++) {
    const listed = await requests.list({ agent, since }, defined({ limit: page, after: next }))
    found.push(...listed.items.map(({ state }) => asOf(state, clock.now())))
    next = listed.next
    if (next === undefined) break
  }
  const isKnown = found.length > 0 || policy.bundle.agents.some(({ id }) => id === agent)
  if (!isKnown) return refuse('unknown_aggregate')
  return ok({ requests: found.length, actions: usageOf(found, policy.bundle), ...defined({ next }) })
}
