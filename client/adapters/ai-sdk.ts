// Rules: test/agents/adapters/ai-sdk.test.ts
import { defined } from '../http.ts'
import { wrongUsage } from '../outcome.ts'
import { NotPermitted } from './not-permitted.ts'
import { type Gating, type How, ToolPermits } from './tool-permits.ts'

export { NotPermitted } from './not-permitted.ts'
export type { Gating, ToolAction } from './tool-permits.ts'

type Options = { toolCallId: string; abortSignal?: AbortSignal }
type Execute = (input: unknown, options: Options) => unknown
type Part = { type: string; approvalId?: string; toolCallId?: string; toolName?: string; input?: unknown }
type Message = { role: string; content: string | readonly object[] }
type Response = { type: 'tool-approval-response'; approvalId: string; approved: boolean; reason?: string }

export type ToolApproval = (
  input: unknown,
  options: { toolCallId: string },
) => Promise<{ type: 'approved' | 'denied' | 'user-approval'; reason?: string }>

/** Adapter for the Vercel AI SDK, 7 and later. Make one for each task. */
export class GatedTools extends ToolPermits {
  /**
   * The value of `toolApproval`: waits for people and returns their answer. After the wait the run ends with a
   * `tool-approval-request`.
   */
  readonly toolApproval: { [tool: string]: ToolApproval }

  constructor(gating: Gating) {
    super(gating)
    this.toolApproval = Object.fromEntries(
      this.names.map((tool): [string, ToolApproval] => [
        tool,
        async (input, { toolCallId: id }) => {
          const asked = await this.ask({ tool, id, input, context: undefined })
          if (!(asked instanceof NotPermitted)) return { type: 'approved', reason: asked.permit.request }
          return { type: asked.outcome === 'pending' ? 'user-approval' : 'denied', reason: asked.message }
        },
      ]),
    )
  }

  /** The same tools; a gated one runs once, after a permit. It asks by itself if `toolApproval` was forgotten. */
  tools<Tools extends object>(tools: Tools): Tools {
    const wrapped: { [tool: string]: object } = { ...(tools as { [tool: string]: object }) }
    for (const tool of this.names) {
      const { execute } = (wrapped[tool] ?? {}) as { execute?: Execute }
      if (!execute)
        throw wrongUsage(
          `\`${tool}\` has no \`execute\``,
          'name in `tools` only tools of this list that run in this process',
        )
      const gated: Execute = (input, options) =>
        this.run({ tool, id: options.toolCallId, input, context: undefined }, (own) => lastOf(execute(own, options)), {
          signal: options.abortSignal,
        })
      wrapped[tool] = { ...wrapped[tool], execute: gated }
    }
    return wrapped as Tools
  }

  /**
   * Answers the approval requests at the end of a run with the decisions of people: continue with the run's messages
   * and the returned one.
   *
   * @returns undefined while a call waits, or if no approval was requested
   */
  async answer(
    messages: readonly Message[],
    how: How = {},
  ): Promise<{ role: 'tool'; content: Response[] } | undefined> {
    const last = messages.at(-1)
    const parts = (
      last?.role === 'assistant' && typeof last.content !== 'string' ? last.content : []
    ) as readonly Part[]
    const requests = parts.filter(({ type }) => type === 'tool-approval-request')
    const answers = await Promise.all(
      requests.map(async ({ approvalId = '', toolCallId: id = '' }): Promise<Response | undefined> => {
        const { toolName: tool = '', input } = parts.find((part) => part.toolCallId === id && part.toolName) ?? {}
        if (!this.gates(tool)) return undefined
        const asked = await this.ask({ tool, id, input, context: undefined }, how)
        const isNo = asked instanceof NotPermitted
        if (isNo && asked.outcome === 'pending') return undefined
        return {
          type: 'tool-approval-response',
          approvalId,
          approved: !isNo,
          ...defined({ reason: isNo ? asked.message : undefined }),
        }
      }),
    )
    const content = answers.filter((answer) => answer !== undefined)
    return content.length > 0 && content.length === requests.length ? { role: 'tool', content } : undefined
  }
}

/** A tool may yield partial results: the last one counts. */
async function lastOf(output: unknown): Promise<unknown> {
  if (typeof output !== 'object' || output === null || !(Symbol.asyncIterator in output)) return output
  let last: unknown
  for await (const part of output as AsyncIterable<unknown>) last = part
  return last
}
