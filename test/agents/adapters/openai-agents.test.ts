import { Agent, RunState, tool } from '@openai/agents'
import * as z from 'zod'
import { GatedTools } from '../../../client/adapters/openai-agents.ts'
import { useScene } from '../../client/support/scene.ts'
import { type Call, configureSchema } from './drivers/driver.ts'
import { drive, makeAgent, runner, ScriptedModel } from './drivers/openai-agents.ts'
import { tellStories } from './stories.ts'

const scene = useScene()
const theDesk = tellStories('openai-agents', drive, scene)

const call: Call = { id: 'call_1', tool: 'configure', input: { FunctionName: 'checkout-api', Timeout: 5 } }

async function paused() {
  const desk = theDesk()
  const first = makeAgent(desk.script([call]))
  const { state } = await runner().run(first.agent, 'go')
  const waiting = await first.gate.resolve(state, { wait: 0 })
  // The whole state that another process has.
  const kept = JSON.stringify({ state: state.toString(), waiting })
  const { agent, gate, model } = makeAgent(desk.script([call]))
  const { state: text } = JSON.parse(kept) as { state: string }
  return { desk, waiting, agent, gate, model, state: await RunState.fromString(agent, text) }
}

test('a state is kept as a string, with its request, and goes on in another process', async () => {
  const { desk, waiting, agent, gate, model, state } = await paused()
  expect(waiting).toEqual([{ tool: 'configure', callId: 'call_1', request: expect.stringMatching(/^req_/) }])
  expect(waiting[0]?.request).toBe((await desk.requests())[0]?.ask.id)
  await desk.decide()
  expect(await gate.resolve(state)).toEqual([])
  await runner().run(agent, state)
  expect([desk.done, model.told]).toMatchObject([[call.input], [{ id: 'call_1', isError: false }]])
})

test('a state that is resumed twice runs the call once', async () => {
  const { desk, agent, gate, state } = await paused()
  await desk.decide()
  await gate.resolve(state)
  const again = makeAgent(desk.script([call]))
  const copy = await RunState.fromString(again.agent, state.toString())
  await runner().run(agent, state)
  await again.gate.resolve(copy)
  await runner().run(again.agent, copy)
  expect([desk.done.length, again.model.told[0]?.text]).toEqual([1, expect.stringContaining('does not run again')])
})

test('an approval that the app has forged runs nothing', async () => {
  const { desk, agent, model, state } = await paused()
  for (const item of state.getInterruptions()) state.approve(item)
  desk.meanwhile = () => desk.decide('deny')
  await runner().run(agent, state)
  expect([desk.done, model.told[0]?.text]).toEqual([[], expect.stringContaining('People denied')])
})

/** An agent whose one tool takes a `Timeout` that the model may leave out. */
function withDefault(script: ReturnType<ReturnType<typeof theDesk>['script']>) {
  const gate = new GatedTools(script.gating)
  const model = new ScriptedModel(script.calls)
  const parameters = z.object({ FunctionName: z.string(), Timeout: z.number().default(9) })
  const execute = (input: z.infer<typeof parameters>) => script.work(input)
  const tools = [tool(gate.tool({ name: 'configure', description: 'a tool', parameters, execute }))]
  return { gate, model, agent: new Agent({ name: 'remediator', model, tools }) }
}

test("a schema's defaults are asked for and run, even if people were asked in another process", async () => {
  const desk = theDesk()
  const short = { ...call, input: { FunctionName: 'checkout-api' } }
  const whole = { FunctionName: 'checkout-api', Timeout: 9 }
  const first = withDefault(desk.script([short]))
  const { state } = await runner().run(first.agent, 'go')
  expect(await first.gate.resolve(state, { wait: 0 })).toHaveLength(1)
  expect(await desk.requests()).toMatchObject([{ ask: { arguments: whole } }])
  await desk.decide()
  const second = withDefault(desk.script([short]))
  const kept = await RunState.fromString(second.agent, state.toString())
  expect([desk.done, await second.gate.resolve(kept)]).toEqual([[], []])
  await runner().run(second.agent, kept)
  expect([desk.done, (await desk.requests()).length]).toEqual([[whole], 1])
})

test('a tool that the gate did not make does not run while people are asked about its name', async () => {
  const desk = theDesk()
  const script = desk.script([call])
  const { gate, model } = makeAgent(script)
  const execute = (input: object) => script.work(input as never)
  const own = { name: 'configure', description: 'a tool', parameters: configureSchema, needsApproval: true }
  const agent = new Agent({ name: 'remediator', model, tools: [tool({ ...own, execute })] })
  const { state } = await runner().run(agent, 'go')
  expect(await gate.resolve(state, { wait: 0 })).toHaveLength(1)
  expect(desk.done).toEqual([])
})

test('a call whose arguments are no JSON does not run, and no person is asked', async () => {
  const desk = theDesk()
  const { gate, model, agent } = withDefault(desk.script([call]))
  const answer = model.getResponse.bind(model)
  model.getResponse = async (request) => {
    const response = await answer(request)
    for (const item of response.output) if (item.type === 'function_call') item.arguments = '{"FunctionName"'
    return response
  }
  const { state } = await runner().run(agent, 'go')
  expect(await gate.resolve(state)).toEqual([])
  await runner().run(agent, state)
  expect([desk.done, model.told.length, scene.api.calls]).toEqual([[], 1, []])
})
