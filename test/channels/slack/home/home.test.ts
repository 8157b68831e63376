import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { refusals } from '../../../../functions/domain/refusals.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { RightMissing, StoreUnavailable } from '../../../../functions/operations/faults.ts'
import { prodParameter, sampleBundle, stagingParameter, World } from '../../../support/world.ts'
import { DeskWorld, type Shown, wordsOf } from '../edge/desk-world.ts'

const bundle = sampleBundle()
const remediator = bundle.agents.find(({ id }) => id === 'agent:remediator')
const owner = bundle.directory.people.find(({ id }) => id === remediator?.owner)?.chatUser as string
let desk: DeskWorld
let world: World
beforeEach(async () => {
  world = new World(bundle)
  desk = new DeskWorld(world)
  await desk.open()
})
afterEach(() => desk.close())

const says = async (user: string) => wordsOf((await desk.home(user)).blocks)
const buttonsOf = ({ blocks }: Shown) =>
  blocks.filter(({ type }) => type === 'actions').flatMap(({ elements }) => elements as JsonObject[])
const blockOf = (part: string, { ask }: ApprovalRequest) => `${part}:${ask.id}`

test('the tab has the waiting requests with place, tier, and the time left', async () => {
  const request = await world.submitted(prodParameter)
  world.clock.advance(60)
  const home = await desk.home('U0BEN')
  expect(wordsOf(home.blocks)).toContain('Waiting for you: 1')
  const row = wordsOf(home.blocks.find(({ block_id }) => block_id === blockOf('waiting', request)))
  for (const part of ['/prod/checkout/payment-timeout-ms', 'PROD', 'Tier 2', '29 min left', 'agent:remediator'])
    expect(row).toContain(part)
  expect(buttonsOf(home)[0]).toMatchObject({ url: `https://hotwork.example/decide/${request.ask.id}` })
})

test('the tab says that nothing waits', async () => {
  await world.submitted(prodParameter)
  expect(await says('U0LENA')).toMatch(
    /Waiting for you: 0[\s\S]*Nothing waits[\s\S]*No agent of yours[\s\S]*There is no live grant/,
  )
})

test("the tab has the requests of one's agents, with their results", async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'eve', 'deny', { comment: 'not today' })
  expect(await says(owner)).toMatch(/⛔ Denied[\s\S]*Denied by Eve Evans[\s\S]*not today/)
  expect(await says('U0LENA')).not.toContain('Denied')
})

test('the tab has live grants with end and uses left, and a button for people who may revoke', async () => {
  const request = await world.submitted(stagingParameter)
  const [whoMay, whoOwns] = [await desk.home('U0GUS'), await desk.home(owner)]
  expect(wordsOf(whoMay.blocks)).toMatch(/Live grants: 1[\s\S]*until[\s\S]*Uses left: 1 of 1/)
  const revoke = (home: Shown) => buttonsOf(home).filter(({ action_id }) => action_id === 'home_revoke')
  expect(revoke(whoMay)).toMatchObject([{ value: JSON.stringify({ r: request.ask.id }) }])
  expect(revoke(whoOwns)).toEqual([])
  expect(await says('U0LENA')).toContain('Live grants: 0')
})

test('the tab is redrawn each time that it is opened', async () => {
  const request = await world.submitted(prodParameter)
  expect(await says('U0BEN')).toContain('Waiting for you: 1')
  await world.decide(request, 'ana')
  expect(await says('U0BEN')).toContain('Waiting for you: 0')
})

test('the tab of messages is left alone', async () => {
  await desk.event({ type: 'app_home_opened', user: 'U0BEN', channel: 'D0', tab: 'messages' })
  expect(await desk.homeNow('U0BEN')).toBeUndefined()
})

test('the tab of a stranger says so, and shows nothing', async () => {
  await world.submitted(prodParameter)
  expect(await says('U0STRANGER')).toMatch(/not linked to a person/)
})

