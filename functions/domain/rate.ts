import * as z from 'zod'
import type { NumericDate } from './values.ts'

/** How often a caller may call: `perMinute` over time, and up to `burst` at once after a rest. */
export const Rate = z.strictObject({ perMinute: z.int().min(1).max(60_000), burst: z.int().min(1).max(10_000) })
export type Rate = z.infer<typeof Rate>

/** One message may ask for so many evaluations, so a smaller burst would refuse it for ever. */
export const mostEvaluations = 50

/** How long a read of a task may be held while nothing changes, in seconds. A smaller burst would hold none so long. */
export const longestHold = 25

/** What holds where the ladder names no rates. */
export const usualRates = {
  submissions: { perMinute: 60, burst: 120 },
  evaluations: { perMinute: 600, burst: 200 },
  // A token is a second: five reads of an agent are held at a time, and eleven after a rest.
  heldReads: { perMinute: 300, burst: 150 },
} as const satisfies { [kind: string]: Rate }
export type RateKind = keyof typeof usualRates

/** `fullAt`: when the whole burst is there again, in milliseconds since 1970. `retryAfter` is in seconds. */
export type Taken = { permitted: true; fullAt: number } | { permitted: false; retryAfter: number }

/**
 * Takes tokens from a caller's bucket (generic cell rate algorithm): the bucket is one time, the one at which it is full
 * again. Each token moves it on, and it may lie ahead by one burst at most.
 */
export function takeTokens(
  { perMinute, burst }: Rate,
  fullAt: number | undefined,
  tokens: number,
  now: NumericDate,
): Taken {
  const at = now * 1000
  const next = Math.max(fullAt ?? 0, at) + Math.ceil((tokens * 60_000) / perMinute)
  const early = next - at - Math.floor((burst * 60_000) / perMinute)
  return early <= 0
    ? { permitted: true, fullAt: next }
    : { permitted: false, retryAfter: Math.max(1, Math.ceil(early / 1000)) }
}
