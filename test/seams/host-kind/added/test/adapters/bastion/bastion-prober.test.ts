import { hostOf } from '../../../client/agents/hosts.ts'
import { BastionProber } from '../../../functions/adapters/bastion/bastion-prober.ts'
import { agentView } from '../../../functions/adapters/http/agent-view.ts'
import { lookAtHosts } from '../../../functions/operations/agents/look-at-hosts.ts'
import { readAgent } from '../../../functions/operations/agents/read-agents.ts'
import { Copy } from '../../policies/sample.ts'
import { Tab } from '../../support/pages/page-tab.ts'
import { agent, parameter, person, sampleBundle, World } from '../../support/world.ts'

/** The toy: another kind of host. It must be found in each place where hosts are. */

const nightly = agent('nightly')
const ask = { ...parameter('/staging/checkout/payment-timeout-ms'), agent: nightly, purpose: 'maintenance' }

function worldOn(bastion: string) {
  const sample = sampleBundle()
  const agents = sample.agents.map((each) => (each.id === nightly ? { ...each, runsOn: { bastion } } : each))
  const world = new World({ ...sample, agents })
  const look = () =>
    lookAtHosts(
      { ...world.ports, agents: world.agents, probers: () => ({ bastion: new BastionProber() }) },
      { only: [nightly] },
    )
  const view = async () => {
    const read = await readAgent({ id: nightly, person: person('ana') }, { ...world.ports, agents: world.agents })
    if (!read.ok) throw new Error(read.code)
    return agentView(read.value, { bundle: world.policy.bundle, now: world.clock.now() })
  }
  const tier = async () => {
    const evaluated = await world.evaluate(ask)
    return 'requestable' in evaluated ? evaluated.requestable?.tier : undefined
  }
  return { world, look, view, tier }
}

const compiled = (runsOn: unknown) => {
  using copy = new Copy()
  copy.editJson('policies/agents.json', (file) => (file.agents[0].runsOn = runsOn))
  return copy.compile()
}

test('the build accepts a bastion in the form of its row, and names the form otherwise', () => {
  expect(compiled({ bastion: 'bastion-1' })).toMatchObject({ ok: true })
  expect(JSON.stringify(compiled({ bastion: 'somewhere' }))).toContain('such as `bastion-1`')
  expect(JSON.stringify(compiled('ci-runner'))).toContain(JSON.stringify('`{ "bastion": "bastion-1" }`').slice(1, -1))
})

test('an agent whose bastion allows the action needs more approval after a look', async () => {
  const { look, tier } = worldOn('bastion-1')
  expect(await tier()).toBe(1)
  expect(await look()).toBe(1)
  expect(await tier()).toBe(2)
})

test("a bastion whose prober fails is unknown, not denied, with the row's advice", async () => {
  const { world, look, view } = worldOn('bastion-0')
  world.agents.firstLook = () => undefined
  expect(await look()).toBe(0)
  expect(await world.submitted(ask)).toMatchObject({ ask: { host: { ambient: 'unknown' } } })
  expect((await view()).ambient).toMatchObject({ note: 'let Hotwork log in to this bastion' })
})

test('the API, the page and a terminal name a bastion', async () => {
  const { world, look, view } = worldOn('bastion-1')
  await look()
  expect(await view()).toMatchObject({ runs_on: { bastion: 'bastion-1' }, ambient: { role: 'bastion-1' } })
  const tab = Tab.of(world)
  await tab.logIn('person-ana', `/agents/${nightly}`)
  const { body } = await tab.go('GET', `/agents/${nightly}`)
  expect(body).toContain('bastion <code>bastion-1</code>')
  expect(body).toContain('a login was tried on <code>bastion-1</code>')
  expect(hostOf({ bastion: 'bastion-1' })).toEqual({ kind: 'bastion host', name: 'bastion-1' })
})
