// Rules: test/handlers/agents/list-actions.test.ts
import * as z from 'zod'
import { Members, Resource } from './word.ts'

/** An action that policy could permit the agent that asks. */
export const Action = z.looseObject({
  name: z.string(),
  /** A template: `{arguments.Name}` stands for a value. */
  title: z.string(),
  tool: z.string(),
  credential: z.string(),
  /** JSON Schema. */
  arguments: Members,
  /** The id is a template of the arguments. */
  resource: Resource,
  /** Absent if any purpose would do. */
  purposes: z.array(z.string()).optional(),
  /** Absent if it depends on the arguments, or on facts that change. */
  tier: z.number().optional(),
  /** The agent could only propose it, as a step of a plan. */
  plan_only: z.literal(true).optional(),
  example: z.looseObject({ arguments: Members, resource: Resource }).optional(),
})
export type Action = z.infer<typeof Action>

export const Actions = z.looseObject({ actions: z.array(Action), next: z.string().optional() })

/** AuthZEN Authorization API 1.0, Action Search API. */
export const ActionSearch = z.looseObject({
  page: z.looseObject({ next_token: z.string(), count: z.number() }),
  /** The `reason` of each evaluation of these actions without an approval, unless it is refused. */
  context: z.looseObject({ reason: z.literal('approval_required') }),
  results: z.array(z.looseObject({ name: z.string() })),
})
