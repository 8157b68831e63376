import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import type { JsonObject, Thumbprint } from '../../../../functions/domain/values.ts'
import { StoreUnavailable } from '../../../../functions/operations/faults.ts'
import { withAgent } from '../../../support/bundles.ts'
import { agent, person, sampleBundle, World } from '../../../support/world.ts'
import { DeskWorld, type Shown, wordsOf } from '../edge/desk-world.ts'

/** `/hotwork request`: a person asks on behalf of their agent. Dan answers for agent:remediator. */

const bundle = sampleBundle()
let desk: DeskWorld
let world: World
beforeEach(async () => {
  world = new World(bundle)
  desk = new DeskWorld(world)
  await desk.open()
})
afterEach(() => desk.close())

const choice = { agent: 'agent:remediator', action: 'ssm:PutParameter' }
const values = {
  'argument:Name': '/prod/checkout/payment-timeout-ms',
  'argument:Value': '3000',
  'argument:Overwrite': 'true',
  purpose: 'remediation',
  task: 'INC-1042',
  justification: 'the agent is blind to *this* <!here>',
}
const top = async (user = 'U0DAN') => (await desk.modals(user)).at(-1) as Shown
const said = async (user = 'U0DAN') => wordsOf((await top(user)).blocks)
const all = async (): Promise<readonly ApprovalRequest[]> =>
  (await world.requests.list({}, { limit: 20 })).items.map(({ state }) => state)
async function only(): Promise<ApprovalRequest> {
  const found = await all()
  expect(found).toHaveLength(1)
  return world.state((found[0] as ApprovalRequest).ask.id)
}
const elementOf = ({ blocks }: Shown, name: string) =>
  blocks.find(({ block_id }) => block_id === name)?.['element'] as JsonObject

async function fill(chosen = choice, user = 'U0DAN'): Promise<Shown> {
  await desk.type(user, 'request')
  await desk.submit(user, await top(user), chosen)
  return top(user)
}
async function foreseen(typed: { [block: string]: string } = values): Promise<Shown> {
  await desk.submit('U0DAN', await fill(), typed)
  return top()
}
async function asked(): Promise<ApprovalRequest> {
  await desk.submit('U0DAN', await foreseen(), values)
  return only()
}

test('the form offers the agents that a person answers for, or says that there is none', async () => {
  await desk.type('U0DAN', 'request')
  const options = elementOf(await top(), 'agent')['options'] as { value: string }[]
  expect(options.map(({ value }) => value)).toEqual(['agent:remediator'])
  await desk.type('U0BEN', 'request')
  expect(await said('U0BEN')).toMatch(/You answer for no active agent/)
})

test('the form offers the actions whose name has the typed part', async () => {
  await desk.type('U0DAN', 'request putparameter')
  const options = elementOf(await top(), 'action')['options'] as { value: string }[]
  expect(options.map(({ value }) => value)).toEqual(['ssm:PutParameter'])
})

test('the form has a field for each argument, by its schema', async () => {
  const form = await fill({ agent: 'agent:remediator', action: 'flags:set' })
  for (const name of Object.keys(bundle.actions['flags:set']?.arguments.properties ?? {}))
    expect(form.blocks.map(({ block_id }) => block_id)).toContain(`argument:${name}`)
})

test("the form has policy's answer before the request, with everything typed", async () => {
  const form = await foreseen()
  expect(wordsOf(form.blocks)).toMatch(
    /Policy says: tier 2[\s\S]*owner: 1 of [^\n]*Ben Baker[\s\S]*Nothing is asked yet/,
  )
  expect(wordsOf(form.blocks)).not.toMatch(/1 of [^\n]*Dan/)
  expect(elementOf(form, 'argument:Value')['initial_value']).toBe('3000')
  expect(elementOf(form, 'argument:Overwrite')['initial_option']).toMatchObject({ value: 'true' })
  expect(await all()).toEqual([])
})

test('the form with changed values asks policy again, and submits nothing', async () => {
  const form = await foreseen()
  await desk.submit('U0DAN', form, { ...values, 'argument:Name': '/staging/checkout/payment-timeout-ms' })
  expect(await said()).toMatch(/Policy says: tier 0[\s\S]*No person is asked/)
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
  expect(await said()).toMatch(
    new RegExp(`People decide it now[\\s\\S]*npx --no-install hotwork exec ${ask.id} -- COMMAND`),
  )
})

test('the request is decided by others than its asker, even if they no longer answer for the agent', async () => {
  const before = withAgent(agent('remediator'), { backupOwner: person('eve') }, bundle)
  const { bundle: after } = world.policy
  Object.defineProperty(world.policy, 'bundle', { get: () => before, configurable: true })
  await desk.submit('U0EVE', await fill(choice, 'U0EVE'), values)
  await desk.submit('U0EVE', await top('U0EVE'), values)
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
  await desk.type('U0GUS', 'halt person:dan the account is stolen')
  const refused = status === 'approved' ? await world.issueToken(request) : await world.decide(request, 'eve')
  expect(refused).toMatchObject({ ok: false, code: 'halted' })
  expect(await world.state(request.ask.id)).toMatchObject({ reason: expect.stringMatching(/^halted by hlt_/) })
})

