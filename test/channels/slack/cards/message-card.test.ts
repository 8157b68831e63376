import { complaintsOf } from '../../../../functions/channels/slack/cards/blocks.ts'
import { drawRequest, renderCard } from '../../../../functions/channels/slack/cards/card.ts'
import { describeRequest, type RequestView } from '../../../../functions/domain/cards/request-view.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { sampleBundle } from '../../../support/world.ts'
import { wordsOf } from '../edge/desk-world.ts'
import { page } from '../edge/door.ts'
import { everyState } from './states.ts'

const bundle = sampleBundle()
const channel = 'hotwork-approvals'
let states: ReadonlyMap<string, ApprovalRequest>
beforeAll(async () => {
  states = await everyState(bundle)
})
const stateOf = (name: string): ApprovalRequest => states.get(name) as ApprovalRequest
const cardOf = (name: string) => renderCard(stateOf(name), bundle, channel, { page })
const said = (name: string) => wordsOf(cardOf(name).blocks)
const buttonsIn = (blocks: readonly JsonObject[]) =>
  blocks
    .filter(({ type }) => type === 'actions')
    .map(({ elements }) => (elements as JsonObject[]).map((each) => each['action_id']))

test('a pending card has one row of buttons, and an ended one has none', () => {
  const row = ['approve', 'narrow', 'deny', 'read', 'more']
  expect(buttonsIn(cardOf('waiting for the first stage').blocks)).toEqual([row])
  for (const name of ['approved', 'denied', 'revised']) expect(buttonsIn(cardOf(name).blocks)).toEqual([])
})

test('a card has the question of a person, and its answer under the agent’s words', () => {
  const [, first = '', claim = ''] = said('questioned').split('The agent says (unverified)')
  expect(first).toContain('A question to the agent has no answer yet.')
  expect(claim).toMatch(
    /Ben Baker \(person:ben\) asked at \S+:is less memory enough\?Its answer at \S+:half would do for a day/,
  )
  expect(claim).toMatch(/asked at \S+\. There is no answer yet:and the timeout\?/)
  expect(claim).toMatch(/Ben Baker \(person:ben\) asked Ana Alves \(person:ana\) to look at this for owner/)
})

test('a card of a request that was sent back has the words, the suggestion and what the agent was told before', () => {
  const text = said('revised')
  expect(text).toMatch(/^⛔ Sent back/)
  expect(text).toMatch(/Revision 1 of req_1+, which was sent back/)
  expect(text).toContain('Value "off" → "on"')
  expect(text).toContain('May not decide it: Eve Evans (person:eve).')
  expect(text).toMatch(/To the agentAna Alves \(person:ana\), who sent it back at \S+:ask for less/)
  expect(text).toMatch(/Value "\d+" → "2000"/)
  expect(text).toMatch(/Told to the agent before, on other requestsEve Evans \(person:eve\), who sent back req_1+/)
})

const many = (view: RequestView, count: number, length: number): RequestView => ({
  ...view,
  questions: Array.from({ length: count }, (_, at) => ({
    ...{ id: `qst_${at}` as never, by: { id: 'person:ben' }, stage: 'owner', at: view.submittedAt },
    text: `${at}${'?'.repeat(length)}`,
    answer: { at: view.submittedAt, text: '💧'.repeat(length), decisionsBefore: 1 },
  })),
  told: Array.from({ length: count }, (_, at) => ({
    ...{ request: view.id, by: { id: 'person:eve' }, at: view.submittedAt },
    ...{ verdict: 'deny' as const, text: `${at}${'x'.repeat(length / 2)}` },
  })),
})

test('words cost no person the buttons: where all of them do not fit, the card says that the page alone has them', () => {
  const view = describeRequest(stateOf('waiting for the first stage'), bundle)
  const reach = Array.from({ length: 8 }, (_, at) => `open ${at} ${'o'.repeat(150)}`)
  const card = drawRequest({ ...many(view, 5, 900), unpinned: reach }, channel, { page, offersPermit: false })
  expect(complaintsOf(card)).toEqual([])
  expect(buttonsIn(card.blocks)[0]).toContain('approve')
  expect(wordsOf(card.blocks)).toMatch(/\d (?:is|are) on its page alone\./)
})

test('words that do not fit are cut, the newest stay, and the card says that the page has all of them', () => {
  const view = describeRequest(stateOf('waiting for the first stage'), bundle)
  const card = drawRequest(many(view, 5, 1_000), channel, { page, offersPermit: false })
  expect(complaintsOf(card)).toEqual([])
  const text = wordsOf(card.blocks)
  expect(text).toContain('Some words are cut here. Its page has all of them.')
  expect(text).toContain('4??')
  // The words of others never cost a person the buttons.
  expect(buttonsIn(card.blocks)[0]).toContain('approve')
  expect(wordsOf(cardOf('questioned').blocks)).not.toContain('Some words are cut here')
})
