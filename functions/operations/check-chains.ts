import type { Bundle } from '../domain/bundle.ts'
import { digestOf } from '../domain/digest.ts'
import type { HaltTarget } from '../domain/halt.ts'
import { type Broken, type Entry, type Head, verify, verifyHashes } from '../domain/ledger.ts'
import type { ApprovalRequest } from '../domain/request.ts'
import type { Json, NumericDate } from '../domain/values.ts'
import type { Clock, HaltStore, LedgerStore, Log, PermitStore, RequestStore, StandInStore, Stored } from './ports.ts'

/** Everyone that has a chain of their own. */
type Actors = Pick<Bundle, 'agents' | 'directory' | 'tools'>

export type ChainPorts = {
  requests: Pick<RequestStore, 'list'>
  permits: Pick<PermitStore, 'list' | 'load'>
  standIns: Pick<StandInStore, 'list' | 'find'>
  halts: Pick<HaltStore, 'load' | 'find'>
  ledger: Pick<LedgerStore, 'entries' | 'head'>
  clock: Clock
  log: Log
}

const hour = 3600
/** Every request as young as this is checked once a cycle; an older one, while it is pending or approved. Seconds. */
const lookBack = 400 * 24 * hour
/** A cycle is thirty days of hours. */
const turns = 720
/** One run checks at most so many of its part; more are told, and are checked in no run of this cycle. */
const mostOfPart = 1000
const page = 100
/** A longer chain is not read every time: an actor that is refused all day makes one. */
const longest = 2000

/**
 * Verifies chains of entries against where the requests table says that they end, and replays a request's to its state:
 * of what has changed lately, and of one part in 720 of all that was submitted, so that an hour costs no more as the
 * record grows. An entry that was replaced, left out or put in breaks its chain; a row that was put around the record is
 * not what its chain replays to.
 *
 * @returns how many chains were broken
 */
export async function checkChains(
  { actors, roles }: { actors: Actors; roles: readonly string[] },
  ports: ChainPorts,
): Promise<number> {
  const now = ports.clock.now()
  const requests = new Map((await lately(ports)).map((stored) => [stored.state.ask.id, stored]))
  for (const stored of await ofPart(now, ports)) requests.set(stored.state.ask.id, stored)
  let found = 0
  for (const { state, head } of requests.values())
    found += await check(state.ask.id, head, ports, (entries) => brokenRequest(state, entries))
  found += await checkPermits(ports)
  found += await checkStandIns(ports)

  const targets: HaltTarget[] = [{ kind: 'all', value: 'all' }]
  for (const value of roles) targets.push({ kind: 'role', value })
  for (const id of itsTurn(actors, now)) {
    found += await check(id, await ports.ledger.head(id), ports)
    const kinds = id.startsWith('agent:') ? (['agent'] as const) : (['owner', 'person'] as const)
    if (!id.startsWith('tool:')) for (const kind of kinds) targets.push({ kind, value: id } as HaltTarget)
  }
  for (const target of targets)
    for (const { id } of (await ports.halts.load(target)).halts) {
      const halt = await ports.halts.find(id)
      if (halt) found += await check(id, halt.head, ports)
    }
  return found
}

/** What lives, and the newest: a request that changes is one of these, or was a moment ago. */
async function lately({ requests }: ChainPorts): Promise<readonly Stored[]> {
  const filters = [{ status: 'pending' }, { status: 'approved' }, {}] as const
  const pages = await Promise.all(filters.map((filter) => requests.list(filter, { limit: page })))
  return pages.flatMap(({ items }) => items)
}

/** What was submitted in this hour's part of the time that a cycle goes through. */
async function ofPart(now: NumericDate, { requests, log }: ChainPorts): Promise<readonly Stored[]> {
  const { from, until } = partOf(now)
  const found: Stored[] = []
  for (let next: { before: NumericDate } | { after: string } | undefined = { before: until }; next; ) {
    const read = await requests.list({}, { limit: page, ...next })
    const within = read.items.filter(({ state }) => state.submittedAt >= from)
    found.push(...within)
    const isOver = within.length < read.items.length || read.next === undefined
    next = isOver || read.next === undefined ? undefined : { after: read.next }
    if (next && found.length >= mostOfPart) {
      log.warn('reconciliation_cut', { from, until, chains: found.length })
      break
    }
  }
  return found
}

/** A cycle goes through the time from `lookBack` before it began until its own end, one part an hour, without a gap. */
export function partOf(now: NumericDate): { from: NumericDate; until: NumericDate } {
  const turn = Math.floor(now / hour) % turns
  const start = (Math.floor(now / hour) - turn) * hour - lookBack
  const length = (lookBack + turns * hour) / turns
  return { from: start + turn * length, until: start + (turn + 1) * length }
}

/** Those whose turn it is: each once a cycle. */
function itsTurn({ agents, directory, tools }: Actors, now: NumericDate): readonly string[] {
  const turn = Math.floor(now / hour) % turns
  return [...agents, ...directory.people, ...tools]
    .map(({ id }) => id as string)
    .filter((_, index) => index % turns === turn)
}

async function checkPermits(ports: ChainPorts): Promise<number> {
  let found = 0
  for (const { id } of (await ports.permits.list({ limit: page })).items) {
    const stored = await ports.permits.load(id)
    if (stored) found += await check(id, stored.head, ports)
  }
  return found
}

async function checkStandIns(ports: ChainPorts): Promise<number> {
  let found = 0
  for (const { id } of (await ports.standIns.list({ limit: page })).items) {
    const stored = await ports.standIns.find(id)
    if (stored) found += await check(id, stored.head, ports)
  }
  return found
}

/**
 * One chain, read after its end was: what was added between the two readings lies past that end.
 *
 * @returns 1 where it is broken, else 0
 */
async function check(
  aggregate: string,
  head: Head,
  { ledger, log }: ChainPorts,
  verifyEntries = (entries: readonly Entry[]) => verifyHashes(aggregate, entries),
): Promise<0 | 1> {
  if (head.sequence > longest) {
    log.warn('reconciliation_cut', { aggregate, entries: head.sequence })
    return 0
  }
  const entries = (await ledger.entries(aggregate)).slice(0, head.sequence)
  const broken = brokenEnd(aggregate, head, entries) ?? verifyEntries(entries)
  if (!broken) return 0
  log.error('ledger_broken', { aggregate, entry: broken.at, why: broken.why })
  return 1
}

function brokenEnd(aggregate: string, { sequence, hash }: Head, entries: readonly Entry[]): Broken | undefined {
  if (entries.length < sequence) return { at: `${aggregate}/${entries.length + 1}`, why: 'sequence' }
  return (entries.at(-1)?.hash ?? null) === hash ? undefined : { at: `${aggregate}/${sequence}`, why: 'hash' }
}

function brokenRequest(stored: ApprovalRequest, entries: readonly Entry[]): Broken | undefined {
  const { state, broken } = verify(stored.ask.id, entries)
  if (broken) return broken
  return isSame(state, stored) ? undefined : { at: entries.at(-1)?.id ?? stored.ask.id, why: 'state' }
}

/** As they are stored: a member that is undefined is none. */
const isSame = (one: unknown, other: unknown): boolean => stateDigest(one) === stateDigest(other)
const stateDigest = (state: unknown) => digestOf('hotwork.state.v1', JSON.parse(JSON.stringify(state ?? null)) as Json)
