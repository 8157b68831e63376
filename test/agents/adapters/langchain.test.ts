import { AIMessage, createAgent, createMiddleware, fakeModel, ToolMessage, tool } from 'langchain'
import * as z from 'zod'
import { GatedTools } from '../../../client/adapters/langchain.ts'
import { useScene } from '../../client/support/scene.ts'
import { configureSchema } from './drivers/driver.ts'
import { drive } from './drivers/langchain.ts'
import { tellStories } from './stories.ts'

const scene = useScene()
const theDesk = tellStories('langchain', drive, scene)

test('the task of a run comes with its context', async () => {
  const desk = theDesk()
  const context = z.object({ incident: z.string() })
  const gate = new GatedTools<ToolMessage, z.infer<typeof context>>({
    ...{ ...desk.script([]).gating, ToolMessage },
    parentTask: ({ incident }) => ({ id: incident }),
  })
  const args = { FunctionName: 'staging-api', Timeout: 5 }
  const agent = createAgent({
    model: fakeModel()
      .respondWithTools([{ id: 'call_1', name: 'configure', args }])
      .respond(new AIMessage('done')),
    tools: [tool(() => 'configured', { name: 'configure', schema: configureSchema })],
    contextSchema: context,
    middleware: [createMiddleware(gate)],
  })
  await agent.invoke({ messages: 'go' }, { context: { incident: 'INC-7' } })
  expect(await desk.requests()).toMatchObject([{ ask: { parentTask: { id: 'INC-7' } }, outcome: 'succeeded' }])
})

test("a call of another conversation with the same id does not get the running call's permit", async () => {
  const desk = theDesk()
  const gate = new GatedTools<ToolMessage, string>({
    ...{ ...desk.script([]).gating, ToolMessage },
    parentTask: (id) => ({ id }),
  })
  const configured = new ToolMessage({ content: 'configured', tool_call_id: 'call_0' })
  const call = (context: string, work: () => Promise<unknown>) => {
    const toolCall = { name: 'configure', id: 'call_0', args: { FunctionName: `staging-${context}`, Timeout: 5 } }
    return gate.wrapToolCall({ toolCall, runtime: { context } }, async () => {
      await work()
      return configured
    })
  }
  const other = jest.fn(async () => {})
  const first = await call('INC-1', async () => {
    expect(await call('INC-2', other)).toMatchObject({ status: 'error' })
    expect(other).not.toHaveBeenCalled()
  })
  expect(first).toBe(configured)
  expect(await call('INC-2', other)).toBe(configured)
})
