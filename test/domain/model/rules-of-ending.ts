import type { Command } from '../../../functions/domain/record/commands.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { dueAt } from '../../../functions/domain/requests/due.ts'
import type { CredentialId } from '../../../functions/domain/values.ts'
import { owner, submittedAt, wake } from '../../support/ask.ts'
import { asSeen, differ, ended, endOf, inForce, on, type Rule, tellsOfCall, termsOf } from './rule.ts'
import { goesOn } from './rules-of-runs.ts'
import type { Reducer, Step } from './search.ts'
import { absentFor, eligibleIn, issuedKindOf } from './world.ts'

/** INV4, INV7, INV8: a request ends once, and on time, however late the next look is. */
export const rulesOfEnding: readonly Rule[] = [
  on(
    'INV4',
    'terminal is terminal: after the end there are only refusals, and the outcome of a call that began before',
    [
      ...(['Submitted', 'StageOpened', 'Decided', 'Narrowed', 'StateChanged', 'ApprovalDropped'] as const),
      ...(['StageEscalated', 'Approved', 'Denied', 'Withdrawn', 'Completed', 'Revoked', 'Expired'] as const),
      ...(['CredentialIntended', 'CredentialIssued', 'CredentialRevoked', 'KeyBound', 'Delegated'] as const),
      ...(['UseBegun', 'UseEnded', 'UseReturned'] as const),
    ],
    (event, seen, step) => seen.end !== undefined && !tellsOfCall(step) && `\`${event.type}\` after \`${seen.end}\``,
  ),
  {
    id: 'INV4',
    rule: 'the state has ended exactly when the ledger says so, and never changes again',
    broken: (step) => {
      const { before, after, sees } = step
      if (ended(after) !== (sees.end !== undefined))
        return `\`${after.status}\`, while the ledger says ${sees.end ?? 'nothing of an end'}`
      const changed = before && ended(before) && differ(before, after)
      if (changed && tellsOfCall(step) && !differ(withoutUses(before), withoutUses(after))) return undefined
      if (changed && step.command.type === 'comment' && !differ(withoutWords(before), withoutWords(after)))
        return undefined
      const looked = step.told.some(({ event: { type } }) => type === 'Reviewed' || type === 'ReviewOverdue')
      const compares = step.command.type === 'compare_calls'
      // A review may fall due in the step that compares.
      const but = (state: ApprovalRequest) => {
        const rest = looked ? withoutReview(state) : state
        return compares ? withoutCalls(rest) : rest
      }
      if (changed && (looked || compares) && !differ(but(before), but(after))) return undefined
      return changed ? 'it changed after its end' : undefined
    },
  },
  {
    id: 'INV4',
    rule: 'calls are compared once, after the end, if there were AWS credentials',
    broken: ({ told, sees }) => {
      if (!told.some(({ event: { type } }) => type === 'CallsCompared')) return undefined
      if (sees.end === undefined) return 'compared before the end'
      if (sees.compared > 1) return `compared ${sees.compared} times`
      const hadSession =
        sees.begun.some((each) => each.startsWith('aws')) ||
        sees.intended.some((id) => issuedKindOf(id as CredentialId) === 'aws')
      return hadSession || sees.call ? undefined : 'compared without a session'
    },
  },
  on(
    'INV4',
    'a request is sent back by a verdict with words to the agent, and never a grant',
    ['Denied', 'Revoked'],
    (event, { grant }, { command }) => {
      const isSent = command.type === 'decide' && command.verdict === 'revise' && event.by !== 'system'
      const says = isSent && (command.toAgent ?? '') !== ''
      if (isSent && (grant || !says)) return 'a grant is sent back, or there are no words'
      return isSent !== (event.type === 'Denied' && event.outcome === 'revise') && 'the outcome is wrong'
    },
  ),
  {
    id: 'INV4',
    rule: 'a denial settles at once, also after the approval',
    broken: (step) => {
      const { command, refusal, after, sees } = step
      if (sees.denied && !ended(after)) return 'denied, and not ended'
      if (command.type !== 'decide' || command.verdict !== 'deny' || !refusal || ended(after)) return undefined
      const rights = eligibleIn(step.scenario, step.world)
      const absent = absentFor(step.scenario, step.world, command.person)
      const own = (rights[command.person] ?? []).length > 0
      const anothers = absent !== undefined && absent !== owner && (rights[absent] ?? []).length > 0
      const { owner: asker, barred = [], change } = step.scenario.ask
      if (change?.accepts && sees.accepted === undefined) return undefined
      const isBarred =
        [asker, ...barred].some((each) => each === command.person) || barred.some((each) => each === absent)
      const may = (own || anothers) && !isBarred && asSeen(step)
      return may ? `a denial is refused as \`${refusal}\`` : undefined
    },
  },
  {
    id: 'INV4',
    rule: 'a caller who may end it ends it: completion, withdrawal, revocation',
    broken: ({ command, before, after, scenario, seen }) => {
      const ends =
        (command.type === 'revoke' && command.answer.permit && before) ||
        (command.type === 'complete' &&
          before?.status === 'approved' &&
          !scenario.ask.change &&
          !goesOn(seen, scenario.runs === true)) ||
        (command.type === 'withdraw' && before?.status === 'pending')
      return ends && !ended(after) ? `not ended by \`${command.type}\`` : undefined
    },
  },
  {
    id: 'INV7',
    rule: 'a token that is given back is dead at once, with all credentials claimed with it',
    broken: ({ command, before, after }) => {
      if (command.type !== 'revoke_credential' || before?.status !== 'approved' || after.status !== 'approved')
        return undefined
      const live = before.grant.credentials.access_token?.id === command.credential
      const { credentials, intents } = after.grant
      return live && (credentials.access_token || credentials.aws || intents.aws)
        ? 'a credential of it is left'
        : undefined
    },
  },
  on('INV7', 'a decision counts only before the deadline', ['Decided'], ({ at, verdict }, seen) => {
    const late = at - ((seen.open ?? seen.narrowedAt)?.deadline ?? 0)
    return verdict === 'approve' && late >= 0 && `a decision ${late} s after the deadline counts`
  }),
  on(
    'INV7',
    'nothing is claimed or used after the end of the grant',
    ['CredentialIntended', 'CredentialIssued', 'UseBegun', 'UseEnded', 'Completed'],
    ({ at, type }, seen, step) =>
      at >= endOf(seen) && !tellsOfCall(step) && `\`${type}\` ${at - endOf(seen)} s after the end`,
  ),
  on(
    'INV8',
    'nothing is issued, used or delegated before the start',
    ['CredentialIntended', 'CredentialIssued', 'UseBegun', 'Delegated'],
    ({ at, type }, seen, { scenario }) => {
      const start = inForce(scenario, seen).ask.notBefore ?? at
      return at < start && `\`${type}\` ${start - at} s before the start`
    },
  ),
  on('INV8', 'nothing lengthens a grant', ['CredentialIssued'], ({ notAfter, expiresAt, at }, seen, { scenario }) => {
    const { ask } = inForce(scenario, seen)
    const limit = seen.grant?.claimed ? seen.grant.notAfter : Math.min(seen.grant?.notAfter ?? 0, at + ask.lifetime)
    return (notAfter > limit || expiresAt > notAfter) && `it ends ${notAfter - limit} s later`
  }),
  on(
    'INV8',
    "the grant's clock is the ladder's, and ends with its parent",
    ['Approved'],
    ({ at, claimBy, notAfter }, seen, { scenario }) => {
      const { ask } = inForce(scenario, seen)
      const until = ask.requestedUntil ?? Number.POSITIVE_INFINITY
      const from = Math.max(at, ask.notBefore ?? at)
      const [claim, end] = [from + ask.claimWithin, from + ask.claimWithin + ask.lifetime]
      return (claimBy !== Math.min(claim, until) || notAfter !== Math.min(end, until)) && 'another clock'
    },
  ),
  on(
    'INV8',
    'a stage has its deadline from the ladder, and none past `decideBy`',
    ['StageOpened'],
    ({ stage, at, deadline }, seen, { scenario }) =>
      deadline !== Math.min(at + (termsOf(scenario, seen, stage)?.deadline ?? 0), seen.decideBy) &&
      `\`${stage}\` has another deadline`,
  ),
  on(
    'INV8',
    'silence escalates once, when it is due, and for as long as the ladder says',
    ['StageEscalated'],
    ({ stage, at, deadline }, seen, { scenario }) => {
      const terms = termsOf(scenario, seen, stage)
      const longer = terms && terms.onSilence !== 'expire' ? terms.onSilence.deadline : 0
      if (seen.escalated.includes(stage)) return `\`${stage}\` escalates twice`
      return (at !== seen.open?.deadline || deadline !== Math.min(at + longer, seen.decideBy)) && 'another time'
    },
  ),
  on('INV8', 'an expiry is at the second when it is due, with any next look', ['Expired'], ({ at }, seen, step) => {
    const due = seen.grant ? endOf(seen) : seen.open?.deadline
    // While a run may go on the request does not expire, so it does when that is known.
    if (step.scenario.runs && at > (due ?? 0) && !goesOn(seen, true)) return undefined
    return at !== due && `expired ${at - (due ?? 0)} s off`
  }),
  { id: 'INV8', rule: 'a late timer changes nothing: deciding late is as deciding on time', broken: late },
]

