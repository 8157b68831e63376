import { type Answered, agentActor, type Refused } from './answering.ts'
import { refusedBy, reviewWithin } from './break-glass.ts'
import type { OpenBreakGlass, ReviewBreakGlass } from './commands.ts'
import type { Event } from './events.ts'
import { type ApprovalRequest, ownersOf } from './request.ts'
import type { GrantId, NumericDate } from './values.ts'

/**
 * A person breaks the glass: at once, with nobody asked, for as long as was asked for and no longer, if policy says that
 * they may and every book has room. The look at it is due from the start, whatever becomes of it.
 */
export function openBreakGlass({ ask, answer, books, bundle }: OpenBreakGlass, at: NumericDate): Answered {
  const { breakGlass } = ask
  if (!breakGlass) return { code: 'unknown_profile' }
  if (!answer.permit) return { code: answer.error ? 'policy_error' : 'not_permitted' }
  for (const { book, limits } of books) {
    const code = refusedBy(book, limits, at)
    // Somebody else vouched for it: that is what a review that is overdue asks for, and it excuses nothing else.
    if (code === 'review_overdue' && breakGlass.secondedBy !== undefined) continue
    if (code) return { code } satisfies Refused
  }
  const common = { at, actor: agentActor(ask), policies: [...answer.policies], bundle }
  const grant = ask.id.replace(/^bgl_/, 'grt_') as GrantId
  const opened: Event = { ...common, type: 'BreakGlassOpened', ask, grant, notAfter: at + breakGlass.window }
  return [opened, { ...common, policies: [], type: 'ReviewDue', dueAt: at + reviewWithin }]
}

/**
 * Somebody else says whether it was justified: not the person who did it, nor the owner of an agent of theirs, nor whoever
 * vouched for them. Late is better than never; said once.
 */
export function review(state: ApprovalRequest, command: ReviewBreakGlass, at: NumericDate): Answered {
  const { person, outcome, note, seen, answer, bundle } = command
  if (!state.review || !state.ask.breakGlass) return { code: 'no_review_due' }
  if (ownersOf(state).includes(person) || state.ask.agent.id === person || state.ask.breakGlass.secondedBy === person)
    return { code: 'self_review' }
  if (!answer.permit) return { code: answer.error ? 'policy_error' : 'not_permitted' }
  if (state.review.done) return { code: 'already_reviewed' }
  // What is still going on cannot be looked back on.
  if (state.status === 'approved') return { code: 'no_review_due' }
  return [
    {
      type: 'Reviewed',
      at,
      actor: { type: 'person', id: person },
      policies: [...answer.policies],
      bundle,
      outcome,
      note,
      ...(seen === undefined ? {} : { seen }),
    },
  ]
}
