// Rules: test/domain/requests/decide.test.ts
import { mayBeInBulk, wantsMore } from '../cards/burst.ts'
import { system } from '../event.ts'
import type { Given } from '../people/login-strength.ts'
import { fillingOf } from '../policy/filling.ts'
import { unmetBy } from '../policy/ladder.ts'
import { isOtherState, openAgain } from '../previews/drift.ts'
import {
  type Answered,
  type Decide,
  type EndingCode,
  endedBy,
  type NarrowingCode,
  type Refused,
  type Standpoint,
} from '../record/commands.ts'
import type { Event } from '../record/events.ts'
import { evolve } from '../record/evolve.ts'
import { originOf, rulesOf } from '../record/origin.ts'
import { type Preview, stateOf } from '../record/preview.ts'
import type { ApprovalRequest, PendingRequest, StageState } from '../record/request.ts'
import { barredFrom, lostApprovals, openStage, ownersOf, peopleBehind } from '../record/request.ts'
import { isItsName, typeThisOf } from '../record/typed-name.ts'
import { toldTheAgent } from '../refusals.ts'
import { defined, isRefusal, type NumericDate, type PersonId } from '../values.ts'
import { acceptsFirst } from './change-registry.ts'
import { keptStage, mostNarrowings, staysWithin } from './narrow.ts'
import { approve, openNext } from './open-stage.ts'
import { mostToAgent, plainText } from './plain-text.ts'

export type DecisionCode =
  | EndingCode
  | NarrowingCode
  | 'already_settled'
  | 'self_approval'
  | 'transfer_not_accepted'
  | 'not_eligible'
  | 'stale_round'
  | 'stale_digest'
  | 'not_shown_in_full'
  | 'as_it_is'
  | 'not_in_bulk'
  | 'already_decided'
  | 'stage_not_open'
  | 'stage_over'
  | 'comment_required'
  | 'name_mismatch'
  | 'to_agent_required'
  | 'invalid_to_agent'
  | 'invalid_suggestion'
  | 'insufficient_login'
  | 'narrowed_too_often'
  | 'state_changed'
  | 'state_unreadable'
type Taken = Answered<DecisionCode>

export function takeDecision(state: ApprovalRequest, command: Decide, at: NumericDate): Taken {
  const { person, verdict } = command
  const names = command.eligible[person] ?? []
  const ended = endedBy(state, command.ending, command, at)
  if (ended) return ended
  const live = state.status === 'pending' || (state.status === 'approved' && verdict === 'deny')
  if (!live) return { code: 'already_settled', detail: state.status }
  const barred = whyBarred(state, [person, ...(command.absent ?? [])])
  if (barred) return barred
  if (names.length === 0) return { code: 'not_eligible' }
  const first = acceptsFirst(state)
  if (first !== undefined) return { code: 'transfer_not_accepted', detail: first }
  const stale = stalenessOf(state, command)
  if (stale) return { code: stale }
  // Only an approval needs the full rendering.
  if (verdict === 'approve' && command.cut) return { code: 'not_shown_in_full' }
  const isAlone = verdict === 'revise' || !mayBeInBulk(state) || (verdict === 'approve' && wantsMore(state))
  if (command.burst !== undefined && isAlone) return { code: 'not_in_bulk' }
  const toAgent = command.toAgent?.trim() ?? ''
  if ((verdict === 'revise' || toAgent !== '' || command.narrowed) && !rulesOf(state.ask).hearsPeople)
    return { code: 'as_it_is' }
  if (toAgent !== '' && !plainText(mostToAgent).safeParse(toAgent).success) return { code: 'invalid_to_agent' }
  if (verdict === 'approve') return approveStage(state as PendingRequest, command, names, at)
  if (verdict === 'revise' && toAgent === '') return { code: 'to_agent_required' }
  if (command.suggest?.ok === false) return refused(command.suggest)
  return deny(state, command, names, at)
}

