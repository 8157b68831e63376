import type { Client } from '@modelcontextprotocol/client'
import { connect, Machine } from '../support/gate.ts'
import { HotworkInMemory } from '../support/hotwork-in-memory.ts'
import { serversBundle } from '../support/policies.ts'
import { servers, type TestedServer } from '../support/servers.ts'

/** The rest of the protocol through the gate, with the unmodified server that implements all of it. */

const bundle = serversBundle()
const hotwork = new HotworkInMemory()
const work = 'trigger-long-running-operation'
let machine: Machine
let server: TestedServer
let bare: Client
let gate: Client
beforeAll(async () => {
  await hotwork.open(bundle)
  hotwork.decides = () => 'approve'
  machine = new Machine(hotwork, bundle)
  server = servers.everything()
  const gated = machine.gate(server.start, { actions: ['everything:GetTinyImage', 'everything:RunLong'] })
  ;[bare, gate] = await Promise.all([connect(server.start), connect(gated)])
})
afterAll(async () => {
  await Promise.all([bare.close(), gate.close()])
  await Promise.all([hotwork.close(), server.close()])
  machine.close()
})
const both = <T>(ask: (client: Client) => Promise<T>) => Promise.all([ask(bare), ask(gate)])

test("a gated image is the server's, and so is the kept one for a repeat", async () => {
  const image = (client: Client) => client.callTool({ name: 'get-tiny-image', arguments: {} })
  const [before, behind] = await both(image)
  expect(behind.content).toEqual(before.content)
  expect((await image(gate)).content).toEqual(before.content)
  expect(machine.calls.filter(({ tool }) => tool === 'get-tiny-image')).toHaveLength(1)
})

test("resources and prompts are the server's", async () => {
  for (const ask of [
    (client: Client) => client.listResources(),
    (client: Client) => client.listResourceTemplates(),
    (client: Client) => client.listPrompts(),
  ] as const) {
    const [before, behind] = await both<object>(ask)
    expect(behind).toEqual(before)
  }
  const { resources } = await gate.listResources()
  const uri = resources[0]?.uri ?? ''
  const [before, behind] = await both((client) => client.readResource({ uri }))
  expect(behind).toEqual(before)
})

test("an approved call has the server's progress", async () => {
  const told: number[] = []
  const call = { name: work, arguments: { duration: 1, steps: 4 } }
  await gate.callTool(call, { onprogress: ({ progress }) => void told.push(progress) })
  expect(told.slice(-4)).toEqual([1, 2, 3, 4])
})

test('a call that is cancelled while people decide is not made, and its request stays for a repeat', async () => {
  hotwork.decides = () => undefined
  const call = { name: work, arguments: { duration: 0, steps: 2 } }
  const stop = new AbortController()
  const waiting = gate.callTool(call, { signal: stop.signal })
  const request = await hotwork.request(({ ask }) => ask.arguments['duration'] === 0)
  stop.abort()
  await expect(waiting).rejects.toThrow()
  expect(machine.calls.filter(({ arguments: args }) => 'duration' in args && args.duration === 0)).toHaveLength(0)
  await hotwork.decide(request, 'approve')
  expect(await gate.callTool(call)).not.toMatchObject({ isError: true })
  expect(machine.calls.filter(({ arguments: args }) => 'duration' in args && args.duration === 0)).toHaveLength(1)
})
