import { peak } from './day.ts'
import type { Load } from './load.ts'

/**
 * USD for a million, us-east-1, list prices. Lambda: a call with its GB-seconds; KMS: a signature with an elliptic
 * curve.
 */
const prices = {
  'all writes': 0.625,
  'all reads': 0.125,
  'API calls': 1 + 0.2 + 0.5 * 0.08 * 13.3334,
  'records to readers': 0.2 / 25 + 0.25 * 0.02 * 13.3334,
  cards: 0.5 + 0.2 + 0.5 * 0.1 * 13.3334,
  executions: 2 * 25,
  'KMS signatures': 15,
  entries: 1.5,
} as const

/** USD a month of thirty days, from the busiest second. Storage, logs and data transfer are left out. */
export const monthly = ({ counts }: Load): number =>
  Object.entries(prices).reduce(
    (sum, [what, price]) => sum + ((counts[what] ?? 0) / peak) * 86_400 * 30 * (price / 1e6),
    0,
  )
