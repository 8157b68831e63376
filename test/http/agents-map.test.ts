import { UnknownCallers } from '../../functions/operations/agents/unknown-callers.ts'
import { withAgent } from '../support/bundles.ts'
import type { Shown } from '../support/pages/page-doors.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { agent, sampleBundle, start, World } from '../support/world.ts'

/** The map of agents, and the page of callers and roles that belong to no agent. */

const nightly = 'arn:aws:iam::000000000000:role/nightly-jobs'
let world: World
let tab: Tab
beforeEach(() => {
  world = new World()
  tab = Tab.of(world)
})

const shown = async (who: string, at: string): Promise<Shown> => {
  await tab.logIn(`person-${who}`, '/decide')
  return tab.go('GET', at)
}
const look = () =>
  world.agents.saveLooked(agent('nightly'), {
    ...{ at: world.clock.now(), role: nightly, actions: {}, unseen: 3 },
    roles: [
      { arn: nightly, via: 'host' },
      { arn: 'arn:aws:iam::000000000000:role/deploy', via: 'assume' },
    ],
    secrets: [{ kind: 'secret', name: 'prod/database', role: nightly }],
  })

test.each(['/agents/map', '/agents/unknown'])('a login for %s returns there', async (at) => {
  const { status, headers } = await tab.go('GET', at)
  expect([status, headers['location']]).toEqual([303, `/login?to=${encodeURIComponent(at)}`])
  expect((await tab.logIn('person-gus', at)).headers['location']).toBe(at)
  expect((await tab.go('GET', at)).status).toBe(200)
})

test('the map shows people of security each agent with what its host reaches and what it holds', async () => {
  await look()
  await world.approved()
  const { status, body } = await shown('gus', '/agents/map')
  expect(status).toBe(200)
  for (const { id } of world.policy.bundle.agents) expect(body).toContain(`href="/agents/${id}"`)
  for (const part of ['000000000000 deploy', 'secret prod/database', '3 roles not looked at'])
    expect(body).toContain(part)
  expect(body).toContain('ssm:PutParameter on')
  expect(body.match(/<svg/g)).toHaveLength(1)
  expect(body).not.toMatch(/ style="/)
})

test('an owner sees their own agents alone, and a person without any sees no map', async () => {
  await look()
  const { body } = await shown('dan', '/agents/map')
  expect(body).toContain('agent:remediator')
  for (const other of ['agent:nightly', 'prod/database', 'person:mia']) expect(body).not.toContain(other)
  tab = Tab.of(world)
  expect((await shown('ana', '/agents/map')).status).toBe(403)
})

test('the map is filtered and folded by its query, and an unknown owner has no rows', async () => {
  const { body } = await shown('gus', '/agents/map?owner=person%3Amia&host=&fold=host')
  expect(body).toContain('agent:nightly'.replace('agent:', ''))
  expect(body).toContain(`href="/agents/map?host=${encodeURIComponent(nightly)}&amp;fold=none"`)
  expect(body).not.toContain('person:dan</th>')
  expect((await tab.go('GET', '/agents/map?owner=person%3Anone')).body).toContain('No agent matches.')
  expect((await tab.go('GET', '/agents/map?fold=sideways')).status).toBe(400)
})

test('two hundred agents are folded by owner', async () => {
  const sample = sampleBundle()
  const [first] = sample.agents
  if (!first) throw new Error('the sample has an agent')
  const agents = Array.from({ length: 200 }, (_, n) => ({
    ...{ ...first, id: agent(`a-${n}`) },
    owner: sample.directory.people[n % 10]?.id ?? first.owner,
  }))
  world = new World({ ...sample, agents })
  tab = Tab.of(world)
  const { body } = await shown('gus', '/agents/map')
  expect(body).toContain('200 agents in 10 rows')
  expect(body.match(/>20 agents of person:/g)).toHaveLength(10)
})

const roles = (names: readonly string[]) =>
  world.agents.savePlatformRoles('000000000000', {
    at: start,
    roles: names.map((arn) => ({ arn, platforms: ['github' as const] })),
    unread: 2,
  })

test('people of security see unknown callers and roles, with what was not looked at, and no form', async () => {
  const notes = new UnknownCallers({ ...world.ports, store: world.unknown })
  await notes.note({ alias: 'workloads', subject: 'repo:acme/x' })
  await roles([nightly, 'arn:aws:iam::000000000000:role/forgotten'])
  const { status, body } = await shown('gus', '/agents/unknown')
  expect(status).toBe(200)
  expect(body).toContain('role/forgotten')
  expect(body).not.toContain('role/nightly-jobs')
  expect(body).toContain('Of 2 roles a part of the trust policy is unknown.')
  expect(body).toContain('Other calls">1')
  expect(body).not.toContain('repo:acme/x')
  expect(body.split('<main')[1]?.split('</main>')[0]).not.toContain('<form')
  tab = Tab.of(world)
  for (const who of ['ana', 'dan']) expect((await shown(who, '/agents/unknown')).status).toBe(403)
})

test('an account without a look says so', async () => {
  expect((await shown('gus', '/agents/unknown')).body).toContain('<strong>Not looked at.</strong>')
})

test('a role of a retired agent belongs to none', async () => {
  world = new World(withAgent(agent('nightly'), { status: 'retired' }))
  tab = Tab.of(world)
  await roles([nightly])
  expect((await shown('gus', '/agents/unknown')).body).toContain(nightly)
})