/** A state without its comments, which may be added after the end. */
const withoutWords = (state: ApprovalRequest): ApprovalRequest => {
  const { reason: _, ...rest } = { reason: '', ...state }
  return {
    ...rest,
    stages: state.stages.map((stage) => ({
      ...stage,
      decisions: stage.decisions.map(({ comment: _, ...decision }) => decision),
    })),
  } as ApprovalRequest
}

/** A state without its review, which follows the end. */
const withoutReview = ({ review: _, ...state }: ApprovalRequest) => state as ApprovalRequest

/** A state without the comparison of its calls, which follows the end. */
const withoutCalls = ({ calls: _, ...state }: ApprovalRequest) => state as ApprovalRequest

/** A state without its uses and run: the outcome of a call may be reported after the end. */
const withoutUses = ({ run: _, ...state }: ApprovalRequest): ApprovalRequest =>
  ('grant' in state && state.grant ? { ...state, grant: { ...state.grant, uses: [] } } : state) as ApprovalRequest

/** Compares deciding now, with all due events overdue, with having applied each at its time. */
function late({ before, after, command, at, reducer }: Step): string | undefined {
  if (!before || (dueAt(before) ?? Number.POSITIVE_INFINITY) > at) return undefined
  // Cached, since each command is given in one state at one time.
  if (punctual.before !== before || punctual.at !== at || punctual.reducer !== reducer)
    punctual = { before, at, reducer, state: onTime(before, at, reducer) }
  if (typeof punctual.state === 'string') return punctual.state
  const then = told(punctual.state, command, at, reducer)
  return !differ(then, after) ? undefined : `late: \`${after.status}\`, on time: \`${then.status}\``
}
let punctual: Partial<Pick<Step, 'before' | 'at' | 'reducer'>> & { state: ApprovalRequest | string } = { state: '' }

/** The state in which each due event was applied at its time, or the reason why one was not. */
function onTime(before: ApprovalRequest, at: number, reducer: Reducer): ApprovalRequest | string {
  let state = before
  for (let due = dueAt(state); due !== undefined && due <= at; due = dueAt(state)) {
    const woken = told(state, wake, due, reducer)
    if (woken === state || (dueAt(woken) ?? Number.POSITIVE_INFINITY) <= due)
      return `what was due at +${due - submittedAt} s did not happen`
    state = woken
  }
  return state
}

const told = (state: ApprovalRequest, command: Command, at: number, { decide, evolve }: Reducer) =>
  decide(state, command, at).events.reduce<ApprovalRequest | undefined>(evolve, state) as ApprovalRequest
