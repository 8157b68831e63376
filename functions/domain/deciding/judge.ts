import { hasLostApprover } from '../credentials/issue.ts'
import { type Halt, liftedBefore } from '../halts/halt.ts'
import type { Given } from '../people/login-strength.ts'
import type { StandIn } from '../people/stand-in.ts'
import { whyNotNow } from '../policy/calendar.ts'
import { type Compared, type Observed, runWithObserved, wouldBeAt, wouldBeOf } from '../policy/observed.ts'
import type { Answer, PolicyAnswers } from '../policy/question.ts'
import { isOtherState } from '../previews/drift.ts'
import type { Authority, Ending, PermittedBy, ReadAgain } from '../record/commands.ts'
import type { Preview } from '../record/preview.ts'
import type { ApprovalRequest } from '../record/request.ts'
import { defined, type HaltId, type NumericDate, type PersonId } from '../values.ts'
import { boundOf, stopOf, withdrawnPermit } from './endings.ts'
import { type Gathered, type Occasion, unhaltedStandIns } from './gathered.ts'
import { askAboutRequest, assessAgain } from './questions.ts'
import { rightsFor } from './rights.ts'

export type Judged = Authority & {
  permittedBy: PermittedBy
  standsFor?: { readonly [stage: string]: PersonId }
  absent?: readonly PersonId[]
  /** The login with which each absent person named the decider. */
  givenBy?: { readonly [person: PersonId]: Given }
  /** Halts of the decider, and of the people they stand in for, that were lifted before this act. */
  afterHalts?: HaltId[]
  /** By stage name: the decider's right if observed policies counted, if that differs. */
  wouldBe?: { readonly [stage: string]: Observed }
  reading?: ReadAgain
}

/** The authority for an act on a request, by policy and the facts read for it. */
export function judge(policy: PolicyAnswers, state: ApprovalRequest, gathered: Gathered, occasion: Occasion): Judged {
  const compared = runWithObserved(policy, (by) => ({
    ...rightsFor(by, state, gathered, occasion),
    answer: askLine(by, [...gathered.ancestors, state], gathered, occasion),
  }))
  const stands = (came: Pick<Judged, 'answer' | 'eligible'>) =>
    came.answer.permit && !hasLostApprover(state, came.eligible)
  const wouldBe = wouldBeOf(compared, (came) => ({ ...came.answer, permit: stands(came) }))
  return {
    ...withRights(policy, state, gathered, occasion, compared),
    answer: { ...compared.came.answer, ...defined({ wouldBe }) },
  }
}

/** Like `judge` without policy's answer, which a decision asks about the request after it. */
export const judgeRights = (policy: PolicyAnswers, state: ApprovalRequest, gathered: Gathered, occasion: Occasion) =>
  withRights(
    policy,
    state,
    gathered,
    occasion,
    runWithObserved(policy, (by) => rightsFor(by, state, gathered, occasion)),
  )

function withRights(
  policy: PolicyAnswers,
  state: ApprovalRequest,
  gathered: Gathered,
  { now, decider, role }: Occasion,
  compared: Compared<ReturnType<typeof rightsFor>>,
): Omit<Judged, 'answer'> {
  const { ancestors, halts, permit, present } = gathered
  const given = unhaltedStandIns(gathered)
  const { eligible, permittedBy, standsFor } = compared.came
  const ending =
    stopOf(state, { ...gathered, ...defined({ registry: policy.bundle.registry }) }, role, now) ??
    lostAncestor(policy, gathered, now) ??
    withdrawnPermit(state, permit, now)
  return {
    eligible,
    permittedBy,
    ...defined({ ending, bound: boundOf(ancestors, now) }),
    ...defined({ reading: present && comparedWith(policy, state, present, now) }),
    ...(decider === undefined ? {} : defined({ wouldBe: wouldBeAt(compared, (came) => came.eligible[decider] ?? []) })),
    ...(decider === undefined ? {} : liftedBefore(ofPeople(halts, [decider, ...given.map((each) => each.for)]), now)),
    ...(given.length === 0 ? {} : { absent: given.map((each) => each.for) }),
    ...(Object.keys(standsFor).length === 0 ? {} : { standsFor, givenBy: Object.fromEntries(given.map(loginOf)) }),
  }
}

const loginOf = ({ for: absent, at, login }: StandIn): [PersonId, Given] => [absent, { at, ...defined({ login }) }]

const ofPeople = (halts: readonly Halt[], people: readonly PersonId[]): readonly Halt[] =>
  halts.filter(({ target }) => target.kind === 'person' && people.includes(target.value))

/** The question about a request and all of its ancestors. */
function askLine(
  policy: PolicyAnswers,
  line: readonly ApprovalRequest[],
  { readings }: Gathered,
  { moment, now }: Occasion,
): Answer {
  const askAt = (at: NumericDate) => line.map((each) => askAboutRequest(policy, each, moment, at, readings))
  const answers = askAt(now)
  const no = answers.find(({ permit }) => !permit)
  if (!no || no.error) return no ?? (answers.at(-1) as Answer)
  const permitsAt = (at: NumericDate) => askAt(at).every(({ permit }) => permit)
  return { ...no, ...defined({ notNow: whyNotNow(policy.bundle.calendar, permitsAt, now) }) }
}

/** The question to people after a drift: on today's ladder, at least on the earlier rung. */
function comparedWith(policy: PolicyAnswers, state: ApprovalRequest, preview: Preview, now: NumericDate): ReadAgain {
  if (!isOtherState(state, { preview })) return { preview }
  const found = assessAgain(policy, state, { preview, atLeast: state.tier }, now)
  if (found.outcome === 'refused') return { preview, again: { ok: false, code: found.reason } }
  const { tier, stages, policies } = found
  return { preview, again: { ok: true, tier, stages, policies } }
}

/**
 * The end by an ancestor that has lost an approver. Such an ancestor is dead at its next act, and its descendants with
 * it.
 */
function lostAncestor(policy: PolicyAnswers, { ancestors, readings }: Gathered, now: NumericDate): Ending | undefined {
  const own = { ancestors: [], halts: [], standIns: [], readings }
  const lost = ancestors.find((each) => hasLostApprover(each, rightsFor(policy, each, own, { now }).eligible))
  return lost && { by: 'ancestor', id: lost.ask.id }
}
