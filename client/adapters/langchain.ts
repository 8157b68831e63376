// Rules: test/agents/adapters/langchain.test.ts
import { randomUUID } from 'node:crypto'
import { NotPermitted } from './not-permitted.ts'
import { type Gating, ToolPermits } from './tool-permits.ts'

export { NotPermitted } from './not-permitted.ts'
export type { Gating, ToolAction } from './tool-permits.ts'

type Request = {
  toolCall: { name: string; args: { readonly [name: string]: unknown }; id?: string | undefined }
  runtime: { context?: unknown; signal?: AbortSignal | undefined }
}
type Fields = { content: string; tool_call_id: string; name: string; status: 'error' }

export type LangChainGating<Message, Context> = Gating<Context> & {
  /** LangChain's own class: `import { ToolMessage } from 'langchain'`. */
  ToolMessage: new (
    fields: Fields,
  ) => Message
}

/**
 * Middleware for LangChain 1 and later, an argument of `createMiddleware`. A refused call becomes a `ToolMessage` with
 * status `error`.
 */
export class GatedTools<Message, Context = unknown> extends ToolPermits<Context> {
  readonly name = 'Hotwork'
  readonly wrapToolCall: <R extends Request, Result>(
    request: R,
    handler: (request: R) => Promise<Result> | Result,
  ) => Promise<Result | Message>

  constructor({ ToolMessage, ...gating }: LangChainGating<Message, Context>) {
    super(gating)
    // `createMiddleware` calls the function without its object.
    this.wrapToolCall = async (request, handler) => {
      const { toolCall, runtime } = request
      const { name: tool, id, args: input } = toolCall
      if (!this.gates(tool)) return handler(request)
      const call = { tool, id, input, context: runtime.context as Context }
      try {
        const { signal } = runtime
        return await this.run(call, (args) => handler({ ...request, toolCall: { ...toolCall, args } }), { signal })
      } catch (no) {
        if (!(no instanceof NotPermitted)) throw no
        return new ToolMessage({ content: no.message, tool_call_id: id ?? randomUUID(), name: tool, status: 'error' })
      }
    }
  }
}
