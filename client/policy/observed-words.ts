// Rules: test/client/policy/observed.test.ts
import type { Observed } from '../../functions/domain/cards/wire/ledger.ts'

/** The outcome that would have been: `refused`, `permitted at tier 2`. */
export function wouldHaveBeen({ outcome, tier }: Pick<Observed, 'outcome' | 'tier'>): string {
  if (outcome === 'error') return 'not evaluated'
  return tier === undefined ? outcome : `${outcome} at tier ${tier}`
}

export const observedWords = (observed: Observed): string =>
  `would have been ${wouldHaveBeen(observed)}, if what is observed counted: ${observed.policies.join(', ')}`
