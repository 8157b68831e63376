import { randomUUID } from 'node:crypto'
import { type HaltTarget, haltKey } from '../../domain/halts/halt.ts'
import { factsOfPermit, factsOfRequest } from '../../domain/ledger/facets.ts'
import type { Head } from '../../domain/ledger/ledger.ts'
import { uncomparedSince } from '../../domain/record/ended.ts'
import { ApprovalRequest, waitsForPeople } from '../../domain/record/request.ts'
import { overdueAt } from '../../domain/requests/due.ts'
import { tellsOf } from '../../domain/requests/grant-change.ts'
import type { RequestFilter } from '../../domain/requests/request-facets.ts'
import { type AskerId, defined, type EvaluationId, type NumericDate, RequestId } from '../../domain/values.ts'
import type { GovernedChange } from '../../operations/agents/ports.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import type { OnceOnly, Page } from '../../operations/ports.ts'
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
} from '../../operations/record/ports.ts'
import { readWritten } from '../read-json.ts'
import { chainKey, permitKey, requestKey } from './chain-ends.ts'
import type { Connection } from './client.ts'
import { puttingGoverned } from './governed-rows.ts'
import { anyReadingKey, readingsOf } from './group-readings.ts'
import { anyHaltedKey, anyHaltKey, haltedIn, haltsOf } from './halt-store.ts'
import { endsAt, headOf, headRow, type Item, itemOf, numberOf, packed, packedIn, type Row, textOf } from './items.ts'
import { LedgeredStore, type LedgeredTables, onceKey } from './ledger-store.ts'
import { permitOf, permitRow } from './permit-store.ts'
import { indexed, RequestIndex } from './request-index.ts'
import { inShard, shardsOf } from './shards.ts'
import { standInKey, standInsOf } from './stand-in-store.ts'

/**
 * Evaluations are kept a day after their end, so that a late submission is told that its evaluation has expired.
 * Seconds.
 */
const keepEvaluationSeconds = 86_400

/** The requests table, and the entries of requests, which commit with their state. Every item is read strongly. */
export class DynamoRequestStore extends LedgeredStore implements RequestStore {
  readonly #index: RequestIndex

  /** @param now the start of a list without `until` */
  constructor(connection: Connection, tables: LedgeredTables, now: () => NumericDate = () => Date.now() / 1000) {
    super(connection, tables)
    this.#index = new RequestIndex(this.requests, storedOf, now, this.shards)
  }

  async load(id: RequestId): Promise<Stored | undefined> {
    const item = await this.requests.get(requestKey(id), `read \`${id}\``)
    return item && storedOf(item)
  }

  async loadMany(ids: readonly RequestId[]): Promise<readonly Stored[]> {
    const keys = [...new Set(ids)].map((id) => itemOf(requestKey(id)))
    return (await this.requests.getMany(keys, 'read requests')).map(storedOf)
  }

  async commit(change: Commit): Promise<Committed> {
    const { id, expected, state, entries, head, once = [], draw, registry } = change
    const writer = randomUUID()
    const compared = [
      ...(draw ? [this.requests.putting(permitRow(draw), endsAt(draw.expected))] : []),
      ...(registry ? this.#puttingRegistry(registry) : []),
    ]
    const items = [
      this.requests.putting(
        { ...requestRow(state, head, this.shards), tells: tellsOf(state, entries) },
        endsAt(expected),
      ),
      ...once.map((each) => this.puttingOnce(each, writer)),
      ...compared,
    ]
    const ofRequest = factsOfRequest(state)
    const ofDraw = draw && factsOfPermit(draw.permit)
    const transacted = await this.commitAll(items, allOf(change), `commit \`${id}\``, (entry) => {
      if (registry?.appended.entries.includes(entry)) return undefined
      return draw?.entries.includes(entry) ? ofDraw : ofRequest
    })
    if (transacted.done) return { outcome: 'committed' }

    const [ofState, ...others] = transacted.reasons
    const has = (code: string) => (reason: (typeof others)[number] | undefined) => reason?.Code === code
    const failed = has('ConditionalCheckFailed')
    // Checked before staleness, since this result is final, and a stale writer would only retry and find it.
    for (const [index, { key }] of once.entries())
      if (failed(others[index])) return { outcome: 'taken', key, value: textOf(others[index]?.Item ?? {}, 'value') }
    const isStale = failed(ofState) || others.slice(once.length, once.length + compared.length).some(failed)
    if (isStale || transacted.reasons.some(has('TransactionConflict'))) return { outcome: 'stale' }
    // The only other cause is an existing entry. Hotwork's own writes move the version with it, so another program
    // wrote it.
    throw new StoreUnavailable(`the ledger of \`${id}\` has entries that its state does not know`)
  }

  #puttingRegistry({ next, subject, appended: { expected, head } }: GovernedChange) {
    const chain = this.requests.putting({ ...chainKey(subject), ...headRow(head) }, endsAt(expected))
    return [chain, ...puttingGoverned(this.requests, next)]
  }

