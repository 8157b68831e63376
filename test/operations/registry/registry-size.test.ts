import { createHash } from 'node:crypto'
import { afterChange } from '../../../functions/domain/agents/agent-change.ts'
import {
  allRetired,
  type GovernedRegistry,
  mostStored,
  nothingGoverned,
} from '../../../functions/domain/agents/governed-registry.ts'
import type { Agent } from '../../../functions/domain/people/organisation.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { AgentId } from '../../../functions/domain/values.ts'
import { RegistryWorld, reporter } from '../../support/registry-world.ts'
import { unwrap } from '../../support/unwrap.ts'
import { sampleBundle } from '../../support/world.ts'

/** The size of the registry as it is stored: packed, in one item of the table. */

const item = 400 * 1024
const [known] = sampleBundle().agents as [Agent]

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
    detail:
      'the registry would grow to 390001 bytes by retirements, and has at most 390000: move some of its agents to agents.json',
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

test('a registry that is full has room for the retirement of each of its agents', () => {
  const now = 1_800_000_000
  // Subjects that pack badly, and are too long for the packer to find them again among the former ones.
  const registryOf = (count: number): GovernedRegistry => ({
    ...nothingGoverned,
    version: 1,
    agents: Array.from({ length: count }, (_, at) => {
      const subjectOf = (n: number) =>
        Array.from({ length: 20 }, (_, part) => createHash('sha512').update(`${at} ${n} ${part}`).digest('base64url'))
      const identities = Array.from({ length: 16 }, (_, n) => ({ issuer: 'workloads', subject: subjectOf(n).join('') }))
      return { ...known, id: AgentId.parse(`agent:a${at}`), identities }
    }),
  })
  const { files } = world.policy as { files: Bundle }
  const sizeOf = (registry: GovernedRegistry) => world.agents.sizeOf(allRetired(files, registry, now))
  let count = 1
  while (sizeOf(registryOf(count + 1)) <= mostStored) count += 1
  let registry = registryOf(count)
  for (const { id } of [...files.agents, ...registry.agents])
    registry = unwrap(afterChange(files, registry, { action: 'hotwork:RetireAgent', arguments: { id } }, now)).next
  expect(registry).toEqual({ ...allRetired(files, registryOf(count), now), version: registry.version })
  expect(world.agents.sizeOf(registry)).toBeLessThan(item)
})
