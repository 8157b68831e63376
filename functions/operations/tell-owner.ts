import type { ApprovalRequest } from '../domain/requests/request.ts'

/** What the person who answers for an agent is told of what it asks. */
export type Notice = 'submitted' | 'decided' | 'ended'
const order: readonly Notice[] = ['submitted', 'decided', 'ended']

/** How far a request has come, as its owner is told. A denial is both decision and end, and is told once. */
export function noticeOf(state: ApprovalRequest): Notice {
  if (state.status === 'pending') return 'submitted'
  return state.status === 'approved' ? 'decided' : 'ended'
}

/**
 * The notice that an owner is still to be given, with those that it makes needless: what has come further meanwhile is
 * told as it is, once. Of what nobody decides nothing is told: it is in their list, and an owner who is pinged for what
 * policy lets pass learns to look away.
 */
export function noticesDue(
  state: ApprovalRequest,
  told: readonly string[],
): { notice: Notice; keys: readonly Notice[] } | undefined {
  if (state.stages.length === 0) return undefined
  const notice = noticeOf(state)
  if (told.includes(notice)) return undefined
  return { notice, keys: order.slice(0, order.indexOf(notice) + 1).filter((key) => !told.includes(key)) }
}
