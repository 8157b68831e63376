// Rules: test/operations/requests/plan.test.ts
import { assessSteps } from '../../domain/deciding/assess-ask.ts'
import { termsOfPlan } from '../../domain/deciding/narrow-request.ts'
import { canDecideWithout } from '../../domain/policy/approvers.ts'
import { isJustified, lackingFor } from '../../domain/policy/asking-terms.ts'
import { type PlanAssessment, planAction } from '../../domain/policy/assess-plan.ts'
import { type Compared, cameTo, runWithObserved, wouldBeOf } from '../../domain/policy/observed.ts'
import { saidOf } from '../../domain/record/ask-terms.ts'
import type { Submit } from '../../domain/record/commands.ts'
import type { Preview } from '../../domain/record/preview.ts'
import type { Ask } from '../../domain/record/request.ts'
import { type Before, type TermsByWords, termsByWords } from '../../domain/requests/revision.ts'
import { type AgentId, defined, type NumericDate, ok, refuse } from '../../domain/values.ts'
import { stampOf } from '../record/carry-out.ts'
import { bindAsk } from './bound.ts'
import { Lately } from './limits.ts'
import { lookAtTask, taskOf, toldOfTask } from './parent-task.ts'
import { assessPlanBody, stepsOfPlan } from './plan-ask.ts'
import {
  type AdmissionPorts,
  type Asking,
  type AssessedAsk,
  notRequestable,
  type SubmissionResult,
  tooFewLeft,
} from './submission.ts'

/** Assesses a plan step by step. */
export async function assessPlanAsk(
  ask: Asking,
  { lifted, before }: { lifted: Pick<Ask, 'afterHalts'>; before: Before },
  now: NumericDate,
  ports: AdmissionPorts,
): Promise<SubmissionResult<AssessedAsk>> {
  const { policy, requests, ids } = ports
  const { purpose, parentTask, taskSource } = ask
  const justified = isJustified(ask.justification)
  const why = { agent: ask.agent.id as AgentId, purpose, justified, taskSource }
  const first = await assessPlanBody({ ...ask, ...why }, new Lately(requests), now, ports)
  const { asked = [] } = first
  const look = await lookAtTask({ parentTask, actions: asked.map(({ action }) => action) }, () => first, ports)
  const task = taskOf(look)
  const told = { ...(justified ? { justified } : {}), ...toldOfTask(look) }
  const own = { id: ids.request(), children: asked.map(() => ids.request()), ...lifted, ...told }
  const assess = (preview?: Pick<Preview, 'steps'>) =>
    runWithObserved(policy, (by) => assessSteps({ ...why, task, steps: asked }, now, by, preview))
  const of = (compared: Compared<PlanAssessment>): SubmissionResult<Submit> => {
    const { came: found } = compared
    const wouldBe = wouldBeOf(compared, cameTo)
    if (found.outcome === 'refused') return notRequestable(found.reason, found.detail, found.policies, wouldBe)
    const { tier, stages, policies } = found
    const lacking = lackingFor(policy.bundle, { tier, justified, task })
    if (lacking) return refuse(lacking)
    const terms = termsOfPlan(stepsOfPlan(found, asked, own.children))
    const { children: _, ...rest } = own
    const byWords = termsByWords({ ...saidOf(ask), ...terms, resource: ask.resource }, before, policy.bundle, now)
    if (!canDecideWithout(byWords.barred ?? [], found, policy.bundle)) return tooFewLeft(policies, wouldBe)
    const whole = planOf(ask, found, terms, { ...rest, ...byWords })
    const submit = { type: 'submit', ask: whole, tier, stages, policies, ...stampOf(whole, { policy }) } as const
    return ok({ ...submit, ...defined({ wouldBe }) })
  }
  // Runs after the incident service has answered.
  const asIf = of(first.outcome === 'refused' ? { came: first } : assess())
  if (!asIf.ok) return asIf
  const withPreview = (preview: Preview | undefined): SubmissionResult<Submit> => {
    const found = of(assess(preview ?? { steps: [] }))
    return found.ok ? ok({ ...found.value, ...defined({ preview }) }) : found
  }
  return ok({ submit: asIf.value, withPreview })
}

function planOf(
  ask: Asking,
  { owner }: Pick<Extract<PlanAssessment, { outcome: 'requestable' }>, 'owner'>,
  terms: ReturnType<typeof termsOfPlan>,
  own: Pick<Ask, 'id' | 'afterHalts' | 'justified' | 'task' | 'incident'> & TermsByWords,
): Ask {
  const undigested: Omit<Ask, 'digest' | 'argumentsDigest'> = {
    ...{ ...saidOf(ask), agent: ask.agent, owner, chain: [], ancestors: [], ...terms, ...own },
    resource: { type: planAction, id: ask.parentTask.id },
    ...defined({ jkt: ask.jkt }),
  }
  return bindAsk(undigested, ask)
}
