// Rules: test/http/rate.test.ts
import { type Ladder, type Rate, type RateKind, rateOf, type Taken, takeTokens } from '../domain/policy/ladder.ts'
import { type AgentId, defined, type ToolId } from '../domain/values.ts'
import type { Clock, OnceOnly } from './ports.ts'
import type { RequestStore } from './record/ports.ts'

export type RatePorts = {
  requests: Pick<RequestStore, 'take'>
  policy: { readonly bundle: { readonly ladder: Pick<Ladder, 'limits'> } }
  clock: Clock
}

/** Enough for fifty concurrent calls of one caller, each of which can lose to all others. */
const attempts = 60
/** The time after which a full bucket's row may expire: a full bucket equals a missing one. Seconds. */
const keepFull = 60

/** @throws StoreUnavailable: then nothing is permitted */
export const keepRate = (caller: AgentId | ToolId, kind: RateKind, tokens: number, ports: RatePorts): Promise<Taken> =>
  takeFrom(`${kind}#${caller}`, rateOf(ports.policy.bundle.ladder, kind), tokens, ports)

/** A refusal that this process already knows, without a call. */
export function knownRefusal(
  caller: AgentId | ToolId,
  kind: RateKind,
  tokens: number,
  { policy, requests, clock }: RatePorts,
): Extract<Taken, { permitted: false }> | undefined {
  const known = seen.get(requests)?.get(`RATE#${kind}#${caller}`)
  const taken = takeTokens(rateOf(policy.bundle.ladder, kind), known, tokens, clock.now())
  return known === undefined || taken.permitted ? undefined : taken
}

/**
 * The time at which each bucket is full again, as this process last saw it. The real time is never earlier, so a
 * refusal by it is right.
 */
const seen = new WeakMap<RatePorts['requests'], Map<string, number>>()
const mostSeen = 1000

/**
 * Writes one row without a read: only if it has the seen value, or the bucket is full by now. A write that the SDK
 * retries counts once. A known refusal costs no call.
 */
export async function takeFrom(
  bucket: string,
  rate: Rate,
  tokens: number,
  { requests, clock }: Pick<RatePorts, 'requests' | 'clock'>,
): Promise<Taken> {
  const key = `RATE#${bucket}`
  const known = seen.get(requests) ?? new Map<string, number>()
  seen.set(requests, known)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const [now, before] = [clock.now(), known.get(key)]
    const taken = takeTokens(rate, before, tokens, now)
    if (!taken.permitted) return taken
    const row = bucketRow(key, taken.fullAt, before === undefined ? undefined : String(before))
    const put = await requests.take({ ...row, orAtMost: String(Math.floor(now * 1000)) })
    if (known.size >= mostSeen) known.clear()
    const found = put.done ? taken.fullAt : readBucket(put.value)
    if (found === undefined) known.delete(key)
    else known.set(key, found)
    if (put.done) return taken
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
