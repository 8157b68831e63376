import { Budget, current } from '../../domain/break-glass/break-glass.ts'
import { review } from '../../domain/break-glass/open.ts'
import type { Answer } from '../../domain/policy/question.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { decide } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import {
  type Digest,
  defined,
  type NumericDate,
  ok,
  type PersonId,
  type RequestId,
  type Result,
  refuse,
} from '../../domain/values.ts'
import { isStopped } from '../halts/find-halt.ts'
import type { Policy } from '../policy/ports.ts'
import { askAboutPerson } from '../policy/questions.ts'
import type { OnceOnly } from '../ports.ts'
import { aboutStored, type CarriedOut, carryOut, carryOutFor, recordRefusal } from '../requests/carry-out.ts'
import type { Foreseen } from '../requests/decide-request.ts'
import { completeRequest, revokeRequest } from '../requests/end-request.ts'
import type { AskingPorts, DecidingPorts, RequestReader } from '../requests/ports.ts'
import type { IncidentEvent } from './ports.ts'
import { askAboutOpening } from './what-to-open.ts'

/** The budget of all openings together, beside those that bound anybody: what is listed is read from it. */
export const everyone = 'BUDGET#everyone'

/**
 * The openings of the last seven days and those whose review is still to be done, newest first, as they are now; undefined
 * where policy does not let this person read.
 */
export async function listBreakGlass(
  person: PersonId,
  { requests, policy, clock }: AskingPorts,
): Promise<readonly ApprovalRequest[] | undefined> {
  const now = clock.now()
  if (!askAboutPerson(policy, 'read', person, now).permit) return undefined
  return openings(requests, now)
}

/** All openings that the budget of all openings still remembers, newest first. */
export async function openings(
  requests: Pick<RequestReader, 'recall' | 'load'>,
  now: NumericDate,
): Promise<readonly ApprovalRequest[]> {
  const value = await requests.recall(everyone)
  const budget = value === undefined ? [] : current(Budget.parse(JSON.parse(value)), now)
  const stored = await Promise.all(budget.map(({ id }) => requests.load(id)))
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
  ports: AskingPorts,
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

/**
 * Whether this person may say now what an opening was: policy lets them, and they are not stopped themselves. A review is a
 * decision, and lets the next opening go on without a second person.
 */
async function mayReview(
  person: PersonId,
  { ask }: Pick<ApprovalRequest, 'ask'>,
  now: NumericDate,
  ports: Pick<AskingPorts, 'requests' | 'policy'>,
): Promise<Answer> {
  const answer = askAboutOpening(ports.policy, 'review', person, ask, 'request', now)
  return { ...answer, permit: answer.permit && !(await isStopped(person, ports, { now })) }
}

/**
 * What a review by this person would come to now, by the very rule that takes it, with nothing recorded: for a form that
 * nobody should fill in for nothing. The review itself is judged anew when it is made.
 */
export async function foreseeReview(
  { id, person }: { id: RequestId; person: PersonId },
  ports: AskingPorts,
): Promise<Foreseen> {
  const { requests, policy, clock } = ports
  const stored = await requests.load(id)
  if (!stored?.state.ask.breakGlass) return refuse('unknown_request')
  const now = Math.max(clock.now(), stored.state.updatedAt)
  const state = asOf(stored.state, now)
  const answer = await mayReview(person, state, now, ports)
  const asked = { type: 'review_break_glass', person, outcome: 'justified', note: '-', answer } as const
  const { refusal } = decide(stored.state, { ...asked, bundle: policy.bundle.hash }, now)
  return refusal ? { ...refuse(refusal.code, refusal.detail), state } : ok(state)
}

/**
 * Ends what somebody opened with break-glass before its time: by themselves, or by whoever may revoke. Every credential of
 * it ends with it. Ending what they ended already is once.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function endBreakGlass(
  { id, person, reason = 'ended early', once }: { id: RequestId; person: PersonId; reason?: string; once?: OnceOnly },
  ports: DecidingPorts,
): Promise<CarriedOut> {
  const stored = await ports.requests.load(id)
  if (!stored?.state.ask.breakGlass) {
    await recordRefusal(
      { type: 'person', id: person },
      'end_break_glass',
      'unknown_request',
      ports,
      aboutStored(stored),
    )
    return refuse('unknown_request')
  }
  if (stored.state.ask.agent.id === person) return completeRequest({ id, agent: person, outcome: 'succeeded' }, ports)
  return revokeRequest({ id, person, reason, ...defined({ once }) }, ports)
}

export type ReviewAsk = {
  id: RequestId
  person: PersonId
  outcome: 'justified' | 'not_justified'
  note: string
  seen?: Digest | undefined
}

/**
 * Somebody else says whether break-glass was justified. Late is better than never, and said once.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export function reviewBreakGlass(
  { id, person, outcome, note, seen }: ReviewAsk,
  ports: DecidingPorts,
): Promise<CarriedOut> {
  return carryOutFor(person, 'review_break_glass', id, ports, async (state, now) => ({
    type: 'review_break_glass',
    person,
    outcome,
    note,
    ...defined({ seen }),
    answer: await mayReview(person, state, now, ports),
  }))
}

/** Senders try again for some days. Longer than that one delivery is remembered. */
const keepDelivery = 30 * 86_400

/**
 * An incident is closed: whatever was opened because of it ends now, every credential with it. Nobody's
 * word but the incident's ends it, and the record says so. It can end something sooner and do nothing else: an incident
 * that is opened again, renamed or taken back revives nothing.
 *
 * The same delivery again is answered as before, also where something of that incident has been opened meanwhile. It is
 * remembered only once all of it is done, so that one that failed half way is made good by the next try.
 *
 * @returns what it ended
 * @throws StoreUnavailable, StaleRequest, after every opening has had its turn
 */
export async function closeIncident(
  { id, incident }: Pick<IncidentEvent, 'id' | 'incident'>,
  ports: DecidingPorts,
): Promise<readonly RequestId[]> {
  const { requests, clock, log } = ports
  const key = `INCIDENT#${id}`
  const before = await requests.recall(key)
  if (before !== undefined) return before.split(' ').filter((each) => each !== '') as RequestId[]

  const ended: RequestId[] = []
  const faults: unknown[] = []
  for (const each of await openNow(clock.now(), ports)) {
    try {
      if (await endFor(incident, each, ports)) ended.push(each)
    } catch (fault) {
      faults.push(fault)
    }
  }
  if (faults.length > 0) throw faults[0]
  await requests.claim({ key, value: ended.join(' '), expiresAt: clock.now() + keepDelivery })
  log.info('incident closed', { ended: ended.length })
  return ended
}

/** What the budget of all openings has as open. Each is read again before it is ended. */
async function openNow(now: NumericDate, { requests }: Pick<AskingPorts, 'requests'>) {
  const budget = await requests.recall(everyone)
  const openings = budget === undefined ? [] : Budget.parse(JSON.parse(budget))
  return openings.filter(({ until }) => now < until).map(({ id }) => id)
}

/** Whether it was this that ended it: what is of another incident, or has ended, stays as it is. */
async function endFor(incident: string, id: RequestId, ports: DecidingPorts): Promise<boolean> {
  const stored = await ports.requests.load(id)
  if (stored?.state.status !== 'approved' || stored.state.ask.breakGlass?.incident !== incident) return false
  const done = await carryOut(id, ports, () => ({ type: 'wake', ending: { by: 'incident', id: incident } }))
  return done.ok && done.value.state.status === 'revoked'
}
