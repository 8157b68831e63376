// Rules: test/operations/requests/story.test.ts
import { registryUsed } from '../../domain/agents/governed-registry.ts'
import { owningChannels } from '../../domain/cards/routing.ts'
import { chainEntries, contextOf, noEntries } from '../../domain/ledger/ledger.ts'
import { setTextsApart } from '../../domain/ledger/texts.ts'
import { groupsToRead } from '../../domain/people/group-source.ts'
import { setbackPrefix } from '../../domain/permits/setback.ts'
import { actorOf, type Command, endingCode, type Unstamped } from '../../domain/record/commands.ts'
import type { Event } from '../../domain/record/events.ts'
import { evolve, replay } from '../../domain/record/evolve.ts'
import type { ApprovalRequest, Ask } from '../../domain/record/request.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { decide, type RefusalOf } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import { toldPrefix } from '../../domain/requests/told.ts'
import type { AskerId, NumericDate, PersonId, RequestId, Result } from '../../domain/values.ts'
import { actorNamed, defined, ok, refuse } from '../../domain/values.ts'
import { findEnding } from '../policy/gather.ts'
import type { OnceOnly } from '../ports.ts'
import { rowsOfSetback } from './note-setback.ts'
import type { AskingPorts, Commit, Committed, DecidingPorts, RequestReader, Stored, ToAct } from './ports.ts'
import { aboutStored, recordRefusal, refuseOnRecord } from './refuse.ts'
import { manyWriters, runAggregate } from './run-aggregate.ts'
import { rowsOfWords } from './tell-agent.ts'

/** The facts of today's policies that every command about this ask has. */
export const stampOf = (ask: Pick<Ask, 'resource' | 'steps'>, { policy }: Pick<AskingPorts, 'policy'>) => ({
  bundle: policy.bundle.hash,
  owning: owningChannels(ask, policy.bundle),
})

export const stamped = (command: Unstamped, { ask }: ApprovalRequest, ports: Pick<AskingPorts, 'policy'>): Command => ({
  ...command,
  ...stampOf(ask, ports),
})

/** `replayed`: a once-only key was used before, so this call did nothing. */
export type CarriedOut<Code extends Refusal = Refusal> = Result<Stored, Code> & { stored?: Stored }

type CommandBuilder<C extends Unstamped> = (
  state: ApprovalRequest,
  now: NumericDate,
  requests: Pick<RequestReader, 'dependencies'>,
) => C | Promise<C>

type How = {
  /** The request as just read, used by the first attempt. */
  first?: Stored & Partial<ToAct>
  /** True if the request and its dependencies are read in one call. */
  toAct?: true
  /**
   * A second command on the new state, committed with the first unless it is refused. Its outcome is secret until the
   * commit.
   */
  follow?: (state: ApprovalRequest) => Promise<Unstamped>
  /**
   * Reads causes that could end the request again beside the commit, so that a halt during the issue of a credential
   * stops it. `role`: the place where the credential can be ended.
   */
  handsOut?: { role?: string | undefined }
  /** A change of the registry of agents by the command, in the same transaction unless it is refused. */
  registry?: () => Commit['registry']
}

export const readToAct = (id: RequestId, { requests, policy }: Pick<DecidingPorts, 'requests' | 'policy'>) =>
  requests.loadToAct(id, groupsToRead(policy.bundle.directory))

/**
 * Reads the request, makes the command, decides, and commits state and entries in one transaction; retries if another
 * writer came first. Refusals are committed too, as entries.
 *
 * @param command makes the command at each attempt, from the request as read then
 * @param once once-only keys, in the same transaction
 */
export function carryOut<C extends Unstamped>(
  id: RequestId,
  ports: DecidingPorts,
  command: CommandBuilder<C>,
  once?: undefined,
  how?: How,
): Promise<CarriedOut<RefusalOf<C>>>
export function carryOut<C extends Unstamped>(
  id: RequestId,
  ports: DecidingPorts,
  command: CommandBuilder<C>,
  once: readonly OnceOnly[],
  how?: How,
): Promise<CarriedOut<RefusalOf<C> | 'replayed'>>
export function carryOut(
  id: RequestId,
  ports: DecidingPorts,
  command: CommandBuilder<Unstamped>,
  once: readonly OnceOnly[] = [],
  { first, toAct, follow, handsOut, registry }: How = {},
): Promise<CarriedOut> {
  let read: How['first'] = first
  return runAggregate<CarriedOut>(id, manyWriters, async () => {
    const stored: How['first'] = read ?? (toAct ? await readToAct(id, ports) : await ports.requests.load(id))
    read = undefined
    if (!stored) return refuse('unknown_request')
    const now = ports.clock.now()
    const { dependencies } = stored
    const requests = dependencies ? { dependencies } : ports.requests
    const whole = asOf(stored.state, Math.max(now, stored.state.updatedAt))
    const own = stamped(await command(whole, now, requests), whole, ports)
    const decided = decideIn(stored.state, own, now, ports)
    const more = follow && !decided.refusal ? stamped(await follow(decided.state), decided.state, ports) : undefined
    const ended = more && decideIn(decided.state, more, ports.clock.now(), ports)
    const { refusal, state } = ended ?? decided
    if (refusal) ports.log.info('refused', { request: id, attempted: (more ?? own).type, code: refusal.code })
    const events = [...decided.events, ...(ended?.events ?? [])]
    const after = chainEvents(stored, events, state, ports)
    const next: Stored = { state, head: after.head }
    const beside = refusal
      ? []
      : await Promise.all([
          rowsOfWords(events, stored.state.ask, own, ports),
          rowsOfSetback(events, stored.state.ask, ports),
        ])
    const used = [...(refusal ? once.filter(({ ifDone }) => !ifDone) : once), ...beside.flat()]
    const texts = [...decided.texts, ...(ended?.texts ?? [])]
    const written = { id, expected: stored.head, state, entries: after.entries, head: after.head, texts, once: used }
    const change = { ...written, ...defined({ registry: refusal ? undefined : registry?.() }) }
    const [result, ending] = await Promise.all([
      events.length === 0 && used.length === 0 ? committed : ports.requests.commit(change),
      handsOut && !refusal ? findEnding(state, now, ports, handsOut.role) : undefined,
    ])
    // Words to the same agent came first, or a setback or a draw of the same agent and action.
    if (result.outcome === 'taken' && [toldPrefix, setbackPrefix].some((each) => result.key.startsWith(each)))
      return undefined
    if (result.outcome === 'taken') {
      await recordRefusal(actorOf(stored.state, own), own.type, 'replayed', ports, aboutStored(stored))
      return { ...refuse('replayed'), stored }
    }
    if (result.outcome === 'stale') return undefined
    if (ending) {
      await endIfOver(id, ports, () => handsOut?.role)
      return refuse(endingCode(ending))
    }
    return refusal ? { ...refuse(refusal.code, refusal.detail), stored: next } : ok(next)
  })
}

