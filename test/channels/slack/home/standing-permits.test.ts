import type { StandingPermit } from '../../../../functions/domain/permits/permit.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { refusals } from '../../../../functions/domain/refusals.ts'
import { StoreUnavailable } from '../../../../functions/operations/faults.ts'
import { givePermit } from '../../../../functions/operations/permits/standing-permits.ts'
import { person, sampleBundle, type What, World } from '../../../support/world.ts'
import { DeskWorld, type Shown, wordsOf } from '../edge/desk-world.ts'

/** Standing permits on the tabs of everyone concerned, revoked there with one click. */

const bundle = sampleBundle()
const flag: What = {
  action: 'flags:set',
  arguments: { environment: 'prod', flag: 'express-checkout', value: false },
  resource: { type: 'flags:flag', id: 'prod/express-checkout' },
}
const ownerOf = (agent: string) => bundle.agents.find(({ id }) => id === agent)?.owner
const owner = bundle.directory.people.find(({ id }) => id === ownerOf('agent:remediator'))?.chatUser as string
let desk: DeskWorld
let world: World
let permit: StandingPermit
beforeEach(async () => {
  world = new World(bundle)
  desk = new DeskWorld(world)
  await desk.open()
  const request = await world.submitted(flag)
  await world.decide(request, 'ben')
  permit = await given(request)
})
afterEach(() => desk.close())

async function given({ ask }: ApprovalRequest): Promise<StandingPermit> {
  const terms = { request: ask.id, person: person('ben'), login: {}, uses: 5, until: world.clock.now() + 4 * 3600 }
  const done = await givePermit(terms, { ...world.ports, permits: world.permits })
  if (!done.ok) throw new Error(`${done.code}: ${done.detail}`)
  return done.value
}

const stored = async () => (await world.permits.load(permit.id))?.permit
const rowOn = ({ blocks }: Shown) => wordsOf(blocks.find(({ block_id }) => block_id === `permit:${permit.id}`))
const click = (user: string, home: Shown) => desk.click(user, home, 'permit_revoke', `permit-do:${permit.id}`)
const told = async (user: string) => wordsOf((await desk.modals(user)).at(-1)?.blocks)

test("the giver sees the permit's agent, action, uses left, end and giver", async () => {
  await world.submitted(flag)
  const row = rowOn(await desk.home('U0BEN'))
  for (const part of [
    'express-checkout',
    'PROD · Tier',
    'agent:remediator',
    'flags:set',
    'prod/express-checkout',
    'Uses left: 4 of 5',
    '2027-01-15T12:00:00Z',
    'Ben',
  ])
    expect(row).toContain(part)
})

test("the agent's owner sees the permit without the button, a revoker with it, and others not at all", async () => {
  const [owns, mayRevoke, other] = [await desk.home(owner), await desk.home('U0GUS'), await desk.home('U0LENA')]
  expect([rowOn(owns), rowOn(mayRevoke)]).toEqual([
    expect.stringContaining('flags:set'),
    expect.stringContaining('flags:set'),
  ])
  const buttons = ({ blocks }: Shown) => blocks.filter(({ block_id }) => block_id === `permit-do:${permit.id}`)
  expect([buttons(owns).length, buttons(mayRevoke).length]).toEqual([0, 1])
  expect(wordsOf(other.blocks)).toMatch(/Standing permits: 0[\s\S]*There is no standing permit/)
})

test('a click revokes the permit, says so privately, and removes it from the tab', async () => {
  await world.submitted(flag)
  await click('U0BEN', await desk.home('U0BEN'))
  expect(await stored()).toMatchObject({ revoked: { by: 'person:ben' } })
  expect(await told('U0BEN')).toMatch(
    /^Revoked: agent:remediator asks people again from now on. The 1 that it had drawn/,
  )
  expect(wordsOf((await desk.homeNow('U0BEN'))?.blocks)).toContain('Standing permits: 0')
  expect(await world.submitted(flag)).toMatchObject({ status: 'pending' })
})

test("a person who may revoke ends another's permit", async () => {
  await click('U0GUS', await desk.home('U0GUS'))
  expect(await stored()).toMatchObject({ revoked: { by: 'person:gus' } })
})

test('a second click on an outdated tab revokes nothing, and is answered the same', async () => {
  const [first, second] = [await desk.home('U0BEN'), await desk.home('U0GUS')]
  await click('U0BEN', first)
  await click('U0GUS', second)
  expect(await told('U0GUS')).toMatch(/^Revoked/)
  expect(await stored()).toMatchObject({ revoked: { by: 'person:ben' } })
})

test("the agent's owner who clicks another's button is refused by policy", async () => {
  const home = await desk.home('U0BEN')
  desk.changes = { bundle: { ...bundle, directory: swapped('U0BEN', owner) } }
  await click('U0BEN', home)
  expect(await told('U0BEN')).toMatch(refusals.not_permitted.so)
  expect(await stored()).not.toHaveProperty('revoked')
  const entries = await world.ledger.entries(ownerOf('agent:remediator') as string)
  expect(entries.at(-1)).toMatchObject({ type: 'Refused', facts: { attempted: 'revoke_standing' } })
})

test.each(['', 'x', '{}', `{"p":"stp_1"}`, `{"p":"stp_${'0'.repeat(26)}","also":1}`])(
  'a button with the foreign value %j revokes nothing',
  async (value) => {
    const home = await desk.home('U0BEN')
    await desk.control('click-view', {
      view_id: home.id,
      user: 'U0BEN',
      action_id: 'permit_revoke',
      block_id: `permit-do:${permit.id}`,
      value,
    })
    expect(await told('U0BEN')).toMatch(/not Hotwork’s/)
    expect(await stored()).not.toHaveProperty('revoked')
  },
)

test('a click during an outage is not confirmed, and leads back to the tab', async () => {
  const home = await desk.home('U0BEN')
  desk.changes = { revokePermit: () => Promise.reject(new StoreUnavailable('no answer')) }
  await click('U0BEN', home)
  expect(await told('U0BEN')).toMatch(/store has not answered yet. Open Hotwork’s Home tab/)
})

test('an ended permit is on no tab', async () => {
  world.clock.advance(4 * 3600)
  expect(wordsOf((await desk.home('U0BEN')).blocks)).toContain('Standing permits: 0')
})

/** The directory with the second account given to the first one's person, and the first unassigned. */
function swapped(account: string, of: string) {
  const people = bundle.directory.people.map((each) => {
    if (each.chatUser === account) return { ...each, chatUser: 'U0UNASSIGNED' }
    return each.chatUser === of ? { ...each, chatUser: account } : each
  })
  return { ...bundle.directory, people }
}
