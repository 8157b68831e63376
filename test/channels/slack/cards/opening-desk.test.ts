import { SlackDoor } from '../../../../functions/channels/slack/door.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { refusals } from '../../../../functions/domain/refusals.ts'
import { findSeen } from '../../../../functions/operations/cards/show-card.ts'
import { hour, minute } from '../../../operations/break-glass/night.ts'
import { sampleBundle } from '../../../support/world.ts'
import { DeskWorld, type Shown, wordsOf } from '../edge/desk-world.ts'
import { buttonsOf } from './drawing.ts'
import { LoudNight } from './openings.ts'

// Both sides of Slack over HTTP: clicks on an opening's card, and the form of its review.

const bundle = sampleBundle()
const channel = bundle.deployment.channels['hotwork-approvals'] as string
let night: LoudNight
let at: DeskWorld
let request: ApprovalRequest
beforeEach(async () => {
  night = new LoudNight(bundle)
  at = new DeskWorld(night)
  at.changes = { seen: (place) => findSeen(place, night.cards) }
  await at.open()
  request = await night.breaks()
  await draw()
})
afterEach(() => at.close())

const draw = () =>
  night.draw(request, {
    board: new SlackDoor({ apiUrl: at.desk.apiUrl, token: async () => 'xoxb-any', log: night.log }),
  })
const cardOf = async () => (await night.cards.load(request.ask.id)).find((each) => each.channel === channel)
async function click(user: string, action_id: 'end_opening' | 'review_opening') {
  const card = await cardOf()
  return at.control('click', { channel, ts: card?.ts, action_id, user })
}
const toldTo = async (user: string): Promise<string[]> =>
  ((await at.control(`ephemerals?user=${user}`)).ephemerals as { text: string }[]).map(({ text }) => text)
const messages = async (where: string): Promise<{ text: string; blocks: unknown[]; thread_ts?: string }[]> =>
  (await at.control(`messages?channel=${where}`)).messages
const now = () => night.state(request.ask.id)

/** Ends the opening, and opens the form of its review for a person. */
async function reviewing(user: string): Promise<Shown> {
  night.clock.advance(31 * minute)
  await draw()
  await click(user, 'review_opening')
  const [form] = await at.modals(user)
  if (!form) throw new Error(`${user} has no form`)
  return form
}

test("End now ends the holder's opening at once, and the card says so", async () => {
  await night.uses(request)
  expect(await click('U0JADE', 'end_opening')).toMatchObject({ status: 200, body: '' })
  expect((await now()).status).toBe('completed')
  await draw()
  expect(wordsOf((await messages(channel))[0]?.blocks)).toContain('Ended early by Jade Jones')
  expect(await toldTo('U0JADE')).toEqual([])
})

test('End now ends it for a person who may revoke, in their name', async () => {
  await click('U0GUS', 'end_opening')
  expect(await now()).toMatchObject({ status: 'revoked', revokedBy: 'person:gus' })
})

test('End now is refused to others, privately, and nothing changes', async () => {
  await click('U0BEN', 'end_opening')
  expect((await now()).status).toBe('approved')
  expect(await toldTo('U0BEN')).toEqual([expect.stringMatching(refusals.not_permitted.so)])
  expect(await toldTo('U0JADE')).toEqual([])
})

test('End now on an ended opening or an old card tells the present state', async () => {
  await click('U0JADE', 'end_opening')
  await click('U0GUS', 'end_opening')
  expect(await now()).toMatchObject({ status: 'completed' })
  expect(await toldTo('U0GUS')).toEqual([expect.stringMatching(refusals.already_settled.so)])
})

test('End now does nothing for a stranger', async () => {
  await click('U0STRANGER', 'end_opening')
  expect((await now()).status).toBe('approved')
  expect(await toldTo('U0STRANGER')).toHaveLength(1)
})