/**
 * Refuses a person who answers for an agent in it, gains or keeps a right by it, or told its agent to ask for it. The
 * first bar also covers the person whose right is used, the other two all people that the decider stands in for.
 */
function whyBarred(
  state: ApprovalRequest,
  [person, ...absent]: readonly PersonId[],
): Refused<'self_approval'> | undefined {
  const { barred = [] } = state.ask
  if (person !== undefined && ownersOf(state).includes(person)) return { code: 'self_approval' }
  return [person, ...absent].some((each) => each !== undefined && barred.includes(each))
    ? { code: 'self_approval', ...(originOf(state.ask).kind === 'registry' ? {} : { detail: toldTheAgent }) }
    : undefined
}

/** Settles a pending request, or revokes a live grant. */
function deny(state: ApprovalRequest, command: Decide, names: readonly string[], at: NumericDate): Taken {
  const stage = deniedStage(state, command.stage, names)
  if (!stage) return { code: 'not_eligible' }
  const as = fillingOf(stage).allNames.find((name) => names.includes(name)) ?? stage.terms.name
  // A stand-in cannot decide what the absent person may not.
  const absent = command.standsFor?.[as]
  if (absent !== undefined && barredFrom(state).includes(absent)) return { code: 'self_approval' }
  const decided = decidedEvent(state, command, stage.terms.name, as, at)
  const end = { at, actor: decided.actor, policies: decided.policies, bundle: command.bundle, by: command.person }
  if (state.status === 'approved')
    return [decided, { ...end, type: 'Revoked', reason: command.comment ?? 'denied after approval' }]
  const outcome = command.verdict === 'revise' ? command.verdict : undefined
  return [decided, { ...end, type: 'Denied', ...defined({ reason: command.comment, outcome }) }]
}

function deniedStage(state: ApprovalRequest, name: string | undefined, names: readonly string[]) {
  const own = stagesOf(state, names)
  if (name !== undefined) return own.find(({ terms }) => terms.name === name) ?? stagesOf({ stages: own }, [name])[0]
  const open = openStage(state)
  return own.find((stage) => stage === open) ?? own[0]
}

function approveStage(state: PendingRequest, command: Decide, names: readonly string[], at: NumericDate): Taken {
  if (hasDecided(state, command.person)) return { code: 'already_decided' }
  const stage = openStage(state)
  // A step of a plan was decided with the plan, and waits for its turn.
  if (!stage) return { code: originOf(state.ask).kind === 'step' ? 'stage_not_open' : 'already_settled' }
  const { names: asked } = fillingOf(stage)
  const as = asked.find((name) => names.includes(name))
  if (as === undefined) return notOpen(state, stage, names)
  if (command.stage !== undefined && !asked.includes(command.stage)) return notOpen(state, stage, [command.stage])
  const absent = command.standsFor?.[as]
  // Neither may be an owner: a stand-in uses the absent person's right and adds none.
  if (absent !== undefined && barredFrom(state).includes(absent)) return { code: 'self_approval' }
  if (absent !== undefined && hasDecided(state, absent)) return { code: 'already_decided', detail: absent }
  const typed = typedName(state, command)
  const unmet = unmetBy({ ...command, typed, ...rightOf(command, as), at }, stage.terms)
  if (unmet) return unmet

  // Comes first, since the reading for a refused narrowing may be of a different resource.
  if (command.narrowed?.ok === false) return refused(command.narrowed)
  if (readsAgain(state, command) && command.reading && isOtherState(state, command.reading))
    return openAgain(state, command.reading, command, at)
  if (command.narrowed) return narrow(state, command, stage.terms.name, as, at)
  const decided = decidedEvent(state, command, stage.terms.name, as, at)
  const after = evolve(state, decided) as PendingRequest
  const nowFilled = after.stages.find(({ terms }) => terms.name === stage.terms.name)
  if (!nowFilled || fillingOf(nowFilled).missing > 0) return [decided]
  return [decided, ...(openStage(after) ? openNext(after, command, at) : settle(after, command, at))]
}

