// Rules: test/operations/requests/revise.test.ts
import * as z from 'zod'
import { canonicalForm } from '../digest.ts'
import { findResource } from '../policy/assess.ts'
import { mostSteps } from '../policy/assess-plan.ts'
import type { Bundle } from '../policy/bundle.ts'
import type { McpTool } from '../policy/mcp-tool.ts'
import { keptSteps } from '../record/plan-step.ts'
import type { Ask } from '../record/request.ts'
import { JsonObject, ok, type Resource, type Result, refuse } from '../values.ts'
import { whatIsWrong } from '../what-is-wrong.ts'

/** The suggestion for a plan: whole arguments of the steps that should change, in place of a list of all steps. */
const Steps = z.strictObject({
  steps: z
    .array(z.strictObject({ step: z.int().positive(), arguments: JsonObject }))
    .min(1)
    .max(mostSteps),
})

export const suggestedSteps = (suggest: JsonObject): z.infer<typeof Steps>['steps'] => Steps.parse(suggest).steps

type Suggested = Result<JsonObject, 'invalid_suggestion'>

const no = (detail: string): Suggested => refuse('invalid_suggestion', detail)

/** The arguments that a person suggests, by the entry's schema and on the same resource. */
export function checkSuggestion(
  bundle: Bundle,
  ask: Pick<Ask, 'action' | 'arguments' | 'resource' | 'mcp' | 'steps'>,
  suggest: JsonObject,
): Suggested {
  if (!ask.steps) return checkAct(bundle, ask, suggest, '`suggest.arguments`')
  const parsed = Steps.safeParse(suggest)
  if (!parsed.success) return no(`\`suggest.arguments\` of a plan: ${whatIsWrong(parsed.error, 'steps')}`)
  const { steps } = parsed.data
  if (new Set(steps.map(({ step }) => step)).size < steps.length) return no('a step is named twice')
  const kept = new Map(keptSteps({ ask }).map((each) => [each.step, each]))
  const checked = []
  for (const { step, arguments: args } of steps) {
    const own = kept.get(step)
    if (!own) return no(`the plan has no step ${step}`)
    const one = checkAct(bundle, own, args, `the arguments of step ${step}`)
    if (!one.ok) return one
    checked.push({ step, arguments: one.value })
  }
  return ok({ steps: checked })
}

type Act = { action: string; arguments: JsonObject; resource: Resource; mcp?: McpTool | undefined }

function checkAct(bundle: Bundle, { action, resource, mcp, ...own }: Act, args: JsonObject, where: string): Suggested {
  const found = findResource(bundle, { action, arguments: args, mcp })
  if (!found.ok) return no(`${where}: ${found.detail ?? found.code}`)
  const { type, id } = found.value.resource
  if (type !== resource.type || id !== resource.id)
    return no(`${where} should name the same resource, \`${resource.type}\` \`${resource.id}\``)
  if (canonicalForm(found.value.arguments) === canonicalForm(own.arguments))
    return no(`${where} should differ from what was asked for`)
  return ok(found.value.arguments)
}
