import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nothingGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import type { Agent } from '../../../functions/domain/people/organisation.ts'
import { agentOf } from '../../../functions/domain/policy/bundle.ts'
import { root } from '../../support/repository.ts'
import { agent, sampleBundle, start } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork policy pull`: the registry as a file of the policy folder. */

const scene = useScene()
const hana = () => scene.at('hana')
const day = 86_400
const [zoo, ant] = [agent('zoo'), agent('ant')]
const known = agentOf(sampleBundle(), agent('remediator')) as Agent
const named = (id: Agent['id']): Agent => ({ ...known, id, identities: [{ issuer: 'workloads', subject: id }] })

beforeEach(() => {
  cpSync(join(root, 'policies'), join(hana().home, 'policies'), { recursive: true })
  scene.api.world.ledger.governed = {
    ...nothingGoverned,
    version: 7,
    agents: [named(zoo), named(ant), known],
    changed: { [zoo]: start, [ant]: start - day },
  }
})
const file = () => readFileSync(join(hana().home, 'policies/registry.json'), 'utf8')

test('the registry is written beside agents.json, sorted, without the agents that agents.json names', async () => {
  const { exit, out } = await hana().type('policy', 'pull')
  expect([exit, out]).toEqual([0, 'policies/registry.json: version 7, 2 agents\n'])
  const { version, agents, changed } = JSON.parse(file())
  expect([version, agents.map(({ id }: Agent) => id), Object.keys(changed)]).toEqual([7, [ant, zoo], [ant, zoo]])
  expect(agents[0].recertifyBy).toMatch(/^\d{4}-\d\d-\d\d$/)
})

test('the same registry gives the same file, and a newer one replaces it', async () => {
  await hana().type('policy', 'pull')
  const first = file()
  await hana().type('policy', 'pull', 'policies')
  expect(file()).toBe(first)
  scene.api.world.ledger.governed = { ...nothingGoverned, version: 8 }
  expect((await hana().json('policy', 'pull')).body).toEqual({ file: 'policies/registry.json', version: 8, agents: 0 })
})

test('a folder without agents.json is refused, and nothing is written', async () => {
  expect(await hana().type('policy', 'pull', 'elsewhere')).toMatchObject({ exit: 2 })
  writeFileSync(join(hana().home, 'policies/agents.json'), 'spoilt')
  expect(await hana().type('policy', 'pull')).toMatchObject({ exit: 2 })
  expect(file).toThrow(/ENOENT/)
})