/**
 * Whether a decision needs a new reading: the next stage opens on the present state, with a narrowing's values. The
 * last stage needs none, since the claim reads again, and a refusal needs none either.
 */
export function readsAgain(
  state: ApprovalRequest,
  { verdict, narrowed }: { verdict: Decide['verdict']; narrowed?: unknown },
): boolean {
  const stage = openStage(state)
  if (!stage || isRefusal(verdict) || stateOf(state.preview) === undefined) return false
  const isLast = fillingOf(stage).missing === 1
  return narrowed !== undefined || (isLast && stage !== state.stages.at(-1))
}

function notOpen(state: PendingRequest, open: StageState, names: readonly string[]): Refused<DecisionCode> {
  const own = stagesOf(state, names)
  const over = own.length > 0 && own.every((stage) => fillingOf(stage).missing === 0)
  return { code: over ? 'stage_over' : 'stage_not_open', detail: open.terms.name }
}

const hasDecided = ({ stages }: PendingRequest, person: PersonId): boolean =>
  stages.some(({ decisions }) => decisions.some((each) => peopleBehind(each).includes(person)))

/**
 * Narrows the request. The digest changes, so all other approvals are dropped and the first stage opens again.
 * Each stage has a new deadline; `decideBy` stays.
 */
function narrow(state: PendingRequest, command: Decide, stage: string, as: string, at: NumericDate): Taken {
  const { narrowed, bundle } = command
  if (!narrowed) return []
  if ((state.narrowings?.length ?? 0) >= mostNarrowings) return { code: 'narrowed_too_often' }
  if (!narrowed.ok) return refused(narrowed)
  const preview = leftOf(state, command)
  if (preview === 'unreadable') return { code: 'state_unreadable' }
  const { ask, tier, stages, policies: because } = narrowed
  if (tier < state.tier || !staysWithin(ask, state.ask)) return { code: 'not_narrower' }
  const own = narrowed.eligible.includes(as) ? keptStage(stages, stage, as) : undefined
  // The new rung's stage may require a stronger login or a comment.
  const typed = typedName(state, command)
  const unmet = own && unmetBy({ ...command, typed, ...rightOf(command, as), at }, own)
  if (unmet) return unmet
  const round = state.round + 1
  const actor = { type: 'person', id: command.person } as const
  const common = { at, actor, policies: [...(command.permittedBy[as] ?? [])], bundle }
  const made = { ask, tier, stages: [...stages], round, because: [...because], ...defined({ preview }) }
  const less: Event = { ...common, type: 'Narrowed', ...made }
  const reopened = evolve(state, less) as PendingRequest
  if (!own) return [less, ...openNext(reopened, command, at)]
  const again = { ...command, permittedBy: narrowed.permittedBy }
  const decided = { ...decidedEvent(reopened, again, own.name, as, at), round }
  const after = evolve(reopened, decided) as PendingRequest
  return [less, decided, ...(openStage(after) ? openNext(after, command, at) : settle(after, command, at))]
}

/** The same state with the narrowing's values. Undefined if nothing was read. */
function leftOf({ preview }: PendingRequest, { reading }: Decide): Preview | undefined | 'unreadable' {
  if (stateOf(preview) === undefined) return undefined
  return reading?.preview.outcome === 'matched' ? reading.preview : 'unreadable'
}

const refused = ({ code, detail }: { code: DecisionCode; detail?: string }): Refused<DecisionCode> =>
  detail === undefined ? { code } : { code, detail }

