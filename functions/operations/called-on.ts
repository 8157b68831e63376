import { isQuiet, namedDirectly, waitingStage } from '../domain/cards/routing.ts'
import type { PendingRequest } from '../domain/requests/request.ts'
import { waitsFor } from '../domain/requests/take-decision.ts'
import type { NumericDate, PersonId } from '../domain/values.ts'
import type { Policy } from './ports.ts'
import { countedApprovers, eligibilityOf } from './questions.ts'

/**
 * Those whom the open stage names to be told directly, as far as their decision would count now: the same policies, and
 * the same rule, that will take the decision. Nobody is pinged who could do nothing. Without such names nothing is asked.
 */
export function calledDirectly(state: PendingRequest, policy: Policy, now: NumericDate): readonly PersonId[] {
  const stage = waitingStage(state)
  return stage ? able(state, namedDirectly(stage.terms, policy.bundle.directory), policy, now) : []
}

/** Everybody whose decision the open stage still waits for, without those who are never to be pinged. */
export function calledOn(state: PendingRequest, policy: Policy, now: NumericDate): readonly PersonId[] {
  const stage = waitingStage(state)
  const people = policy.bundle.directory.people.map(({ id }) => id)
  return stage
    ? able(
        state,
        people.filter((person) => !isQuiet(stage.terms, person)),
        policy,
        now,
      )
    : []
}

function able(
  state: PendingRequest,
  people: readonly PersonId[],
  policy: Policy,
  now: NumericDate,
): readonly PersonId[] {
  if (people.length === 0) return []
  const { eligible } = eligibilityOf(policy, state, [...countedApprovers(state), ...people], now)
  return people.filter((person) => waitsFor(state, { person, eligible }, now))
}
