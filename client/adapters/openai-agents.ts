// Rules: test/agents/adapters/openai-agents.test.ts
import { parsedJson } from '../http.ts'
import { NotPermitted } from './not-permitted.ts'
import { type How, ToolPermits } from './tool-permits.ts'

export { NotPermitted } from './not-permitted.ts'
export type { Gating, ToolAction } from './tool-permits.ts'

/** A mark in the details of an invocation: the tool does not run, and returns its input as parsed by its schema. */
const reading = Symbol('hotwork.reading')
type Details = { toolCall?: { callId: string }; signal?: AbortSignal; [reading]?: (input: unknown) => void }
type RunContext = { context: unknown }
type Needs = () => Promise<boolean>
type FunctionTool = {
  needsApproval?: unknown
  invoke(runContext: RunContext, input: string, details: Details): Promise<unknown>
}
type Item = {
  name?: string | undefined
  arguments?: string | undefined
  rawItem: object
  agent: { tools: readonly { name: string }[] }
}
type State<I extends Item> = {
  _context: RunContext
  getInterruptions(): I[]
  approve(item: I): void
  reject(item: I, options: { message: string }): void
}

/** A call that waits for people. Show the request, and keep its id beside the serialized state. */
export type Waiting = { tool: string; callId: string; request: string | undefined }

/** Adapter for the OpenAI Agents SDK. */
export class GatedTools<Context = unknown> extends ToolPermits<Context> {
  /** `needsApproval` of tools made here: the SDK keeps the function, which so marks them. */
  readonly #needsApproval: Needs = async () => true

  /** A tool for `tool({...})`: it interrupts the run, and runs once, after a permit. */
  tool<Options extends { name: string; execute: (...args: never[]) => unknown }>(
    options: Options,
  ): Options & { needsApproval: Needs } {
    const { name: tool, execute } = options
    const work = execute as unknown as (input: unknown, runContext?: RunContext, details?: Details) => unknown
    const gated: typeof work = async (input, runContext, details) => {
      const { toolCall, signal, [reading]: read } = details ?? {}
      if (read) return read(input)
      const call = { tool, id: toolCall?.callId, input, context: runContext?.context as Context }
      try {
        return await this.run(call, (own) => work(own, runContext, details), { signal })
      } catch (no) {
        // A returned message: the SDK would tell the model to retry after an error.
        if (no instanceof NotPermitted) return no.message
        throw no
      }
    }
    return { ...options, needsApproval: this.#needsApproval, execute: gated as unknown as Options['execute'] }
  }

  /**
   * Waits for people, and approves or rejects the state's gated calls as they decide. Then run the agent with this
   * state.
   *
   * @returns the calls that still wait: keep `state.toString()`, and come back to it
   */
  async resolve<I extends Item>(state: State<I>, how: How = {}): Promise<Waiting[]> {
    const waiting = state.getInterruptions().map(async (item): Promise<Waiting[]> => {
      const { name: tool = '' } = item
      if (!this.gates(tool)) return []
      const { callId } = item.rawItem as { callId: string }
      const input = await this.#read(item, state._context)
      if (input === undefined) {
        state.reject(item, { message: "The arguments do not match the tool's schema. The tool did not run." })
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

  /**
   * The input that the tool will get: its schema adds defaults that the model left out.
   *
   * @returns undefined if the schema refuses it
   */
  async #read({ name, arguments: text = '{}', agent, rawItem }: Item, runContext: RunContext): Promise<unknown> {
    const named = agent.tools.filter((tool) => tool.name === name) as (FunctionTool & { name: string })[]
    const own = named.find(({ needsApproval }) => needsApproval === this.#needsApproval)
    if (!own) return parsedJson(text)
    let input: unknown
    const read = (given: unknown) => {
      input = given
    }
    await own.invoke(runContext, text, { toolCall: rawItem as { callId: string }, [reading]: read }).catch(() => {})
    return input
  }
}
