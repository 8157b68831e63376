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
 * The course of an approved plan: one step at a time, each a request of its own, until the first failure. Commands are
 * idempotent, and change nothing out of turn.
 */

/** Opens the step in turn, so that it can be claimed. */
export function openStep(state: ApprovalRequest, { step, bundle }: OpenStep, at: NumericDate): Answered<never> {
  const next = approvedStepInTurn(state)
  if (next?.step !== step || next.progress.openedAt !== undefined) return []
  return [{ ...common(bundle, at), type: 'StepOpened', step, child: next.request }]
}

/** Ends a step. The last success ends the plan, and so does any failure. */
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

/** Begins a step's turn. People approved it with its plan, so nothing is decided here. */
export function beginTurn(state: ApprovalRequest, command: BeginTurn, at: NumericDate): Answered<EndingCode> {
  const { ending, unfit, bundle } = command
  if (!waitsForTurn(state)) return []
  const ended = endedBy(state, ending, command, at)
  if (ended) return ended
  if (unfit !== undefined) return [{ ...common(bundle, at), type: 'Denied', by: 'system', reason: unfit }]
  return approve(state, state.policies, bundle, at)
}

/** Whether it is a waiting step of an approved plan: pending, with nothing to decide. */
export const waitsForTurn = (state: ApprovalRequest): boolean =>
  state.status === 'pending' && originOf(state.ask).kind === 'step' && openStage(state) === undefined

const approvedStepInTurn = (state: ApprovalRequest) => (state.status === 'approved' ? stepInTurn(state) : undefined)

const common = (bundle: string, at: NumericDate) => ({ at, actor: system, policies: [], bundle })

/** A step's outcome, from the end of its request; undefined before that. */
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

/** The person or rule that ended it, without the reason, which stays with the ended request. */
const stoppedBy = (verb: string, by: SettledBy, reason: string | undefined): string =>
  by === 'system' ? (reason ?? verb) : `${verb} by ${by}`

/** The requests that end with this one: delegated ones, and a plan's steps. */
export const childrenOf = (state: ApprovalRequest) => {
  const grant = grantOf(state)
  if (!grant) return []
  const steps = keptSteps(state).filter(({ progress }) => progress.ended === undefined)
  return [
    ...grant.delegations.map(({ child, notAfter }) => ({ child, notAfter })),
    ...steps.map(({ request: child }) => ({ child, notAfter: grant.notAfter })),
  ]
}
