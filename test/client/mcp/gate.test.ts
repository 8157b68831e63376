import { approve, stateOf, useRealTime } from '../support/agent-machine.ts'
import { useScene } from '../support/scene.ts'
import { GateMachine, permitOf, textOf } from './support/gate-machine.ts'

/** `hotwork mcp -- CMD` under an MCP host, as processes, over the handlers that are deployed. */

const scene = useScene()
let machine: GateMachine
beforeEach(() => {
  useRealTime(scene)
  machine = new GateMachine(scene)
})
afterEach(() => machine.closeAll())

const staging = { path: 'staging/checkout.yaml', content: 'retries: 3' }
const prod = { path: 'prod/checkout.yaml', content: 'retries: 3' }
const requests = async () => (await scene.api.world.requests.list({}, { limit: 100 })).items
/** As soon as one is pending. */
async function pending(): Promise<string> {
  for (;;) {
    const { items } = await scene.api.world.requests.list({ status: 'pending' }, { limit: 1 })
    if (items[0]) return items[0].state.ask.id
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('a call that needs no people is made at once, and its use is on record', async () => {
  const host = await machine.host()
  const result = await host.call(staging)
  expect([textOf(result), permitOf(result)?.state, machine.calls.length]).toEqual([
    'wrote staging/checkout.yaml',
    'done',
    1,
  ])
  const request = permitOf(result)?.request ?? ''
  expect(await stateOf(scene, request)).toMatchObject({ status: 'completed', outcome: 'succeeded' })
  expect((await stateOf(scene, request)).ask.mcp).toMatchObject({ tool: 'write_file' })
})
