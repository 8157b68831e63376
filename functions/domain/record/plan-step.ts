// Rules: test/domain/requests/advance-plan.test.ts
import * as z from 'zod'
import { CredentialKind } from '../../targets/kinds.ts'
import { AgentId, JsonObject, NumericDate, PersonId, RequestId, Resource } from '../values.ts'
import { termShape } from './ask-terms.ts'

const { environment, classification, mcp, unpinned, uses, claimWithin, lifetime, recent, host } = termShape

/** One step of a plan, with the server's own facts. Once people approve the plan, it is a request of its own. */
export const PlanStep = z.strictObject({
  /** The id of that request, chosen when the plan is submitted. */
  request: RequestId,
  agent: AgentId,
  owner: PersonId,
  action: z.string(),
  arguments: JsonObject,
  resource: Resource,
  ...{ environment, classification, mcp, unpinned, uses, claimWithin, lifetime },
  credential: CredentialKind,
  /** The recent requests, including earlier steps of the same agent and action; and the host. */
  ...{ recent, host },
  /** The number of the earlier step that changes the same resource, whose state is unknown before it. */
  after: z.int().positive().optional(),
  /** An approver struck it out. */
  struck: z.literal(true).optional(),
})
export type PlanStep = z.infer<typeof PlanStep>

/** `late`: its time ended before a report. `revoked`: it was stopped or could not begin. */
export const StepOutcome = z.enum(['succeeded', 'failed', 'late', 'revoked'])
export type StepOutcome = z.infer<typeof StepOutcome>

export const StepState = z.strictObject({
  openedAt: NumericDate.optional(),
  ended: z
    .strictObject({
      at: NumericDate,
      outcome: StepOutcome,
      /** A code, or the halt or request that ended it; never a person's words. */
      because: z.string().optional(),
    })
    .optional(),
})
export type StepState = z.infer<typeof StepState>

type WithSteps = { ask: { steps?: readonly PlanStep[] | undefined }; progress?: readonly StepState[] | undefined }

/** A step with its number from 1 and its progress. */
export type NumberedStep = PlanStep & { step: number; progress: StepState }

export const stepsOf = ({ ask, progress = [] }: WithSteps): readonly NumberedStep[] =>
  (ask.steps ?? []).map((each, index) => ({ ...each, step: index + 1, progress: progress[index] ?? {} }))

/** The steps without struck ones. */
export const keptSteps = (plan: WithSteps): readonly NumberedStep[] => stepsOf(plan).filter(({ struck }) => !struck)

export const planTitle = (steps: number): string => `Plan of ${steps} ${steps === 1 ? 'step' : 'steps'}`

/** The step in turn of an approved plan: the open one, or the next. */
export const stepInTurn = (plan: WithSteps): NumberedStep | undefined =>
  keptSteps(plan).find(({ progress }) => progress.ended === undefined)

export type StepStatus = 'waiting' | 'open' | StepOutcome | 'struck' | 'ended'

/** The remaining steps of a view. */
export const stepsLeft = <S extends { status: StepStatus }>(steps: readonly S[]): S[] =>
  steps.filter(({ status }) => status !== 'struck')

/** `ended`: the plan ended before it. */
export function statusOfStep({ struck, progress }: NumberedStep, plan: { status: string }): StepStatus {
  if (struck) return 'struck'
  if (progress.ended) return progress.ended.outcome
  if (plan.status !== 'pending' && plan.status !== 'approved') return 'ended'
  return progress.openedAt === undefined ? 'waiting' : 'open'
}
