import {
  type Ladder,
  limitsOf,
  type Rate,
  type RateKind,
  rateOf,
  type Taken,
  takeTokens,
} from '../../domain/policy/ladder.ts'
import type { Ask } from '../../domain/requests/request.ts'
import { type AgentId, defined, type NumericDate, ok, type Result, refuse, type ToolId } from '../../domain/values.ts'
import type { Clock, OnceOnly } from '../ports.ts'
import type { AskingPorts, RequestReader, RequestStore } from './ports.ts'

export type RatePorts = {
  requests: Pick<RequestStore, 'recall' | 'claim'>
  policy: { readonly bundle: { readonly ladder: Pick<Ladder, 'limits'> } }
  clock: Clock
}

/** Enough for fifty calls of one caller at once, each of which can lose to all others. */
const attempts = 60
/** A full bucket is as good as none, so its row may go. Seconds. */
const keepFull = 60

/** @throws StoreUnavailable: then nothing is permitted */
export const keepRate = (caller: AgentId | ToolId, kind: RateKind, tokens: number, ports: RatePorts): Promise<Taken> =>
  takeFrom(`${kind}#${caller}`, rateOf(ports.policy.bundle.ladder, kind), tokens, ports)

/**
 * One row, set only where it is still as it was read, so that a write that the SDK sends twice counts once. A refused
 * caller costs one read and no write.
 */
export async function takeFrom(
  bucket: string,
  rate: Rate,
  tokens: number,
  { requests, clock }: Pick<RatePorts, 'requests' | 'clock'>,
): Promise<Taken> {
  const key = `RATE#${bucket}`
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = await requests.recall(key)
    const taken = takeTokens(rate, readBucket(before), tokens, clock.now())
    if (!taken.permitted || (await requests.claim(bucketRow(key, taken.fullAt, before)))) return taken
  }
  return { permitted: false, retryAfter: 1 }
}

export const readBucket = (value: string | undefined): number | undefined =>
  value === undefined ? undefined : Number(value)

export const bucketRow = (key: string, fullAt: number, before: string | undefined): OnceOnly => ({
  key,
  value: String(fullAt),
  ...defined({ replaces: before }),
  expiresAt: Math.ceil(fullAt / 1000) + keepFull,
})

export const tryAgainAfter = 60

/** The index is a moment behind, so a few may pass the cap together: it spares people, and permits nothing. */
export async function mayWait(
  { agent, owner }: Pick<Ask, 'agent' | 'owner'>,
  { policy: { bundle }, requests }: Pick<AskingPorts, 'policy' | 'requests'>,
): Promise<Result<true, 'too_many_open'>> {
  const { openPerAgent, openPerOwner } = limitsOf(bundle.ladder)
  const own = await requests.countOpen(agent.id, openPerAgent)
  if (own >= openPerAgent) return refuse('too_many_open', `${openPerAgent} requests of yours wait for people already`)
  // An owner has few agents. Requests of an agent that changed its owner count for the new one.
  const others = bundle.agents.filter((each) => each.owner === owner && each.id !== agent.id)
  const counts = await Promise.all(others.map(({ id }) => requests.countOpen(id, openPerOwner)))
  const all = counts.reduce((sum, count) => sum + count, own)
  return all < openPerOwner
    ? ok(true)
    : refuse('too_many_open', `${openPerOwner} requests of your owner's agents wait for people already`)
}

/** Seconds. */
const recentWindow = 3600
const recentLimit = 50
const recentPages = [10, 90, 100, 100]

type Read = { found: Map<string, number>; pages: number; after?: string; end: boolean }

/**
 * How many requests for an action an agent made lately. All its requests are read, since ten of another kind would
 * otherwise hide a burst. An agent with more than can be read counts as in a burst: the count may only raise scrutiny.
 */
export class Lately {
  readonly #requests: Pick<RequestReader, 'list'>
  readonly #read = new Map<AgentId, Read>()

  constructor(requests: Pick<RequestReader, 'list'>) {
    this.#requests = requests
  }

  async count(agent: AgentId, action: string, now: NumericDate): Promise<number> {
    const read: Read = this.#read.get(agent) ?? { found: new Map(), pages: 0, end: false }
    this.#read.set(agent, read)
    const found = () => Math.min(read.found.get(action) ?? 0, recentLimit)
    while (!read.end && found() < recentLimit) {
      const limit = recentPages[read.pages]
      if (limit === undefined) return recentLimit
      await this.#readOn(agent, read, limit, now - recentWindow)
    }
    return found()
  }

  async #readOn(agent: AgentId, read: Read, limit: number, since: NumericDate): Promise<void> {
    const { after } = read
    const page = await this.#requests.list({ agent }, { limit, ...defined({ after }) })
    const lately = page.items.filter(({ state }) => state.submittedAt > since)
    for (const { state } of lately) read.found.set(state.ask.action, (read.found.get(state.ask.action) ?? 0) + 1)
    read.pages += 1
    read.end = page.next === undefined || lately.length < page.items.length
    if (page.next !== undefined) read.after = page.next
  }
}
