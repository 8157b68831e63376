import type { ApprovalRequest } from './request.ts'
import { turnOf, waitingStage } from './routing.ts'
import type { NumericDate } from './values.ts'

/** One time at which those who have not decided a stage are to be reminded of it. */
export type Reminder = {
  round: number
  /** Which of the request's stages. */
  stage: number
  /** When it opened, or was widened: it begins again with those who are asked then. */
  since: NumericDate
  /** From 1. */
  attempt: number
  at: NumericDate
}

/**
 * When the people of the open stage are reminded, as its ladder says: first `after` it opened, then after twice as long
 * each time, while it is open. A stage that has escalated begins again, since others are asked now.
 */
export function remindersOf(state: ApprovalRequest): readonly Reminder[] {
  const stage = waitingStage(state)
  const turn = turnOf(state)
  if (!stage?.terms.remind || !turn) return []
  const { after, times } = stage.terms.remind
  const since = stage.escalatedAt ?? turn.opensAt
  const all = Array.from({ length: times }, (_, index) => ({
    round: state.round,
    stage: state.stages.indexOf(stage),
    since,
    attempt: index + 1,
    at: since + after * (2 ** (index + 1) - 1),
  }))
  return all.filter(({ at }) => at < (stage.deadline ?? 0))
}