const committed: Committed = { outcome: 'committed' }

/** Decides on the state with commitments in place of texts, as a replay does. */
function decideIn(
  before: ApprovalRequest,
  command: Command,
  now: NumericDate,
  { salts }: Pick<DecidingPorts, 'salts'>,
) {
  const { events: whole, refusal } = decide(before, command, now)
  const { events, texts } = setTextsApart(whole, before.ask.owner, () => salts.salt())
  return { events, texts, refusal, state: events.reduce<ApprovalRequest>(evolve, before) }
}

export async function carryOutFor<C extends Unstamped>(
  person: PersonId,
  attempted: string,
  id: RequestId,
  ports: DecidingPorts,
  command: CommandBuilder<C>,
  once?: OnceOnly,
): Promise<CarriedOut<RefusalOf<C> | 'replayed'>> {
  const done = await carryOut(id, ports, command, once ? [once] : [])
  if (!done.ok && done.code === 'unknown_request')
    await recordRefusal(actorNamed(person), attempted, 'unknown_request', ports)
  return done
}

/**
 * As `carryOut`, for an agent. For another agent's request the answer is not_found, and the attempt is recorded on the
 * caller's own chain.
 */
export async function carryOutForAgent<C extends Unstamped>(
  id: RequestId,
  agent: AskerId,
  ports: DecidingPorts,
  command: C,
): Promise<CarriedOut<RefusalOf<C> | 'unknown_request'>> {
  const stored = await ports.requests.load(id)
  if (stored?.state.ask.agent.id === agent) return carryOut(id, ports, () => command, undefined, { first: stored })
  return refuseOnRecord(agent, command.type, ports, aboutStored(stored))('unknown_request')
}

/** `taken`: a once-only key was used before. */
export async function commitNew(
  whole: readonly Event[],
  { requests, salts, policy }: Pick<DecidingPorts, 'requests' | 'salts' | 'policy'>,
  beside: Pick<Commit, 'once' | 'draw'> = {},
): Promise<{ stored: Stored; result: Committed }> {
  const owner = replay(whole)?.ask.owner
  const { events, texts } = setTextsApart(whole, owner, () => salts.salt())
  const state = replay(events)
  if (!state) throw new TypeError('a submission has events')
  const { id } = state.ask
  const context = { ...contextOf(state), ...registryUsed(policy.bundle) }
  const { entries, head } = chainEntries(id, noEntries, events, context)
  const result = await requests.commit({ id, expected: noEntries, state, entries, head, texts, ...beside })
  return { stored: { state, head }, result }
}

function chainEvents(
  { state: before, head }: Stored,
  events: readonly Event[],
  after: ApprovalRequest,
  { policy }: Pick<DecidingPorts, 'policy'>,
) {
  const { id } = before.ask
  const of = (state: ApprovalRequest) => ({ ...contextOf(state), ...registryUsed(policy.bundle) })
  const narrowed = events.findIndex(({ type }) => type === 'Narrowed')
  if (narrowed < 0) return chainEntries(id, head, events, of(after))
  const first = chainEntries(id, head, events.slice(0, narrowed), of(before))
  const rest = chainEntries(id, first.head, events.slice(narrowed), of(after))
  return { entries: [...first.entries, ...rest.entries], head: rest.head }
}

export const wake = (id: RequestId, ports: DecidingPorts): Promise<CarriedOut> =>
  carryOut(id, ports, () => ({ type: 'wake' }))

export async function endIfOver(
  id: RequestId,
  ports: DecidingPorts,
  roleOf: (state: ApprovalRequest) => string | undefined = () => undefined,
): Promise<void> {
  await carryOut(id, ports, async (state, now) => {
    const ending = await findEnding(state, now, ports, roleOf(state))
    return { type: 'wake', ...defined({ ending }) }
  })
}
