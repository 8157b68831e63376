import { digestOf } from '../../domain/digest.ts'
import {
  type Broken,
  type Entry,
  type Head,
  noEntries,
  type Replayed,
  verify,
  verifyHashes,
} from '../../domain/ledger/ledger.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import { defined, type Json, type NumericDate } from '../../domain/values.ts'
import type { HaltStore } from '../halts/ports.ts'
import type { StandInReader } from '../people/ports.ts'
import type { PermitReader } from '../permits/ports.ts'
import type { Clock, Log } from '../ports.ts'
import type { RequestFilter, RequestReader, Stored } from '../requests/ports.ts'
import type { LedgerReader } from './ports.ts'

/** Everyone that has a chain of their own. */
type Actors = Pick<Bundle, 'agents' | 'directory' | 'tools'>

export type ChainPorts = {
  requests: Pick<RequestReader, 'list'>
  permits: Pick<PermitReader, 'list' | 'load'>
  standIns: Pick<StandInReader, 'list' | 'find'>
  halts: Pick<HaltStore, 'list' | 'find'>
  ledger: Pick<LedgerReader, 'page' | 'head'>
  clock: Clock
  log: Log
}

/** A chain to verify: where the requests table says that it ends, and for a request the digest of its stored state. */
type Chain = { id: string; head: Head; state?: string }
/** `more`: there are others, and no time was left to list them. */
type Listed = { chains: readonly Chain[]; more?: boolean }

const hour = 3600
/** Every request as young as this is checked once a cycle; an older one, while it is pending or approved. Seconds. */
const lookBack = 400 * 24 * hour
/** A cycle is thirty days of hours. */
const turns = 720
/** A request is new for so long: two runs see it, whatever has become of it. Seconds. */
const newFor = 2 * hour
const page = 100
/** So many chains are read at once. */
const readers = 8
/** Its multiples leave no large gap between 0 and 1, however many there are. */
const goldenRatio = (Math.sqrt(5) - 1) / 2

/**
 * Verifies chains of entries against where the requests table says that they end, and replays a request's to its state:
 * of all that lives or is new, and of one part in 720 of all that was submitted, so that an hour costs no more as the
 * record grows. An entry that was replaced, left out or put in breaks its chain; a row that was put around the record is
 * not what its chain replays to.
 *
 * No number of chains, and no length of one, ends a run: an agent decides both. Only time does. Each part has a share of
 * it, begins elsewhere in the order of ids each time, and says what it did not get to.
 *
 * @param until when this run must be over
 * @returns how many chains were broken
 */
export async function checkChains(actors: Actors, ports: ChainPorts, until: NumericDate): Promise<number> {
  const { clock, log } = ports
  const now = clock.now()
  const run = Math.floor(now / hour)
  const listInTime = (end: NumericDate, filter: RequestFilter, span?: Span) => listRequests(ports, end, filter, span)
  const parts: readonly { part: string; round: number; list: (end: NumericDate) => Promise<Listed> }[] = [
    { part: 'others', round: run, list: async () => ({ chains: await others(actors, now, ports) }) },
    { part: 'approved', round: run, list: (end) => listInTime(end, { status: 'approved' }) },
    { part: 'pending', round: run, list: (end) => listInTime(end, { status: 'pending' }) },
    { part: 'new', round: run, list: (end) => listInTime(end, {}, { from: now - newFor }) },
    { part: 'turn', round: Math.floor(run / turns), list: (end) => listInTime(end, {}, partOf(now)) },
  ]
  const checked = new Set<string>()
  let found = 0
  for (const [index, { part, round, list }] of parts.entries()) {
    const [began, share] = [clock.now(), (until - clock.now()) / (parts.length - index)]
    const listed = await list(began + share / 2)
    const unchecked = listed.chains.filter(({ id }) => !checked.has(id))
    const { broken, left } = await checkAll(fromElsewhere(unchecked, round), began + share, ports, checked)
    found += broken
    if (left > 0 || listed.more) log.error('reconciliation_cut', { part, left, more: listed.more === true })
  }
  return found
}

type Span = { from?: NumericDate; until?: NumericDate }

/** Every request that passes and was submitted in that time, as far as there is time to list them. */
async function listRequests(
  { requests, clock }: ChainPorts,
  end: NumericDate,
  filter: RequestFilter,
  { from = 0, until }: Span = {},
): Promise<Listed> {
  const chains: Chain[] = []
  let next: { before?: NumericDate; after?: string } = until === undefined ? {} : { before: until }
  for (;;) {
    const read = await requests.list(filter, { limit: page, ...next })
    const within = read.items.filter(({ state }) => state.submittedAt >= from)
    chains.push(...within.map(chainOf))
    if (within.length < read.items.length || read.next === undefined) return { chains }
    if (clock.now() >= end) return { chains, more: true }
    next = { after: read.next }
  }
}

