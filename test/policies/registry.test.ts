import { withActions } from '../../functions/adapters/cedar/cedar-schema.ts'
import type { CatalogueEntry } from '../../functions/domain/policy/catalogue.ts'
import { checkHotwork } from '../../functions/targets/hotwork/check.ts'
import { sampleBundle } from '../support/world.ts'

const { actions, changes = {} } = sampleBundle()
const [change] = Object.values(changes) as [CatalogueEntry]

const said = (entry: CatalogueEntry): string[] => {
  const all: string[] = []
  checkHotwork(entry, [], (path, message) => all.push(`${path.join('.')}: ${message}`))
  return all
}

test('the changes of the registry are apart from the actions of agents', () => {
  expect(Object.keys(changes).sort()).toEqual([
    ...['hotwork:ChangeAgent', 'hotwork:RegisterAgent', 'hotwork:RetireAgent', 'hotwork:TransferAgent'],
  ])
  expect(Object.values(actions).filter(({ tool }) => tool === 'hotwork')).toEqual([])
})

test('people alone ask for a change, and it is not in the group of what agents change', () => {
  const schema = withActions('namespace Hotwork {\n}', [change])
  expect(schema).toMatch(/action "hotwork:\w+" in \["registry"\] appliesTo \{\n {4}principal: \[Person\]/)
  expect(schema).not.toContain('mutating')
})

test('an entry about Hotwork itself is one of the changes that it can make', () => {
  expect(Object.values(changes).flatMap(said)).toEqual([])
  expect(said({ ...change, name: 'hotwork:Shutdown' })).toEqual(['name: Hotwork makes no change `hotwork:Shutdown`'])
  expect(said({ ...change, tool: 'aws' })).toEqual([`tool: \`${change.name}\` is a change of the registry`])
  expect(said({ ...change, resource: { type: 'agent', id: 'agent:one' } })).toHaveLength(1)
  expect(said({ ...change, narrowable: ['id'] })).toHaveLength(1)
})