function settle(state: PendingRequest, command: Decide, at: NumericDate): readonly Event[] {
  const { answer, bundle } = command
  const common = { at, actor: system, policies: [], bundle }
  const dropped = lostApprovals(state, command.eligible).map(
    ({ person, stage }): Event => ({ ...common, type: 'ApprovalDropped', stage, person }),
  )
  if (dropped.length > 0) {
    const reopened = dropped.reduce<ApprovalRequest>(evolve, state) as PendingRequest
    return [...dropped, ...openNext(reopened, command, at)]
  }
  if (answer.permit) return approve(state, answer.policies, bundle, at)
  const reason = answer.error ? 'policy_error' : 'policy_denied'
  return [{ ...common, policies: [...answer.policies], type: 'Denied', by: 'system', reason }]
}

const typedName = (state: ApprovalRequest, { verdict, typed }: Pick<Decide, 'verdict' | 'typed'>): true | undefined =>
  verdict === 'approve' && isItsName(state, typed) ? true : undefined

export function rightOf(
  { standsFor, givenBy }: Pick<Decide, 'standsFor' | 'givenBy'>,
  as: string,
): { for?: PersonId; given?: Given } {
  const absent = standsFor?.[as]
  const given = absent && givenBy?.[absent]
  return defined({ for: absent, given: given || undefined })
}

function decidedEvent(
  request: ApprovalRequest,
  command: Decide,
  stage: string,
  as: string,
  at: NumericDate,
): Extract<Event, { type: 'Decided' }> {
  const { person, verdict, round, through, comment, toAgent, seen, burst, permittedBy, bundle, claimed, afterHalts } =
    command
  const suggest = command.suggest?.ok ? command.suggest.value : undefined
  const common = { at, actor: { type: 'person' as const, id: person }, policies: [...(permittedBy[as] ?? [])], bundle }
  const login = Object.keys(command.login).length === 0 ? undefined : command.login
  const own = { stage, as, verdict, round, through, ...rightOf(command, as) }
  const said = defined({ comment, toAgent, typed: typedName(request, command), suggest })
  const state = stateOf(request.preview)
  return { ...common, type: 'Decided', ...own, ...said, ...defined({ state, seen, burst, login, claimed, afterHalts }) }
}

/** Whether a person saw an earlier state of the request. */
export function stalenessOf(
  { round, ask: { digest } }: ApprovalRequest,
  seen: Pick<Decide, 'round' | 'digest'>,
): 'stale_round' | 'stale_digest' | undefined {
  if (seen.round !== round) return 'stale_round'
  return seen.digest === digest || seen.digest === digest.slice(0, 16) ? undefined : 'stale_digest'
}

/** The stages that a person may decide. A person of an escalation may deny before it. */
const stagesOf = ({ stages }: { stages: readonly StageState[] }, names: readonly string[]): readonly StageState[] =>
  stages.filter((stage) => fillingOf(stage).allNames.some((name) => names.includes(name)))

/** By default no policy is cited. */
type Standing = Omit<Standpoint, 'permittedBy'> & Partial<Standpoint>

/**
 * The refusal of a person's decision now, if any, assuming the comment, name and login that the stage requires. The rule is
 * the same as for decisions.
 */
export function whyNot(
  state: ApprovalRequest,
  standpoint: Standing,
  verdict: Decide['verdict'],
  now: NumericDate,
): DecisionCode | undefined {
  const taken = takeDecision(
    state,
    {
      permittedBy: {},
      ...standpoint,
      type: 'decide',
      verdict,
      round: state.round,
      digest: state.ask.digest,
      comment: 'asked beforehand',
      ...(verdict === 'revise' ? { toAgent: 'asked beforehand' } : {}),
      login: defined({ acr: openStage(state)?.terms.acr, at: now }),
      ...defined({ typed: typeThisOf(state) }),
      through: 'page',
      answer: { permit: true, policies: [] },
      bundle: '',
    },
    now,
  )
  return 'code' in taken ? taken.code : undefined
}

export const waitsFor = (state: PendingRequest, standpoint: Standing, now: NumericDate): boolean =>
  openStage(state) !== undefined && whyNot(state, standpoint, 'approve', now) === undefined
