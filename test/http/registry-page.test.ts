import { readChange, textsOf } from '../../functions/adapters/pages/giving/agent-form.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import type { Json } from '../../functions/domain/values.ts'
import { governDeployer } from '../support/agents/governed.ts'
import type { Shown } from '../support/pages/page-doors.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { sampleBundle, World } from '../support/world.ts'

/** The forms of the registry of agents: a person asks for a change, others decide, the new owner accepts. */

const bundle = sampleBundle()
let world: World
const tabs = new Map<string, Tab>()
beforeEach(() => {
  world = new World(bundle)
  tabs.clear()
})

const deployer = {
  ...{ id: 'agent:deployer', description: 'deploys <checkout>', identities: 'workloads agent-deployer' },
  ...{ owner: 'person:dan', autonomy: 'supervised', runsOn: 'other', where: 'a desk', recertifyBy: '2027-02-01' },
  reason: 'replaces the job of *the* release team',
}
const all = async (): Promise<readonly ApprovalRequest[]> =>
  (await world.requests.list({}, { limit: 20 })).items.map(({ state }) => state)

async function tabOf(who: string): Promise<Tab> {
  const known = tabs.get(who)
  if (known) return known
  const tab = Tab.of(world)
  await tab.logIn(`person-${who}`)
  tabs.set(who, tab)
  return tab
}
const fill = async (query: string, who = 'dan'): Promise<Shown> => (await tabOf(who)).go('GET', `/registry?${query}`)

async function send(page: Shown, act: string, typed: { [field: string]: string }, who = 'dan'): Promise<Shown> {
  const tab = await tabOf(who)
  const change = /name="change" value="(\w+)"/.exec(page.body)?.[1] ?? ''
  return tab.go('POST', '/registry', { ...tab.fields(page, 'change', change), ...typed, act })
}
async function asked(query: string, typed: { [field: string]: string }, who = 'dan'): Promise<ApprovalRequest> {
  const done = await send(await send(await fill(query, who), 'show', typed, who), 'ask', typed, who)
  expect(done.status).toBe(303)
  const id = /req_\w+/.exec(done.headers['location'] ?? '')?.[0]
  return world.state(id as ApprovalRequest['ask']['id'])
}
const wrongIn = ({ body }: Shown) => [...body.matchAll(/id="([^"]+)-wrong"/g)].map(([, field]) => field)

function govern(): void {
  governDeployer(world)
  world.clock.advance(5)
}

test('the list of agents links to the form of a new one, and an agent to the forms about it', async () => {
  const tab = await tabOf('ana')
  expect((await tab.go('GET', '/agents')).body).toContain('href="/registry?change=register"')
  const { body } = await tab.go('GET', '/agents/agent:remediator')
  for (const change of ['change', 'transfer', 'retire'])
    expect(body).toContain(`href="/registry?change=${change}&amp;agent=agent%3Aremediator"`)
})

test('a person without a session logs in first, and comes back to the form', async () => {
  const path = '/registry?change=retire&agent=agent%3Aremediator'
  const { headers } = await Tab.of(world).go('GET', path)
  expect(headers['location']).toBe(`/login?to=${encodeURIComponent(path)}`)
  expect((await Tab.of(world).logIn('person-ana', path)).headers['location']).toBe(path)
})

test.each(['change=widen', 'change=change', 'change=change&agent=agent:none', ''])('%p is no form', async (query) => {
  expect((await fill(query)).status).toBe(404)
})

test('an agent of the policy folder has no form but the one to retire it', async () => {
  const { status, body } = await fill('change=change&agent=agent:remediator')
  expect([status, body]).toEqual([409, expect.stringContaining('stands in the policy folder')])
  expect((await fill('change=retire&agent=agent:remediator')).status).toBe(200)
})

test('the form with an entry is for people who may read, and for those who answer for the agent', async () => {
  const { policies, ...rest } = bundle
  world = new World({ ...rest, policies: { ...policies, read: {} } })
  governDeployer(world)
  world.clock.advance(5)
  expect((await fill('change=change&agent=agent:deployer', 'ana')).status).toBe(404)
  expect((await fill('change=register', 'ana')).status).toBe(200)
  expect((await fill('change=change&agent=agent:deployer', 'dan')).status).toBe(200)
})

test('the form shows the entry, its tier and who decides before anything is asked, with everything typed', async () => {
  const { status, body } = await send(await fill('change=register'), 'show', deployer)
  expect(status).toBe(200)
  expect(body).toMatch(/What changes[\s\S]*<code>owner<\/code>[\s\S]*person:dan/)
  expect(body).toMatch(/Policy says: tier [1-9]/)
  expect(body).toContain('value="deploys &lt;checkout&gt;"')
  expect(body).toContain('workloads agent-deployer</textarea>')
  expect(body).toMatch(/<option value="supervised" selected>/)
  expect(await all()).toEqual([])
})

test('a change that was shown is asked for once, by the person, with the reason', async () => {
  const shown = await send(await fill('change=register'), 'show', deployer)
  const [first, second] = [await send(shown, 'ask', deployer), await send(shown, 'ask', deployer)]
  expect(first.status).toBe(303)
  expect(second.headers['location']).toBe(first.headers['location'])
  const [request] = await all()
  expect(request?.ask).toMatchObject({
    agent: { id: 'person:dan' },
    action: 'hotwork:RegisterAgent',
    resource: { type: 'agent', id: 'agent:deployer' },
    arguments: { runsOn: { other: 'a desk' }, identities: [{ issuer: 'workloads', subject: 'agent-deployer' }] },
  })
})

