// Rules: test/channels/slack/cards/plan-card.test.ts
import { nestedIn } from '../policy/arguments.ts'
import { agentOf, type Bundle } from '../policy/bundle.ts'
import { type CatalogueEntry, titleParts } from '../policy/catalogue.ts'
import { type ReadTerms, readTerms } from '../record/ask-terms.ts'
import { type PlanStep, planTitle, type StepStatus, statusOfStep, stepsLeft, stepsOf } from '../record/plan-step.ts'
import { type Preview, previewOfStep, type ResourcePreview, stateOf } from '../record/preview.ts'
import type { ApprovalRequest } from '../record/request.ts'
import type { JsonObject, NumericDate, RequestId, Resource } from '../values.ts'
import { defined } from '../values.ts'
import { type HostView, hostView } from './agent-record.ts'
import { narrowableArguments } from './narrowable.ts'
import type { Narrowable, RequestView, ViewFacts } from './request-view.ts'
import type { Who } from './who.ts'

/** One step of a plan, as values. */
export type StepView = Pick<PlanStep, keyof PlanStep & keyof ReadTerms<'people'>> & {
  /** From 1. The number stays when other steps are struck out. */
  step: number
  /** The request that the step becomes. */
  request: RequestId
  agent: { id: string; autonomy?: string; owner: Who }
  host: HostView
  title: RequestView['title']
  action: string
  resource: Resource
  arguments: JsonObject
  /** The arguments whose members the catalogue closes, which are shown by path. */
  nested?: readonly string[]
  terms: { uses: number; claimWithin: number; lifetime: number }
  undo?: CatalogueEntry['undo']
  narrowable: readonly Narrowable[]
  preview?: ResourcePreview
  /** The earlier step that changes the same resource: until it is done, this step's state is unknown. */
  after?: number
  status: StepStatus
  openedAt?: NumericDate
  endedAt?: NumericDate
  because?: string
}

export function stepViews(state: ApprovalRequest, facts: ViewFacts, who: (id: string) => Who): readonly StepView[] {
  return stepsOf(state).map((step) => {
    const { progress, struck, agent, owner } = step
    const entry = facts.actions[step.action]
    return {
      step: step.step,
      request: step.request,
      agent: {
        id: agent,
        owner: who(owner),
        ...defined({ autonomy: agentOf(facts as Bundle, agent)?.autonomy }),
      },
      host: hostView(step),
      title: entry ? titleParts(entry, step.arguments) : [{ text: step.action, isValue: true }],
      action: step.action,
      resource: step.resource,
      arguments: step.arguments,
      ...readTerms('people', step),
      terms: { uses: step.uses, claimWithin: step.claimWithin, lifetime: step.lifetime },
      narrowable: struck ? [] : narrowableArguments(step.arguments, entry),
      status: statusOfStep(step, state),
      ...defined({
        nested: entry && nestedIn(entry.arguments),
        undo: entry?.undo,
        preview: previewOfStep(state.preview, step.step),
        after: step.after,
        openedAt: progress.openedAt,
        endedAt: progress.ended?.at,
        because: progress.ended?.because,
      }),
    }
  })
}

/** The members of a step that people decide on, without its progress. */
export function askedOfStep({ status, openedAt: _, endedAt: _1, because: _2, ...asked }: StepView): object {
  return { ...asked, ...(status === 'struck' ? { struck: true } : {}) }
}

/** The steps whose state changed; undefined unless it is a plan. */
export const changedSteps = (from: Preview, to: Preview): readonly number[] | undefined =>
  to.steps
    ?.filter(({ step, preview }) => stateOf(preview) !== stateOf(previewOfStep(from, step)))
    .map(({ step }) => step)

/** The progress of a plan, as `2 of 3`. Struck steps do not count. */
export function countDone(steps: readonly StepView[]): { done: number; all: number } {
  const taken = stepsLeft(steps)
  return { done: taken.filter(({ status }) => status === 'succeeded').length, all: taken.length }
}

/** A title in Hotwork's own words, without the agent's name for its plan. */
export function titleOfPlan(steps: readonly PlanStep[]): RequestView['title'] {
  const left = steps.filter(({ struck }) => !struck)
  const [agents, struck] = [new Set(left.map(({ agent }) => agent)).size, steps.length - left.length]
  const by = `${agents} ${agents === 1 ? 'agent' : 'agents'}`
  const text = `${planTitle(left.length)} by ${by}`
  return [{ text: struck === 0 ? text : `${text}, ${struck} struck out`, isValue: false }]
}
