import { noCounts } from '../../functions/domain/agents/activity.ts'
import { withPerson } from '../support/bundles.ts'
import type { Shown } from '../support/pages/page-doors.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { agent, person, start, World } from '../support/world.ts'

/** The pages of agents, and the form by which one is recertified. */

const path = '/agents/agent:librarian'
let world: World
let tab: Tab
beforeEach(() => {
  world = new World()
  tab = Tab.of(world)
})

async function shown(who: string, at = path): Promise<Shown> {
  const { headers } = await tab.logIn(`person-${who}`, at)
  expect(headers['location']).toBe(at)
  return tab.go('GET', at)
}
const fieldOn = ({ body }: Shown, name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(body)?.[1]
const send = (page: Shown, why: string, evidence = fieldOn(page, 'evidence_digest'), verdict?: string) =>
  tab.go('POST', path, {
    ...{ csrf: fieldOn(page, 'csrf') ?? '', why, ...(verdict === undefined ? {} : { verdict }) },
    ...(evidence === undefined ? {} : { evidence_digest: evidence }),
  })
const recertified = async () => (await world.story('agent:librarian')).filter((type) => type === 'Recertified').length

test('a person without a session logs in first, and comes back', async () => {
  const { status, headers } = await tab.go('GET', path)
  expect([status, headers['location']]).toEqual([303, `/login?to=${encodeURIComponent(path)}`])
})

test.each(['/agents', '/groups', '/measures'])('a login for %s returns there', async (at) => {
  expect((await shown('ana', at)).status).toBe(200)
})

test('the list counts the agents that may do nothing, with the reason, and links to each agent', async () => {
  const { status, body } = await shown('ana', '/agents')
  expect(status).toBe(200)
  expect(body).toContain('of which 1 may do nothing')
  expect(body).toContain('not recertified in time')
  for (const { id } of world.policy.bundle.agents) expect(body).toContain(`href="/agents/${id}"`)
})

test('agents whose owner left or leaves come first, marked, and their pages have the next step', async () => {
  world = new World(withPerson(person('dan'), { leavesOn: start + 86_400 }))
  tab = Tab.of(world)
  const { body } = await shown('ana', '/agents')
  const links = [...body.matchAll(/href="\/agents\/(agent:[a-z]+)"/g)].map(([, id]) => id)
  expect(links.slice(0, 2)).toEqual(['agent:remediator', 'agent:librarian'])
  expect(body.match(/owner leaves/g)).toHaveLength(1)
  const page = (await tab.go('GET', '/agents/agent:remediator')).body
  expect(page).toContain('its owner person:dan leaves on <time')
  expect(page).toContain('Name another owner in agents.json, and deploy')
})

test("the page of an agent has the people who answer for it, its record, its host's rights, its grants and its date", async () => {
  const { ask } = await world.approved()
  const { body } = await shown('ana', '/agents/agent:remediator')
  for (const part of ['person:dan', 'autonomous', 'role/remediator', `/decide/${ask.id}`, 'without Hotwork'])
    expect(body).toContain(part)
  expect(body.match(/<script/g)).toHaveLength(1)
})

test('a right of the host names its resource, and the policy to detach', async () => {
  const by = ['everything-of-staging (role)']
  const resource = 'arn:*:ssm:*:*:parameter/staging/*'
  await world.agents.saveLooked(agent('nightly'), {
    at: world.clock.now(),
    role: 'arn:aws:iam::000000000000:role/nightly-jobs',
    actions: { 'ssm:PutParameter': [{ resource, answer: 'allowed', by }] },
  })
  const { body } = await shown('ana', '/agents/agent:nightly')
  expect(body).toContain(`on <code>${resource}</code>: to end it, detach ${by}`)
  expect((await tab.go('GET', '/agents')).body).toContain('Host without Hotwork">1 action allowed')
})

test('a recertification needs a reason, and the page shows that the agent works again', async () => {
  const done = await send(await shown('gus'), 'read its counts & its host')
  expect([done.status, done.headers['location']]).toEqual([303, path])
  expect((await tab.go('GET', path)).body).toContain('person:gus')
  expect(await recertified()).toBe(1)
  expect((await world.agents.certified([agent('librarian')])).size).toBe(1)
})

test.each([
  ['a person without the right', 'ana', 'Policy does not let you do this'],
  ['the owner', 'mia', 'You answer for this'],
  ['the backup owner', 'lena', 'You answer for this'],
])('%s gets no form, and a forged form is refused', async (_what, who, words) => {
  const page = await shown(who)
  expect(page.body).toContain(words)
  expect(page.body).not.toContain('name="why"')
  const sent = await send(page, 'mine', `sha-256:${'0'.repeat(43)}`)
  expect([sent.status, sent.body.includes(words)]).toEqual([403, true])
  expect(await recertified()).toBe(0)
})

test.each([
  ['', 400],
  ['x'.repeat(1001), 400],
])('a missing or overlong reason is refused', async (why, status) => {
  const sent = await send(await shown('gus'), why)
  expect([sent.status, sent.body.includes('Nothing was recorded')]).toEqual([status, true])
  expect(await recertified()).toBe(0)
})

test('a form with outdated evidence is refused: the page shows the present evidence, and the typed reason', async () => {
  const page = await shown('gus')
  await world.agents.saveActivity(agent('librarian'), {
    ...{ at: world.clock.now(), days30: { ...noCounts, extraCalls: 7 }, days90: noCounts, lastUse: {} },
  })
  const stale = await send(page, 'read its counts')
  expect([stale.status, await recertified()]).toEqual([409, 0])
  expect(stale.body).toContain('read its counts</textarea>')
  expect(stale.body).toContain('<td>7</td>')
  expect(fieldOn(stale, 'evidence_digest')).not.toBe(fieldOn(page, 'evidence_digest'))
  expect((await send(stale, 'read its counts')).status).toBe(303)
  const [certified] = (await world.agents.certified([agent('librarian')])).values()
  expect(certified?.evidence).toBe(fieldOn(stale, 'evidence_digest'))
})

test('the second button retires the agent with the same reason, and its page has no form after that', async () => {
  const page = await shown('gus')
  for (const verdict of ['certify', 'retire']) expect(page.body).toContain(`name="verdict" value="${verdict}"`)
  expect((await send(page, 'not needed', undefined, 'end')).status).toBe(400)
  expect((await send(page, 'not needed', undefined, 'retire')).status).toBe(303)
  expect(await world.story('agent:librarian')).toEqual(['Retired'])
  world.clock.advance(2)
  const after = await tab.go('GET', path)
  expect(after.body).toContain('RETIRED')
  expect(after.body).toContain('is retired, and stays so')
  expect(after.body).not.toContain('name="why"')
})

test('a form without its evidence is refused', async () => {
  const page = await shown('gus')
  expect((await send({ ...page, body: page.body.replace('evidence_digest', 'other') }, 'x')).status).toBe(400)
  expect(await recertified()).toBe(0)
})

test('a form of another site is refused, and an unknown agent has no page', async () => {
  await shown('gus')
  expect((await tab.go('POST', path, { csrf: 'x', why: 'y' })).status).toBe(403)
  expect((await tab.go('GET', '/agents/agent:none')).status).toBe(404)
  expect((await tab.go('GET', '/agents/nonsense')).status).toBe(404)
  expect(await recertified()).toBe(0)
})
