import * as z from 'zod'

/**
 * What would have come of an act if the observed policies counted, where that differs from what came of it. `tier`: of an
 * ask. `policies`: the observed ones that make the difference. `error`: these could not be evaluated.
 */
export const Observed = z.strictObject({
  outcome: z.enum(['permitted', 'refused', 'error']),
  tier: z.int().nonnegative().optional(),
  policies: z.array(z.string()),
})
export type Observed = z.infer<typeof Observed>

export type Came = { permit: boolean; error?: boolean | undefined; tier?: number | undefined }

/** Of an assessment. */
export const cameTo = (
  assessment: { outcome: 'requestable'; tier: number } | { outcome: 'refused'; reason: string },
): Came =>
  assessment.outcome === 'requestable'
    ? { permit: true, tier: assessment.tier }
    : { permit: false, error: assessment.reason === 'policy_error' }

export function compareOutcomes(was: Came, wouldBe: Came, by: readonly string[]): Observed | undefined {
  const policies = [...new Set(by)].toSorted()
  if (wouldBe.error) return was.error === true ? undefined : { outcome: 'error', policies }
  if (was.permit === wouldBe.permit && was.tier === wouldBe.tier) return undefined
  if (!wouldBe.permit) return { outcome: 'refused', policies }
  return { outcome: 'permitted', ...(wouldBe.tier === undefined ? {} : { tier: wouldBe.tier }), policies }
}