test('the tab stays within Slack’s 100 blocks, and leads to the rest', async () => {
  for (let at = 0; at < 24; at++) {
    await world.submitted({ ...prodParameter, arguments: { ...prodParameter.arguments, Value: String(3000 + at) } })
    await world.submitted({ ...stagingParameter, arguments: { ...stagingParameter.arguments, Value: String(at) } })
    world.clock.advance(3)
  }
  const people = bundle.directory.people.flatMap(({ chatUser }) => chatUser ?? [])
  // One after the other, because concurrent openings would share Slack's three seconds.
  const homes: Shown[] = []
  for (const user of people) homes.push(await desk.home(user))
  for (const { blocks } of homes) expect(blocks.length).toBeLessThanOrEqual(100)
  const ben = homes[people.indexOf('U0BEN')] as Shown
  const waiting = Number(/Waiting for you: (\d+)/.exec(wordsOf(ben.blocks))?.[1])
  expect(waiting).toBeGreaterThan(12)
  expect(buttonsOf(ben)).toContainEqual(
    expect.objectContaining({
      url: 'https://hotwork.example/decide',
      text: expect.objectContaining({ text: `and ${waiting - 12} more: see all` }),
    }),
  )
})

test('the tab reports an outage or a delay, and is drawn at the next opening', async () => {
  await world.submitted(prodParameter)
  desk.changes = { overview: () => Promise.reject(new StoreUnavailable('no answer')) }
  expect(await says('U0BEN')).toMatch(/store has not answered/)
  desk.isTimed = true
  desk.changes = { overview: () => new Promise(() => {}) }
  expect(await says('U0BEN')).toMatch(/store has not answered/)
  desk.isTimed = false
  desk.changes = {}
  expect(await says('U0BEN')).toContain('Waiting for you: 1')
})

test('the tab says that an operator must look when AWS denies a right', async () => {
  const cause = new RightMissing('denied')
  desk.changes = { overview: () => Promise.reject(new StoreUnavailable('no answer', { cause })) }
  expect(await says('U0BEN')).toMatch(/An operator must look/)
  expect(world.log.lines.at(-1)).toMatchObject({ message: 'overview_not_read', fields: { fault: 'RightMissing' } })
})

test("the tab's event is answered with 200 even if Slack refuses the tab, so that it is not sent again", async () => {
  desk.changes = { publishHome: () => Promise.reject(new Error('Slack is down')) }
  expect(await desk.event({ type: 'app_home_opened', user: 'U0BEN', channel: 'D0', tab: 'home' })).toMatchObject({
    status: 200,
  })
  expect(world.log.lines.at(-1)).toMatchObject({ level: 'warn', message: 'home_not_drawn' })
})

test('the tab is drawn once for an event, however often Slack sends it', async () => {
  let drawn = 0
  desk.changes = {
    publishHome: async () => {
      drawn += 1
    },
  }
  const event = { type: 'app_home_opened', user: 'U0BEN', channel: 'D0', tab: 'home' }
  await desk.event(event)
  const { interactions } = await desk.control('interactions')
  const [{ url, headers, body }] = interactions
  const again = await fetch(url, { method: 'POST', headers, body })
  expect([again.status, drawn]).toEqual([200, 1])
})

test('the tab can be opened while a clock is wrong, and says so', async () => {
  desk.changes = { now: () => world.clock.now() + 3600 }
  expect(await says('U0BEN')).toMatch(refusals.clock_out_of_range.so)
})