test('the request draws on no standing permit, and joins no request of the agent’s own', async () => {
  const own = await world.submitted({
    action: 'ssm:PutParameter',
    arguments: { Name: values['argument:Name'], Value: '3000', Overwrite: true },
    resource: {
      type: 'ssm:parameter',
      id: 'arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/payment-timeout-ms',
    },
  })
  await desk.submit('U0DAN', await foreseen(), values)
  const both = await all()
  expect(both).toHaveLength(2)
  expect(both.find(({ ask }) => ask.id !== own.ask.id)?.ask).toMatchObject({ askedBy: 'person:dan' })
})

test("an ask above the agent's rate asks neither people nor policy, and can be sent later", async () => {
  const rate = { perMinute: 1, burst: 1 }
  const limits = { openPerAgent: 9, openPerOwner: 9, burst: 20, submissions: rate }
  const { bundle: before } = world.policy
  Object.defineProperty(world.policy, 'bundle', { get: () => ({ ...before, ladder: { ...before.ladder, limits } }) })
  const first = await foreseen()
  await desk.submit('U0DAN', first, values)
  await desk.submit('U0DAN', first, values)
  expect(await said()).toMatch(/^People decide it now/)
  const other = { ...values, 'argument:Value': '4000' }
  const second = await foreseen(other)
  const asking = jest.spyOn(world.policy, 'ask')
  await desk.submit('U0DAN', second, other)
  expect((await top()).errors['purpose']).toMatch(
    /^Too many calls came at once\. Ask again later: in \d+ s, by limits\.submissions/,
  )
  expect(asking).not.toHaveBeenCalled()
  await only()
  expect(await world.story('person:dan')).toEqual([])
  world.clock.advance(60)
  await desk.submit('U0DAN', second, other)
  expect(await all()).toHaveLength(2)
})

test("a person without the right takes nothing from the agent's rate", async () => {
  const form = await foreseen()
  const taking = jest.spyOn(world.requests, 'take')
  const owned = withAgent(agent('remediator'), { owner: person('gus'), backupOwner: undefined }, world.policy.bundle)
  Object.defineProperty(world.policy, 'bundle', { get: () => owned })
  await desk.submit('U0DAN', form, values)
  expect(await all()).toEqual([])
  expect(taking).not.toHaveBeenCalled()
  expect(await world.story('person:dan')).toEqual(['Refused'])
})

test('a task without an id is an error beside its field', async () => {
  await desk.submit('U0DAN', await fill(), { ...values, task: ' ' })
  expect((await top()).errors['task']).toMatch(/the id of a task/)
  expect(await all()).toEqual([])
})

test('an ambiguous JSON value is an error beside its field', async () => {
  const flag = { 'argument:environment': 'prod', 'argument:flag': 'limit', purpose: 'remediation', task: 'INC-1042' }
  const form = await fill({ agent: 'agent:remediator', action: 'flags:set' })
  for (const value of ['9007199254740993', '-0', '{"a":1,"a":2}']) {
    await desk.submit('U0DAN', form, { ...flag, 'argument:value': value })
    expect((await top()).errors['argument:value']).toMatch(/It should be/)
  }
  expect(await all()).toEqual([])
})

test('a malformed name is an error beside its field', async () => {
  await desk.submit('U0DAN', await fill(), { ...values, 'argument:Name': 'no slash' })
  expect((await top()).errors['argument:Name']).toMatch(/It should be/)
})

test('a form sent twice, even after a lost answer, is one request', async () => {
  const form = await foreseen()
  world.requests.failNextCommit('answer_lost')
  await desk.submit('U0DAN', form, values)
  expect((await top()).errors['purpose']).toMatch(/store has not answered/)
  await desk.submit('U0DAN', form, values)
  await only()
  expect(await said()).toMatch(/^People decide it now/)
})

test('a form stays unchanged during an outage', async () => {
  const form = await foreseen()
  desk.changes = { askOnBehalf: () => Promise.reject(new StoreUnavailable('no answer')) }
  await desk.submit('U0DAN', form, values)
  expect((await top()).errors['purpose']).toMatch(/store has not answered yet/)
  desk.changes = {}
  await desk.submit('U0DAN', form, values)
  await only()
})

test('a person who no longer answers for the agent is refused, and keeps their words', async () => {
  const form = await foreseen()
  const agents = bundle.agents.map((each) => ({ ...each, owner: person('mia') }))
  const moved = { ...bundle, agents }
  Object.defineProperty(world.policy, 'bundle', { get: () => moved })
  await desk.submit('U0DAN', form, values)
  expect(await said()).toMatch(/Policy does not let you[\s\S]*blind to \*this\* <!here>/)
  expect(await all()).toEqual([])
  expect((await world.ledger.entries('person:dan')).at(-1)).toMatchObject({
    type: 'Refused',
    facts: { attempted: 'ask_on_behalf', code: 'not_permitted' },
  })
})

test('an action that left the catalogue is refused, and the person keeps their words', async () => {
  const form = await foreseen()
  desk.changes = { askable: () => ({ agents: [], actions: [] }) }
  await desk.submit('U0DAN', form, values)
  expect(await said()).toMatch(/no longer in the catalogue[\s\S]*blind to/)
  expect(await all()).toEqual([])
})

test('a refusal by policy is shown, and the form stays', async () => {
  await desk.submit('U0DAN', await fill(), { ...values, purpose: 'curiosity' })
  expect(Object.keys((await top()).errors)).toHaveLength(1)
  expect(await all()).toEqual([])
})