  async loadToAct(id: RequestId, groups: readonly string[]): Promise<ToAct | undefined> {
    const keys = [requestKey(id), anyHaltedKey(), ...this.#readingKeys(groups)]
    const read = Map.groupBy(await this.#readAll(keys), kindOf)
    const [item] = read.get('REQ') ?? []
    const isHalted = haltedIn(read.get('HALTED'))
    const readings = readingsOf(read.get('GROUP') ?? [])
    const dependencies: ToAct['dependencies'] = async (ancestors, targets, beside = {}) => {
      const others = (beside.groups ?? []).filter((group) => !groups.includes(group))
      const halts = rowsOf(targets.filter(isHalted))
      const found = await this.#readAll([...keysOf(ancestors, beside), ...this.#readingKeys(others), ...halts])
      const rest = dependenciesIn(found)
      return { ...rest, readings: { ...readings, ...rest.readings } }
    }
    return item && { ...storedOf(item), dependencies }
  }

  async dependencies(
    ancestors: readonly RequestId[],
    targets: readonly HaltTarget[],
    beside: Beside = {},
  ): Promise<Dependencies> {
    const named = targets.length > 0 ? [anyHaltedKey()] : []
    const read = await this.#readAll([
      ...keysOf(ancestors, beside),
      ...this.#readingKeys(beside.groups ?? []),
      ...named,
    ])
    const isHalted = haltedIn(read.filter((item) => kindOf(item) === 'HALTED'))
    return dependenciesIn([...read, ...(await this.#readAll(rowsOf(targets.filter(isHalted))))])
  }

  #readingKeys(groups: readonly string[]): readonly Row[] {
    return groups.map((group) => anyReadingKey(group, this.shards))
  }

  #readAll(keys: readonly Row[]): Promise<Item[]> {
    return this.requests.getMany(keys.map(itemOf), 'read requests')
  }

  async recall(key: string): Promise<string | undefined> {
    const item = await this.requests.get(onceKey(key), 'recall a key')
    return item && textOf(item, 'value')
  }

  async putOnce(once: OnceOnly): Promise<boolean> {
    return (await this.#putOnce(once)).done
  }

  take(once: OnceOnly & { orAtMost: string }): Promise<TakenOnce> {
    return this.#putOnce(once)
  }

  async #putOnce(once: OnceOnly & { orAtMost?: string }): Promise<TakenOnce> {
    const writer = randomUUID()
    let value: string | undefined
    const done = await this.requests.put(this.puttingOnce(once, writer), 'put an item once', (there) => {
      value = there?.['value']?.S
      return there?.['writer']?.S === writer
    })
    return done ? { done } : { done, ...defined({ value }) }
  }

  async saveEvaluation(evaluation: Evaluation): Promise<void> {
    const ttl = evaluation.expiresAt + keepEvaluationSeconds
    const row = { ...evaluationKey(evaluation.id), evaluation: JSON.stringify(evaluation), ttl }
    await this.requests.put(this.requests.putting(row), `save \`${evaluation.id}\``)
  }

  async loadEvaluation(id: EvaluationId): Promise<Evaluation | undefined> {
    const item = await this.requests.get(evaluationKey(id), `read \`${id}\``)
    return item && (readWritten(textOf(item, 'evaluation')) as Evaluation)
  }

  list(filter: RequestFilter, page: RequestPage): Promise<Page<Stored>> {
    return this.#index.list(filter, page)
  }

  overdue(before: NumericDate, limit: number): Promise<readonly RequestId[]> {
    const where = 'overdue = :value AND dueAt < :before'
    return this.#inTime('dueAt', { index: 'overdue', where, limit }, before)
  }

  uncompared(before: NumericDate, page: { limit: number; newestFirst: boolean }): Promise<readonly RequestId[]> {
    const where = 'uncompared = :value AND endedAt < :before'
    return this.#inTime('endedAt', { index: 'uncompared', where, ...page }, before)
  }

  /** The first by time, of all shards. */
  async #inTime(
    by: 'dueAt' | 'endedAt',
    query: { index: string; where: string; limit: number; newestFirst?: boolean },
    before: NumericDate,
  ): Promise<readonly RequestId[]> {
    const pages = await Promise.all(
      shardsOf('request', this.shards).map((value) =>
        this.requests.query({ ...query, values: { value, before } }, `list what is ${query.index}`),
      ),
    )
    const order = query.newestFirst ? -1 : 1
    return pages
      .flatMap(({ items }) => items)
      .toSorted((one, other) => order * (numberOf(one, by) - numberOf(other, by)))
      .slice(0, query.limit)
      .map((item) => RequestId.parse(textOf(item, 'pk').slice('REQ#'.length)))
  }

