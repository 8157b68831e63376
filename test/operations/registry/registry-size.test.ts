import { createHash } from 'node:crypto'
import { afterChange } from '../../../functions/domain/agents/agent-change.ts'
import {
  type GovernedRegistry,
  mostStored,
  nothingGoverned,
} from '../../../functions/domain/agents/governed-registry.ts'
import type { Agent } from '../../../functions/domain/people/organisation.ts'
import { AgentId } from '../../../functions/domain/values.ts'
import { RegistryWorld, reporter } from '../../support/registry-world.ts'
import { unwrap } from '../../support/unwrap.ts'
import { sampleBundle } from '../../support/world.ts'

/** The size of the registry as it is stored: packed, in one item of the table. */

const item = 400 * 1024
const [known] = sampleBundle().agents as [Agent]

/** Agents whose subjects pack badly, as ids do. */
const registryOf = (length: number): GovernedRegistry => ({
  ...nothingGoverned,
  version: 1,
  agents: Array.from({ length }, (_, at) => {
    const subject = createHash('sha512').update(String(at)).digest('base64url')
    return { ...known, id: AgentId.parse(`agent:a${at}`), identities: [{ issuer: 'workloads', subject }] }
  }),
})

let world: RegistryWorld
beforeEach(() => {
  world = new RegistryWorld()
})

test('a change is taken up to the most bytes, and refused over them with the limit and the fix', async () => {
  const size = jest.spyOn(world.agents, 'sizeOf').mockReturnValue(mostStored)
  expect(await world.foresee('eve', 'RegisterAgent', reporter)).toMatchObject({ ok: true })
  size.mockReturnValue(mostStored + 1)
  expect(await world.change('eve', 'RegisterAgent', reporter)).toMatchObject({
    ok: false,
    code: 'invalid_registry',
    detail: 'the registry would have 300001 bytes, and has at most 300000: move some of its agents to agents.json',
  })
})

test('a registry that grew over the most bytes meanwhile fails an approved change, and nothing is written', async () => {
  const { ask } = await world.asked('eve', 'RegisterAgent', reporter)
  unwrap(await world.decide(await world.state(ask.id), 'gus'))
  jest.spyOn(world.agents, 'sizeOf').mockReturnValue(mostStored + 1)
  unwrap(await world.apply(ask.id))
  expect(await world.state(ask.id)).toMatchObject({ outcome: 'failed', code: 'invalid_registry' })
  expect(world.ledger.governed).toEqual(nothingGoverned)
})

test('a retirement is never refused for the size of the registry', async () => {
  jest.spyOn(world.agents, 'sizeOf').mockReturnValue(mostStored + 1)
  expect(await world.change('lena', 'RetireAgent', { id: 'agent:builder' })).toMatchObject({ ok: true })
})

test('the largest registry whose agents have all been retired fits an item of the table', () => {
  let count = 2000
  while (world.agents.sizeOf(registryOf(count)) > mostStored) count -= 50
  let registry = registryOf(count)
  for (const { id } of registry.agents)
    registry = unwrap(
      afterChange({ agents: [] }, registry, { action: 'hotwork:RetireAgent', arguments: { id } }, 1_800_000_000),
    ).next
  expect(count).toBeGreaterThan(1000)
  expect(world.agents.sizeOf(registry)).toBeLessThan(item)
})
