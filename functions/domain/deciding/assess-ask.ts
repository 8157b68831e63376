// Rules: test/operations/requests/asking-terms.test.ts, test/operations/credentials/confined.test.ts
import { type Asked, type Assessment, assess } from '../policy/assess.ts'
import { assessPlan, type PlanAsked, type PlanAssessment, type StepAsked } from '../policy/assess-plan.ts'
import type { Bundle } from '../policy/bundle.ts'
import { tooLargeToConfine } from '../policy/confine.ts'
import type { PolicyAnswers } from '../policy/question.ts'
import { outcomeOfPreview, type Preview, previewOfStep } from '../record/preview.ts'
import { type AskerId, defined, type Json, type NumericDate, type Resource } from '../values.ts'

export type AskOfOne = { action: { name: string; properties: Json }; resource: Resource; purpose?: string } & Pick<
  Asked,
  'mcp' | 'host' | 'justified' | 'task' | 'taskSource'
> & { atLeast?: number }

/** The reading of the resource, if there was one. */
type Heard = Pick<Asked, 'preview' | 'change'>

/** The question to policy at an evaluation. */
export function askedInBody(
  ask: AskOfOne,
  agent: AskerId,
  recent: number,
  { deployment }: Pick<Bundle, 'deployment'>,
  heard: Heard = {},
): Asked {
  const { name: action, properties } = ask.action
  const resource = { type: ask.resource.type, id: ask.resource.id }
  const about = { agent, action, arguments: properties, resource, mcp: ask.mcp, purpose: ask.purpose ?? '', recent }
  // An evaluation assumes that the incident service will know the parent task.
  const task = ask.task ?? (deployment.incidents ? 'known' : 'unchecked')
  return {
    ...about,
    ...heard,
    ...defined({ host: ask.host, justified: ask.justified, task, taskSource: ask.taskSource }),
  }
}

/** Assesses an ask. It also refuses one whose confining policy would be too large. */
export function assessAsk(
  ask: AskOfOne,
  agent: AskerId,
  recent: number,
  now: NumericDate,
  { policy }: { policy: PolicyAnswers },
  heard?: Heard,
): Assessment {
  const asked = askedInBody(ask, agent, recent, policy.bundle, heard)
  const least = defined({ atLeast: ask.atLeast })
  const assessment = assess(policy.bundle, (question) => policy.ask(question), asked, now, least)
  if (assessment.outcome === 'refused') return assessment
  const detail = tooLargeToConfine(policy.bundle, assessment.facts, now)
  return detail === undefined ? assessment : { outcome: 'refused', reason: 'invalid_arguments', policies: [], detail }
}

/** @param preview the readings of the steps; without it all reads are assumed to succeed */
export function assessSteps(
  { steps, ...plan }: PlanAsked,
  now: NumericDate,
  policy: PolicyAnswers,
  preview?: Pick<Preview, 'steps'>,
): PlanAssessment {
  const withReadings =
    preview === undefined ? steps : steps.map((each, index) => withOutcome(each, preview, each.step ?? index + 1))
  const asked = { ...plan, steps: withReadings }
  const found = assessPlan(policy.bundle, (question) => policy.ask(question), asked, now)
  if (found.outcome === 'refused') return found
  const large = found.steps.map((facts) => tooLargeToConfine(policy.bundle, facts, now))
  const first = large.findIndex((why) => why !== undefined)
  if (first < 0) return found
  const detail = `step ${steps[first]?.step ?? first + 1}: ${large[first]}`
  return { outcome: 'refused', reason: 'invalid_arguments', policies: [], detail }
}

const withOutcome = (step: StepAsked, preview: Pick<Preview, 'steps'>, number: number): StepAsked => ({
  ...step,
  preview: outcomeOfPreview(previewOfStep(preview, number)),
})
