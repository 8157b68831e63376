import * as z from 'zod'
import type { Ask, Evaluation, TaskAnswer, TaskMembers } from '../../functions/domain/cards/wire/task.ts'
import { McpTool as McpToolAnswer } from '../../functions/domain/cards/wire/word.ts'
import { defined } from '../http.ts'
import type { WireEvidence } from './evidence.ts'
import type { McpTool } from './mcp-tool.ts'

/** @internal */
export const McpMembers: z.ZodType<McpTool> = McpToolAnswer
/** @internal */
export const isMcpTool = (value: unknown): value is McpTool => McpMembers.safeParse(value).success

/** An incomplete ask: Hotwork adds the agent and the resource. */
export type PartialAsk = {
  action: string
  arguments: { readonly [name: string]: unknown }
  purpose: string
  parentTask: { readonly id: string; readonly url?: string }
  taskSource?: Ask['context']['task_source']
  mcp?: McpTool | undefined
  justification?: string | undefined
  evidence?: WireEvidence | undefined
  /** The request of which this is the revision. */
  revises?: string | undefined
  /** The start, RFC 3339: nothing is issued before it. */
  notBefore?: string | undefined
}

/** The purpose and related members, in wire form. */
export const contextOf = ({
  purpose,
  parentTask,
  ...more
}: Omit<PartialAsk, 'action' | 'arguments'>): Ask['context'] => {
  const { taskSource, mcp, justification, evidence, revises } = more
  const said = { task_source: taskSource, mcp, justification, evidence, revises }
  return { purpose, parent_task: parentTask, ...defined(said) }
}

export const askOf = (partial: PartialAsk, subject: Ask['subject'], resource: Ask['resource']): Ask => ({
  subject,
  action: { name: partial.action, properties: partial.arguments as Ask['action']['properties'] },
  resource,
  context: contextOf(partial),
})

/** The members of a denial that a request for approval repeats, unchanged. None is secret. */
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

/** An ask made for its agent, such as a step of a plan. */
export const toDoOf = ({ hotwork: { on_behalf, step } }: Pick<Task, 'hotwork'>) => on_behalf ?? step

/** A task, with Hotwork's own members under a short name: on the wire a URL names them. */
export type Task = z.infer<typeof TaskAnswer> & { hotwork: z.infer<typeof TaskMembers> }

/** The request as it was approved: an approver may have narrowed it. Anything wider is refused as out of scope. */
export const asApproved = (ask: Ask, { hotwork: { narrowed } }: Task): Ask =>
  narrowed ? { ...ask, action: { ...ask.action, properties: narrowed.arguments } } : ask

/** The part of a grant that is delegated to another agent: the same or narrower. */
export type Right = {
  agent: string
  action: { name: string; properties: { readonly [name: string]: unknown } }
  resource: { type: string; id: string }
  uses?: number
  expires_at?: string
}
