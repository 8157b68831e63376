// Rules: test/operations/break-glass/break-glass.test.ts
import { current } from '../../domain/break-glass/break-glass.ts'
import { review } from '../../domain/break-glass/open.ts'
import { askAboutOpening } from '../../domain/deciding/ask-about-opening.ts'
import { askAboutPerson, mayRead } from '../../domain/deciding/questions.ts'
import type { Answer } from '../../domain/policy/question.ts'
import { incidentOf } from '../../domain/record/commands.ts'
import { Budget } from '../../domain/record/opening.ts'
import { openingOf } from '../../domain/record/origin.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { decide } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { Digest, NumericDate, PersonId, RequestId, Result } from '../../domain/values.ts'
import { defined, ok, refuse } from '../../domain/values.ts'
import { isStopped } from '../halts/find-halt.ts'
import type { Policy } from '../policy/ports.ts'
import type { OnceOnly } from '../ports.ts'
import { type CarriedOut, carryOut, carryOutFor } from '../record/carry-out.ts'
import type { AskingPorts, DecidingPorts, RequestReader } from '../record/ports.ts'
import { aboutStored, refuseOnRecord } from '../record/refuse.ts'
import type { Foreseen } from '../requests/decide-request.ts'
import { completeRequest, revokeRequest } from '../requests/end-request.ts'
import type { IncidentEvent } from './ports.ts'

export const everyone = 'BUDGET#everyone'

/**
 * Openings of the last seven days and those awaiting review, newest first. Undefined if this person may not read them.
 */
export async function listBreakGlass(
  person: PersonId,
  { requests, policy, clock }: AskingPorts,
): Promise<readonly ApprovalRequest[] | undefined> {
  const now = clock.now()
  if (!mayRead(policy, person, now)) return undefined
  return openings(requests, now)
}

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

export type ViewedBreakGlass = {
  state: ApprovalRequest
  whyNot: { readonly [act in 'review' | 'end']: Refusal | undefined }
}

export async function viewBreakGlass(
  { id, person }: { id: RequestId; person: PersonId },
  ports: AskingPorts,
): Promise<Result<ViewedBreakGlass, 'not_permitted' | 'unknown_request'>> {
  const { policy, requests, clock } = ports
  const now = clock.now()
  if (!mayRead(policy, person, now)) return refuse('not_permitted')
  const stored = await requests.load(id)
  if (!stored || !openingOf(stored.state.ask)) return refuse('unknown_request')
  const state = asOf(stored.state, now)
  const asked = { state, person, now, policy, answer: await mayReview(person, state, now, ports) }
  return ok({ state, whyNot: { review: whyNotReview(asked), end: whyNotEnd(asked) } })
}

type Asked = { state: ApprovalRequest; person: PersonId; now: NumericDate; policy: Policy }

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
  // AWS opened the sealed role, so Hotwork cannot end it.
  if (openingOf(state.ask)?.sealed) return 'not_permitted'
  const may = state.ask.agent.id === person || askAboutPerson(policy, 'revoke', person, now, { state }).permit
  return may ? undefined : 'not_permitted'
}

/**
 * Whether the person may review. A stopped person may not: a review is a decision, since it permits the next opening.
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

/** The outcome of a review by this person now, by the same rule. It records nothing. */
export async function foreseeReview(
  { id, person }: { id: RequestId; person: PersonId },
  ports: AskingPorts,
): Promise<Foreseen> {
  const { requests, policy, clock } = ports
  const stored = await requests.load(id)
  if (!stored || !openingOf(stored.state.ask)) return refuse('unknown_request')
  const now = Math.max(clock.now(), stored.state.updatedAt)
  const state = asOf(stored.state, now)
  const answer = await mayReview(person, state, now, ports)
  const asked = { type: 'review_break_glass', person, outcome: 'justified', note: '-', answer } as const
  const { refusal } = decide(stored.state, { ...asked, bundle: policy.bundle.hash }, now)
  return refusal ? { ...refuse(refusal.code, refusal.detail), state } : ok(state)
}

/** Ends an opening early: by the person who opened it, or by a person who may revoke. A repeat changes nothing. */
export async function endBreakGlass(
  { id, person, reason = 'ended early', once }: { id: RequestId; person: PersonId; reason?: string; once?: OnceOnly },
  ports: DecidingPorts,
): Promise<CarriedOut> {
  const stored = await ports.requests.load(id)
  if (!stored || !openingOf(stored.state.ask))
    return refuseOnRecord(person, 'end_break_glass', ports, aboutStored(stored))('unknown_request')
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

/** Remembered longer than senders retry, which is some days. Seconds. */
const keepDelivery = 30 * 86_400

/**
 * Ends every opening for a closed incident, and every request that required it to be open. Reopening or renaming the
 * incident revives nothing. A delivery is remembered after it is done, so a retry completes one that failed halfway.
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
  for (const each of [...(await openNow(clock.now(), ports)), ...(await liveFor(incident, ports))]) {
    try {
      if (await endFor(incident, each, ports)) ended.push(each)
    } catch (fault) {
      faults.push(fault)
    }
  }
  if (faults.length > 0) throw faults[0]
  await requests.putOnce({ key, value: ended.join(' '), expiresAt: clock.now() + keepDelivery })
  log.info('incident_closed', { ended: ended.length })
  return ended
}

async function openNow(now: NumericDate, { requests }: Pick<AskingPorts, 'requests'>) {
  const budget = await requests.recall(everyone)
  const openings = budget === undefined ? [] : Budget.parse(JSON.parse(budget))
  return openings.filter(({ until }) => now < until).map(({ id }) => id)
}

/** Requests for this task that required the task to be live. */
async function liveFor(incident: string, { requests }: Pick<AskingPorts, 'requests'>): Promise<readonly RequestId[]> {
  const found: RequestId[] = []
  for (const status of ['pending', 'approved'] as const)
    for (let after: string | undefined, more = true; more; more = after !== undefined) {
      const page = await requests.list({ status, task: incident }, { limit: 100, ...defined({ after }) })
      found.push(...page.items.filter(({ state }) => state.ask.task === 'known').map(({ state }) => state.ask.id))
      after = page.next
    }
  return found
}

async function endFor(incident: string, id: RequestId, ports: DecidingPorts): Promise<boolean> {
  const stored = await ports.requests.load(id)
  if (!stored || incidentOf(stored.state.ask) !== incident) return false
  if (stored.state.status !== 'approved' && stored.state.status !== 'pending') return false
  const done = await carryOut(id, ports, () => ({ type: 'wake', ending: { by: 'incident', id: incident } }))
  return done.ok && (done.value.state.status === 'revoked' || done.value.state.status === 'denied')
}
