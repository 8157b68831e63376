import { digestOf } from '../../domain/digest.ts'
import { isHaltInForce } from '../../domain/halts/halt.ts'
import type { Broken, Entry, Head, Replayed } from '../../domain/ledger/ledger.ts'
import { noEntries, verify, verifyHashes } from '../../domain/ledger/ledger.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { RequestFilter } from '../../domain/requests/request-facets.ts'
import { defined, type Json, type NumericDate } from '../../domain/values.ts'
import { StoreUnavailable } from '../faults.ts'
import type { HaltStore } from '../halts/ports.ts'
import type { StandInReader } from '../people/ports.ts'
import type { PermitReader } from '../permits/ports.ts'
import type { Clock, Log } from '../ports.ts'
import type { RequestReader, Stored } from '../record/ports.ts'
import { fromElsewhere } from './from-elsewhere.ts'
import type { LedgerReader } from './ports.ts'

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

/** The end of a chain by the requests table; for a request also the digest of its stored state. */
type Chain = { id: string; head: Head; state?: string }
/** `more`: the time ran out before the rest. */
type Listed = { chains: readonly Chain[]; more?: boolean }

const hour = 3600
/** Every request younger than this is checked once a cycle; older ones only while pending or approved. Seconds. */
const lookBack = 400 * 24 * hour
const turns = 720
/** The age up to which a request counts as new, so that two runs check it. Seconds. */
const newFor = 2 * hour
const page = 100
const readers = 8

/**
 * Checks that each chain ends where the requests table says, and that a request's chain replays to its state: all live
 * and new requests, and each hour one of 720 parts of the rest. Agents decide the number and length of chains, so each
 * part gets a share of the time, and reports unreached chains.
 *
 * @returns the number of broken chains
 */
export async function checkChains(actors: Actors, ports: ChainPorts, until: NumericDate): Promise<number> {
  const { clock, log } = ports
  const now = clock.now()
  const run = Math.floor(now / hour)
  const listInTime = (end: NumericDate, filter: RequestFilter, span?: Span) => listRequests(ports, end, filter, span)
  const parts: readonly { part: string; round: number; list: (end: NumericDate) => Promise<Listed> }[] = [
    { part: 'others', round: run, list: (end) => others(actors, now, end, ports) },
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
    const { broken, left } = await checkAll(
      fromElsewhere(unchecked.toSorted(byId), round),
      began + share,
      ports,
      checked,
    )
    found += broken
    if (left > 0 || listed.more) log.error('reconciliation_cut', { part, left, more: listed.more === true })
  }
  return found
}

type Span = { from?: NumericDate; until?: NumericDate }

async function listRequests(
  { requests, clock }: ChainPorts,
  end: NumericDate,
  filter: RequestFilter,
  { from = 0, until }: Span = {},
): Promise<Listed> {
  const chains: Chain[] = []
  const wanted = { ...filter, ...defined({ until }) }
  let next: { after?: string } = {}
  for (;;) {
    const read = await requests.list(wanted, { limit: page, ...next })
    const within = read.items.filter(({ state }) => state.submittedAt >= from)
    chains.push(...within.map(chainOf))
    if (within.length < read.items.length || read.next === undefined) return { chains }
    if (clock.now() >= end) return { chains, more: true }
    next = { after: read.next }
  }
}

/** Keeps digests only, since a hundred thousand states would exceed the memory. */
const chainOf = ({ state, head }: Stored): Chain => ({ id: state.ask.id, head, state: stateDigest(state) })

const byId = (one: Chain, other: Chain): number => (one.id < other.id ? -1 : 1)

/** The part for this hour. A cycle covers the time from `lookBack` before its start to its end, without a gap. */
export function partOf(now: NumericDate): { from: NumericDate; until: NumericDate } {
  const turn = Math.floor(now / hour) % turns
  const start = (Math.floor(now / hour) - turn) * hour - lookBack
  const length = (lookBack + turns * hour) / turns
  return { from: start + turn * length, until: start + (turn + 1) * length }
}

async function others(actors: Actors, now: NumericDate, end: NumericDate, ports: ChainPorts): Promise<Listed> {
  const { permits, standIns, halts, ledger } = ports
  const chains: Chain[] = []
  const add = (id: string, found: { head: Head } | undefined) => {
    if (found) chains.push({ id, head: found.head })
  }
  for (const { id } of (await permits.list({ limit: page })).items) add(id, await permits.load(id))
  for (const { id } of (await standIns.list({ limit: page })).items) add(id, await standIns.find(id))
  for (const id of itsTurn(actors, now)) add(id, { head: await ledger.head(id) })
  const ids = new Set((await halts.list({ lifted: true }, { limit: page })).items.map(({ id }) => id))
  let after: string | undefined
  do {
    const { items, next } = await halts.list({ lifted: false }, { limit: page, ...defined({ after }) })
    for (const halt of items) if (isHaltInForce(halt, now)) ids.add(halt.id)
    after = next
  } while (after !== undefined && ports.clock.now() < end)
  for (const id of ids) add(id, await halts.find(id))
  return { chains, ...(after !== undefined && { more: true }) }
}

function itsTurn({ agents, directory, tools }: Actors, now: NumericDate): readonly string[] {
  const turn = Math.floor(now / hour) % turns
  return [...agents, ...directory.people, ...tools]
    .map(({ id }) => id as string)
    .filter((_, index) => index % turns === turn)
}

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
      const result = await check(chain, until, ports).catch(brokenBy(chain))
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

/** An unreadable row is a broken chain; the check of others continues. */
const brokenBy =
  ({ id, head }: Chain) =>
  (fault: unknown): Broken => {
    if (fault instanceof StoreUnavailable) throw fault
    return { at: `${id}/${head.sequence}`, why: 'hash' }
  }

/** Reads the end first, and ignores later entries. `no_time`: the time ran out. */
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

const stateDigest = (state: unknown) => digestOf('hotwork.replayed.v1', (state ?? null) as Json)
