import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import type { Thumbprint } from '../../functions/domain/values.ts'
import { withAgent } from '../support/bundles.ts'
import { PageDoors, type Shown } from '../support/pages/page-doors.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { MemoryLoginProvider } from '../support/people/memory-login-provider.ts'
import { agent, issuer, person, sampleBundle, World } from '../support/world.ts'

/** The page on which a person asks on behalf of their agent. Dan answers for agent:remediator. */

const bundle = sampleBundle()
let world: World
let provider: MemoryLoginProvider
let doors: PageDoors
const tabs = new Map<string, Tab>()
beforeEach(() => {
  world = new World(bundle)
  provider = new MemoryLoginProvider()
  doors = new PageDoors(world, issuer, { provider, tokens: provider })
  tabs.clear()
})

const choice = { agent: 'agent:remediator', action: 'ssm:PutParameter' }
const values = {
  ...{ 'is.Name': '/prod/checkout/payment-timeout-ms', 'is.Value': '3000', 'is.Overwrite': 'true' },
  ...{ purpose: 'remediation', task: 'INC-1042', justification: 'the agent is blind to *this* <!here>' },
}
const all = async (): Promise<readonly ApprovalRequest[]> =>
  (await world.requests.list({}, { limit: 20 })).items.map(({ state }) => state)
async function only(): Promise<ApprovalRequest> {
  const found = await all()
  expect(found).toHaveLength(1)
  return world.state((found[0] as ApprovalRequest).ask.id)
}

async function tabOf(who: string): Promise<Tab> {
  const known = tabs.get(who)
  if (known) return known
  const tab = new Tab({ doors, provider, world })
  await tab.logIn(`person-${who}`, '/ask')
  tabs.set(who, tab)
  return tab
}
const fill = async (chosen = choice, who = 'dan'): Promise<Shown> =>
  (await tabOf(who)).go('GET', `/ask?${new URLSearchParams(chosen)}`)

/** Sends the form of a page with these values. */
async function send(
  page: Shown,
  act: string,
  typed: { [field: string]: string } = values,
  who = 'dan',
): Promise<Shown> {
  const own = page.body.split('method="post" action="/ask"')[1] ?? ''
  const hidden = [...own.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)]
  const fields = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]))
  return (await tabOf(who)).go('POST', '/ask', { ...fields, ...typed, act })
}
const foreseen = async (typed: { [field: string]: string } = values): Promise<Shown> =>
  send(await fill(), 'show', typed)
async function asked(): Promise<ApprovalRequest> {
  expect((await send(await foreseen(), 'ask')).status).toBe(303)
  return only()
}
const wrongIn = ({ body }: Shown) => [...body.matchAll(/id="([^"]+)-wrong"/g)].map(([, field]) => field)