test('a changed form is shown again, and nothing is asked', async () => {
  const shown = await send(await fill('change=register'), 'show', deployer)
  const { status, body } = await send(shown, 'ask', { ...deployer, autonomy: 'autonomous' })
  expect([status, body]).toEqual([200, expect.stringContaining('Ask for it')])
  expect(await all()).toEqual([])
})

test('a form without the token of its session asks nothing', async () => {
  const page = await fill('change=register')
  const { status } = await send(page, 'ask', { ...deployer, csrf: 'x' })
  expect([status, await all()]).toEqual([403, []])
})

test.each([
  ['no id', { id: '' }, 'id'],
  ['an id of another form', { id: 'deployer' }, 'id'],
  ['no identity', { identities: '' }, 'identities'],
  ['an identity without a subject', { identities: 'workloads' }, 'identities'],
  ['an identity of an issuer that is not known', { identities: 'nowhere agent-x' }, 'identities'],
  ['an identity of another agent', { identities: 'workloads agent-remediator' }, 'identities'],
  ['no owner', { owner: '' }, 'owner'],
  ['no autonomy', { autonomy: '' }, 'autonomy'],
  ['no host', { where: '' }, 'runsOn'],
  ['a host of another form', { runsOn: 'awsRole', where: 'a role' }, 'runsOn'],
  ['a date that is none', { recertifyBy: 'soon' }, 'recertifyBy'],
  ['a date that is years ahead', { recertifyBy: '2047-01-01' }, 'recertifyBy'],
  ['a span that is none', { recertifyEvery: '90' }, 'recertifyEvery'],
  ['an address that is not secure', { notify: 'http://example.com/x' }, 'notify'],
  ['no reason', { reason: '' }, 'reason'],
  ['a reason of one word', { reason: 'because' }, 'reason'],
])('an entry with %s is refused at its field, with everything typed', async (_, wrong, field) => {
  const typed = { ...deployer, ...wrong }
  const page = await send(await fill('change=register'), 'show', typed)
  expect(page.status).toBeGreaterThanOrEqual(400)
  expect(wrongIn(page)).toContain(field)
  expect(page.body).toContain('value="deploys &lt;checkout&gt;"')
  expect(page.body).toContain(`${typed.reason}</textarea>`)
  expect(await all()).toEqual([])
})

test('a change asks for the changed members alone, and removes an emptied one', async () => {
  govern()
  const page = await fill('change=change&agent=agent:deployer')
  const [agent] = world.ledger.governed.agents
  const before = { ...textsOf('change', agent), reason: 'shorter dates than before' }
  expect(page.body).toContain('workloads agent-deployer</textarea>')
  const typed = { ...before, description: '', recertifyEvery: 'P30D' }
  const { ask } = await asked('change=change&agent=agent:deployer', typed)
  expect(ask.arguments).toEqual({ id: 'agent:deployer', description: null, recertifyEvery: 'P30D' })
})

test('a transfer waits for its new owner, who accepts it on the page of the request', async () => {
  govern()
  const to = { owner: 'person:ben', backupOwner: '', reason: 'Dan changes teams' }
  const { ask } = await asked('change=transfer&agent=agent:deployer', to)
  const path = `/decide/${ask.id}`
  const [ben, ana] = [await tabOf('ben'), await tabOf('ana')]
  expect((await ana.go('GET', path)).body).not.toContain('Accept it')
  const page = await ben.go('GET', path)
  expect(page.body).toContain('Waiting for Ben')
  const accept = `/registry/accept/${ask.id}`
  const forged = await ana.go('POST', accept, {
    csrf: ana.fields(await ana.go('GET', '/agents'), 'csrf', '')['csrf'] ?? '',
  })
  expect(forged.status).toBeGreaterThanOrEqual(400)
  const form = page.body.split(`action="${accept}"`)[1] ?? ''
  const csrf = /name="csrf" value="([^"]+)"/.exec(form)?.[1] ?? ''
  const done = await ben.go('POST', accept, { csrf })
  expect([done.status, done.headers['location']]).toEqual([303, path])
  expect((await ben.go('GET', path)).body).toMatch(/Ben[\s\S]{0,80}accepted the agent/)
})

describe('the texts of a form', () => {
  const [agent] = bundle.agents

  test('the texts of an unchanged entry ask for nothing', () => {
    expect(readChange('change', textsOf('change', agent), agent)).toEqual({ arguments: { id: agent?.id }, wrong: {} })
  })

  test('an identity with claims is one line of JSON, and read as it is', () => {
    const identity = { issuer: 'workloads', subject: 'x', claims: { team: 'a b' } }
    const lined = agent && { ...agent, identities: [identity] }
    const { identities = '' } = textsOf('change', lined)
    expect(JSON.parse(identities)).toEqual(identity)
    const read = readChange('register', { ...deployer, identities: `${identities}\nworkloads y` }, undefined)
    expect(read.arguments['identities'] as Json).toEqual([identity, { issuer: 'workloads', subject: 'y' }])
  })
})
