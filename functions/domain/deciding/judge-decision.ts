// Rules: test/domain/deciding/judge.test.ts
import type { Answer, PolicyAnswers } from '../policy/question.ts'
import type { Decide, Narrowing } from '../record/commands.ts'
import { evolve } from '../record/evolve.ts'
import type { ApprovalRequest } from '../record/request.ts'
import { takeDecision } from '../requests/take-decision.ts'
import { defined, type NumericDate, type PersonId } from '../values.ts'
import type { Gathered, Occasion } from './gathered.ts'
import { judgeRights } from './judge.ts'
import type { NarrowResult } from './narrow-request.ts'
import { askAboutRequest } from './questions.ts'
import { rightsFor } from './rights.ts'

/** A person's decision, from the handler. */
export type Decision = Pick<
  Decide,
  | 'person'
  | 'verdict'
  | 'stage'
  | 'round'
  | 'digest'
  | 'comment'
  | 'toAgent'
  | 'typed'
  | 'suggest'
  | 'through'
  | 'login'
  | 'claimed'
  | 'burst'
  | 'seen'
  | 'cut'
>
type Unstamped = Omit<Decide, 'bundle'>

/** @param less the terms after the narrowing */
export function judgeDecision(
  policy: PolicyAnswers,
  state: ApprovalRequest,
  decision: Decision,
  gathered: Gathered,
  less: NarrowResult | undefined,
  now: NumericDate,
): Unstamped {
  const occasion = { moment: 'request', now, decider: decision.person, claimed: decision.claimed } as const
  const narrowed = less && withRights(policy, state, less, gathered, occasion)
  const command = {
    ...decision,
    type: 'decide' as const,
    ...judgeRights(policy, state, gathered, occasion),
    ...defined({ narrowed }),
  }
  return { ...command, answer: answerAfter(policy, state, command, now) }
}

/** Adds the narrower's right to decide the narrowed request. */
function withRights(
  policy: PolicyAnswers,
  state: ApprovalRequest,
  less: NarrowResult,
  gathered: Gathered,
  occasion: Occasion & { decider: PersonId },
): Narrowing {
  if (!less.ok) return less
  const { ask, tier } = less
  const left = { ...state, ask, tier, stages: less.stages.map((terms) => ({ terms, decisions: [] })) }
  const { eligible, permittedBy } = rightsFor(policy, left, gathered, occasion)
  return { ...less, eligible: eligible[occasion.decider] ?? [], permittedBy }
}

const unasked: Answer = { permit: false, policies: [] }

/** Policy's answer about the request after this decision, asked when the last stage fills. */
function answerAfter(
  policy: PolicyAnswers,
  state: ApprovalRequest,
  command: Omit<Unstamped, 'answer'>,
  now: NumericDate,
): Answer {
  const asIf = { ...command, answer: { ...unasked, permit: true }, bundle: '' }
  const taken = takeDecision(state, asIf, Math.max(now, state.updatedAt))
  const approved = 'code' in taken ? -1 : taken.findIndex(({ type }) => type === 'Approved')
  if ('code' in taken || approved < 0) return unasked
  return askAboutRequest(policy, taken.slice(0, approved).reduce<ApprovalRequest>(evolve, state), 'request', now)
}
