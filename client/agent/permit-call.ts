// Rules: test/client/agent/permit.test.ts
import { defined } from '../http.ts'
import { wrongUsage } from '../outcome.ts'
import { readSpan, usualWait } from '../span.ts'
import type { Approved } from './approved.ts'
import { isMcpTool, type PartialAsk } from './ask.ts'
import { type Evidence, wireEvidence } from './evidence.ts'
import type { McpTool } from './mcp-tool.ts'
import type { Message, Question } from './words.ts'

export type PermitCall = {
  /** An action of the catalogue, such as `ssm:PutParameter`. */
  action: string
  arguments: { readonly [name: string]: unknown }
  purpose: string
  /** The work that the agent does this for. */
  parentTask: { readonly id: string; readonly url?: string }
  /**
   * The source of `parentTask`. Leave it out if this program names the task; use `argument` if a model does. Policies
   * may then ask more people.
   */
  taskSource?: 'agent' | 'map' | 'header' | 'session' | 'meta' | 'argument'
  /** The MCP tool that the call goes to. The approval is for this tool only. */
  mcp?: McpTool
  justification?: string
  /** At most five items, 32 KiB together, which people read with the ask. */
  evidence?: readonly Evidence[]
  /** The request that people wanted revised, of the same action and resource: this call is its revision. */
  revises?: string
  /** The start, at most seven days ahead: people decide before it, and nothing can be claimed before it. */
  notBefore?: Date
  /** Calls with the same id are the same request, in another process too; their work is done once. */
  callId?: string
  /** The longest wait for people: `30m`, `45s`, `2h`, milliseconds, or 0 not to wait. */
  wait?: string | number
  signal?: AbortSignal
  /** @internal True for an open question that ends the wait: the permit is then pending. */
  stopsAt?: (question: Question) => boolean
}

export type Pending = {
  readonly outcome: 'pending'
  readonly request: string
  /** The questions of approvers, at the time of the last read. */
  readonly questions: readonly Question[]
  /** Answers a question, once: at most 1,000 characters, which people read. */
  answer(question: string, text: string): Promise<void>
  /** Continues to wait. */
  resume(how?: Pick<PermitCall, 'wait' | 'signal'>): Promise<Permit>
  /** Withdraws the request. */
  cancel(): Promise<void>
}
export type Denied = {
  readonly outcome: 'denied'
  readonly request: string
  /** Words of approvers to the agent. */
  readonly messages: readonly Message[]
}
/** An approver wants a change: ask again, as a revision. */
export type Revise = {
  readonly outcome: 'revise'
  readonly request: string
  /** The words of the approver who sent it back; empty once that is erased. */
  readonly message: string
  readonly messages: readonly Message[]
  /** All arguments as the approver suggests them. They are not approved: the person who suggested them may not decide on them. */
  readonly suggested?: { readonly [name: string]: unknown }
  /** Asks for the same action with these arguments, as the revision of this request. It inherits no approval. */
  ask(arguments_: PermitCall['arguments'], how?: RevisionHow): Promise<Permit>
}
export type RevisionHow = Pick<PermitCall, 'justification' | 'evidence' | 'wait' | 'signal'>
export type Expired = { readonly outcome: 'expired'; readonly request: string }
/** People approved less than was asked for: accept that, or complete the request and ask again. */
export type Narrowed = {
  readonly outcome: 'narrowed'
  readonly request: string
  readonly arguments: { readonly [name: string]: unknown }
  readonly uses: number
  readonly minutes: number
  /** Words of approvers to the agent. */
  readonly messages: readonly Message[]
  accept(): Approved
  complete(outcome: 'succeeded' | 'failed', note?: string): Promise<void>
}
/** Policy refuses, or the request was ended before its time. */
export type Refused = {
  readonly outcome: 'refused'
  readonly request?: string
  readonly reason: string
  readonly detail?: string
}
export type Permit = Approved | Pending | Denied | Revise | Expired | Narrowed | Refused

/** @internal @throws Refusal that names the member */
export function readCall({
  action,
  arguments: args,
  purpose,
  parentTask,
  taskSource,
  mcp,
  justification,
  evidence: attached,
  revises,
  notBefore: start,
  callId,
}: PermitCall): PartialAsk {
  for (const [name, value] of Object.entries({ action, purpose, 'parentTask.id': parentTask?.id }))
    if (typeof value !== 'string' || value === '')
      throw wrongUsage(`\`${name}\` is missing`, 'a call has `action`, `arguments`, `purpose` and `parentTask: { id }`')
  if (typeof args !== 'object' || args === null || Array.isArray(args))
    throw wrongUsage('`arguments` is not an object', 'give the arguments of the action by name: `{ Name, Value }`')
  if (callId !== undefined && (typeof callId !== 'string' || callId === ''))
    throw wrongUsage('`callId` is empty', 'leave it out, or give an id that repeats of the call share')
  if (revises !== undefined && (typeof revises !== 'string' || !revises.startsWith('req_')))
    throw wrongUsage('`revises` is not the id of a request', 'give the `request` of a permit with the outcome `revise`')
  if (start !== undefined && !(start instanceof Date && Number.isFinite(start.getTime())))
    throw wrongUsage('`notBefore` is not a time', 'give a `Date`, or leave it out to start at once')
  if (mcp !== undefined && !isMcpTool(mcp))
    throw wrongUsage('`mcp` is not a tool', 'give `{ server: { name, version }, tool, schema }`, or leave it out')
  const notBefore = start?.toISOString()
  const evidence = attached && wireEvidence(attached)
  // A copy, since the caller may change its object later.
  return structuredClone({
    action,
    arguments: jsonOf(args),
    purpose,
    parentTask,
    ...defined({ taskSource, mcp, justification, evidence, revises, notBefore }),
  })
}

/** @internal A deep copy as JSON. @throws Refusal */
export function jsonOf(args: object): { [name: string]: unknown } {
  try {
    return JSON.parse(JSON.stringify(args)) as { [name: string]: unknown }
  } catch {
    throw wrongUsage('`arguments` is not JSON', 'leave out values that JSON cannot represent, such as a bigint')
  }
}

/** @internal @throws Refusal */
export function endOfWait(wait: string | number = usualWait): Date {
  const milliseconds = typeof wait === 'number' ? wait : (readSpan(String(wait)) ?? Number.NaN)
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return new Date(Date.now() + milliseconds)
  throw wrongUsage(`\`wait\` is not a span: \`${String(wait).slice(0, 32)}\``, "use '30m', '45s', '2h' or milliseconds")
}