describe('Revoke on the tab', () => {
  let request: ApprovalRequest
  beforeEach(async () => {
    request = await world.submitted(stagingParameter)
  })
  const openForm = async (user: string) => {
    const home = await desk.home(user)
    await desk.click(user, home, 'home_revoke', blockOf('live-do', request))
    const [modal] = await desk.modals(user)
    if (!modal) throw new Error('no form')
    return modal
  }
  const status = async () => (await world.state(request.ask.id)).status

  test('Revoke asks for a reason, repeats the grant, revokes it, and redraws the tab', async () => {
    const modal = await openForm('U0GUS')
    expect(wordsOf(modal.blocks)).toMatch(/payment-timeout-ms[\s\S]*STAGING/)
    expect(JSON.parse(String(modal['private_metadata']))).toEqual({ r: request.ask.id })
    await desk.submit('U0GUS', modal, { reason: 'the incident is over' })
    expect(await world.state(request.ask.id)).toMatchObject({
      status: 'revoked',
      revokedBy: 'person:gus',
      reason: 'the incident is over',
    })
    expect(await desk.modals('U0GUS')).toEqual([])
    expect(wordsOf((await desk.homeNow('U0GUS'))?.blocks)).toContain('Live grants: 0')
  })

  test('Revoke by a person without the right is refused, even with the button', async () => {
    const modal = await openForm('U0GUS')
    const sent = await forge('U0LENA', modal, { reason: 'mischief' })
    expect(JSON.parse(sent.body)).toMatchObject({ response_action: 'update' })
    expect(await status()).toBe('approved')
    expect((await world.ledger.entries(request.ask.id)).at(-1)).toMatchObject({
      type: 'Refused',
      facts: { attempted: 'revoke', code: 'not_permitted' },
    })
  })

  test('Revoke needs a reason', async () => {
    const modal = await openForm('U0GUS')
    const sent = await forge('U0GUS', modal, { reason: '   ' })
    expect(JSON.parse(sent.body)).toMatchObject({ response_action: 'errors', errors: { reason: expect.any(String) } })
    expect(await status()).toBe('approved')
  })

  test('Revoke during an outage keeps its form and text, and can be sent again', async () => {
    const modal = await openForm('U0GUS')
    world.requests.failNextCommit('unheard')
    await desk.submit('U0GUS', modal, { reason: 'over' })
    const [still] = await desk.modals('U0GUS')
    expect(still?.errors['reason']).toMatch(/store has not answered/)
    await desk.submit('U0GUS', modal, { reason: 'over' })
    expect(await status()).toBe('revoked')
  })

  test('Revoke of an ended grant says so', async () => {
    const modal = await openForm('U0GUS')
    world.clock.advance(86_400)
    await desk.submit('U0GUS', modal, { reason: 'over' })
    const [told] = await desk.modals('U0GUS')
    expect(wordsOf(told?.blocks)).toMatch(/ended when its time was up/)
  })

  test.each(['', '{}', 'x', `{"r":"req_1"}`, `{"r":"req_${'0'.repeat(26)}","also":1}`])(
    'Revoke with the foreign value %j revokes nothing',
    async (value) => {
      const home = await desk.home('U0GUS')
      await desk.control('click-view', {
        view_id: home.id,
        user: 'U0GUS',
        action_id: 'home_revoke',
        block_id: blockOf('live-do', request),
        value,
      })
      const [modal] = await desk.modals('U0GUS')
      expect(wordsOf(modal?.blocks)).toMatch(/not Hotwork’s/)
      expect(await status()).toBe('approved')
    },
  )

  /** Submits a form in a person's name, around the checks of Slack's client and the desk. */
  async function forge(user: string, modal: Shown, values: { [block: string]: string }) {
    const { formOf, clickOf, signed } = await import('../edge/clicks.ts')
    const state = {
      values: Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, { [name]: { type: 'plain_text_input', value } }]),
      ),
    }
    const { actions: _, ...about } = clickOf(user, { action_id: '', value: '' })
    const { headers, body } = signed(
      formOf({ ...about, type: 'view_submission', view: { ...modal, state } }),
      world.clock.now(),
    )
    const [{ url }] = (await desk.control('interactions')).interactions
    const answer = await fetch(url, { method: 'POST', headers: headers as Record<string, string>, body: body ?? '' })
    return { status: answer.status, body: await answer.text() }
  }
})

test.each(['app_uninstalled', 'tokens_revoked'])('the end of the app by `%s` raises an alarm, once', async (type) => {
  await desk.event({ type })
  expect(world.log.lines).toContainEqual({ level: 'error', message: 'slack_app_removed', fields: { event: type } })
})

describe('a user group of Slack', () => {
  const open = async (chatGroup?: string) => {
    await desk.close()
    const directory = chatGroup
      ? { ...bundle.directory, sources: { sre: { source: { chatGroup }, tiers: 1, breakGlass: false } } }
      : bundle.directory
    world = new World({ ...bundle, directory })
    desk = new DeskWorld(world)
    await desk.open()
    let asked = 0
    desk.changes = { refreshGroups: async () => void ++asked }
    return {
      changed: (id: string) => desk.event({ type: 'subteam_members_changed', subteam_id: id }),
      asked: () => asked,
    }
  }

  test('a user group is read again when it changes, if the directory has it as a source', async () => {
    const { changed, asked } = await open('S0SRE')
    expect((await changed('S0SRE')).status).toBe(200)
    expect(asked()).toBe(1)
    await changed('S0OTHER')
    expect(asked()).toBe(1)
  })

  test('a user group outside the directory is not read', async () => {
    const { changed, asked } = await open()
    await changed('S0SRE')
    expect(asked()).toBe(0)
  })

  test("a user group's event is answered with 200 during an outage, because the next round comes by itself", async () => {
    const { changed } = await open('S0SRE')
    desk.changes = { refreshGroups: () => Promise.reject(new StoreUnavailable('no answer')) }
    expect((await changed('S0SRE')).status).toBe(200)
    expect(world.log.lines.at(-1)).toMatchObject({ level: 'warn', message: 'slack_groups_not_read' })
  })
})
