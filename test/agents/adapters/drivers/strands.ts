import { Agent, type BaseModelConfig, type Message, Model, type ModelStreamEvent, tool } from '@strands-agents/sdk'
import { GatedTools } from '../../../../client/adapters/strands.ts'
import { type Call, configureSchema, type Driver, noteSchema, type Told } from './driver.ts'

/** Makes the calls that have no result yet, and ends when all have one. */
export class ScriptedModel extends Model<BaseModelConfig> {
  told: Told[] = []
  readonly #calls: readonly Call[]

  constructor(calls: readonly Call[]) {
    super()
    this.#calls = calls
  }

  updateConfig(): void {}

  getConfig(): BaseModelConfig {
    return { modelId: 'scripted' }
  }

  async *stream(messages: Message[]): AsyncIterable<ModelStreamEvent> {
    this.told = messages.flatMap(({ content }) =>
      content.flatMap((block) => {
        if (block.type !== 'toolResultBlock') return []
        const text = block.content.map((part) => ('text' in part ? part.text : JSON.stringify(part))).join('')
        return [{ id: block.toolUseId, text, isError: block.status === 'error' }]
      }),
    )
    const isDone = this.told.length > 0
    yield { type: 'modelMessageStartEvent', role: 'assistant' }
    for (const { id, tool: name, input } of isDone ? [] : this.#calls) {
      yield { type: 'modelContentBlockStartEvent', start: { type: 'toolUseStart', name, toolUseId: id } }
      yield { type: 'modelContentBlockDeltaEvent', delta: { type: 'toolUseInputDelta', input: JSON.stringify(input) } }
      yield { type: 'modelContentBlockStopEvent' }
    }
    if (isDone) {
      yield { type: 'modelContentBlockStartEvent' }
      yield { type: 'modelContentBlockDeltaEvent', delta: { type: 'textDelta', text: 'done' } }
      yield { type: 'modelContentBlockStopEvent' }
    }
    yield { type: 'modelMessageStopEvent', stopReason: isDone ? 'endTurn' : 'toolUse' }
  }
}

export function makeAgent({ calls, gating, work }: Parameters<Driver>[0]) {
  const gate = new GatedTools(gating)
  const model = new ScriptedModel(calls)
  const agent = new Agent({
    model,
    printer: false,
    interventions: [gate],
    tools: [
      tool({
        ...{ name: 'configure', description: 'a tool', inputSchema: configureSchema },
        callback: (input, context) => work(input, gate.permitOf(context?.toolUse.toolUseId ?? '')),
      }),
      tool({ name: 'note', description: 'a tool', inputSchema: noteSchema, callback: (input) => work(input) }),
    ],
  })
  return { gate, model, agent }
}

export const drive: Driver = async (script) => {
  const { model, agent } = makeAgent(script)
  await agent.invoke('go')
  return model.told
}
