import { Agent, type AgentInputItem, type Model, type ModelResponse, Runner, tool, Usage } from '@openai/agents'
import type * as z from 'zod'
import { GatedTools } from '../../../../client/adapters/openai-agents.ts'
import { type Call, configureSchema, type Driver, noteSchema, type Told } from './driver.ts'

type Details = { toolCall?: { callId: string } }

export const runner = () => new Runner({ tracingDisabled: true })

/** Makes the calls that have no result yet, and ends when all have one. */
export class ScriptedModel implements Model {
  seen: readonly AgentInputItem[] = []
  readonly #calls: readonly Call[]

  constructor(calls: readonly Call[]) {
    this.#calls = calls
  }

  async getResponse({ input }: Parameters<Model['getResponse']>[0]): Promise<ModelResponse> {
    this.seen = typeof input === 'string' ? [] : input
    const made = this.#calls.map(({ id, tool: name, input: given }) => ({
      ...{
        type: 'function_call' as const,
        callId: id,
        name,
        arguments: JSON.stringify(given),
        status: 'completed' as const,
      },
    }))
    const done = {
      ...{ type: 'message' as const, role: 'assistant' as const, status: 'completed' as const },
      content: [{ type: 'output_text' as const, text: 'done' }],
    }
    return { usage: new Usage(), output: this.#told.length > 0 ? [done] : made }
  }

  getStreamedResponse(): never {
    throw new Error('it does not stream')
  }

  get told(): Told[] {
    return this.#told.map(({ callId: id, output }) => {
      const text = typeof output === 'string' ? output : 'text' in output ? String(output.text) : JSON.stringify(output)
      return { id, text, isError: !text.startsWith('configured') && !text.startsWith('noted') }
    })
  }

  get #told() {
    return this.seen.filter((item) => item.type === 'function_call_result')
  }
}

export function makeAgent({ calls, gating, work }: Parameters<Driver>[0]) {
  const gate = new GatedTools(gating)
  const model = new ScriptedModel(calls)
  const agent = new Agent({
    ...{ name: 'remediator', model },
    tools: [
      tool(
        gate.tool({
          ...{ name: 'configure', description: 'a tool', parameters: configureSchema },
          execute: (input: z.infer<typeof configureSchema>, _context: unknown, details?: Details) =>
            work(input, gate.permitOf(details?.toolCall?.callId ?? '')),
        }),
      ),
      tool({ name: 'note', description: 'a tool', parameters: noteSchema, execute: (input) => work(input) }),
    ],
  })
  return { gate, model, agent }
}

export const drive: Driver = async (script) => {
  const { gate, model, agent } = makeAgent(script)
  let result = await runner().run(agent, 'go')
  while (result.interruptions.length > 0) {
    const waiting = await gate.resolve(result.state)
    if (waiting.length > 0) return waiting.map(({ callId: id }) => ({ id, text: 'pending', isError: true }))
    result = await runner().run(agent, result.state)
  }
  return model.told
}
