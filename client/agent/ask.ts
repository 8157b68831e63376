import * as z from 'zod'
import { defined } from '../http.ts'
import type { McpTool } from './mcp-tool.ts'

/** What goes over the wire between an agent and Hotwork: the members that this client reads. Others pass through. */

const Members = z.record(z.string(), z.json())
const Time = z.iso.datetime({ offset: true })

/** @internal */
export const McpMembers: z.ZodType<McpTool> = z.looseObject({
  server: z.looseObject({ name: z.string(), version: z.string() }),
  tool: z.string(),
  schema: z.string(),
})
/** @internal */
export const isMcpTool = (value: unknown): value is McpTool => McpMembers.safeParse(value).success

/** An AuthZEN access evaluation (Authorization API 1.0): who wants to do what, on what, and what for. */
export const Ask = z.looseObject({
  subject: z.looseObject({ type: z.string(), id: z.string() }),
  action: z.looseObject({ name: z.string(), properties: Members }),
  resource: z.looseObject({ type: z.string(), id: z.string() }),
  context: z.looseObject({
    purpose: z.string(),
    justification: z.string().optional(),
    parent_task: z.looseObject({ id: z.string(), url: z.string().optional() }),
    mcp: McpMembers.optional(),
    /** The approval that the agent says covers this: all of what its task's `result` has, unchanged. */
    approval: z.looseObject({ id: z.string() }).optional(),
  }),
})
export type Ask = z.infer<typeof Ask>

/** What an agent knows by itself: Hotwork adds the agent and the resource. */
export type PartialAsk = {
  action: string
  arguments: { readonly [name: string]: unknown }
  purpose: string
  parentTask: { readonly id: string; readonly url?: string }
  mcp?: McpTool | undefined
  justification?: string | undefined
  /** RFC 3339: nothing is issued before it. */
  notBefore?: string | undefined
}

/** The purpose and all beside it, as the wire has them. */
export const contextOf = ({ purpose, parentTask, mcp, justification }: Omit<PartialAsk, 'action'>): Ask['context'] => ({
  ...{ purpose, parent_task: parentTask },
  ...defined({ mcp, justification }),
})

export const askOf = (partial: PartialAsk, subject: Ask['subject'], resource: Ask['resource']): Ask => ({
  subject,
  action: { name: partial.action, properties: partial.arguments as Ask['action']['properties'] },
  resource,
  context: contextOf(partial),
})

export const Evaluation = z.looseObject({
  decision: z.boolean(),
  context: z.looseObject({
    evaluation_id: z.string().optional(),
    evaluated_at: Time.optional(),
    reason: z.string().optional(),
    detail: z.string().optional(),
    /** There only when an approval would help (Access Request and Approval Profile). */
    access_request: z
      .looseObject({
        template: z.string().optional(),
        expires_at: Time,
        binding_token: z.string().optional(),
        display: z.looseObject({ title: z.string() }).optional(),
      })
      .optional(),
    approval: z.looseObject({ id: z.string(), approved_until: Time }).optional(),
  }),
})
export type Evaluation = z.infer<typeof Evaluation>

/** The members of a no that a request for approval repeats, each as it came. None is secret. */
export const Denial = z.strictObject({
  evaluation_id: z.string().optional(),
  evaluated_at: z.string().optional(),
  reason: z.string().optional(),
  expires_at: z.string().optional(),
  binding_token: z.string().optional(),
  template: z.string().optional(),
})
export type Denial = z.infer<typeof Denial>

export const denialOf = ({ context }: Evaluation): Denial => {
  const { evaluation_id, evaluated_at, reason, access_request } = context
  const { expires_at, binding_token, template } = access_request ?? {}
  return { evaluation_id, evaluated_at, reason, expires_at, binding_token, template }
}

/** What an agent is to do that did not ask for it. */
const ToDo = z.looseObject({
  agent: z.string(),
  action: z.string(),
  arguments: Members,
  resource: z.looseObject({ type: z.string(), id: z.string() }),
})

/** Hotwork's own members of a task. */
export const TaskMembers = z.looseObject({
  tier: z.number(),
  round: z.number(),
  digest: z.string(),
  arguments_digest: z.string(),
  /** What the credential cannot pin, in plain words. */
  unpinned: z.array(z.string()).default([]),
  /** Its grant begins then. */
  not_before: Time.optional(),
  /** There if an approver narrowed it: all arguments, uses and seconds of lifetime that are approved. */
  narrowed: z.looseObject({ arguments: Members, uses: z.number(), lifetime: z.number() }).optional(),
  stages: z.array(
    z.looseObject({
      name: z.string(),
      quorum: z.number(),
      decisions: z.looseObject({ approve: z.number(), deny: z.number() }),
      deadline: Time.optional(),
    }),
  ),
  grant: z
    .looseObject({
      claim_by: Time,
      not_after: Time,
      uses_left: z.number(),
      status: z.string(),
      /** The last fifth of it has begun. */
      ends_soon: z.boolean().optional(),
    })
    .optional(),
  /** Of a plan, in order. */
  steps: z
    .array(z.looseObject({ step: z.number(), request: z.string(), agent: z.string(), status: z.string() }))
    .optional(),
  /** Of a request that is a step of a plan: what is to be done. */
  step: ToDo.extend({ plan: z.string(), step: z.number() }).optional(),
  /** Of a request that a person asked on behalf of its agent: what is to be done. */
  on_behalf: ToDo.optional(),
})

/** What its agent is to do that did not ask for it itself. */
export const toDoOf = ({ hotwork: { on_behalf, step } }: Pick<Task, 'hotwork'>) => on_behalf ?? step

/** An ARAP task: the state of a request, as it comes. */
export const TaskAnswer = z.looseObject({
  task: z.looseObject({
    id: z.string().regex(/^req_[0-9a-z]{26}$/),
    status: z.enum(['pending', 'approved', 'denied', 'expired', 'cancelled']),
    expires_at: Time,
    progress: z.looseObject({ current_step: z.number(), total_steps: z.number(), step_name: z.string() }).optional(),
    display: z.record(z.string(), z.unknown()),
  }),
  result: z.looseObject({ approval: z.looseObject({ id: z.string(), approved_until: Time }) }).optional(),
})

/** The same, with Hotwork's own members under a short name: on the wire a URL names them. */
export type Task = z.infer<typeof TaskAnswer> & { hotwork: z.infer<typeof TaskMembers> }

/** The request as it was approved: an approver may have narrowed it. Anything else is refused as out of scope. */
export const asApproved = (ask: Ask, { hotwork: { narrowed } }: Task): Ask =>
  narrowed ? { ...ask, action: { ...ask.action, properties: narrowed.arguments } } : ask

/** The answer of the token endpoint (RFC 8693 section 2.2.1, RFC 9396 section 7). */
export const TokenAnswer = z.looseObject({
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  expires_in: z.number(),
  authorization_details: z.array(z.looseObject({})).default([]),
})
export type TokenAnswer = z.infer<typeof TokenAnswer>

/** What another agent gets of a grant: the same or less. */
export type Right = {
  agent: string
  action: { name: string; properties: { readonly [name: string]: unknown } }
  resource: { type: string; id: string }
  uses?: number
  expires_at?: string
}
