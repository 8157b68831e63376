import { PatternIncidents, SystemSecrets } from '../../../../functions/adapters/system/system.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { refusals } from '../../../../functions/domain/refusals.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { openPrepared } from '../../../../functions/operations/break-glass/prepare-opening.ts'
import { mayOpen } from '../../../../functions/operations/break-glass/what-to-open.ts'
import { StoreUnavailable } from '../../../../functions/operations/faults.ts'
import { joinRequest } from '../../../../functions/operations/ledger/texts.ts'
import { issuer, person, sampleBundle, World } from '../../../support/world.ts'
import { DeskWorld, type Shown, wordsOf } from '../edge/desk-world.ts'

/** `/hotwork break-glass`: a form, and then a page that asks for the login that Slack is not. */

const bundle = sampleBundle()
let desk: DeskWorld
let world: World
beforeEach(async () => {
  world = new World(bundle)
  desk = new DeskWorld(world)
  await desk.open()
})
afterEach(() => desk.close())

const filled = {
  what: 'profile checkout-recovery',
  reason: 'checkout refuses payments since the last deploy, putting the timeout back',
  incident: 'INC-2041',
  minutes: '30',
}
const last = async (user = 'U0JADE') => (await desk.modals(user)).at(-1) as Shown
async function form(user = 'U0JADE'): Promise<Shown> {
  await desk.control('command', { command: '/hotwork', text: 'break-glass', user, channel: 'hotwork-approvals' })
  return last(user)
}
const elementOf = ({ blocks }: Shown, block: string) =>
  blocks.find(({ block_id }) => block_id === block)?.['element'] as JsonObject
const buttonsOf = ({ blocks }: Shown) =>
  blocks.filter(({ type }) => type === 'actions').flatMap(({ elements }) => elements as JsonObject[])

/** Sends the form, and opens on the page what was prepared. */
async function opened(values: { [block: string]: string | string[] } = filled): Promise<ApprovalRequest> {
  await desk.submit('U0JADE', await form(), values)
  const code = String(buttonsOf(await last())[0]?.['url'])
    .split('/')
    .at(-1) as string
  const login = { acr: 'strong', at: world.clock.now() }
  const proven = { issuer: 'https://login.example.org', subject: 'person-jade' }
  const who = { code, person: person('jade'), proven, login }
  const done = await openPrepared(who, {
    ...world.ports,
    incidents: new PatternIncidents(),
    secrets: new SystemSecrets(),
  })
  if (!done.ok) throw new Error(`${done.code}: ${done.detail}`)
  return done.value.stored.state
}

test('the form offers the profiles and the single actions, half an hour, and no drill', async () => {
  const shown = await form()
  const options = elementOf(shown, 'what')['options'] as { value: string }[]
  expect(options.map(({ value }) => value)).toEqual([
    'profile checkout-recovery',
    ...Object.keys(bundle.actions)
      .sort()
      .map((name) => `action ${name}`),
  ])
  expect(elementOf(shown, 'minutes')).toMatchObject({ initial_value: '30', max_value: '60' })
  expect(elementOf(shown, 'drill')['initial_options']).toBeUndefined()
})

test('sent, it opens nothing yet and leads to a page, whose address holds nothing that was written', async () => {
  await desk.submit('U0JADE', await form(), filled)
  const [button] = buttonsOf(await last())
  expect(wordsOf((await last()).blocks)).toMatch(/Open it on the page, within ten minutes/)
  expect(button?.['url']).toMatch(new RegExp(`^${issuer}/break-glass/open/[\\w-]{43}$`))
  expect((await world.requests.list({ owner: person('jade') }, { limit: 9 })).items).toEqual([])
})

test('what is opened there is what was filled in', async () => {
  const shown = await joinRequest(await opened(), world.ledger.texts)
  expect(shown.ask.breakGlass).toMatchObject({
    profile: 'checkout-recovery',
    reason: filled.reason,
    incident: 'INC-2041',
    window: 1800,
    drill: false,
  })
})

test('one action takes its arguments, and a drill is one', async () => {
  const args = { Name: '/prod/checkout/payment-timeout-ms', Value: '3000', Overwrite: true }
  const what = { what: 'action ssm:PutParameter', arguments: JSON.stringify(args), drill: ['drill'] }
  const { ask } = await opened({ ...filled, ...what })
  expect([ask.action, ask.arguments, ask.breakGlass?.drill]).toEqual(['ssm:PutParameter', args, true])
})