test('the page offers the agents that a person answers for, or says that there is none', async () => {
  const { body } = await (await tabOf('dan')).go('GET', '/ask')
  expect([...body.matchAll(/<option value="(agent:[^"]+)"/g)].map(([, id]) => id)).toEqual(['agent:remediator'])
  expect((await (await tabOf('ben')).go('GET', '/ask')).body).toContain('You answer for no active agent')
})

test('the page for an agent of another owner, or an unknown action, is the choice again', async () => {
  for (const wrong of [{ agent: 'agent:builder' }, { action: 'x:None' }])
    expect((await fill({ ...choice, ...wrong })).status).toBe(400)
})

test('the page has a field for each argument, by its schema', async () => {
  const { body } = await fill({ agent: 'agent:remediator', action: 'flags:set' })
  for (const name of Object.keys(bundle.actions['flags:set']?.arguments.properties ?? {}))
    expect(body).toContain(`name="is.${name}"`)
})

test("the page has policy's answer before the request, with everything typed", async () => {
  const { body } = await foreseen()
  expect(body).toMatch(/Policy says: tier 2[\s\S]*owner<\/strong>: 1 of [^\n]*Ben Baker[\s\S]*Nothing is asked yet/)
  expect(body).not.toMatch(/1 of [^\n]*Dan/)
  expect(body).toContain('value="3000"')
  expect(body).toMatch(/<option value="true" selected>/)
  expect(body).toContain('blind to *this* &lt;!here&gt;')
  expect(await all()).toEqual([])
})

test('the page with changed values asks policy again, and submits nothing', async () => {
  const { body } = await send(await foreseen(), 'ask', { ...values, 'is.Name': '/staging/checkout/payment-timeout-ms' })
  expect(body).toMatch(/Policy says: tier 0[\s\S]*No person is asked/)
  expect(await all()).toEqual([])
})

test("the request is the agent’s own, recorded as the person's ask, and bound to no key", async () => {
  const { ask, status, tier } = await asked()
  expect({ status, tier }).toEqual({ status: 'pending', tier: 2 })
  expect(ask).toMatchObject({ agent: { id: 'agent:remediator' }, owner: 'person:dan', askedBy: 'person:dan' })
  expect(ask.jkt).toBeUndefined()
  expect((await world.ledger.entries(ask.id))[0]).toMatchObject({
    type: 'Submitted',
    actor: { type: 'person', id: 'person:dan' },
  })
})

test('the request is decided by others than its asker, even if they no longer answer for the agent', async () => {
  const before = withAgent(agent('remediator'), { backupOwner: person('eve') }, bundle)
  const { bundle: after } = world.policy
  Object.defineProperty(world.policy, 'bundle', { get: () => before, configurable: true })
  await send(await send(await fill(choice, 'eve'), 'show', values, 'eve'), 'ask', values, 'eve')
  Object.defineProperty(world.policy, 'bundle', { get: () => after })
  const request = await only()
  expect(request.ask).toMatchObject({ owner: 'person:dan', askedBy: 'person:eve' })
  await world.decide(request, 'ana')
  expect(await world.decide(request, 'eve')).toMatchObject({ ok: false, code: 'self_approval' })
  expect(await world.decide(request, 'dan')).toMatchObject({ ok: false, code: 'self_approval' })
  expect(await world.decide(request, 'finn')).toMatchObject({ ok: true })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'approved' })
})

test('the request is claimed by the agent alone, whose first claim binds its key', async () => {
  const request = await asked()
  await world.decide(request, 'ana')
  await world.decide(request, 'eve')
  const other = 'agent:builder' as ApprovalRequest['ask']['agent']['id']
  expect(await world.issueToken(request, { agent: other })).toMatchObject({ ok: false, code: 'unknown_request' })
  expect(await world.issueToken(request)).toMatchObject({ ok: true })
  expect(await world.story(request.ask.id)).toContain('KeyBound')
  const stolen = 'b'.repeat(43) as Thumbprint
  expect(await world.issueToken(request, { jkt: stolen })).toMatchObject({ ok: false, code: 'key_mismatch' })
})

test.each(['pending', 'approved'])('the request ends with a halt of its asker, while it is %s', async (status) => {
  const request = await asked()
  await world.decide(request, 'ana')
  if (status === 'approved') await world.decide(request, 'eve')
  expect(await world.state(request.ask.id)).toMatchObject({ status })
  world.putHalt({ kind: 'person', value: person('dan') }, { reason: 'the account is stolen' })
  const refused = status === 'approved' ? await world.issueToken(request) : await world.decide(request, 'eve')
  expect(refused).toMatchObject({ ok: false, code: 'halted' })
  expect(await world.state(request.ask.id)).toMatchObject({ reason: expect.stringMatching(/^halted by hlt_/) })
})

test('the request draws on no standing permit, and joins no request of the agent’s own', async () => {
  const own = await world.submitted({
    action: 'ssm:PutParameter',
    arguments: { Name: values['is.Name'], Value: '3000', Overwrite: true },
    resource: {
      type: 'ssm:parameter',
      id: 'arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/payment-timeout-ms',
    },
  })
  await send(await foreseen(), 'ask')
  const both = await all()
  expect(both).toHaveLength(2)
  expect(both.find(({ ask }) => ask.id !== own.ask.id)?.ask).toMatchObject({ askedBy: 'person:dan' })
})

