import * as z from 'zod'

/** What would have come of an act if the observed policies counted. */
export const Observed = z.looseObject({
  outcome: z.string(),
  tier: z.number().optional(),
  policies: z.array(z.string()),
})
export type Observed = z.infer<typeof Observed>

/** What would have been: `refused`, `permitted at tier 2`. */
export function wouldHaveBeen({ outcome, tier }: Pick<Observed, 'outcome' | 'tier'>): string {
  if (outcome === 'error') return 'not evaluated'
  return tier === undefined ? outcome : `${outcome} at tier ${tier}`
}

export const observedWords = (observed: Observed): string =>
  `would have been ${wouldHaveBeen(observed)}, if what is observed counted: ${observed.policies.join(', ')}`
