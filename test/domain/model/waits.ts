import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import {
  type outcomeOf as realOutcomeOf,
  stageWait,
  type Wait,
  waitOf,
} from '../../../functions/domain/requests/wait.ts'

/**
 * The workflow of the design (section 6), in which any signal may be lost: success goes to the next stage of the same
 * branch, `Settled` closes, `Moved` and a timeout ask the table and go where it says.
 */
const nextOf = (state: ApprovalRequest, wait: Wait): Wait => {
  if (wait === 'AwaitEnd') return 'AwaitReview'
  const { tier, stages } = state
  const index = stages.findIndex(({ terms: { name } }) =>
    [stageWait(tier, name, false), stageWait(tier, name, true)].includes(wait),
  )
  const next = index < 0 ? undefined : stages[index + 1]
  return next ? stageWait(tier, next.terms.name, false) : 'Close'
}

/**
 * Every state in which an execution of this request may wait, on the rung before a narrowing too. For an opening it
 * waits for the end, then for the review.
 */
export const waitsOf = (state: ApprovalRequest): readonly Wait[] =>
  state.ask.breakGlass ? ['AwaitEnd', ...(state.status === 'approved' ? [] : ['AwaitReview'])] : ladderWaits(state)

const ladderWaits = ({ tier, stages, round }: ApprovalRequest): readonly Wait[] => [
  ...(round > 1 ? stages.map(({ terms: { name } }) => stageWait(tier - 1, name, false)) : []),
  ...stages.flatMap(({ terms: { name } }) => [stageWait(tier, name, false), stageWait(tier, name, true)]),
]

const checked = new WeakMap<typeof realOutcomeOf, Map<string, string | undefined>>()

/**
 * Says how an execution could get stuck: from each wait, and with any signal lost, it must reach the table's wait and
 * stay there. Outcomes depend on the status, the wait and the stages alone, so each is checked once.
 */
export function unconverged(state: ApprovalRequest, outcomeOf: typeof realOutcomeOf): string | undefined {
  const key = `${state.ask.id}${state.status}${'grant' in state}${waitOf(state)}${waitsOf(state)}`
  const results = checked.get(outcomeOf) ?? new Map<string, string | undefined>()
  checked.set(outcomeOf, results)
  if (!results.has(key)) results.set(key, stuckFrom(state, outcomeOf))
  return results.get(key)
}

function stuckFrom(state: ApprovalRequest, outcomeOf: typeof realOutcomeOf): string | undefined {
  const there = waitOf(state)
  for (const start of waitsOf(state)) {
    // Each signal moves one stage on or asks the table, so more steps than waits is a loop.
    let at: Wait = start
    for (let step = 0; at !== there; step++) {
      const outcome = outcomeOf(state, at)
      if (outcome === 'waiting' || step > waitsOf(state).length || at === 'Close')
        return `an execution in \`${start}\` ends up in \`${at}\`, while the request is at \`${there}\``
      at = outcome === 'Settled' ? 'Close' : outcome === 'Moved' ? there : nextOf(state, at)
    }
    if (there !== 'Close' && outcomeOf(state, there) !== 'waiting')
      return `an execution leaves \`${there}\`, where the request is`
  }
  return undefined
}
