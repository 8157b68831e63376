import { type Ladder, type RateKind, rateOf, type Taken, takeTokens } from '../domain/policy/ladder.ts'
import type { AgentId, ToolId } from '../domain/values.ts'
import type { Clock, OnceOnly, RequestStore } from './ports.ts'

export type RatePorts = {
  requests: Pick<RequestStore, 'recall' | 'claim'>
  policy: { readonly bundle: { readonly ladder: Pick<Ladder, 'limits'> } }
  clock: Clock
}

/** Enough for fifty calls of one caller at once, each of which can lose to all others. */
const attempts = 60
/** A bucket that is full is as one that was never there, so its row may go. Seconds. */
const keepFull = 60

/**
 * Takes tokens from the caller's bucket: one row, set only where it is still as it was read, so that a write that the SDK
 * sends twice counts once. A caller that is refused costs one read and no write.
 *
 * @throws StoreUnavailable: then nothing is permitted
 */
export async function keepRate(
  caller: AgentId | ToolId,
  kind: RateKind,
  tokens: number,
  { policy, requests, clock }: RatePorts,
): Promise<Taken> {
  const rate = rateOf(policy.bundle.ladder, kind)
  const key = `RATE#${kind}#${caller}`
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = await requests.recall(key)
    const taken = takeTokens(rate, readBucket(before), tokens, clock.now())
    if (!taken.permitted || (await requests.claim(bucketRow(key, taken.fullAt, before)))) return taken
  }
  return { permitted: false, retryAfter: 1 }
}

export const readBucket = (value: string | undefined): number | undefined =>
  value === undefined ? undefined : Number(value)

/** A bucket as it is kept, set only where it is still as it was read. */
export const bucketRow = (key: string, fullAt: number, before: string | undefined): OnceOnly => ({
  key,
  value: String(fullAt),
  ...(before === undefined ? {} : { replaces: before }),
  expiresAt: Math.ceil(fullAt / 1000) + keepFull,
})
