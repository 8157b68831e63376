import { type Halt, type HaltTarget, haltKey } from '../../../functions/domain/halts/halt.ts'
import { factsOfPermit, factsOfRequest } from '../../../functions/domain/ledger/facets.ts'
import { type Head, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { GroupReading } from '../../../functions/domain/people/group-source.ts'
import type { StandIn } from '../../../functions/domain/people/stand-in.ts'
import type { StandingPermit } from '../../../functions/domain/permits/permit.ts'
import { uncomparedSince } from '../../../functions/domain/record/ended.ts'
import { rulesOf } from '../../../functions/domain/record/origin.ts'
import { type ApprovalRequest, waitsForPeople } from '../../../functions/domain/record/request.ts'
import { overdueAt } from '../../../functions/domain/requests/due.ts'
import {
  facetsOfRequest,
  passesRequest,
  type RequestFilter,
} from '../../../functions/domain/requests/request-facets.ts'
import type {
  AskerId,
  EvaluationId,
  NumericDate,
  PersonId,
  RequestId,
  StandingPermitId,
} from '../../../functions/domain/values.ts'
import type { GovernedChange } from '../../../functions/operations/agents/ports.ts'
import { StoreUnavailable } from '../../../functions/operations/faults.ts'
import type { PermitChange, StoredPermit } from '../../../functions/operations/permits/ports.ts'
import type { OnceOnly, Page } from '../../../functions/operations/ports.ts'
import type {
  Beside,
  Commit,
  Committed,
  Dependencies,
  Evaluation,
  RequestPage,
  RequestStore,
  Stored,
  TakenOnce,
  ToAct,
} from '../../../functions/operations/record/ports.ts'
import type { MemoryLedgerStore } from '../ledger/memory-ledger-store.ts'

/**
 * Requests in memory, committed with their entries into a ledger in memory. Every call yields to concurrent ones first,
 * as a real one does; a commit is atomic. Values are kept as JSON, so that no object is shared.
 */
export class MemoryRequestStore implements RequestStore {
  readonly #ledger: MemoryLedgerStore
  /** Committed requests as text, and parsed for searches. Callers get copies. */
  readonly #requests = new Map<RequestId, { text: string; said: Stored }>()
  readonly #halts = new Map<string, Halt[]>()
  readonly #standIns = new Map<PersonId, StandIn[]>()
  readonly #permits = new Map<StandingPermitId, StoredPermit>()
  readonly #readings = new Map<string, GroupReading>()
  readonly #evaluations = new Map<EvaluationId, string>()
  #fault: 'unheard' | 'answer_lost' | undefined
  #cause: ErrorOptions | undefined

  constructor(ledger: MemoryLedgerStore) {
    this.#ledger = ledger
  }

  /** Has the next commit throw `StoreUnavailable`: before its effect, or after it, as when the answer is lost. */
  failNextCommit(fault: 'unheard' | 'answer_lost', cause?: ErrorOptions): void {
    this.#fault = fault
    this.#cause = cause
  }

  async load(id: RequestId): Promise<Stored | undefined> {
    await othersRun()
    return this.#read(id)
  }

  async loadToAct(id: RequestId): Promise<ToAct | undefined> {
    const stored = await this.load(id)
    return stored && { ...stored, dependencies: (...of) => this.dependencies(...of) }
  }

  async loadMany(ids: readonly RequestId[]): Promise<readonly Stored[]> {
    await othersRun()
    return [...new Set(ids)].map((id) => this.#read(id)).filter((stored) => stored !== undefined)
  }

  async commit(change: Commit): Promise<Committed> {
    await othersRun()
    const fault = this.#fault
    this.#fault = undefined
    if (fault === 'unheard') throw new StoreUnavailable('the store did not hear of it', this.#cause)
    const committed = this.#commit(change)
    if (fault === 'answer_lost') throw new StoreUnavailable('the store did not answer', this.#cause)
    return committed
  }

  async dependencies(
    ancestors: readonly RequestId[],
    targets: readonly HaltTarget[],
    { standIn, permit, groups = [] }: Beside = {},
  ): Promise<Dependencies> {
    await othersRun()
    const keys = new Set(targets.map(haltKey))
    const drawn = permit === undefined ? undefined : this.#permits.get(permit)
    return {
      standIns: structuredClone(standIn === undefined ? [] : (this.#standIns.get(standIn) ?? [])),
      ...(drawn ? { permit: structuredClone(drawn.permit) } : {}),
      readings: structuredClone(Object.fromEntries([...this.#readings].filter(([group]) => groups.includes(group)))),
      ancestors: ancestors.map((id) => this.#read(id)).filter((stored) => stored !== undefined),
      halts: [...keys].flatMap((key) => this.#halts.get(key) ?? []),
    }
  }

  /** Puts the last reading of a group's members. */
  putReading(group: string, reading: GroupReading): void {
    this.#readings.set(group, structuredClone(reading))
  }

  /** Puts all stand-ins that a person was ever given. */
  putStandIns(by: PersonId, standIns: readonly StandIn[]): void {
    this.#standIns.set(by, structuredClone([...standIns]))
  }

  putPermit(permit: StandingPermit, head: Head = noEntries): void {
    this.#permits.set(permit.id, structuredClone({ permit, head }))
  }

  permit(id: StandingPermitId): StoredPermit | undefined {
    return structuredClone(this.#permits.get(id))
  }

  allPermits(): StoredPermit[] {
    return structuredClone([...this.#permits.values()])
  }

  /** Whether a permit has changed since it was read. */
  isStale({ id, expected }: Pick<PermitChange, 'id' | 'expected'>): boolean {
    const head = this.#permits.get(id)?.head ?? noEntries
    return head.sequence !== expected.sequence || head.hash !== expected.hash
  }

  putHalt(halt: Halt): void {
    const key = haltKey(halt.target)
    const others = (this.#halts.get(key) ?? []).filter(({ id }) => id !== halt.id)
    this.#halts.set(key, [...others, structuredClone(halt)])
  }

  /** Replaces all halts of a target. */
  putHalts(target: HaltTarget, halts: readonly Halt[]): void {
    this.#halts.set(haltKey(target), structuredClone([...halts]))
  }

  /** Puts a request's row around all rules, as code that had the right to put would. */
  forge(stored: Stored): void {
    this.#keep(stored)
  }

  async recall(key: string): Promise<string | undefined> {
    await othersRun()
    return this.#ledger.once.get(key)
  }

  async putOnce(once: OnceOnly): Promise<boolean> {
    await othersRun()
    if (this.#takenBy(once) !== undefined) return false
    this.#ledger.once.set(once.key, once.value)
    return true
  }

  async take({ orAtMost, ...once }: OnceOnly & { orAtMost: string }): Promise<TakenOnce> {
    await othersRun()
    const value = this.#takenBy(once)
    if (value !== undefined && value > orAtMost) return { done: false, value }
    this.#ledger.once.set(once.key, once.value)
    return { done: true }
  }

  /** The once-only keys with this prefix, as in the table's stream. */
  onceKeys(prefix: string): readonly string[] {
    return [...this.#ledger.once.keys()].filter((key) => key.startsWith(prefix))
  }

  async saveEvaluation(evaluation: Evaluation): Promise<void> {
    await othersRun()
    this.#evaluations.set(evaluation.id, JSON.stringify(evaluation))
  }

  async loadEvaluation(id: EvaluationId): Promise<Evaluation | undefined> {
    await othersRun()
    const evaluation = this.#evaluations.get(id)
    return evaluation === undefined ? undefined : JSON.parse(evaluation)
  }

  async list(filter: RequestFilter, { limit, after }: RequestPage): Promise<Page<Stored>> {
    await othersRun()
    const sorted = this.#all()
      .filter((stored) => passes(filter, stored.state))
      .map((stored) => ({ stored, key: sortKey(stored) }))
      .filter(({ key }) => after === undefined || (isPlace(after) && key < after))
      .sort((one, other) => (one.key < other.key ? 1 : -1))
    const page = sorted.slice(0, limit)
    const last = page.at(-1)
    const items = page.map(({ stored }) => copyOf(stored))
    return sorted.length > page.length && last ? { items, next: last.key } : { items }
  }

  async overdue(before: NumericDate, limit: number): Promise<readonly RequestId[]> {
    await othersRun()
    return this.#all()
      .flatMap(({ state }) => {
        const at = overdueAt(state)
        return at !== undefined && at < before ? [{ id: state.ask.id, at }] : []
      })
      .sort((one, other) => one.at - other.at)
      .slice(0, limit)
      .map(({ id }) => id)
  }

  async uncompared(before: NumericDate, { limit, newestFirst }: { limit: number; newestFirst: boolean }) {
    await othersRun()
    const found = this.#all()
      .flatMap(({ state }) => {
        const at = uncomparedSince(state)
        return at !== undefined && at < before ? [{ id: state.ask.id, at }] : []
      })
      .sort((one, other) => (newestFirst ? other.at - one.at : one.at - other.at))
    return found.slice(0, limit).map(({ id }) => id)
  }

  async pendingIds(most: number) {
    await othersRun()
    const pending = this.#all().filter(({ state }) => state.status === 'pending')
    const newest = pending.toSorted((one, other) => (sortKey(one) < sortKey(other) ? 1 : -1))
    return newest.slice(0, most).map(({ state }) => state.ask.id)
  }

  async askedLately(agent: AskerId, since: NumericDate, most: number) {
    await othersRun()
    const all = this.#all().filter(
      ({ state }) => state.ask.agent.id === agent && rulesOf(state.ask).isOwn && state.submittedAt > since,
    )
    const newest = all.toSorted((one, other) => (sortKey(one) < sortKey(other) ? 1 : -1))
    const asked = newest
      .slice(0, most)
      .map(({ state: { ask, submittedAt: at, status } }) => ({ id: ask.id, action: ask.action, at, status }))
    return { asked, isAll: all.length <= most }
  }

  async countOpen(agent: AskerId, most: number): Promise<number> {
    await othersRun()
    return this.#waiting(agent).slice(0, most).length
  }

  async open(agent: AskerId, limit: number): Promise<readonly Stored[]> {
    await othersRun()
    return this.#waiting(agent)
      .sort((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1))
      .slice(0, limit)
      .map(copyOf)
  }

  #waiting(agent: AskerId): Stored[] {
    return this.#all().filter(({ state }) => state.ask.agent.id === agent && waitsForPeople(state))
  }

  #read(id: RequestId): Stored | undefined {
    const stored = this.#requests.get(id)
    return stored === undefined ? undefined : JSON.parse(stored.text)
  }

  #all(): Stored[] {
    return [...this.#requests.values()].map(({ said }) => said)
  }

  #keep(stored: Stored): void {
    const text = JSON.stringify(stored)
    this.#requests.set(stored.state.ask.id, { text, said: JSON.parse(text) })
  }

  #commit({ id, expected, state, entries, head, texts = [], once = [], draw, registry }: Commit): Committed {
    for (const each of once) {
      const value = this.#takenBy(each)
      if (value !== undefined) return { outcome: 'taken', key: each.key, value }
    }
    const found = this.#read(id)?.head
    if ((found?.sequence ?? 0) !== expected.sequence || (found?.hash ?? null) !== expected.hash)
      return { outcome: 'stale' }
    if (draw && this.isStale(draw)) return { outcome: 'stale' }
    if (registry && !this.#changeRegistry(registry)) return { outcome: 'stale' }
    this.#ledger.put(entries, factsOfRequest(state), texts)
    if (draw) this.#ledger.put(draw.entries, factsOfPermit(draw.permit), draw.texts)
    if (draw) this.putPermit(draw.permit, draw.head)
    for (const { key, value } of once) this.#ledger.once.set(key, value)
    this.#keep({ state, head })
    return { outcome: 'committed' }
  }

  #changeRegistry({ next, subject, appended: { expected, entries, head, texts = [] } }: GovernedChange): boolean {
    if (!this.#ledger.isNextRegistry(next)) return false
    if (!this.#ledger.appendNow(subject, expected, entries, head)) return false
    this.#ledger.texts.put(texts)
    this.#ledger.governed = structuredClone(next)
    return true
  }

  #takenBy({ key, replaces }: OnceOnly): string | undefined {
    const value = this.#ledger.once.get(key)
    return value === replaces ? undefined : value
  }
}

/** Yields to concurrent callers, as a call over the network does. */
const othersRun = () => Promise.resolve()

const copyOf = (stored: Stored): Stored => JSON.parse(JSON.stringify(stored))

const sortKey = ({ state: { submittedAt, ask } }: Stored) => `${String(submittedAt).padStart(10, '0')}#${ask.id}`

const isPlace = (after: string) => /^\d{10}#/.test(after)

const passes = (filter: RequestFilter, state: ApprovalRequest) => passesRequest(filter, facetsOfRequest(state))
