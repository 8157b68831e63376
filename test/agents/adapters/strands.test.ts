import { useScene } from '../../client/support/scene.ts'
import type { Call } from './drivers/driver.ts'
import { drive, makeAgent } from './drivers/strands.ts'
import { tellStories } from './stories.ts'

const scene = useScene()
const theDesk = tellStories('strands', drive, scene)

const call: Call = { id: 'call_1', tool: 'configure', input: { FunctionName: 'checkout-api', Timeout: 5 } }

async function paused() {
  const desk = theDesk()
  const { agent, model } = makeAgent(desk.script([call], { wait: 0 }))
  const { stopReason, interrupts = [] } = await agent.invoke('go')
  expect([stopReason, interrupts.map(({ reason }) => reason)]).toEqual([
    'interrupt',
    [expect.stringContaining('have not decided')],
  ])
  const answer = interrupts.map(({ id }) => ({ interruptResponse: { interruptId: id, response: 'yes' } }))
  return { desk, agent, model, answer }
}

test('an agent pauses, and goes on when it is resumed after the approval', async () => {
  const { desk, agent, model, answer } = await paused()
  await desk.decide()
  await agent.invoke(answer)
  expect([desk.done, model.told]).toMatchObject([[call.input], [{ isError: false }]])
})

test('a yes at the resumption is no approval', async () => {
  const { desk, agent, model, answer } = await paused()
  await agent.invoke(answer)
  expect([desk.done, model.told]).toMatchObject([[], [{ isError: true }]])
})
