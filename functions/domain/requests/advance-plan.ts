import { system } from '../event.ts'
import {
  type Answered,
  type BeginTurn,
  type EndingCode,
  type EndStep,
  endedBy,
  type OpenStep,
} from '../record/commands.ts'
import type { Event } from '../record/events.ts'
import { evolve } from '../record/evolve.ts'
import { originOf } from '../record/origin.ts'
import { keptSteps, type StepOutcome, stepInTurn } from '../record/plan-step.ts'
import { type ApprovalRequest, grantOf, openStage, type SettledBy } from '../record/request.ts'
import { defined, type NumericDate } from '../values.ts'
import { approve } from './open-stage.ts'

/**
 * How a plan goes on once it is approved: one step at a time, each a request of its own, and none after one that did not
 * succeed. Each rule may be given twice: what is done already, or is not in turn, changes nothing.
 */

/** The step whose turn it is may be claimed from now on. */
export function openStep(state: ApprovalRequest, { step, bundle }: OpenStep, at: NumericDate): Answered<never> {
  const next = approvedStepInTurn(state)
  if (next?.step !== step || next.progress.openedAt !== undefined) return []
  return [{ ...common(bundle, at), type: 'StepOpened', step, child: next.request }]
}

/** The last success ends the plan, and so does any other end of a step. */
export function endStep(state: ApprovalRequest, command: EndStep, at: NumericDate): Answered<never> {
  const { step, outcome, because, bundle } = command
  const next = approvedStepInTurn(state)
  if (next?.step !== step) return []
  const own = { step, child: next.request, outcome, ...defined({ because }) }
  const ended: Event = { ...common(bundle, at), type: 'StepEnded', ...own }
  const after = evolve(state, ended)
  if (outcome === 'succeeded' && stepInTurn(after)) return [ended]
  return [ended, { ...common(bundle, at), type: 'Completed', outcome: outcome === 'succeeded' ? outcome : 'failed' }]
}

/** People approved it with its plan, so nothing is decided here: its time begins. */
export function beginTurn(state: ApprovalRequest, command: BeginTurn, at: NumericDate): Answered<EndingCode> {
  const { ending, unfit, bundle } = command
  if (!waitsForTurn(state)) return []
  const ended = endedBy(state, ending, command, at)
  if (ended) return ended
  if (unfit !== undefined) return [{ ...common(bundle, at), type: 'Denied', by: 'system', reason: unfit }]
  return approve(state, state.policies, bundle, at)
}

/** A step of a plan that was approved with it and has not begun. It is pending, with nothing to decide. */
export const waitsForTurn = (state: ApprovalRequest): boolean =>
  state.status === 'pending' && originOf(state.ask).kind === 'step' && openStage(state) === undefined

const approvedStepInTurn = (state: ApprovalRequest) => (state.status === 'approved' ? stepInTurn(state) : undefined)

const common = (bundle: string, at: NumericDate) => ({ at, actor: system, policies: [], bundle })

/** What the end of its request makes of a step; undefined while it has none. */
export function outcomeOfStep(child: ApprovalRequest): { outcome: StepOutcome; because?: string } | undefined {
  switch (child.status) {
    case 'pending':
    case 'approved':
      return undefined
    case 'completed':
      return { outcome: child.outcome }
    case 'expired':
      return { outcome: 'late', because: grantOf(child) ? 'not completed in time' : 'not decided in time' }
    case 'denied':
      return { outcome: 'revoked', because: stoppedBy('denied', child.deniedBy, child.reason) }
    case 'revoked':
      return { outcome: 'revoked', because: stoppedBy('revoked', child.revokedBy, child.reason) }
    case 'withdrawn':
      return { outcome: 'revoked', because: 'withdrawn' }
    default:
      return child satisfies never
  }
}

/** A person's reason is theirs, and stays with the request that it ended. */
const stoppedBy = (verb: string, by: SettledBy, reason: string | undefined): string =>
  by === 'system' ? (reason ?? verb) : `${verb} by ${by}`

/** The requests that end with this one: what was delegated from it, and the steps of a plan. */
export const childrenOf = (state: ApprovalRequest) => {
  const grant = grantOf(state)
  if (!grant) return []
  const steps = keptSteps(state).filter(({ progress }) => progress.ended === undefined)
  return [
    ...grant.delegations.map(({ child, notAfter }) => ({ child, notAfter })),
    ...steps.map(({ request: child }) => ({ child, notAfter: grant.notAfter })),
  ]
}
