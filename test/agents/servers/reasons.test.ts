import { connect, Machine } from '../support/gate.ts'
import { HotworkInMemory } from '../support/hotwork-in-memory.ts'
import { serversBundle } from '../support/policies.ts'
import { servers, type TestedServer } from '../support/servers.ts'

/** A tier that demands a reason, through the gate before unmodified servers. */

const sample = serversBundle()
const tiers = sample.ladder.tiers.map((tier) =>
  tier.tier === 0 ? tier : { ...tier, justification: 'required' as const },
)
const bundle = { ...sample, ladder: { ...sample.ladder, tiers } }
const hotwork = new HotworkInMemory()
let machine: Machine
beforeAll(async () => {
  await hotwork.open(bundle)
  hotwork.decides = () => 'approve'
  machine = new Machine(hotwork, bundle)
})
afterAll(async () => {
  await hotwork.close()
  machine.close()
})

test.each(Object.entries(servers))('a call of the server %s says why, and is made', async (name, start) => {
  const server: TestedServer = await start()
  const behind = machine.gate(server.start, { actions: [server.gated.action], more: { task: 'call' } })
  const host = await connect(behind)
  try {
    const { tools } = await host.listTools()
    const properties = tools.find(({ name: tool }) => tool === server.gated.tool)?.inputSchema.properties
    expect(Object.keys(properties ?? {})).toEqual(expect.arrayContaining(['hotwork_task', 'hotwork_why']))
    const label = `reason-${name}`
    const args = server.gated.args(label)
    const call = (more: object) => host.callTool({ name: server.gated.tool, arguments: { ...args, ...more } })
    const refused = await call({})
    expect(refused).toMatchObject({ isError: true })
    expect(JSON.stringify(refused)).toMatch(/justification_required.*hotwork_why/)
    expect(machine.sent(label)).toBe(0)

    const made = await call({ hotwork_task: `REL-${name}`, hotwork_why: 'the release needs it' })
    expect(made).not.toMatchObject({ isError: true })
    const sent = machine.calls.filter((each) => JSON.stringify(each.arguments).includes(label))
    expect(sent.map((each) => each.arguments)).toEqual([args])
    const asked = hotwork.asked.find(({ ask }) => JSON.stringify(ask.arguments).includes(label))
    expect(asked?.ask).toMatchObject({ parentTask: { id: `REL-${name}` }, taskSource: 'argument' })
    expect((await hotwork.world.state(asked?.ask.id as never)).ask.justification).toBe('the release needs it')
  } finally {
    await host.close()
    await server.close()
  }
})
