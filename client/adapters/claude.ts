// Rules: test/agents/adapters/claude.test.ts
import { isDeepStrictEqual } from 'node:util'
import { NotPermitted } from './not-permitted.ts'
import { copyOf, type Gating, ToolPermits } from './tool-permits.ts'

export { NotPermitted } from './not-permitted.ts'
export type { Gating, ToolAction } from './tool-permits.ts'

type Input = { [name: string]: unknown }
type Hook = { hook_event_name: string; tool_name?: string; tool_input?: unknown; tool_use_id?: string }
type Answer = {
  hookSpecificOutput?: {
    hookEventName: 'PreToolUse'
    permissionDecision: 'allow' | 'deny'
    permissionDecisionReason: string
    updatedInput?: Input
  }
}
type Callback = (input: Hook, id: string | undefined, how: { signal: AbortSignal }) => Promise<Answer>
type Matcher = { hooks: Callback[]; timeout: number; onFailure: 'block' }
type Result = { behavior: 'allow'; updatedInput: Input } | { behavior: 'deny'; message: string }

/** Longer than any wait for people, since Claude Code then decides the call alone. Seconds. */
const timeout = 86_400

/** Adapter for the Claude Agent SDK. Make one for each task. */
export class GatedTools extends ToolPermits {
  /** The value of `options.hooks`: they see every call, even of tools that are allowed without a question. */
  readonly hooks: { PreToolUse: Matcher[]; PostToolUse: Matcher[]; PostToolUseFailure: Matcher[] }
  /**
   * The value of `options.canUseTool`. It denies tools that are not gated: let your own function answer for those
   * first.
   */
  readonly canUseTool: (tool: string, input: Input, how: { signal: AbortSignal; toolUseID: string }) => Promise<Result>
  /** Calls that the hook has begun: Claude Code may ask once more about each. */
  readonly #begun = new Map<string, { tool: string; input: Input }>()

  constructor(gating: Gating) {
    super(gating)
    const matcher = (hook: Callback): Matcher[] => [{ hooks: [hook], timeout, onFailure: 'block' }]
    this.hooks = {
      PreToolUse: matcher(async ({ tool_name: tool = '', tool_input: input, tool_use_id: id }, _, { signal }) => {
        if (!this.gates(tool)) return {}
        const result = await this.#decide(tool, Object(input) as Input, id, signal)
        if (result.behavior === 'allow' && id !== undefined)
          this.#begun.set(id, { tool, input: copyOf(result.updatedInput) })
        const [permissionDecision, reason] =
          result.behavior === 'allow'
            ? (['allow', 'permitted by Hotwork'] as const)
            : (['deny', result.message] as const)
        const updated = result.behavior === 'allow' ? { updatedInput: result.updatedInput } : {}
        return {
          hookSpecificOutput: {
            hookEventName: 'PreToolUse',
            permissionDecision,
            permissionDecisionReason: reason,
            ...updated,
          },
        }
      }),
      PostToolUse: matcher(async ({ tool_use_id: id = '', tool_input: ran }) => {
        this.#begun.delete(id)
        await this.end(id, ran)
        return {}
      }),
      PostToolUseFailure: matcher(async ({ tool_use_id: id = '', tool_input: ran }) => {
        this.#begun.delete(id)
        await this.end(id, ran, new Error('the tool failed'))
        return {}
      }),
    }
    this.canUseTool = async (tool, input, { signal, toolUseID }) => {
      const begun = this.#begun.get(toolUseID)
      this.#begun.delete(toolUseID)
      // Another call may have the same id, and the input may have changed.
      if (begun && isDeepStrictEqual(begun, { tool, input: copyOf(input) }))
        return { behavior: 'allow', updatedInput: begun.input }
      if (this.gates(tool)) return this.#decide(tool, input, toolUseID, signal)
      return { behavior: 'deny', message: `\`${tool}\` is not among the tools that Hotwork gives permits for.` }
    }
  }

  async #decide(tool: string, input: Input, id: string | undefined, signal: AbortSignal): Promise<Result> {
    try {
      const begun = await this.begin({ tool, id, input, context: undefined }, { signal })
      return { behavior: 'allow', updatedInput: begun.input }
    } catch (no) {
      if (!(no instanceof NotPermitted)) throw no
      return { behavior: 'deny', message: no.message }
    }
  }
}
