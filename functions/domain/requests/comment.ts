import type { NumericDate, PersonId } from '../values.ts'
import type { Comment } from './commands.ts'
import type { Answered } from './ended.ts'
import type { ApprovalRequest, Decision } from './request.ts'

/** Seconds. */
const commentWithin = 3600

/** The decider's words on their own decision, once. A denial counts at once and its reason may follow (ADR 0010). */
export function comment(state: ApprovalRequest, command: Comment, at: NumericDate): Answered {
  const { person, bundle } = command
  const found = lastOf(state, person)
  if (!found) return { code: 'not_decided' }
  const { stage, decision } = found
  if (command.comment.trim() === '') return { code: 'comment_required' }
  if (decision.comment !== undefined) return { code: 'already_commented' }
  if (at - decision.at > commentWithin) return { code: 'comment_too_late' }
  const actor = { type: 'person', id: person } as const
  const { verdict } = decision
  return [{ type: 'Commented', at, actor, policies: [], bundle, stage, verdict, comment: command.comment }]
}

/** A person who denies has often approved before, and never the other way round. */
function lastOf(
  { stages }: Pick<ApprovalRequest, 'stages'>,
  person: PersonId,
): { stage: string; decision: Decision } | undefined {
  const own = stages.flatMap(({ terms, decisions }) =>
    decisions.filter((each) => each.person === person).map((decision) => ({ stage: terms.name, decision })),
  )
  return own.find(({ decision }) => decision.verdict === 'deny') ?? own[0]
}
