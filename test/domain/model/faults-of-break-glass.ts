import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { builder, permit } from '../../support/ask.ts'
import { answered, evolved, type Fault, replaced, told } from './fault.ts'
import { production } from './production.ts'
import { openingAgain } from './scenarios.ts'

const { decide, evolve, outcomeOf } = production

/** Mistakes in what an opening is good for, and in the look at it that is due. */
export const faultsOfBreakGlass: readonly Fault[] = [
  {
    fault: 'an opening lasts a second more than was asked for',
    breaks: 'INV8',
    reducer: answered((decided) => ({
      ...decided,
      events: decided.events.map((event) =>
        event.type === 'BreakGlassOpened' ? { ...event, notAfter: event.notAfter + 1 } : event,
      ),
    })),
  },
  {
    fault: 'a credential has its quarter of an hour though less is left of the window',
    breaks: 'INV8',
    reducer: answered((decided) => ({
      ...decided,
      events: decided.events.map((event) =>
        event.type === 'CredentialIssued' ? { ...event, expiresAt: event.at + 900 } : event,
      ),
    })),
  },
  {
    fault: 'a credential lasts as long as the window, and is not renewed',
    breaks: 'INV8',
    reducer: answered((decided) => ({
      ...decided,
      events: decided.events.map((event) =>
        event.type === 'CredentialIssued' ? { ...event, expiresAt: event.notAfter } : event,
      ),
    })),
  },
  {
    fault: 'the window starts anew at each claim',
    breaks: 'INV8',
    reducer: evolved((state, event) => {
      if (event.type !== 'CredentialIssued') return undefined
      return evolve(state, { ...event, notAfter: event.at + (state.ask.breakGlass?.window ?? 0) })
    }),
  },
  {
    fault: 'the end of the window is not read until a timer fires',
    breaks: 'INV8',
    reducer: told((state, command) =>
      command.type !== 'wake' && state.status === 'approved' ? { now: state.updatedAt } : undefined,
    ),
  },
  {
    fault: 'a clock that goes back revives what it had seen end',
    breaks: 'INV4',
    where: openingAgain,
    reducer: {
      ...production,
      decide: (state, command, now) =>
        decide(state && command.type === 'intend' ? revived(state, now) : state, command, now),
      evolve: (state, event) =>
        evolve(state && event.type === 'CredentialIntended' ? revived(state, event.at) : state, event),
    },
  },
  {
    fault: 'a clock that goes back takes the record with it',
    breaks: 'INV9',
    where: openingAgain,
    reducer: told((state) => ({ state: { ...state, updatedAt: state.submittedAt } })),
  },
  {
    fault: 'an opening is handed on like any other right',
    breaks: 'INV6',
    reducer: told((state, command) => {
      if (command.type !== 'delegate' || command.to !== builder) return undefined
      const { breakGlass: _, ...ask } = state.ask
      return { state: { ...state, ask } }
    }),
  },
  {
    fault: 'the person who used break-glass says that it was justified',
    breaks: 'INV2',
    reducer: told((state, command) =>
      command.type === 'review_break_glass'
        ? { state: { ...state, ask: { ...state.ask, agent: { ...state.ask.agent, id: builder }, owner: noOwner } } }
        : undefined,
    ),
  },
  {
    fault: 'the person who vouched for it says that it was justified',
    breaks: 'INV2',
    reducer: told((state, command) => {
      const { breakGlass } = state.ask
      if (command.type !== 'review_break_glass' || !breakGlass) return undefined
      const { secondedBy: _, ...rest } = breakGlass
      return { state: { ...state, ask: { ...state.ask, breakGlass: rest } } }
    }),
  },
  {
    fault: 'anybody reviews',
    breaks: 'INV3',
    reducer: told((_state, command) =>
      command.type === 'review_break_glass' ? { command: { ...command, answer: permit } } : undefined,
    ),
  },
  {
    fault: 'it is reviewed while it is going on',
    breaks: 'INV4',
    reducer: told((state, command, now) =>
      command.type === 'review_break_glass' && state.status === 'approved' && now < state.grant.notAfter
        ? { state: { ...state, status: 'completed', completedAt: now, outcome: 'succeeded' } }
        : undefined,
    ),
  },
  {
    fault: 'a second review takes the place of the first',
    breaks: 'INV9',
    reducer: told((state, command) => {
      if (command.type !== 'review_break_glass' || !state.review) return undefined
      const { done: _, ...review } = state.review
      return { state: { ...state, review } }
    }),
  },
  {
    fault: 'no look at it is due',
    breaks: 'INV9',
    reducer: answered((decided) => ({ ...decided, events: replaced(decided.events, 'ReviewDue', []) })),
  },
  {
    fault: 'the end of the request is the end of the review',
    breaks: 'INV9',
    reducer: evolved((state, event) => {
      if (event.type !== 'Completed') return undefined
      const { review: _, ...rest } = evolve(state, event)
      return rest as ApprovalRequest
    }),
  },
  {
    fault: 'a review that is overdue is not due any more',
    breaks: 'INV9',
    reducer: answered((decided, state, command, now) =>
      command.type === 'review_break_glass' && state?.review && now >= state.review.dueAt
        ? { events: replaced(decided.events, 'Reviewed', []), refusal: { code: 'no_review_due' } }
        : decided,
    ),
  },
  {
    fault: 'an incident that is closed ends nothing',
    breaks: 'INV6',
    reducer: {
      ...production,
      decide: (state, command, now) => {
        if (command.type !== 'wake' || command.ending?.by !== 'incident') return decide(state, command, now)
        const { ending: _, ...blind } = command
        return decide(state, blind, now)
      },
    },
  },
  {
    fault: 'a review is overdue when it is read',
    breaks: 'INV8',
    reducer: {
      ...production,
      decide: (state, command, now) =>
        state?.review && command.type !== 'wake' && now >= state.review.dueAt && state.review.overdueAt === undefined
          ? decide({ ...state, review: { ...state.review, overdueAt: now } }, command, now)
          : decide(state, command, now),
    },
  },
  {
    fault: 'the workflow closes with the window, and waits for no review',
    breaks: 'INV9',
    reducer: {
      ...production,
      outcomeOf: (state, wait) =>
        wait === 'AwaitEnd' && state.status !== 'approved' ? 'Settled' : outcomeOf(state, wait),
    },
  },
]

/** As it was before it expired, where by this clock it has not yet. */
function revived(state: ApprovalRequest, now: number): ApprovalRequest {
  if (state.status !== 'expired' || !state.grant || now >= state.grant.notAfter) return state
  const { expiredAt: _, ...rest } = state
  return { ...rest, status: 'approved', grant: state.grant, updatedAt: now }
}

const noOwner = 'person:nobody' as ApprovalRequest['ask']['owner']
