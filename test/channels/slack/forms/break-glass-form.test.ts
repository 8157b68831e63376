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

/** `/hotwork break-glass`: a form, and then a page with the strong login that Slack lacks. */

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

/** Submits the form, and opens the prepared opening on its page. */
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

test('the submitted form opens nothing, and leads to a page whose address holds no typed text', async () => {
  await desk.submit('U0JADE', await form(), filled)
  const [button] = buttonsOf(await last())
  expect(wordsOf((await last()).blocks)).toMatch(/Open it on the page, within ten minutes/)
  expect(button?.['url']).toMatch(new RegExp(`^${issuer}/break-glass/open/[\\w-]{43}$`))
  expect((await world.requests.list({ owner: person('jade') }, { limit: 9 })).items).toEqual([])
})

test('the opening is as filled in', async () => {
  const shown = await joinRequest(await opened(), world.ledger.texts)
  expect(shown.ask.breakGlass).toMatchObject({
    profile: 'checkout-recovery',
    reason: filled.reason,
    incident: 'INC-2041',
    window: 1800,
    drill: false,
  })
})

test('an opening of one action takes its arguments, and a drill is marked', async () => {
  const args = { Name: '/prod/checkout/payment-timeout-ms', Value: '3000', Overwrite: true }
  const what = { what: 'action ssm:PutParameter', arguments: JSON.stringify(args), drill: ['drill'] }
  const { ask } = await opened({ ...filled, ...what })
  expect([ask.action, ask.arguments, ask.breakGlass?.drill]).toEqual(['ssm:PutParameter', args, true])
})

test.each<[rule: string, changes: { [block: string]: string }, field: string, sentence: RegExp]>([
  ['a reason that says nothing', { reason: 'outage' }, 'reason', /describe the problem and your next steps/],
  ['an invalid incident', { incident: 'soon' }, 'incident', /should look like INC-2041/],
  ['an action without arguments', { what: 'action ssm:PutParameter' }, 'arguments', /takes its arguments/],
  [
    'ambiguous arguments',
    { what: 'action ssm:PutParameter', arguments: '{"Name": "/prod/checkout/x", "Name": "/prod/y", "Value": "1"}' },
    'arguments',
    /each name once/,
  ],
  ['arguments of invalid JSON', { what: 'action ssm:PutParameter', arguments: '{' }, 'arguments', /JSON object/],
  [
    'arguments that the action does not take',
    { what: 'action ssm:PutParameter', arguments: '{"Nme": "x"}' },
    'arguments',
    /do not match the schema of the action.*Nme/,
  ],
  [
    'an unknown resource',
    { what: 'action ssm:PutParameter', arguments: '{"Name": "/unknown/x", "Value": "1", "Overwrite": true}' },
    'what',
    /Policy does not permit this/,
  ],
  ['arguments beside a profile', { arguments: '{}' }, 'arguments', /takes no arguments/],
])(
  '%s is an error beside its field, with the typed text, and the form can be sent again',
  async (_, changes, field, told) => {
    const shown = await form()
    await desk.submit('U0JADE', shown, { ...filled, ...changes })
    expect((await last()).errors[field]).toMatch(told)
    await desk.submit('U0JADE', shown, { ...filled, arguments: '' })
    expect(buttonsOf(await last())).toHaveLength(1)
  },
)

test('a spent budget or a second opening is refused before the login', async () => {
  await opened()
  await desk.submit('U0JADE', await form(), { ...filled, reason: 'and now something else has broken, looking into it' })
  expect((await last()).errors['what']).toMatch(refusals.already_open.so)
})

test('a person who may open nothing is told so in place of a form', async () => {
  const shown = await form('U0ANA')
  expect(wordsOf(shown.blocks)).toMatch(/Policy lets you open nothing with break-glass/)
  expect(shown.blocks.some(({ type }) => type === 'input')).toBe(false)
})

test('a person without the right who has a form all the same prepares nothing', async () => {
  desk.changes = { mayOpen: async () => mayOpen(person('jade'), world.ports) }
  await desk.submit('U0ANA', await form('U0ANA'), filled)
  expect((await last('U0ANA')).errors['what']).toMatch(refusals.not_permitted.so)
  expect((await world.ledger.entries('person:ana')).at(-1)).toMatchObject({ type: 'Refused' })
})

test('a form sent twice makes two links, of which one opens', async () => {
  const [first, second] = [await form(), await form()]
  await desk.submit('U0JADE', first, filled)
  await desk.submit('U0JADE', second, filled)
  await opened()
  await expect(opened({ ...filled, reason: 'again the same thing, and a little later' })).rejects.toThrow()
})

test('a form stays unchanged during an outage', async () => {
  desk.changes = { prepareOpening: () => Promise.reject(new StoreUnavailable('no answer')) }
  await desk.submit('U0JADE', await form(), filled)
  expect((await last()).errors['what']).toMatch(/store has not answered yet/)
})

test('a form that cannot be opened is answered with the command to type', async () => {
  desk.changes = { openModal: () => Promise.reject(new Error('Slack is down')) }
  expect(await desk.type('U0JADE', 'break-glass')).toMatch(
    /could not be opened in time[\s\S]*npx --no-install hotwork break-glass start/,
  )
})

test('a deployment without break-glass says so in the form', async () => {
  desk.changes = { mayOpen: async () => undefined }
  expect(wordsOf((await form()).blocks)).toMatch(/No one can use break-glass here/)
})

test("a reason is kept out of the log, and out of Slack's metadata", async () => {
  const shown = await form()
  await desk.submit('U0JADE', shown, filled)
  expect(JSON.stringify(world.log.lines)).not.toContain('putting the timeout back')
  expect(String(shown['private_metadata'] ?? '')).toBe('')
})

test('an opening among requests is shown as one: no one was asked, and it has no tier', async () => {
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

test('the list of openings has each holder, end and due review, privately', async () => {
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

test('the list of openings is refused to a person without the right to read', async () => {
  desk.changes = { openings: async () => undefined }
  expect(await desk.type('U0BEN', 'break-glass list')).toMatch(/Policy does not let you read/)
})
