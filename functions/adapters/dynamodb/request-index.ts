// Rules: test/adapters/dynamodb/request-store.test.ts, test/adapters/dynamodb/history.test.ts
import { rulesOf } from '../../domain/record/origin.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import {
  beginOfMonth,
  beginsId,
  facetsOfRequest,
  firstMonth,
  monthBefore,
  monthOf,
  passesRequest,
  type RequestFacets,
  type RequestFilter,
} from '../../domain/requests/request-facets.ts'
import { type AskerId, defined, type NumericDate, RequestId } from '../../domain/values.ts'
import type { Page } from '../../operations/ports.ts'
import type { RequestPage, Stored } from '../../operations/record/ports.ts'
import { type Item, textOf, timeKey } from './items.ts'
import { inOneOrder, inShard, shardsOf, withoutShard } from './shards.ts'
import { batchLimit, type Table } from './table.ts'

/**
 * The limits of rows and queries for one page, which then ends with a cursor. Each partition is queried once for all
 * rows that the page may still need: the local stack evaluates a whole partition for each query, even for one row.
 */
const mostRows = 1500
const mostQueries = 24

/** Live requests are few, and many callers read all of them. */
const isLive = (status: string): boolean => status === 'pending' || status === 'approved'
/** The part of a value that fits an index key of 2,048 bytes. The rest is compared after the request is read. */
const cut = (text: string): string => text.slice(0, 500).toWellFormed()

/** The start of a request's id, by which it is found. */
const beginningOf = (id: string): string => id.slice(0, 'req_0000'.length)

/** One partition of one index. `begin`: the earliest submission in it. */
type Part = { index: string; by: string; value: string; begin: NumericDate }

/** The keys that many requests share. */
const sharded = new Set(['kind', 'status', 'actionMonth', 'agent', 'owner'])

/** A separate partition: delegated requests do not count as the agent's asks. */
const passedOn = (agent: string): string => `${agent}~passed`

/** The attributes beside a request's state by which indexes find it. They follow from the state, and prove nothing. */
export function indexed(state: ApprovalRequest, shards: number) {
  const { ask, status, submittedAt } = state
  const month = monthOf(submittedAt)
  const spread = (value: string) => inShard(value, ask.id, shards)
  return {
    submitted: timeKey(submittedAt) + ask.id,
    // Split by month: one key would hold all requests ever made. The list of live requests stays short and is not split.
    kind: spread(`request#${month}`),
    status: spread(isLive(status) ? status : `${status}#${month}`),
    actionMonth: spread(`${ask.action}#${month}`),
    agent: spread(rulesOf(ask).isOwn ? ask.agent.id : passedOn(ask.agent.id)),
    owner: spread(ask.owner),
    action: ask.action,
    task: cut(ask.parentTask.id),
    resource: cut(ask.resource.id),
    beginning: beginningOf(ask.id),
  }
}

/** Requests, newest first. An index finds candidates, and each is read strongly. */
export class RequestIndex {
  readonly #table: Table
  readonly #storedOf: (item: Item) => Stored
  readonly #now: () => NumericDate
  readonly #shards: number

  /** @param now the start of a list without `until` */
  constructor(table: Table, storedOf: (item: Item) => Stored, now: () => NumericDate, shards: number) {
    this.#table = table
    this.#storedOf = storedOf
    this.#now = now
    this.#shards = shards
  }

