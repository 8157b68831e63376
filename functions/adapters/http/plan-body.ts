// Rules: test/http/plan.test.ts
import * as z from 'zod'
import { mostSteps } from '../../domain/policy/assess-plan.ts'
import { bodyShape } from '../../domain/record/ask-terms.ts'
import { Resource } from '../../domain/values.ts'
import { SaidBody } from './authzen.ts'

/** The body of a plan in `POST /v1/asks`: each step without its resource, which follows from the arguments. */
export const PlanBody = SaidBody.extend({
  kind: z.literal('plan'),
  steps: z
    .array(
      z.object({
        agent: z.string().min(1).max(256),
        action: z.string().min(1).max(128),
        arguments: z.record(z.string(), z.json()).default({}),
        resource: Resource.optional(),
        mcp: bodyShape('context').mcp,
      }),
    )
    .min(1)
    .max(mostSteps),
})
