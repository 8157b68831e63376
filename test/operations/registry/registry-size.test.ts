import { createHash } from 'node:crypto'
import { afterChange } from '../../../functions/domain/agents/agent-change.ts'
import {
  type GovernedRegistry,
  mostStored,
  nothingGoverned,
  sizeRetired,
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
  const { files } = world.policy as { files: Bundle }
  const withOneMore = { ...nothingGoverned, agents: [{ ...known, id: AgentId.parse('agent:one-more') }] }
  const most = mostStored - sizeRetired(files, withOneMore, 0, () => 0)
  const size = jest.spyOn(world.agents, 'sizeOf').mockReturnValue(most)
  expect(await world.foresee('eve', 'RegisterAgent', reporter)).toMatchObject({ ok: true })
  size.mockReturnValue(most + 1)
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

test.each([
  ['many agents with short subjects', 2000, 1, 1],
  // Too long for the packer to find them again among the former ones.
  ['few agents with many long subjects', 40, 16, 20],
])('a registry that is full of %s has room for the retirement of each', (_, length, identitiesOfOne, parts) => {
  const start = 1_800_000_000
  const digest = (of: string) => createHash('sha512').update(of).digest('base64url')
  const agents = Array.from({ length }, (_, at) => {
    const subjectOf = (n: number) => Array.from({ length: parts }, (_, part) => digest(`${at} ${n} ${part}`)).join('')
    const identities = Array.from({ length: identitiesOfOne }, (_, n) => ({
      issuer: 'workloads',
      subject: subjectOf(n),
    }))
    return { ...known, id: AgentId.parse(`agent:a${at}`), identities }
  })
  const registryOf = (count: number): GovernedRegistry => ({
    ...nothingGoverned,
    version: 1,
    agents: agents.slice(0, count),
  })
  const { files } = world.policy as { files: Bundle }
  const sizeOf = (of: GovernedRegistry) => world.agents.sizeOf(of)
  let [count, over] = [1, agents.length + 1]
  while (over - count > 1) {
    const middle = Math.floor((count + over) / 2)
    if (sizeRetired(files, registryOf(middle), start, sizeOf) > mostStored) over = middle
    else count = middle
  }
  let registry = registryOf(count)
  // Times that differ, and pack badly.
  for (const [at, { id }] of [...files.agents, ...registry.agents].entries()) {
    const now = start + at * 10 + (Number.parseInt(createHash('md5').update(id).digest('hex').slice(0, 6), 16) % 9)
    registry = unwrap(afterChange(files, registry, { action: 'hotwork:RetireAgent', arguments: { id } }, now)).next
  }
  expect(sizeOf(registry)).toBeLessThan(item)
  expect(sizeOf(registry)).toBeLessThanOrEqual(mostStored)
})
