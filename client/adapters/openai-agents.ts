import { NotPermitted } from './not-permitted.ts'
import { type How, ToolPermits } from './tool-permits.ts'

export { NotPermitted } from './not-permitted.ts'
export type { Gating, ToolAction } from './tool-permits.ts'

type Details = { toolCall?: { callId: string; arguments: string }; signal?: AbortSignal }
type RunContext = { context: unknown }
type Item = { name?: string | undefined; arguments?: string | undefined; rawItem: object }
type State<I extends Item> = {
  _context: RunContext
  getInterruptions(): I[]
  approve(item: I): void
  reject(item: I, options: { message: string }): void
}

/** A call that waits for people. Show the request, and keep its id beside the serialized state. */
export type Waiting = { tool: string; callId: string; request: string | undefined }

/** For the OpenAI Agents SDK. */
export class GatedTools<Context = unknown> extends ToolPermits<Context> {
  /** For `tool({...})`: it interrupts the run, and runs with a permit alone, once. */
  tool<Options extends { name: string; execute: (...args: never[]) => unknown }>(
    options: Options,
  ): Options & { needsApproval: true } {
    const { name: tool, execute } = options
    const work = execute as unknown as (input: unknown, runContext?: RunContext, details?: Details) => unknown
    const gated: typeof work = async (input, runContext, details) => {
      const { toolCall, signal } = details ?? {}
      // As `resolve` has it: a schema may have filled in what the model left out.
      const asked = (toolCall && jsonOf(toolCall.arguments)) ?? input
      const call = { tool, id: toolCall?.callId, input: asked, context: runContext?.context as Context }
      try {
        return await this.run(call, (own) => work(own === asked ? input : own, runContext, details), { signal })
      } catch (no) {
        // The SDK tells the model of an error to try again.
        if (no instanceof NotPermitted) return no.message
        throw no
      }
    }
    return { ...options, needsApproval: true, execute: gated as unknown as Options['execute'] }
  }

  /**
   * Approves and rejects the state's gated calls by what people decide, for which it waits. Then run the agent with this state.
   * @returns the calls that still wait: keep `state.toString()`, and come back to it
   */
  async resolve<I extends Item>(state: State<I>, how: How = {}): Promise<Waiting[]> {
    const waiting = state.getInterruptions().map(async (item): Promise<Waiting[]> => {
      const { name: tool = '' } = item
      if (!this.gates(tool)) return []
      const { callId } = item.rawItem as { callId: string }
      const input = jsonOf(item.arguments)
      if (input === undefined) {
        state.reject(item, { message: 'The arguments are no JSON. The tool did not run.' })
        return []
      }
      const asked = await this.ask({ tool, id: callId, input, context: state._context.context as Context }, how)
      if (!(asked instanceof NotPermitted)) state.approve(item)
      else if (asked.outcome === 'pending') return [{ tool, callId, request: asked.request }]
      else state.reject(item, { message: asked.message })
      return []
    })
    return (await Promise.all(waiting)).flat()
  }
}

function jsonOf(text = '{}'): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
