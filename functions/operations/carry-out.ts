import type { Command } from '../domain/commands.ts'
import { actorOf, decide } from '../domain/decide.ts'
import { asOf } from '../domain/due.ts'
import type { Actor, Event } from '../domain/events.ts'
import { evolve } from '../domain/evolve.ts'
import { contextOf, seal } from '../domain/ledger.ts'
import type { Refusal } from '../domain/refusals.ts'
import type { ApprovalRequest } from '../domain/request.ts'
import { type NumericDate, ok, type RequestId, type Result, refuse } from '../domain/values.ts'
import { StaleRequest } from './faults.ts'
import type { Committed, DecidingPorts, OnceOnly, Stored } from './ports.ts'

/** Enough for fifty writers on one request, each of whom can lose to all others. */
const attempts = 60

type Ports = Pick<DecidingPorts, 'requests' | 'ledger' | 'policy' | 'clock' | 'log'>

/** What a command came to. `replayed`: something that may happen once had happened before, so nothing was done now. */
export type CarriedOut = Result<Stored, Refusal> & { stored?: Stored }

/**
 * Reads the request, makes the command from what is read, decides, and commits state and entries in one transaction;
 * if another writer came first, reads and decides again. Refusals are committed too, as entries.
 *
 * @param command made anew at each attempt, from the request as it is at that time
 * @param once    what must not happen twice, committed with the rest
 * @throws StaleRequest, StoreUnavailable
 */
export async function carryOut(
  id: RequestId,
  ports: Ports,
  command: (state: ApprovalRequest, now: NumericDate) => Command | Promise<Command>,
  once: readonly OnceOnly[] = [],
): Promise<CarriedOut> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const stored = await ports.requests.load(id)
    if (!stored) return refuse('unknown_request')
    const now = ports.clock.now()
    const made = await command(asOf(stored.state, Math.max(now, stored.state.updatedAt)), now)
    const { events, refusal } = decide(stored.state, made, now)
    if (refusal) ports.log.info('refused', { request: id, attempted: made.type, code: refusal.code })
    const state = events.reduce<ApprovalRequest>(evolve, stored.state)
    const after = sealAll(stored, events, state)
    const next: Stored = { state, head: after.head }
    const change = { id, expected: stored.head, state, entries: after.entries, head: after.head, once }
    const result: Committed =
      events.length === 0 && once.length === 0 ? { outcome: 'committed' } : await ports.requests.commit(change)
    if (result.outcome === 'taken') {
      await recordRefusal(actorOf(stored.state, made), made.type, 'replayed', ports)
      return { ...refuse('replayed'), stored }
    }
    if (result.outcome === 'stale') continue
    return refusal ? { ...refuse(refusal.code, refusal.detail), stored: next } : ok(next)
  }
  throw new StaleRequest(`other writers kept coming first on \`${id}\``)
}

/** From a narrowing on, entries are about what was left: another digest. */
function sealAll({ state: before, head }: Stored, events: readonly Event[], after: ApprovalRequest) {
  const { id } = before.ask
  const narrowed = events.findIndex(({ type }) => type === 'Narrowed')
  if (narrowed < 0) return seal(id, head, events, contextOf(after))
  const first = seal(id, head, events.slice(0, narrowed), contextOf(before))
  const rest = seal(id, first.head, events.slice(narrowed), contextOf(after))
  return { entries: [...first.entries, ...rest.entries], head: rest.head }
}

/**
 * Records a refused attempt on the actor's own chain: there is no request of theirs to record it on. Best effort in
 * order, never lost to a race: another writer only makes it the next entry.
 */
export async function recordRefusal(actor: Actor, attempted: string, code: Refusal, ports: Ports): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const head = await ports.ledger.head(actor.id)
    const bundle = ports.policy.bundle.hash
    const event: Event = { type: 'Refused', at: ports.clock.now(), actor, policies: [], bundle, attempted, code }
    const { entries, head: next } = seal(actor.id, head, [event], undefined)
    if (await ports.ledger.append(actor.id, head, entries, next)) return
  }
  throw new StaleRequest(`other writers kept coming first on \`${actor.id}\``)
}

/** Stores what time alone has made due. Nothing due is nothing written. */
export const wake = (id: RequestId, ports: Ports): Promise<CarriedOut> =>
  carryOut(id, ports, () => ({ type: 'wake', bundle: ports.policy.bundle.hash }))
