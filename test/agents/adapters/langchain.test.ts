import { AIMessage, createAgent, createMiddleware, fakeModel, ToolMessage, tool } from 'langchain'
import * as z from 'zod'
import { GatedTools } from '../../../client/adapters/langchain.ts'
import { useScene } from '../../client/support/scene.ts'
import { configureSchema } from './drivers/driver.ts'
import { drive } from './drivers/langchain.ts'
import { tellStories } from './stories.ts'

const scene = useScene()
const theDesk = tellStories('langchain', drive, scene)

test('the task comes with the context of the run, where one agent does many', async () => {
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
