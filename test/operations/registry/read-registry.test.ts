import { nothingGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import { readRegistry } from '../../../functions/operations/registry/read-registry.ts'
import { askedOnce } from '../../support/policies/asked-once.ts'
import { person, sampleBundle, World } from '../../support/world.ts'

const world = new World(sampleBundle())
const ports = { ...world.ports, agents: world.agents }

test('a person who may read gets the registry that is stored now', async () => {
  expect(await readRegistry(person('ana'), ports)).toEqual({ ok: true, value: nothingGoverned })
  world.ledger.governed = { ...nothingGoverned, version: 2 }
  expect(await readRegistry(person('ana'), ports)).toMatchObject({ value: { version: 2 } })
})

test('a person without the right reads nothing', async () => {
  const policy = askedOnce({ ...sampleBundle(), policies: {} })
  expect(await readRegistry(person('ana'), { ...ports, policy })).toMatchObject({ ok: false, code: 'not_permitted' })
})