test.each<[rule: string, changes: { [block: string]: string }, field: string, sentence: RegExp]>([
  ['a reason that says nothing', { reason: 'outage' }, 'reason', /what is wrong and what you are going to do/],
  ['an incident that is none', { incident: 'soon' }, 'incident', /should look like INC-2041/],
  ['an action without arguments', { what: 'action ssm:PutParameter' }, 'arguments', /takes its arguments/],
  [
    'arguments that two readers may read as two values',
    { what: 'action ssm:PutParameter', arguments: '{"Name": "/prod/checkout/x", "Name": "/prod/y", "Value": "1"}' },
    'arguments',
    /each name once/,
  ],
  ['arguments that are no JSON', { what: 'action ssm:PutParameter', arguments: '{' }, 'arguments', /JSON object/],
  [
    'arguments that the action does not take',
    { what: 'action ssm:PutParameter', arguments: '{"Nme": "x"}' },
    'arguments',
    /not what the action takes.*Nme/,
  ],
  [
    'a resource that Hotwork does not know',
    { what: 'action ssm:PutParameter', arguments: '{"Name": "/nobody/x", "Value": "1", "Overwrite": true}' },
    'what',
    /Policy does not permit this/,
  ],
  ['arguments beside a profile', { arguments: '{}' }, 'arguments', /takes no arguments/],
])(
  '%s is said beside its field; what was typed stays, and the form can be sent again',
  async (_, changes, field, told) => {
    const shown = await form()
    await desk.submit('U0JADE', shown, { ...filled, ...changes })
    expect((await last()).errors[field]).toMatch(told)
    await desk.submit('U0JADE', shown, { ...filled, arguments: '' })
    expect(buttonsOf(await last())).toHaveLength(1)
  },
)

test('what the budgets refuse is said before anybody logs in: it is open already', async () => {
  await opened()
  await desk.submit('U0JADE', await form(), { ...filled, reason: 'and now something else has broken, looking into it' })
  expect((await last()).errors['what']).toMatch(refusals.already_open.so)
})

test('a person whom policy lets open nothing is told so in place of a form', async () => {
  const shown = await form('U0ANA')
  expect(wordsOf(shown.blocks)).toMatch(/Policy lets you open nothing with break-glass/)
  expect(shown.blocks.some(({ type }) => type === 'input')).toBe(false)
})

test('a person whom policy does not let use break-glass prepares nothing by a form that opened all the same', async () => {
  desk.changes = { mayOpen: async () => mayOpen(person('jade'), world.ports) }
  await desk.submit('U0ANA', await form('U0ANA'), filled)
  expect((await last('U0ANA')).errors['what']).toMatch(refusals.not_permitted.so)
  expect((await world.ledger.entries('person:ana')).at(-1)).toMatchObject({ type: 'Refused' })
})

test('sent twice, two links are made, and only one of them opens anything', async () => {
  const [first, second] = [await form(), await form()]
  await desk.submit('U0JADE', first, filled)
  await desk.submit('U0JADE', second, filled)
  await opened()
  await expect(opened({ ...filled, reason: 'again the same thing, and a little later' })).rejects.toThrow()
})

test('a store that does not answer leaves the form as it is', async () => {
  desk.changes = { prepareOpening: () => Promise.reject(new StoreUnavailable('no answer')) }
  await desk.submit('U0JADE', await form(), filled)
  expect((await last()).errors['what']).toMatch(/store has not answered yet/)
})

test('where the form cannot be opened, what to type instead is said', async () => {
  desk.changes = { openModal: () => Promise.reject(new Error('Slack is down')) }
  expect(await desk.type('U0JADE', 'break-glass')).toMatch(
    /could not be opened in time[\s\S]*npx --no-install hotwork break-glass start/,
  )
})

test('where nobody can use break-glass, the form says so', async () => {
  desk.changes = { mayOpen: async () => undefined }
  expect(wordsOf((await form()).blocks)).toMatch(/No one can use break-glass here/)
})

test('what was written is in no log, and Slack keeps none of it beside the form', async () => {
  const shown = await form()
  await desk.submit('U0JADE', shown, filled)
  expect(JSON.stringify(world.log.lines)).not.toContain('putting the timeout back')
  expect(String(shown['private_metadata'] ?? '')).toBe('')
})

test('where it is listed and shown beside requests it is what it is: nobody asked, and no tier was needed', async () => {
  const { ask } = await opened()
  for (const typed of ['list', `show ${ask.id}`]) {
    const told = await desk.type('U0JADE', typed)
    expect(told).toMatch(
      /BREAK-GLASS OPEN: no one approved this[\s\S]*opened “Get the checkout service going again” in PROD/,
    )
    expect(told).not.toMatch(/Tier|Asked by|catalogue/)
  }
  expect(await desk.type('U0JADE', 'list')).toContain('Your agents’ requests: 0')
})

describe('`/hotwork break-glass list`', () => {
  test('says who holds what until when, and which reviews are due, in the answer alone', async () => {
    const { ask } = await opened()
    const open = await desk.type('U0BEN', 'break-glass list')
    expect(open).toMatch(/Open now: 1[\s\S]*Jade Jones.* for INC-2041\. Open until[\s\S]*Reviews to be done: 0/)
    expect(open).toContain(ask.id)
    expect(open).not.toContain('putting the timeout back')
    world.clock.advance(3600)
    expect(await desk.type('U0BEN', 'break-glass list')).toMatch(
      /Open now: 0[\s\S]*Reviews to be done: 1[\s\S]*A review is due by /,
    )
    world.clock.advance(86_400)
    expect(await desk.type('U0BEN', 'break-glass list')).toMatch(/overdue since/)
  })

  test('is not for whom policy does not let read', async () => {
    desk.changes = { openings: async () => undefined }
    expect(await desk.type('U0BEN', 'break-glass list')).toMatch(/Policy does not let you read/)
  })
})
