import * as z from 'zod'
import { mostSteps } from '../../domain/requests/plan-step.ts'
import { Resource } from '../../domain/values.ts'
import { EvaluationBody } from './authzen.ts'

const Context = EvaluationBody.shape.context.unwrap()

/** A plan as an agent writes it for `POST /v1/asks`: each step without its resource, which follows from the arguments. */
export const PlanBody = z.object({
  kind: z.literal('plan'),
  purpose: z.string().min(1).max(64),
  parent_task: Context.shape.parent_task.unwrap(),
  justification: Context.shape.justification,
  steps: z
    .array(
      z.object({
        agent: z.string().min(1).max(256),
        action: z.string().min(1).max(128),
        arguments: z.record(z.string(), z.json()).default({}),
        resource: Resource.optional(),
        mcp: Context.shape.mcp,
      }),
    )
    .min(1)
    .max(mostSteps),
})
