import type { StandingPermit } from '../../../../functions/domain/permits/permit.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { refusals } from '../../../../functions/domain/refusals.ts'
import { StoreUnavailable } from '../../../../functions/operations/faults.ts'
import { givePermit } from '../../../../functions/operations/permits/standing-permits.ts'
import { person, sampleBundle, type What, World } from '../../../support/world.ts'
import { DeskWorld, type Shown, wordsOf } from '../edge/desk-world.ts'

/** What was allowed ahead: on the tab of everybody whom it concerns, and taken back there with one click. */

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

test('whoever gave it sees whose it is, what it allows, how much is left, until when and on whose word', async () => {
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

test('so do the owner of its agent, without the button, and whoever may revoke, with it; others see nothing of it', async () => {
  const [owns, mayRevoke, other] = [await desk.home(owner), await desk.home('U0GUS'), await desk.home('U0LENA')]
  expect([rowOn(owns), rowOn(mayRevoke)]).toEqual([
    expect.stringContaining('flags:set'),
    expect.stringContaining('flags:set'),
  ])
  const buttons = ({ blocks }: Shown) => blocks.filter(({ block_id }) => block_id === `permit-do:${permit.id}`)
  expect([buttons(owns).length, buttons(mayRevoke).length]).toEqual([0, 1])
  expect(wordsOf(other.blocks)).toMatch(/Standing permits: 0[\s\S]*There is no standing permit/)
})

test('one click takes it back, says so to who clicked alone, and the tab shows it no more', async () => {
  await world.submitted(flag)
  await click('U0BEN', await desk.home('U0BEN'))
  expect(await stored()).toMatchObject({ revoked: { by: 'person:ben' } })
  expect(await told('U0BEN')).toMatch(
    /^Taken back: agent:remediator asks people again from now on. The 1 that it had drawn/,
  )
  expect(wordsOf((await desk.homeNow('U0BEN'))?.blocks)).toContain('Standing permits: 0')
  expect(await world.submitted(flag)).toMatchObject({ status: 'pending' })
})

test('whoever may revoke takes back what another gave', async () => {
  await click('U0GUS', await desk.home('U0GUS'))
  expect(await stored()).toMatchObject({ revoked: { by: 'person:gus' } })
})

test('clicked twice, on a tab that was drawn before, it is taken back once and the second hears the same', async () => {
  const [first, second] = [await desk.home('U0BEN'), await desk.home('U0GUS')]
  await click('U0BEN', first)
  await click('U0GUS', second)
  expect(await told('U0GUS')).toMatch(/^Taken back/)
  expect(await stored()).toMatchObject({ revoked: { by: 'person:ben' } })
})

test('the owner of the agent who clicks a button that was not theirs is told that policy does not let them', async () => {
  const home = await desk.home('U0BEN')
  desk.changes = { bundle: { ...bundle, directory: swapped('U0BEN', owner) } }
  await click('U0BEN', home)
  expect(await told('U0BEN')).toMatch(refusals.not_permitted.so)
  expect(await stored()).not.toHaveProperty('revoked')
  const entries = await world.ledger.entries(ownerOf('agent:remediator') as string)
  expect(entries.at(-1)).toMatchObject({ type: 'Refused', facts: { attempted: 'revoke_standing' } })
})

test.each(['', 'x', '{}', `{"p":"stp_1"}`, `{"p":"stp_${'0'.repeat(26)}","also":1}`])(
  'a button that no tab of ours has (%j) takes nothing back',
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

test('where the store does not answer nobody is told that it was done, and the tab can be looked at again', async () => {
  const home = await desk.home('U0BEN')
  desk.changes = { revokePermit: () => Promise.reject(new StoreUnavailable('no answer')) }
  await click('U0BEN', home)
  expect(await told('U0BEN')).toMatch(/store has not answered yet. Open Hotwork’s Home tab/)
})

test('what is over is on nobody’s tab', async () => {
  world.clock.advance(4 * 3600)
  expect(wordsOf((await desk.home('U0BEN')).blocks)).toContain('Standing permits: 0')
})

/** A directory in which the first account is who has the second one, and nobody has that. */
function swapped(account: string, of: string) {
  const people = bundle.directory.people.map((each) => {
    if (each.chatUser === account) return { ...each, chatUser: 'U0NOBODY' }
    return each.chatUser === of ? { ...each, chatUser: account } : each
  })
  return { ...bundle.directory, people }
}
