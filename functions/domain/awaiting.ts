import type { Eligibility, Ending } from './commands.ts'
import { takeDecision } from './deciding.ts'
import { openStage, type PendingRequest } from './request.ts'
import type { NumericDate, PersonId } from './values.ts'

/** What is known of a person and a request before they decide: the same that a decision would rest on. */
export type Standpoint = {
  person: PersonId
  eligible: Eligibility
  standsFor?: { readonly [stage: string]: PersonId }
  ending?: Ending
}

/**
 * Whether a request waits for this person: whether their approval of its open stage would count now, given the login and
 * the comment that the stage asks for. It is asked of the very rule that takes a decision, so the two cannot differ.
 */
export function waitsFor(state: PendingRequest, standpoint: Standpoint, now: NumericDate): boolean {
  const stage = openStage(state)
  if (!stage) return false
  const { acr } = stage.terms
  const taken = takeDecision(
    state,
    {
      ...standpoint,
      type: 'decide',
      verdict: 'approve',
      round: state.round,
      digest: state.ask.digest,
      comment: 'asked beforehand',
      login: { ...(acr === undefined ? {} : { acr }), at: now },
      through: 'page',
      answer: { permit: true, policies: [] },
      permittedBy: {},
      bundle: '',
    },
    now,
  )
  return !('code' in taken)
}