test("an ask above the agent's rate asks neither people nor policy, and can be sent later", async () => {
  const rate = { perMinute: 1, burst: 1 }
  const limits = { openPerAgent: 9, openPerOwner: 9, burst: 20, submissions: rate }
  const { bundle: before } = world.policy
  Object.defineProperty(world.policy, 'bundle', { get: () => ({ ...before, ladder: { ...before.ladder, limits } }) })
  await send(await foreseen(), 'ask')
  const other = { ...values, 'is.Value': '4000' }
  const second = await foreseen(other)
  const asking = jest.spyOn(world.policy, 'ask')
  const refused = await send(second, 'ask', other)
  expect(refused.status).toBe(429)
  expect(refused.body).toMatch(/Too many calls came at once\. Ask again later: in \d+ s/)
  expect(refused.body).toContain('value="4000"')
  expect(asking).not.toHaveBeenCalled()
  await only()
  world.clock.advance(60)
  expect((await send(second, 'ask', other)).status).toBe(303)
  expect(await all()).toHaveLength(2)
})

test("a person without the right takes nothing from the agent's rate", async () => {
  const form = await foreseen()
  const taking = jest.spyOn(world.requests, 'take')
  const owned = withAgent(agent('remediator'), { owner: person('gus'), backupOwner: undefined }, world.policy.bundle)
  Object.defineProperty(world.policy, 'bundle', { get: () => owned })
  await send(form, 'ask')
  expect(await all()).toEqual([])
  expect(taking).not.toHaveBeenCalled()
  expect(await world.story('person:dan')).toEqual(['Refused'])
})

test.each<[what: string, changes: { [field: string]: string }, field: string]>([
  ['a task without an id', { task: ' ' }, 'task'],
  ['an address of a task that is none', { task_url: 'no address' }, 'task_url'],
  ['no purpose', { purpose: '' }, 'purpose'],
  ['a malformed name', { 'is.Name': 'no slash' }, 'is.Name'],
  ['nonsense for true or false', { 'is.Overwrite': 'perhaps' }, 'is.Overwrite'],
])('%s is an error beside its field', async (_what, changes, field) => {
  const again = await send(await fill(), 'show', { ...values, ...changes })
  expect([again.status, wrongIn(again)]).toEqual([400, [field]])
  expect(again.body).toContain('value="3000"')
})

test.each(['9007199254740993', '-0', '{"a":1,"a":2}'])(
  'the ambiguous JSON value %s is an error beside its field',
  async (value) => {
    const flag = { 'is.environment': 'prod', 'is.flag': 'limit', purpose: 'remediation', task: 'INC-1042' }
    const form = await fill({ agent: 'agent:remediator', action: 'flags:set' })
    expect(wrongIn(await send(form, 'show', { ...flag, 'is.value': value }))).toEqual(['is.value'])
    expect(await all()).toEqual([])
  },
)

test('a form sent twice, even after a lost answer, is one request', async () => {
  const form = await foreseen()
  world.requests.failNextCommit('answer_lost')
  expect((await send(form, 'ask')).status).toBe(503)
  const again = await send(form, 'ask')
  const { ask } = await only()
  expect(again.headers['location']).toBe(`/decide/${ask.id}`)
})

test('a person who no longer answers for the agent is refused on record, and keeps their words', async () => {
  const form = await foreseen()
  const moved = { ...bundle, agents: bundle.agents.map((each) => ({ ...each, owner: person('mia') })) }
  Object.defineProperty(world.policy, 'bundle', { get: () => moved })
  const refused = await send(form, 'ask')
  expect(refused.status).toBe(403)
  expect(refused.body).toMatch(/Policy does not let you[\s\S]*blind to \*this\* &lt;!here&gt;/)
  expect(await all()).toEqual([])
  expect((await world.ledger.entries('person:dan')).at(-1)).toMatchObject({
    type: 'Refused',
    facts: { attempted: 'ask_on_behalf', code: 'not_permitted' },
  })
})

test('an action that left the catalogue is refused, and nothing is asked', async () => {
  const form = await foreseen()
  const { 'ssm:PutParameter': _, ...actions } = bundle.actions
  Object.defineProperty(world.policy, 'bundle', { get: () => ({ ...bundle, actions }) })
  const refused = await send(form, 'ask')
  expect([refused.status, refused.body.includes('no longer in the catalogue')]).toEqual([409, true])
  expect(await all()).toEqual([])
})

test('a refusal by policy is shown, and the form stays', async () => {
  const refused = await send(await fill(), 'show', { ...values, purpose: 'curiosity' })
  expect(refused.status).toBe(400)
  expect(refused.body).toContain('value="curiosity"')
  expect(await all()).toEqual([])
})
