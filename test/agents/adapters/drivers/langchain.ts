import { AIMessage, createAgent, createMiddleware, fakeModel, ToolMessage, type ToolRuntime, tool } from 'langchain'
import type * as z from 'zod'
import { GatedTools } from '../../../../client/adapters/langchain.ts'
import { configureSchema, type Driver, noteSchema } from './driver.ts'

export const drive: Driver = async ({ calls, gating, work }) => {
  const gate = new GatedTools({ ...gating, ToolMessage })
  const agent = createAgent({
    model: fakeModel()
      .respondWithTools(calls.map(({ id, tool: name, input }) => ({ id, name, args: { ...input } })))
      .respond(new AIMessage('done')),
    tools: [
      tool(
        (input: z.infer<typeof configureSchema>, { toolCallId }: ToolRuntime) => work(input, gate.permitOf(toolCallId)),
        { name: 'configure', schema: configureSchema },
      ),
      tool((input: z.infer<typeof noteSchema>) => work(input), { name: 'note', schema: noteSchema }),
    ],
    middleware: [createMiddleware(gate)],
  })
  const { messages } = await agent.invoke({ messages: 'go' })
  return messages
    .filter((message) => ToolMessage.isInstance(message))
    .map(({ tool_call_id: id, status, text }) => ({ id, text, isError: status === 'error' }))
}
