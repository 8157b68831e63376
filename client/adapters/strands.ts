// Rules: test/agents/adapters/strands.test.ts
import { NotPermitted } from './not-permitted.ts'
import { ToolPermits } from './tool-permits.ts'

export { NotPermitted } from './not-permitted.ts'
export type { Gating, ToolAction } from './tool-permits.ts'

type Event = { toolUse: { name: string; toolUseId: string; input: unknown }; invocationState: unknown }
type Before = Event & { agent: { readonly cancelSignal?: AbortSignal } }
type After = Event & { error?: Error; result: { status: string } }
type Proceed = { type: 'proceed' }
type Action =
  | Proceed
  | { type: 'deny'; reason: string }
  | { type: 'confirm'; prompt: string; evaluate: () => boolean }
  | { type: 'transform'; apply: () => void }

const proceed = (): Proceed => ({ type: 'proceed' })

/** An `InterventionHandler` for Strands Agents. `parentTask` may be a function of `invocationState`. */
export class GatedTools<Context = unknown> extends ToolPermits<Context> {
  readonly name = 'hotwork'
  /** An error in this handler stops the call. */
  readonly onError = 'deny'

  async beforeToolCall(event: Before): Promise<Action> {
    const { name: tool, toolUseId: id, input } = event.toolUse
    if (!this.gates(tool)) return proceed()
    try {
      const call = { tool, id, input, context: event.invocationState as Context }
      const begun = await this.begin(call, { signal: event.agent.cancelSignal })
      const apply = () => {
        event.toolUse.input = begun.input
      }
      return { type: 'transform', apply }
    } catch (no) {
      if (!(no instanceof NotPermitted)) throw no
      // The agent pauses, and asks Hotwork again when it is resumed. Strands' own confirmation approves nothing.
      if (no.outcome === 'pending') return { type: 'confirm', prompt: no.message, evaluate: () => false }
      return { type: 'deny', reason: no.message }
    }
  }

  async afterToolCall({ toolUse, error, result }: After): Promise<Proceed> {
    const failed = error ?? (result.status === 'error' ? new Error("the tool's result is an error") : undefined)
    await this.end(toolUse.toolUseId, toolUse.input, failed)
    return proceed()
  }

  // Strands calls each of these, and expects them on this class.
  beforeInvocation = proceed
  beforeModelCall = proceed
  afterModelCall = proceed
}