  async list(filter: RequestFilter, { limit, after }: RequestPage): Promise<Page<Stored>> {
    if (after !== undefined && !isPlace(after)) return { items: [] }
    if (filter.search !== undefined && beginsId(filter.search)) return this.#byId(filter.search, filter)
    const [latest = ''] = [after, timeKey(filter.until ?? this.#now() + 86_400)].filter(isThere).toSorted()
    const walk = new Walk(filter, Math.min(limit, batchLimit), latest)
    for (const part of partsOf(filter, latest)) {
      for (let more = true; more; more = await this.#readOn(part, walk))
        if (walk.isOver) return { items: walk.items, next: walk.place }
      if (part.begin > 0) walk.lookTo(timeKey(part.begin))
    }
    return { items: walk.items }
  }

  async askedLately(agent: AskerId, since: NumericDate, most: number) {
    // Ten digits, then `~`, which sorts after any id, so that requests of that second are included.
    const from = `${timeKey(since)}~`
    const page = { index: 'by-agent', newestFirst: true, limit: most, where: '#agent = :agent AND #submitted > :from' }
    const pages = await Promise.all(
      shardsOf(agent, this.#shards).map((shard) =>
        this.#table.query({ ...page, values: { agent: shard, from } }, 'list the recent requests of an agent'),
      ),
    )
    const { items, more } = inOneOrder(pages, 'submitted', true)
    const asked = items
      .slice(0, most)
      .map(facetsOfRow)
      .map(({ id, action, submittedAt: at, status }) => ({ id: RequestId.parse(id), action, at, status }))
    return { asked, isAll: !more && items.length <= most }
  }

  async pendingIds(most: number): Promise<readonly RequestId[]> {
    const page = { index: 'by-status', newestFirst: true, limit: most, where: '#status = :value' }
    const pages = await Promise.all(
      shardsOf('pending', this.#shards).map((value) =>
        this.#table.query({ ...page, values: { value } }, 'list pending requests'),
      ),
    )
    const { items } = inOneOrder(pages, 'submitted', true)
    return items.slice(0, most).map((row) => RequestId.parse(placed(textOf(row, 'submitted')).id))
  }

  /** @returns whether the part has more rows */
  async #readOn({ index, by, value, begin }: Part, walk: Walk): Promise<boolean> {
    const from = timeKey(Math.max(begin, walk.filter.since ?? 0))
    if (from >= walk.place) return false
    const keys = by === 'agent' ? [value, passedOn(value)] : [value]
    const values = sharded.has(by) ? keys.flatMap((key) => shardsOf(key, this.#shards)) : keys
    const where = `#${by} = :value AND #submitted BETWEEN :from AND :place`
    const page = { index, newestFirst: true, limit: walk.rowsWanted(by, values.length), where }
    const pages = await Promise.all(
      values.map((each) =>
        this.#table.query({ ...page, values: { value: each, from, place: walk.place } }, 'list requests'),
      ),
    )
    const { items, more } = inOneOrder(pages, 'submitted', true)
    const rows = items.filter((row) => textOf(row, 'submitted') < walk.place)
    walk.countQuery(rows.length)
    const candidates = rows.filter((row) => passesRequest(walk.cutFilter, facetsOfRow(row)))
    // Reads more than the wanted number only if some candidates no longer match.
    while (candidates.length > 0 && walk.wanted > 0) {
      const some = candidates.splice(0, walk.wanted)
      const read = await this.#read(some)
      walk.add(read.filter(({ state }) => passesRequest(walk.filter, facetsOfRequest(state))).toSorted(byPlace))
      walk.lookTo(textOf(some.at(-1) as Item, 'submitted'))
    }
    if (candidates.length > 0) return true
    const lowest = rows.at(-1)
    if (lowest) walk.lookTo(textOf(lowest, 'submitted'))
    return more
  }

  /** One page: the start of an id matches few requests. */
  async #byId(search: string, filter: RequestFilter): Promise<Page<Stored>> {
    const where = '#beginning = :beginning AND begins_with(#pk, :pk)'
    const values = { beginning: beginningOf(search), pk: `REQ#${search}` }
    const { items } = await this.#table.query({ index: 'by-id', where, values, limit: batchLimit }, 'find requests')
    const read = await this.#read(items)
    return { items: read.filter(({ state }) => passesRequest(filter, facetsOfRequest(state))).toSorted(byPlace) }
  }

  async #read(rows: readonly Item[]): Promise<readonly Stored[]> {
    return (await this.#table.getMany(rows.map(keyOfRow), 'read requests')).map(this.#storedOf)
  }
}

/** The results of one page so far, and the place that it has reached. */
class Walk {
  readonly filter: RequestFilter
  /** The filter with values cut as in the index. */
  readonly cutFilter: RequestFilter
  readonly items: Stored[] = []
  /** The place up to which submissions were read, newest first. */
  place: string
  readonly #most: number
  #queries = 0
  #rows = 0

  constructor(filter: RequestFilter, most: number, place: string) {
    this.filter = filter
    this.cutFilter = { ...filter, ...defined({ resource: filter.resource && cut(filter.resource) }) }
    this.#most = most
    this.place = place
  }

  get wanted(): number {
    return this.#most - this.items.length
  }

  get isOver(): boolean {
    return this.wanted <= 0 || this.#queries >= mostQueries || this.#rows >= mostRows
  }

  /**
   * The rows to read from each shard, with a surplus since shards are uneven. The row at the place itself is read
   * again.
   */
  rowsWanted(by: string, shards: number): number {
    const { since: _, until: __, ...facets } = this.filter
    const sifts = Object.keys(facets).some((name) => !by.startsWith(name))
    const rows = sifts ? mostRows - this.#rows : this.wanted
    return 1 + (shards === 1 ? rows : Math.ceil((2 * rows) / shards))
  }

  countQuery(rows: number): void {
    this.#queries += 1
    this.#rows += rows
  }

  add(found: readonly Stored[]): void {
    this.items.push(...found)
  }

  lookTo(place: string): void {
    if (place < this.place) this.place = place
  }
}

/** The most selective index for the filter; if it is split by month, its partitions from the latest on. */
function* partsOf(filter: RequestFilter, latest: string): Generator<Part> {
  const { task, resource, agent, owner, status, action, since = 0 } = filter
  const whole = { begin: 0 }
  if (task !== undefined) return yield { index: 'by-task', by: 'task', value: cut(task), ...whole }
  if (resource !== undefined) return yield { index: 'by-resource', by: 'resource', value: cut(resource), ...whole }
  if (agent !== undefined) return yield { index: 'by-agent', by: 'agent', value: agent, ...whole }
  if (owner !== undefined) return yield { index: 'by-owner', by: 'owner', value: owner, ...whole }
  if (status !== undefined && isLive(status)) return yield { index: 'by-status', by: 'status', value: status, ...whole }
  const { index, by, name } =
    status !== undefined
      ? { index: 'by-status', by: 'status', name: status }
      : action !== undefined
        ? { index: 'by-action', by: 'actionMonth', name: action }
        : { index: 'by-time', by: 'kind', name: 'request' }
  const first = [firstMonth, monthOf(since)].toSorted().at(-1) ?? firstMonth
  for (let month = monthOf(Number.parseInt(latest, 10)); month >= first; month = monthBefore(month))
    yield { index, by, value: `${name}#${month}`, begin: beginOfMonth(month) }
}

const facetsOfRow = (row: Item): RequestFacets => ({
  ...placed(textOf(row, 'submitted')),
  ...{ agent: withoutShard(textOf(row, 'agent')), owner: withoutShard(textOf(row, 'owner')) },
  action: textOf(row, 'action'),
  ...{ task: textOf(row, 'task'), resource: textOf(row, 'resource') },
  status: row['status']?.S?.split(/[#~]/)[0] as ApprovalRequest['status'] | undefined,
})

const placed = (place: string) => ({ submittedAt: Number.parseInt(place, 10), id: place.slice('1234567890#'.length) })
const isPlace = (text: string): boolean => /^\d{10}#/.test(text) && text.length <= 64
const isThere = (text: string | undefined): text is string => text !== undefined
const keyOfRow = ({ pk, sk }: Item): Item => ({ pk, sk }) as Item
const placeOf = ({ state }: Stored): string => timeKey(state.submittedAt) + state.ask.id
const byPlace = (one: Stored, other: Stored): number => (placeOf(one) < placeOf(other) ? 1 : -1)
