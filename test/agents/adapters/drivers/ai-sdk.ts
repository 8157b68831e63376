import { generateText, isStepCount, type ModelMessage, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { GatedTools } from '../../../../client/adapters/ai-sdk.ts'
import { type Call, configureSchema, type Driver, noteSchema, type Told } from './driver.ts'

type Prompt = MockLanguageModelV4['doGenerateCalls'][number]['prompt']

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}

/** Makes the calls that have no result yet, and ends when all have one. */
export const scriptedModel = (calls: readonly Call[]) =>
  new MockLanguageModelV4({
    doGenerate: async ({ prompt }) => {
      const isTold = prompt.at(-1)?.role === 'tool'
      const made = calls.map(({ id, tool: toolName, input }) => ({
        ...{ type: 'tool-call' as const, toolCallId: id, toolName, input: JSON.stringify(input) },
      }))
      return {
        content: isTold ? [{ type: 'text', text: 'done' }] : made,
        finishReason: isTold ? { unified: 'stop', raw: 'stop' } : { unified: 'tool-calls', raw: 'tool_calls' },
        usage,
        warnings: [],
      }
    },
  })

export const toldBy = (prompt: Prompt): Told[] =>
  prompt
    .flatMap(({ role, content }) => (role === 'tool' ? content : []))
    .flatMap((part) => {
      if (part.type !== 'tool-result') return []
      const { toolCallId: id, output } = part
      const isError = output.type === 'execution-denied' || output.type.startsWith('error')
      const text = output.type === 'execution-denied' ? (output.reason ?? '') : 'value' in output ? output.value : ''
      return [{ id, isError, text: typeof text === 'string' ? text : JSON.stringify(text) }]
    })

export function makeAgent({ calls, gating, work }: Parameters<Driver>[0]) {
  const gate = new GatedTools(gating)
  const model = scriptedModel(calls)
  const tools = gate.tools({
    configure: tool({
      inputSchema: configureSchema,
      execute: (input, { toolCallId }) => work(input, gate.permitOf(toolCallId)),
    }),
    note: tool({ inputSchema: noteSchema, execute: (input) => work(input) }),
  })
  const run = (messages: ModelMessage[]) =>
    generateText({ model, tools, toolApproval: gate.toolApproval, messages, stopWhen: isStepCount(3) })
  return { gate, model, run }
}

export const drive: Driver = async (script) => {
  const { model, run } = makeAgent(script)
  await run([{ role: 'user', content: 'go' }])
  return toldBy(model.doGenerateCalls.at(-1)?.prompt ?? [])
}
