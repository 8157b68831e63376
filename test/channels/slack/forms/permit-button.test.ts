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

/** A button on the card of what one person approved: that person allows a few more like it, ahead, with one click. */

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

test('whoever approved allows five more for four hours, and the next one asks nobody and says so on its card', async () => {
  const state = await allowed()
  expect(buttonOn(state)).toMatchObject({ text: { text: 'Allow 5 more for 4 h…' } })
  expect(await click(state, 'U0BEN')).toMatch(
    /^agent:remediator may do the same 5 more times until 2027-01-15T12:00:00Z/,
  )
  const drawn = await world.submitted(flag)
  expect(drawn).toMatchObject({ status: 'approved', ask: { standing: expect.stringMatching(/^stp_/) } })
  expect(JSON.stringify(cardOf(drawn).blocks)).toContain('Approved by a standing permit')
  expect(buttonOn(drawn)).toBeUndefined()
  expect([...complaintsOf(cardOf(state)), ...complaintsOf(cardOf(drawn))]).toEqual([])
})

test('clicked twice is allowed once, and whoever did not approve allows nothing', async () => {
  const state = await allowed()
  await click(state, 'U0BEN')
  expect(await click(state, 'U0BEN')).toMatch(
    /^This cannot be allowed in advance.*: more of this request was allowed before/,
  )
  expect(await click(state, 'U0ANA')).toMatch(/^This cannot be allowed in advance.*: only who approved/)
  expect((await world.permits.list({ limit: 10 })).items).toMatchObject([{ by: 'person:ben', uses: 5 }])
})

test('there is no such button while it waits, where two must agree, nor where policy lets nobody', async () => {
  const waiting = await world.submitted(flag)
  expect(buttonOn(waiting)).toBeUndefined()
  expect(buttonOn(await world.approved(prodParameter))).toBeUndefined()
  const state = await allowed()
  world.policy = new World({ ...bundle, policies: { ...bundle.policies, allowStanding: {} } }).policy
  expect(buttonOn(state)).toBeUndefined()
})

describe('where the stage asks for a strong login, which Slack is not', () => {
  beforeEach(() => {
    world = new World(withTerms(bundle, 'owner', { acr: 'strong' }))
    door = new Door(world)
  })
  const approvedStrongly = async () => {
    const request = await world.submitted(flag)
    await world.decide(request, 'ben', 'approve', { login: { acr: 'strong', at: world.clock.now() } })
    return world.state(request.ask.id)
  }

  test('there is no such button', async () => expect(buttonOn(await approvedStrongly())).toBeUndefined())

  test('a click of an older card allows nothing, and says where the stronger login can', async () => {
    const state = await approvedStrongly()
    const value = JSON.stringify({ r: state.ask.id, n: state.round, d: state.ask.digest.slice(0, 16) })
    const sent = clickOf('U0BEN', { action_id: allowMore, value, block_id: 'allow' }, { trigger_id: 'old' })
    await door.send(signed(formOf(sent), world.clock.now()))
    expect(door.told.at(-1)?.text).toBe(
      `Nothing was allowed: that needs a stronger login (strong) than Slack's. Give the permit through the API with a token of such a login: POST /v1/requests/${state.ask.id}/standing-permits.`,
    )
    expect((await world.permits.list({ limit: 10 })).items).toEqual([])
  })
})

describe('the answer to who allowed it', () => {
  /** Clicks the button of the answer, as somebody. */
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

  test('has a button that takes it back, and says in private that it did', async () => {
    await click(await allowed(), 'U0BEN')
    expect(await takeBack('U0BEN')).toMatch(/^Taken back: agent:remediator asks people again from now on/)
    expect((await world.permits.list({ limit: 10 })).items).toMatchObject([{ revoked: { by: 'person:ben' } }])
    expect(await world.submitted(flag)).toMatchObject({ status: 'pending' })
  })

  test('does nothing for somebody who neither gave it nor may revoke', async () => {
    await click(await allowed(), 'U0BEN')
    expect(await takeBack('U0LENA')).toMatch(refusals.not_permitted.so)
    expect((await world.permits.list({ limit: 10 })).items[0]).not.toHaveProperty('revoked')
  })

  test('names nothing that anybody wrote, in blocks that read no markup', async () => {
    await click(await allowed(), 'U0BEN')
    const { blocks = [] } = door.told.at(-1) ?? {}
    expect(complaintsOf({ text: 'x', blocks })).toEqual([])
  })
})
