import { Budget, current } from '../../domain/break-glass/break-glass.ts'
import { review } from '../../domain/break-glass/open.ts'
import type { Answer } from '../../domain/policy/question.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import { type NumericDate, ok, type PersonId, type RequestId, type Result, refuse } from '../../domain/values.ts'
import type { Policy } from '../policy/ports.ts'
import { askAboutPerson } from '../policy/questions.ts'
import type { DecidingPorts, RequestStore } from '../requests/ports.ts'
import { mayReview } from './may-review.ts'

/** The book of all openings together, beside those that bound anybody: what is listed is read from it. */
export const everyone = 'BUDGET#everyone'

/**
 * The openings of the last seven days and those whose review is still to be done, newest first, as they are now; undefined
 * where policy does not let this person read.
 */
export async function listBreakGlass(
  person: PersonId,
  { requests, policy, clock }: Pick<DecidingPorts, 'requests' | 'policy' | 'clock'>,
): Promise<readonly ApprovalRequest[] | undefined> {
  const now = clock.now()
  if (!askAboutPerson(policy, 'read', person, now).permit) return undefined
  return openings(requests, now)
}

/** All openings that the book of everyone still remembers, newest first. */
export async function openings(
  requests: Pick<RequestStore, 'recall' | 'load'>,
  now: NumericDate,
): Promise<readonly ApprovalRequest[]> {
  const value = await requests.recall(everyone)
  const book = value === undefined ? [] : current(Budget.parse(JSON.parse(value)), now)
  const stored = await Promise.all(book.map(({ id }) => requests.load(id)))
  return stored
    .filter((each) => each !== undefined)
    .map(({ state }) => asOf(state, now))
    .toSorted((one, other) => other.submittedAt - one.submittedAt)
}

/** An opening as it is now, and why this person can neither review nor end it; nothing where they can. */
export type ViewedBreakGlass = {
  state: ApprovalRequest
  whyNot: { readonly [act in 'review' | 'end']: Refusal | undefined }
}

/** One opening for somebody who may be about to review or end it. Looking records nothing; each act asks everything anew. */
export async function viewBreakGlass(
  { id, person }: { id: RequestId; person: PersonId },
  ports: Pick<DecidingPorts, 'requests' | 'policy' | 'clock'>,
): Promise<Result<ViewedBreakGlass, 'not_permitted' | 'unknown_request'>> {
  const { policy, requests, clock } = ports
  const now = clock.now()
  if (!askAboutPerson(policy, 'read', person, now).permit) return refuse('not_permitted')
  const stored = await requests.load(id)
  if (!stored?.state.ask.breakGlass) return refuse('unknown_request')
  const state = asOf(stored.state, now)
  const asked = { state, person, now, policy, answer: await mayReview(person, state, now, ports) }
  return ok({ state, whyNot: { review: whyNotReview(asked), end: whyNotEnd(asked) } })
}

type Asked = { state: ApprovalRequest; person: PersonId; now: NumericDate; policy: Policy }

/** By the rule itself: what it would say of a review now, given a note. */
function whyNotReview({ state, person, now, policy, answer }: Asked & { answer: Answer }): Refusal | undefined {
  const { hash } = policy.bundle
  const came = review(
    state,
    { type: 'review_break_glass', person, outcome: 'justified', note: 'asked beforehand', answer, bundle: hash },
    now,
  )
  return 'code' in came ? came.code : undefined
}

function whyNotEnd({ state, person, now, policy }: Asked): Refusal | undefined {
  if (state.status !== 'approved') return 'already_settled'
  // What Hotwork did not open it cannot end.
  if (state.ask.breakGlass?.sealed) return 'not_permitted'
  const may = state.ask.agent.id === person || askAboutPerson(policy, 'revoke', person, now, { state }).permit
  return may ? undefined : 'not_permitted'
}