/** Of a hundred thousand requests the digests have room, and the states have none. */
const chainOf = ({ state, head }: Stored): Chain => ({ id: state.ask.id, head, state: stateDigest(state) })

/**
 * In the order of their ids, which are random and not an agent's to choose, and from another place each round: what one
 * round has no time for another begins with, however many chains an agent adds.
 */
function fromElsewhere(chains: readonly Chain[], round: number): readonly Chain[] {
  const sorted = chains.toSorted((one, other) => (one.id < other.id ? -1 : 1))
  const start = Math.floor(((round * goldenRatio) % 1) * sorted.length)
  return [...sorted.slice(start), ...sorted.slice(0, start)]
}

/** A cycle goes through the time from `lookBack` before it began until its own end, one part an hour, without a gap. */
export function partOf(now: NumericDate): { from: NumericDate; until: NumericDate } {
  const turn = Math.floor(now / hour) % turns
  const start = (Math.floor(now / hour) - turn) * hour - lookBack
  const length = (lookBack + turns * hour) / turns
  return { from: start + turn * length, until: start + (turn + 1) * length }
}

/** What is no request: the newest permits, stand-ins and halts, the halts in force, and the actors whose turn it is. */
async function others(actors: Actors, now: NumericDate, ports: ChainPorts): Promise<readonly Chain[]> {
  const { permits, standIns, halts, ledger } = ports
  const chains: Chain[] = []
  const add = (id: string, found: { head: Head } | undefined) => {
    if (found) chains.push({ id, head: found.head })
  }
  for (const { id } of (await permits.list({ limit: page })).items) add(id, await permits.load(id))
  for (const { id } of (await standIns.list({ limit: page })).items) add(id, await standIns.find(id))
  for (const id of itsTurn(actors, now)) add(id, { head: await ledger.head(id) })
  const listed = await Promise.all([true, false].map((lifted) => halts.list({ lifted }, { limit: page })))
  const ids = new Set(listed.flatMap(({ items }) => items.map(({ id }) => id)))
  for (const id of ids) add(id, await halts.find(id))
  return chains
}

/** Those whose turn it is: each once a cycle. */
function itsTurn({ agents, directory, tools }: Actors, now: NumericDate): readonly string[] {
  const turn = Math.floor(now / hour) % turns
  return [...agents, ...directory.people, ...tools]
    .map(({ id }) => id as string)
    .filter((_, index) => index % turns === turn)
}

/** Verifies chains in their order, several at once, and remembers those that were read to their end. */
async function checkAll(
  chains: readonly Chain[],
  until: NumericDate,
  ports: ChainPorts,
  checked: Set<string>,
): Promise<{ broken: number; left: number }> {
  const waiting = chains.values()
  let [broken, left] = [0, 0]
  const reader = async () => {
    for (const chain of waiting) {
      const result = await check(chain, until, ports)
      if (result === 'no_time') left += 1
      else checked.add(chain.id)
      if (typeof result !== 'object') continue
      broken += 1
      ports.log.error('ledger_broken', { aggregate: chain.id, entry: result.at, why: result.why })
    }
  }
  await Promise.all(Array.from({ length: readers }, reader))
  return { broken, left }
}

/**
 * One chain, by the page, read after its end was: what was added between the two readings lies past that end.
 *
 * @returns what is wrong with it; `no_time` where it was not read to its end
 */
async function check(
  { id, head, state }: Chain,
  until: NumericDate,
  { ledger, clock }: ChainPorts,
): Promise<Broken | 'whole' | 'no_time'> {
  let at: Replayed<ApprovalRequest> = { head: noEntries, state: undefined }
  while (at.head.sequence < head.sequence) {
    if (clock.now() >= until) return 'no_time'
    const { sequence } = at.head
    const read = await ledger.page(id, { after: sequence, limit: page })
    const entries = read.entries.slice(0, head.sequence - sequence)
    const last = entries.at(-1)
    if (!last) return { at: `${id}/${sequence + 1}`, why: 'sequence' }
    const { broken, ...replayed } = replay(id, entries, at, state !== undefined)
    if (broken) return broken
    at = { head: { sequence: sequence + entries.length, hash: last.hash }, ...replayed }
  }
  const end = `${id}/${head.sequence}`
  if (at.head.hash !== head.hash) return { at: end, why: 'hash' }
  return state === undefined || state === stateDigest(at.state) ? 'whole' : { at: end, why: 'state' }
}

const replay = (id: string, entries: readonly Entry[], at: Replayed<ApprovalRequest>, hasState: boolean) => {
  if (hasState) return verify(id, entries, at)
  const broken = verifyHashes(id, entries, at.head)
  return { state: undefined, ...defined({ broken }) }
}

/** As they are stored: a member that is undefined is none. */
const stateDigest = (state: unknown) => digestOf('hotwork.state.v1', JSON.parse(JSON.stringify(state ?? null)) as Json)
