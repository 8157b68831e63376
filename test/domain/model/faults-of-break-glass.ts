import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { builder, permit, person } from '../../support/ask.ts'
import { type Fault, faultsIn, replacing } from './fault.ts'
import { production } from './production.ts'
import { opening, openingAgain } from './scenarios.ts'

const { decide, evolve, outcomeOf } = production
const [inOpening, inOpeningAgain] = [faultsIn(opening), faultsIn(openingAgain)]

/** Mistakes in the rights of an opening, and in its review. */
export const faultsOfBreakGlass: readonly Fault[] = [
  inOpening.recorded('an opening lasts a second too long', 'INV8', 'BreakGlassOpened', (event) => ({
    ...event,
    notAfter: event.notAfter + 1,
  })),
  inOpening.recorded(
    'a credential lives a quarter of an hour past the window',
    'INV8',
    'CredentialIssued',
    (event) => ({ ...event, expiresAt: event.at + 900 }),
  ),
  inOpening.recorded(
    'a credential lasts as long as the window, and is not renewed',
    'INV8',
    'CredentialIssued',
    (event) => ({ ...event, expiresAt: event.notAfter }),
  ),
  inOpening.evolved('the window starts again at each claim', 'INV8', (state, event) => {
    if (event.type !== 'CredentialIssued') return undefined
    return evolve(state, { ...event, notAfter: event.at + (state.ask.breakGlass?.window ?? 0) })
  }),
  inOpening.told('the end of the window is not read until a timer fires', 'INV8', (state, command) =>
    command.type !== 'wake' && state.status === 'approved' ? { now: state.updatedAt } : undefined,
  ),
  inOpeningAgain.replaced('a clock that goes back revives an opening that had ended', 'INV4', {
    decide: (state, command, now) =>
      decide(state && command.type === 'intend' ? revived(state, now) : state, command, now),
    evolve: (state, event) =>
      evolve(state && event.type === 'CredentialIntended' ? revived(state, event.at) : state, event),
  }),
  inOpeningAgain.told('a clock that goes back takes the record with it', 'INV9', (state) => ({
    state: { ...state, updatedAt: state.submittedAt },
  })),
  inOpening.told('an opening is delegated like any other right', 'INV6', (state, command) => {
    if (command.type !== 'delegate' || command.to !== builder) return undefined
    const { breakGlass: _, ...ask } = state.ask
    return { state: { ...state, ask } }
  }),
  inOpening.told('the person who used break-glass says that it was justified', 'INV2', (state, command) => {
    if (command.type !== 'review_break_glass') return undefined
    const ask = { ...state.ask, agent: { ...state.ask.agent, id: builder }, owner: person('stranger') }
    return { state: { ...state, ask } }
  }),
  inOpening.told('the person who vouched for it says that it was justified', 'INV2', (state, command) => {
    const { breakGlass } = state.ask
    if (command.type !== 'review_break_glass' || !breakGlass) return undefined
    const { secondedBy: _, ...rest } = breakGlass
    return { state: { ...state, ask: { ...state.ask, breakGlass: rest } } }
  }),
  inOpening.commanded('any person reviews', 'INV3', 'review_break_glass', { answer: permit }),
  inOpening.told('an opening is reviewed before its end', 'INV4', (state, command, now) =>
    command.type === 'review_break_glass' && state.status === 'approved' && now < state.grant.notAfter
      ? { state: { ...state, status: 'completed', completedAt: now, outcome: 'succeeded' } }
      : undefined,
  ),
  inOpening.told('a second review replaces the first', 'INV9', (state, command) => {
    if (command.type !== 'review_break_glass' || !state.review) return undefined
    const { done: _, ...review } = state.review
    return { state: { ...state, review } }
  }),
  inOpening.answered('no review is due', 'INV9', (decided) => ({
    ...decided,
    events: replacing(decided.events, 'ReviewDue', []),
  })),
  inOpening.evolved('the end of the request is the end of the review', 'INV9', (state, event) => {
    if (event.type !== 'Completed') return undefined
    const { review: _, ...rest } = evolve(state, event)
    return rest as ApprovalRequest
  }),
  inOpening.answered('an overdue review is no longer due', 'INV9', (decided, state, command, now) =>
    command.type === 'review_break_glass' && state?.review && now >= state.review.dueAt
      ? { events: replacing(decided.events, 'Reviewed', []), refusal: { code: 'no_review_due' } }
      : decided,
  ),
  inOpening.commanded('a closed incident ends nothing', 'INV6', 'wake', ({ ending, ...command }) =>
    ending && ending.by !== 'incident' ? { ...command, ending } : command,
  ),
  inOpening.replaced('a review is overdue when it is read', 'INV8', {
    decide: (state, command, now) =>
      state?.review && command.type !== 'wake' && now >= state.review.dueAt && state.review.overdueAt === undefined
        ? decide({ ...state, review: { ...state.review, overdueAt: now } }, command, now)
        : decide(state, command, now),
  }),
  inOpening.replaced('the workflow closes with the window, and waits for no review', 'INV9', {
    outcomeOf: (state, wait) =>
      wait === 'AwaitEnd' && state.status !== 'approved' ? 'Settled' : outcomeOf(state, wait),
  }),
]

/** The state before it expired, if it has not expired by this clock. */
function revived(state: ApprovalRequest, now: number): ApprovalRequest {
  if (state.status !== 'expired' || !state.grant || now >= state.grant.notAfter) return state
  const { expiredAt: _, ...rest } = state
  return { ...rest, status: 'approved', grant: state.grant, updatedAt: now }
}
