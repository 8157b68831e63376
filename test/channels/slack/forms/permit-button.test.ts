import { complaintsOf } from '../../../../functions/channels/slack/cards/blocks.ts'
import { renderCard } from '../../../../functions/channels/slack/cards/card.ts'
import { allowMore } from '../../../../functions/channels/slack/cards/card-decide.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { refusals } from '../../../../functions/domain/refusals.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { mayAllow } from '../../../../functions/operations/permits/standing-permits.ts'
import { prodParameter, sampleBundle, type What, World, withTerms } from '../../../support/world.ts'
import { clickOf, formOf, signed } from '../edge/clicks.ts'
import { Door } from '../edge/door.ts'

/** A button on the card of an approved request: its approver allows a few more requests like it, with one click. */

const bundle = sampleBundle()
const flag: What = {
  action: 'flags:set',
  arguments: { environment: 'prod', flag: 'express-checkout', value: false },
  resource: { type: 'flags:flag', id: 'prod/express-checkout' },
}
let world: World
let door: Door
let clicked = 0
beforeEach(() => {
  world = new World(bundle)
  door = new Door(world)
})

const cardOf = (state: ApprovalRequest) =>
  renderCard(state, bundle, 'hotwork-approvals', { allows: (each) => mayAllow(each, world.policy, world.clock.now()) })
const buttonOn = (state: ApprovalRequest): JsonObject | undefined =>
  cardOf(state)
    .blocks.filter(({ type }) => type === 'actions')
    .flatMap(({ elements }) => elements as JsonObject[])
    .find((each) => each['action_id'] === allowMore)

async function allowed(): Promise<ApprovalRequest> {
  const request = await world.submitted(flag)
  await world.decide(request, 'ben')
  return world.state(request.ask.id)
}

async function click(state: ApprovalRequest, user: string): Promise<string | undefined> {
  const value = String(buttonOn(state)?.['value'])
  clicked += 1
  const sent = clickOf(user, { action_id: allowMore, value, block_id: 'allow' }, { trigger_id: `p${clicked}` })
  await door.send(signed(formOf(sent), world.clock.now()))
  return door.told.at(-1)?.text
}

test('the approver allows five more for four hours, and the next request is approved without people, and says so', async () => {
  const state = await allowed()
  expect(buttonOn(state)).toMatchObject({ text: { text: 'Allow 5 more for 4 h…' } })
  expect(await click(state, 'U0BEN')).toMatch(
    /^agent:remediator may do the same 5 more times until \S+ \{time}\|2027-01-15T12:00:00Z>/,
  )
  const drawn = await world.submitted(flag)
  expect(drawn).toMatchObject({ status: 'approved', ask: { standing: expect.stringMatching(/^stp_/) } })
  expect(JSON.stringify(cardOf(drawn).blocks)).toContain('Approved by a standing permit')
  expect(buttonOn(drawn)).toBeUndefined()
  expect([...complaintsOf(cardOf(state)), ...complaintsOf(cardOf(drawn))]).toEqual([])
})

test("a second click allows no more, and only the approver's click counts", async () => {
  const state = await allowed()
  await click(state, 'U0BEN')
  expect(await click(state, 'U0BEN')).toMatch(
    /^This cannot be allowed in advance.*: more of this request was allowed before/,
  )
  expect(await click(state, 'U0ANA')).toMatch(/^This cannot be allowed in advance.*: only who approved/)
  expect((await world.permits.list({ limit: 10 })).items).toMatchObject([{ by: 'person:ben', uses: 5 }])
})

test("the button is missing while the request waits, at two stages, and without policy's permission", async () => {
  expect(buttonOn(await world.submitted(flag))).toBeUndefined()
  expect(buttonOn(await world.approved(prodParameter))).toBeUndefined()
  const state = await allowed()
  world.policy = new World({ ...bundle, policies: { ...bundle.policies, allowStanding: {} } }).policy
  expect(buttonOn(state)).toBeUndefined()
})

describe('a stage with a strong login', () => {
  beforeEach(() => {
    world = new World(withTerms(bundle, 'owner', { acr: 'strong' }))
    door = new Door(world)
  })
  const approvedStrongly = async () => {
    const request = await world.submitted(flag)
    await world.decide(request, 'ben', 'approve', { login: { acr: 'strong', at: world.clock.now() } })
    return world.state(request.ask.id)
  }

  test('a stage with a strong login has no such button', async () =>
    expect(buttonOn(await approvedStrongly())).toBeUndefined())

  test('a click on an older card allows nothing, and names the page for a stronger login', async () => {
    const state = await approvedStrongly()
    const value = JSON.stringify({ r: state.ask.id, n: state.round, d: state.ask.digest.slice(0, 16) })
    const sent = clickOf('U0BEN', { action_id: allowMore, value, block_id: 'allow' }, { trigger_id: 'old' })
    await door.send(signed(formOf(sent), world.clock.now()))
    expect(door.told.at(-1)?.text).toBe(
      `Nothing was allowed: that needs a stronger login (strong) than Slack's. Log in so, and allow it at https://hotwork.example/permits/give/${state.ask.id}`,
    )
    expect((await world.permits.list({ limit: 10 })).items).toEqual([])
  })
})

/** Clicks the button of the answer as this user. */
async function takeBack(user: string): Promise<string | undefined> {
  const button = (door.told.at(-1)?.blocks ?? [])
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements }) => elements as JsonObject[])[0]
  const [value, action_id] = [String(button?.['value']), String(button?.['action_id'])]
  clicked += 1
  const sent = clickOf(user, { action_id, value, block_id: 'permit-do' }, { trigger_id: `p${clicked}` })
  await door.send(signed(formOf(sent), world.clock.now()))
  return door.told.at(-1)?.text
}

test('the answer has a button that revokes the permit, and confirms privately', async () => {
  await click(await allowed(), 'U0BEN')
  expect(await takeBack('U0BEN')).toMatch(/^Revoked: agent:remediator asks people again from now on/)
  expect((await world.permits.list({ limit: 10 })).items).toMatchObject([{ revoked: { by: 'person:ben' } }])
  expect(await world.submitted(flag)).toMatchObject({ status: 'pending' })
})

test("the answer's button does nothing for a person without the right", async () => {
  await click(await allowed(), 'U0BEN')
  expect(await takeBack('U0LENA')).toMatch(refusals.not_permitted.so)
  expect((await world.permits.list({ limit: 10 })).items[0]).not.toHaveProperty('revoked')
})

test("the answer's blocks have no texts of people and no markup", async () => {
  await click(await allowed(), 'U0BEN')
  const { blocks = [] } = door.told.at(-1) ?? {}
  expect(complaintsOf({ text: 'x', blocks })).toEqual([])
})