test('Review opens a form with its subject, and records the finding with the seen card', async () => {
  const form = await reviewing('U0EVE')
  expect(wordsOf(form.blocks)).toContain('Get the checkout service going again')
  expect(wordsOf(form.blocks)).toContain('payments fail since the 14:10 deploy')
  const seen = (await cardOf())?.rendered
  await at.submit('U0EVE', form, { outcome: 'justified', note: 'the calls are those of the runbook' })
  expect(await now()).toMatchObject({
    review: { done: { by: 'person:eve', outcome: 'justified', note: 'the calls are those of the runbook' } },
  })
  const reviewed = (await night.ledger.entries(request.ask.id)).find(({ type }) => type === 'Reviewed')
  expect(reviewed?.facts).toMatchObject({ seen })
  expect(await at.modals('U0EVE')).toEqual([])
  await draw()
  const [card] = await messages(channel)
  expect(wordsOf(card?.blocks)).toContain('reviewed, justified')
  expect(buttonsOf(card as never)).toEqual(['read'])
})

test('Review keeps the typed text beside the missing field', async () => {
  const form = await reviewing('U0EVE')
  await at.submit('U0EVE', form, { outcome: 'not_justified', note: '   ' })
  const [still] = await at.modals('U0EVE')
  expect(still?.errors).toEqual({ note: expect.stringMatching(/^Name the evidence that you looked at/) })
  expect((await now()).review?.done).toBeUndefined()
})

test.each([
  ['the holder', 'U0JADE', refusals.self_review.so],
  ['a person without the right', 'U0BEN', refusals.not_permitted.so],
])('Review opens no form for %s, who reads the reason privately', async (_who, user, sentence) => {
  night.clock.advance(31 * minute)
  await draw()
  await click(user, 'review_opening')
  expect(await at.modals(user)).toEqual([])
  expect(await toldTo(user)).toEqual([expect.stringMatching(sentence)])
  expect(await night.story(request.ask.id)).not.toContain('Refused')
})

test("Review after another's review says so, with the typed text", async () => {
  const form = await reviewing('U0EVE')
  await night.review(request, 'gus', 'not_justified')
  await at.submit('U0EVE', form, { outcome: 'justified', note: 'I read all of it' })
  const [truth] = await at.modals('U0EVE')
  expect(wordsOf(truth?.blocks)).toContain(refusals.already_reviewed.so)
  expect(wordsOf(truth?.blocks)).toContain('I read all of it')
  expect((await now()).review?.done).toMatchObject({ by: 'person:gus' })
})

test('Review is possible when it is overdue', async () => {
  night.clock.advance(30 * hour)
  await draw()
  await click('U0HANA', 'review_opening')
  const [form] = await at.modals('U0HANA')
  await at.submit('U0HANA', form as Shown, { outcome: 'not_justified', note: 'there was no emergency' })
  expect((await now()).review?.done).toMatchObject({ outcome: 'not_justified' })
})

test('Review keeps its form during an outage, to be sent again', async () => {
  const form = await reviewing('U0EVE')
  night.requests.failNextCommit('unheard')
  await at.submit('U0EVE', form, { outcome: 'justified', note: 'as it should be' })
  const [still] = await at.modals('U0EVE')
  expect(still?.errors['note']).toBeDefined()
  await at.submit('U0EVE', still as Shown, { outcome: 'justified', note: 'as it should be' })
  expect((await now()).review?.done).toMatchObject({ by: 'person:eve' })
})

test("Review's form holds ids alone, so that Slack keeps neither reason nor note beside it", async () => {
  const form = await reviewing('U0EVE')
  expect(Object.keys(JSON.parse(String(form['private_metadata']))).toSorted()).toEqual(['c', 'r', 't'])
})

test('an opening has one thread for each person', async () => {
  night.clock.advance(31 * minute)
  await draw()
  await night.review(request, 'eve')
  await draw()
  const [direct] = (await night.cards.load(request.ask.id)).filter(({ person }) => person === 'person:ben')
  const sent = await messages(direct?.channel ?? '')
  expect(sent.filter(({ thread_ts }) => thread_ts === undefined)).toHaveLength(1)
  expect(sent.filter(({ thread_ts }) => thread_ts !== undefined)).toHaveLength(2)
})
