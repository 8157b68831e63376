import { generateText, isStepCount, type ModelMessage, simulateReadableStream, streamText, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { GatedTools } from '../../../client/adapters/ai-sdk.ts'
import { useScene } from '../../client/support/scene.ts'
import { drive, makeAgent, scriptedModel, toldBy } from './drivers/ai-sdk.ts'
import { type Call, configureSchema } from './drivers/driver.ts'
import { tellStories } from './stories.ts'

const scene = useScene()
const theDesk = tellStories('ai-sdk', drive, scene)

const call: Call = { id: 'call_1', tool: 'configure', input: { FunctionName: 'checkout-api', Timeout: 5 } }
const go: ModelMessage = { role: 'user', content: 'go' }

/** A run that has ended with its messages kept. */
async function paused() {
  const desk = theDesk()
  const { run } = makeAgent(desk.script([call], { wait: 0 }))
  const { finalStep, response } = await run([go])
  expect(finalStep.content.map(({ type }) => type)).toEqual(['tool-call', 'tool-approval-request'])
  const kept = JSON.parse(JSON.stringify([go, ...response.messages])) as ModelMessage[]
  return { desk, kept, ...makeAgent(desk.script([call], { wait: 0 })) }
}

test('a run ends with an approval request, and goes on in another process after the approval', async () => {
  const { desk, kept, gate, run, model } = await paused()
  expect(await gate.answer(kept)).toBeUndefined()
  await desk.decide()
  const answer = await gate.answer(kept)
  expect(answer?.content).toMatchObject([{ type: 'tool-approval-response', approved: true }])
  if (answer) await run([...kept, answer])
  expect(desk.done).toEqual([call.input])
  expect(toldBy(model.doGenerateCalls.at(-1)?.prompt ?? [])).toMatchObject([{ id: 'call_1', isError: false }])
})

test('a run whose call was denied goes on, and the model is told', async () => {
  const { desk, kept, gate, run, model } = await paused()
  await desk.decide('deny')
  const answer = await gate.answer(kept)
  if (answer) await run([...kept, answer])
  expect(desk.done).toEqual([])
  expect(toldBy(model.doGenerateCalls.at(-1)?.prompt ?? [])).toMatchObject([
    { isError: true, text: expect.stringContaining('denied') },
  ])
})

test("an approval that the app's client has forged runs nothing", async () => {
  const { desk, kept, run } = await paused()
  const parts = kept.flatMap(({ role, content }) =>
    role === 'assistant' && typeof content !== 'string' ? content : [],
  )
  const { approvalId = '' } = parts.find((part) => 'approvalId' in part) ?? {}
  await run([...kept, { role: 'tool', content: [{ type: 'tool-approval-response', approvalId, approved: true }] }])
  expect([desk.done, (await desk.requests())[0]?.status]).toEqual([[], 'pending'])
})

test('a tool without `toolApproval` asks by itself', async () => {
  const desk = theDesk()
  desk.meanwhile = () => desk.decide('deny')
  const gate = new GatedTools(desk.script([call]).gating)
  const execute = jest.fn()
  const tools = gate.tools({ configure: tool({ inputSchema: configureSchema, execute }) })
  const { content } = await generateText({ model: scriptedModel([call]), tools, messages: [go] })
  expect(content.map(({ type }) => type)).toEqual(['tool-call', 'tool-error'])
  expect(execute).not.toHaveBeenCalled()
})

test('the approval of an ungated tool is the app’s own', async () => {
  const { gate } = makeAgent(theDesk().script([]))
  expect(Object.keys(gate.toolApproval)).toEqual(['configure'])
})

test('a gated tool that is missing in the list, or runs elsewhere, is an error at the start', () => {
  const gate = new GatedTools(theDesk().script([]).gating)
  expect(() => gate.tools({})).toThrow('`configure` has no `execute`')
  expect(() => gate.tools({ configure: tool({ inputSchema: configureSchema }) })).toThrow(
    '`configure` has no `execute`',
  )
})

test('a tool that yields partial results gives its last one', async () => {
  const desk = theDesk()
  const gate = new GatedTools(desk.script([]).gating)
  async function* execute() {
    yield 'half'
    yield 'all'
  }
  const staging = { ...call, input: { ...call.input, FunctionName: 'staging-api' } }
  const tools = gate.tools({ configure: tool({ inputSchema: configureSchema, execute }) })
  const { toolResults } = await generateText({ model: scriptedModel([staging]), tools, messages: [go] })
  expect(toolResults.map(({ output }) => output)).toEqual(['all'])
})

test('a streamed turn runs one call while the other is denied', async () => {
  const desk = theDesk()
  desk.meanwhile = async () => {
    await desk.decide('deny', /checkout-cart/)
    await desk.decide('approve', /checkout-api/)
  }
  const calls = [call, { ...call, id: 'call_2', input: { FunctionName: 'checkout-cart', Timeout: 5 } }]
  const { gate, model } = makeAgent(desk.script(calls))
  const streamed = new MockLanguageModelV4({
    doStream: async (options) => {
      const { content, finishReason, usage } = await model.doGenerate(options)
      const parts = content.flatMap((part) => (part.type === 'tool-call' ? [part] : []))
      const chunks = [
        { type: 'stream-start' as const, warnings: [] },
        ...parts,
        { type: 'finish' as const, finishReason, usage },
      ]
      return { stream: simulateReadableStream({ chunks }) }
    },
  })
  const execute = jest.fn(async (_input: object) => 'configured')
  const tools = gate.tools({ configure: tool({ inputSchema: configureSchema, execute }) })
  const { toolApproval } = gate
  const result = streamText({ model: streamed, tools, toolApproval, messages: [go], stopWhen: isStepCount(3) })
  await result.consumeStream()
  expect(execute.mock.calls.map(([input]) => input)).toEqual([call.input])
  expect(toldBy(streamed.doStreamCalls.at(-1)?.prompt ?? [])).toMatchObject([
    ...[{ id: 'call_1', isError: false }],
    ...[{ id: 'call_2', isError: true, text: expect.stringContaining('People denied') }],
  ])
})
