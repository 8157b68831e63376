// Rules: test/client/gated/gated-calls.test.ts
import canonicalize from 'canonicalize'
import * as z from 'zod'
import type { TaskSource } from '../../functions/domain/cards/wire/word.ts'
import type { McpTool } from '../agent/mcp-tool.ts'
import type { Words } from '../agent/words.ts'
import { defined } from '../http.ts'
import { wrongUsage } from '../outcome.ts'

/**
 * Arguments, unchanged. `z.record` would drop `__proto__`, so people would approve fewer arguments than are sent.
 * Hotwork refuses that name, and every number that it would have to round.
 */
export const Members = z.custom<{ readonly [name: string]: unknown }>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'it should be an object',
)

/** A tool call that needs a permit. */
export type GatedCall = {
  action: string
  arguments: { readonly [name: string]: unknown }
  purpose: string
  parentTask: { readonly id: string; readonly url?: string }
  /** The source of the task; without it, the agent's own program named it. */
  taskSource?: TaskSource | undefined
  justification?: string | undefined
  mcp?: McpTool | undefined
  /** Tells two calls with the same arguments apart, such as a `tool_use_id`. Without it, they count as one call. */
  id?: string | undefined
  /**
   * The calls of one tool in one session. If people want the last of them revised, the next new one is its revision.
   */
  thread?: string | undefined
}

/**
 * The state of a gated call. `running`: it was sent, here or by another process, and has no answer yet. `done`: it was
 * sent, once, and answered. `unknown`: it was sent, and its answer is lost for good. It is never sent again.
 */
type GatedState =
  | 'pending'
  | 'approved'
  | 'denied'
  | 'revise'
  | 'expired'
  | 'narrowed'
  | 'refused'
  | 'running'
  | 'done'
  | 'unknown'

export type GatedAnswer<T = unknown> = Words & {
  state: GatedState
  request?: string
  /** The web page on which people decide. */
  page?: string
  /** The refusal's code for programs, and its sentence. */
  reason?: string
  detail?: string
  /** RFC 3339. The end of the grant while it is live; otherwise, the time until which repeats get this answer. */
  until?: string
  /** The arguments that people approved: the call that may be made. */
  arguments?: { readonly [name: string]: unknown }
  /** The result of the work. */
  value?: T
  /** An earlier call did the work: `value` is its result. */
  repeated?: true
}

/** `wait`: the longest wait for people, or for another process that does the work. Milliseconds. */
export type How = {
  wait: number
  signal?: AbortSignal | undefined
  /** Ends the wait at a question of people that no caller was told. */
  untilAsked?: boolean
}

/** Thrown by work that may have been done. Any other error from the work also counts as an unknown outcome. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown'
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export const isSame = (one: object, other: object): boolean => canonical(one) === canonical(other)

/** RFC 8785. @throws Refusal */
function canonical(value: object): string {
  try {
    return canonicalize(value) ?? ''
  } catch {
    throw wrongUsage(
      'the call has no canonical JSON form (RFC 8785)',
      'remove values that JSON cannot represent, such as a lone surrogate',
    )
  }
}

/** The identity of a call: repeats have the same text. @throws Refusal */
export const callText = ({ action, arguments: args, purpose, parentTask, mcp, id }: GatedCall): string =>
  canonical(defined({ action, args, purpose, parentTask, mcp, id }))

/** Whether the call may still be made, or its answer may still arrive. */
export const isOpen = ({ state }: { state: GatedState }): boolean =>
  state === 'pending' || state === 'approved' || state === 'running'

/** How long a denial is repeated before people are asked again. Milliseconds. */
export const denialHolds = 600_000

/** The web page on which people decide on a request. */
export const pageOf = (issuer: string, request: string): string => `${issuer}/decide/${request}`