  pendingIds(most: number) {
    return this.#index.pendingIds(most)
  }

  askedLately(agent: AskerId, since: NumericDate, most: number) {
    return this.#index.askedLately(agent, since, most)
  }

  countOpen(agent: AskerId, most: number): Promise<number> {
    const query = { index: 'open', where: 'openOf = :agent', values: { agent }, limit: most }
    return this.requests.count(query, 'count what is open')
  }

  async open(agent: AskerId, limit: number): Promise<readonly Stored[]> {
    const index = { index: 'open', by: 'openOf', value: agent, newestFirst: false }
    const { items } = await this.requests.listed(index, { limit }, 'find what is open')
    return items.map(storedOf).filter(({ state }) => state.status === 'pending')
  }
}

/** The entries and texts of all chains that change together. */
function allOf({ entries, texts = [], draw, registry }: Commit) {
  const others = [draw, registry?.appended].filter((each) => each !== undefined)
  return {
    entries: [...entries, ...others.flatMap((each) => each.entries)],
    texts: [...texts, ...others.flatMap((each) => each.texts ?? [])],
  }
}

const kindOf = (item: Item): string => textOf(item, 'sk')

const keysOf = (ancestors: readonly RequestId[], { standIn, permit }: Beside): readonly Row[] => [
  ...ancestors.map(requestKey),
  ...(standIn === undefined ? [] : [standInKey(standIn)]),
  ...(permit === undefined ? [] : [permitKey(permit)]),
]

const rowsOf = (targets: readonly HaltTarget[]): readonly Row[] =>
  [...new Map(targets.map((target) => [haltKey(target), target])).values()].map(anyHaltKey)

function dependenciesIn(read: readonly Item[]): Dependencies {
  const kinds = Map.groupBy(read, kindOf)
  const [drawn] = kinds.get('PERMIT') ?? []
  return {
    ancestors: (kinds.get('REQ') ?? []).map(storedOf),
    halts: (kinds.get('HALT') ?? []).flatMap(haltsOf),
    standIns: (kinds.get('STANDIN') ?? []).flatMap(standInsOf),
    ...(drawn && { permit: permitOf(drawn) }),
    readings: readingsOf(kinds.get('GROUP') ?? []),
  }
}

const evaluationKey = (id: EvaluationId) => ({ pk: `EVAL#${id}`, sk: 'EVAL' })

export const requestItem = (state: ApprovalRequest, head: Head, shards = 1): Item =>
  itemOf(requestRow(state, head, shards))

/**
 * A request as an item, with the attributes of its indexes, which all follow from the state. So that these indexes stay
 * small, `overdue` is present only while a change can fall due, `openOf` while the request waits for people, and
 * `uncompared` until the calls of its AWS sessions are compared. `tells` filters the readers of the stream.
 */
function requestRow(state: ApprovalRequest, head: Head, shards: number) {
  const { ask } = state
  const ofRequest = inShard('request', ask.id, shards)
  const dueAt = overdueAt(state)
  const endedAt = uncomparedSince(state)
  return {
    ...requestKey(ask.id),
    ...headRow(head),
    state: packed(state),
    ...indexed(state, shards),
    overdue: dueAt === undefined ? undefined : ofRequest,
    dueAt,
    uncompared: endedAt === undefined ? undefined : ofRequest,
    endedAt,
    openOf: waitsForPeople(state) ? ask.agent.id : undefined,
  }
}

/** @throws StoreUnavailable if the item is invalid: then nothing is permitted */
export const storedOf = (item: Item): Stored => ({
  state: packedIn(item, 'state', ApprovalRequest),
  head: headOf(item),
})
