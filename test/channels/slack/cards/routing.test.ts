import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { holdsFor } from '../../../../functions/group-sources/kind.ts'
import { sourceOf } from '../../../../functions/group-sources/kinds.ts'
import type { DrawPorts } from '../../../../functions/operations/cards/channel-card.ts'
import { drawCard } from '../../../../functions/operations/cards/draw-card.ts'
import { answerQuestion, askColleague, askQuestion } from '../../../../functions/operations/requests/ask-back.ts'
import { MemoryCardBoard } from '../../../support/cards/memory-card-board.ts'
import { MemoryCardStore } from '../../../support/cards/memory-card-store.ts'
import {
  agent,
  agentKey,
  person,
  prodParameter,
  sampleBundle,
  stagingParameter,
  World,
} from '../../../support/world.ts'
import { buttonsOf, drawPorts, headline, withStage, wordsOf } from './drawing.ts'
import { renderLine } from './rendering.ts'
import { drifted, previewOf } from './states.ts'

// The messages about a request and their receivers: channels, people directly, the agent's owner. Each receiver is told
// once.

const sample = sampleBundle()
const channel = sample.deployment.channels['hotwork-approvals'] as string
const [ana, ben, chloe] = ['DU0ANA', 'DU0BEN', 'DU0CHLOE'] as const
/** The owner of `agent:remediator`. */
const owner = `D${sample.directory.people.find(({ id }) => id === sample.agents.find((each) => each.id === 'agent:remediator')?.owner)?.chatUser}`

let world: World
let cards: MemoryCardStore
let board: MemoryCardBoard
const begin = (bundle = sample) => {
  world = new World(bundle)
  cards = new MemoryCardStore()
  board = new MemoryCardBoard(channel)
}
const draw = ({ ask }: ApprovalRequest, changes: Partial<DrawPorts> = {}) =>
  drawCard(ask.id, drawPorts(world, { cards, board }, changes))
/** The cards in a person's own channel; empty if it was never opened. */
const sent = (direct: string) => {
  try {
    return board.messages(direct)
  } catch {
    return []
  }
}
const said = (where: string) => board.lines(where).map(wordsOf)

const told = (terms: object) => withStage(sample, 'owner', { notify: { direct: ['payments-owners'] }, ...terms })

test("people told directly get the same card with its buttons, beside the channel's", async () => {
  begin(told({}))
  const request = await world.submitted(prodParameter)
  await draw(request)
  for (const place of [channel, ana, ben, chloe]) {
    expect(sent(place).map(headline)).toEqual(['🟡 Waiting for owner: 0 of 1 approved, then sre'])
    expect(sent(place).map(buttonsOf)).toEqual([expect.arrayContaining(['approve', 'deny'])])
  }
})

test('a colleague who is asked has a direct card once, with its buttons while they may decide', async () => {
  begin(withStage(sample, 'owner', {}))
  const request = await world.submitted(prodParameter)
  await draw(request)
  expect(sent(ben)).toEqual([])
  await askColleague({ id: request.ask.id, person: person('ana'), to: person('ben') }, world.ports)
  for (let again = 0; again < 2; again++) await draw(request)
  expect([ana, ben, chloe].map((place) => sent(place).length)).toEqual([0, 1, 0])
  expect(sent(ben).map(buttonsOf)).toEqual([expect.arrayContaining(['approve', 'deny'])])
  await world.decide(request, 'ben')
  await draw(request)
  expect(sent(ben).map(buttonsOf)).toEqual([[]])
})

test('a colleague who has a direct card already keeps that one', async () => {
  begin(told({}))
  const request = await world.submitted(prodParameter)
  await draw(request)
  await askColleague({ id: request.ask.id, person: person('ana'), to: person('ben') }, world.ports)
  await draw(request)
  expect([ana, ben, chloe].map((place) => sent(place).length)).toEqual([1, 1, 1])
})

test('a colleague has their card also while the request is in a burst', async () => {
  begin(told({}))
  const request = await world.submitted(prodParameter)
  await askColleague({ id: request.ask.id, person: person('ana'), to: person('ben') }, world.ports)
  await draw(request, { hasOwnCard: async () => false })
  expect([ana, ben, chloe].map((place) => sent(place).length)).toEqual([0, 1, 0])
})

test('a colleague is told once who asked them, also beneath a card that is new', async () => {
  begin(withStage(sample, 'owner', {}))
  const request = await world.submitted(prodParameter)
  await askColleague({ id: request.ask.id, person: person('ana'), to: person('ben') }, world.ports)
  for (let again = 0; again < 2; again++) await draw(request)
  expect(said(ben)).toEqual(['Ana Alves (person:ana) asks you to look at this, and to decide it if you can.'])
})

const question = async (request: ApprovalRequest, who: string) => {
  await askQuestion({ id: request.ask.id, person: person(who), text: 'is *half* enough?' }, world.ports)
  return (await world.state(request.ask.id)).questions?.at(-1)?.id ?? ''
}
const answer = ({ ask: { id } }: ApprovalRequest, asked: string) => {
  const once = { key: `PROOF#${asked}`, value: id, expiresAt: world.clock.now() + 60 }
  const by = { agent: agent('remediator'), jkt: agentKey }
  return answerQuestion({ id, ...by, question: asked, text: 'yes <!here>', once }, world.ports)
}
const isAnswered =
  /the agent has answered\. The question, and what it says \(unverified\):is \*half\* enough\?yes <!here>/i

test('a person with a card of their own is told beneath it, once, that the agent has answered', async () => {
  begin(told({}))
  const request = await world.submitted(prodParameter)
  await draw(request)
  const asked = await question(request, 'ben')
  await draw(request)
  expect(said(ben)).toEqual([])
  await answer(request, asked)
  for (let again = 0; again < 2; again++) await draw(request)
  expect(said(ben)).toEqual([expect.stringMatching(isAnswered)])
  expect([...said(ana), ...said(channel)]).toEqual([])
})

test('a person without a card of their own is mentioned once in the channel when the agent has answered', async () => {
  begin(withStage(sample, 'owner', {}))
  const request = await world.submitted(prodParameter)
  await draw(request)
  await answer(request, await question(request, 'ben'))
  for (let again = 0; again < 2; again++) await draw(request)
  expect(said(channel)).toEqual([expect.stringMatching(/^<@U0BEN>/)])
  expect(said(channel)[0]).toMatch(isAnswered)
})

test("people told directly are those who may decide, without the quiet ones and the agent's owner", async () => {
  begin(
    withStage(sample, 'owner', {
      notify: { direct: ['payments-owners', 'security', 'person:dan'], quiet: ['person:ben' as never] },
    }),
  )
  await draw(await world.submitted(prodParameter))
  expect([ana, ben, chloe, 'DU0GUS'].map((place) => sent(place).length)).toEqual([1, 0, 1, 0])
})

test("people told directly include the present members by a group's source", async () => {
  const source = { pager: { schedule: 'PSHIFT', level: 1 } }
  const sources = { 'payments-owners': { source, tiers: 2, breakGlass: false } }
  const groups = { ...sample.directory.groups, 'payments-owners': [person('ana')] }
  begin({ ...told({}), directory: { ...sample.directory, groups, sources } })
  const now = world.clock.now()
  world.requests.putReading('payments-owners', {
    source: sourceOf(source).key,
    members: [
      { person: person('ben'), until: now + 60 },
      { person: person('chloe'), until: now - 60 },
    ],
    readAt: now,
    holdsUntil: now + holdsFor,
  })
  await draw(await world.submitted(prodParameter))
  expect([ana, ben, chloe].map((place) => sent(place).length)).toEqual([1, 1, 0])
})

test('people told directly keep an accurate card, without buttons once these do nothing', async () => {
  begin(told({}))
  const request = await world.submitted(prodParameter)
  await draw(request)
  await world.decide(request, 'ben')
  await draw(request)
  expect(sent(ana).map(headline)).toEqual(['🟡 Waiting for sre: 0 of 1 approved'])
  expect(sent(ana).map(buttonsOf)).toEqual([[]])
  await world.decide(request, 'eve')
  await draw(request)
  expect(sent(chloe).map(headline)).toEqual(['✅ Approved, credential not collected yet'])
})

test('people told directly read once that it was handled and who did it, except that person', async () => {
  begin(told({}))
  const request = await world.submitted(prodParameter)
  await draw(request)
  await world.decide(request, 'ben')
  for (let again = 0; again < 3; again++) await draw(request)
  expect(said(ana)).toEqual(['Handled: owner was approved by Ben Baker (person:ben).'])
  expect(said(chloe)).toEqual(said(ana))
  expect(said(ben)).toEqual([])
  expect(said(channel)).toEqual([])
})

test.each([
  ['a denial', (request: ApprovalRequest) => world.decide(request, 'eve', 'deny'), /^Handled: Denied by .*person:eve/],
  ['silence', () => world.clock.advance(86_400), /^Handled: Too few people approved in time/],
])('people told directly read of %s too', async (_how, end, words) => {
  begin(told({}))
  const request = await world.submitted(prodParameter)
  await draw(request)
  await end(request)
  await draw(request)
  expect(said(ana)).toEqual([expect.stringMatching(words)])
})

test('people told directly read that the resource changed, as opposed to a narrowing', async () => {
  begin(told({}))
  const request = await world.submitted(prodParameter)
  const state = drifted({ ...request, preview: previewOf(request) }, '2000')
  const line = renderLine({ line: 'handled', stage: 'owner', round: 1 }, state, world.policy.bundle)
  expect(wordsOf(line)).toBe('Handled: the resource changed. The request is decided again, on its present state.')
})

test('people without a Slack account are counted, and hold up no one', async () => {
  const bundle = told({})
  const people = bundle.directory.people.map(({ chatUser: slack, ...each }) =>
    each.id === 'person:ana' || slack === undefined ? each : { ...each, chatUser: slack },
  )
  begin({ ...bundle, directory: { ...bundle.directory, people } })
  const request = await world.submitted(prodParameter)
  await draw(request)
  expect([channel, ben, chloe].map((place) => sent(place).length)).toEqual([1, 1, 1])
  expect(world.log.lines).toContainEqual(
    expect.objectContaining({
      message: 'people_not_reachable_in_chat',
      fields: { request: request.ask.id, people: 1 },
    }),
  )
})

test('people without an account in the directory are found by their linked one', async () => {
  const bundle = told({ remind: { after: 300, times: 1 } })
  const people = bundle.directory.people.map(({ chatUser: slack, ...each }) =>
    each.id === 'person:ana' || slack === undefined ? each : { ...each, chatUser: slack },
  )
  begin({ ...bundle, directory: { ...bundle.directory, people } })
  const linkedAccounts = async (person: string) => new Map(person === 'person:ana' ? [['slack', 'U0LINKED']] : [])
  const request = await world.submitted(prodParameter)
  await draw(request, { linkedAccounts })
  expect(sent('DU0LINKED').map(headline)).toEqual(['🟡 Waiting for owner: 0 of 1 approved, then sre'])
  world.clock.advance(301)
  await draw(request, { linkedAccounts })
  expect(said('DU0LINKED')).toEqual([expect.stringMatching(/^<@U0LINKED>: owner still waits/)])
})

test('people who have left the workspace raise an alarm, and hold up no one', async () => {
  begin(told({}))
  board.remove('U0ANA')
  const request = await world.submitted(prodParameter)
  await draw(request)
  expect([channel, ben, chloe].map((place) => sent(place).length)).toEqual([1, 1, 1])
  expect(world.log.lines).toContainEqual({
    level: 'error',
    message: 'direct_undeliverable',
    fields: { request: request.ask.id, person: 'person:ana' },
  })
})

test('people of a later stage are told beneath the card that they have', async () => {
  const both = withStage(told({ notify: { direct: ['person:ana'] } }), 'sre', { notify: { direct: ['person:ana'] } })
  begin(both)
  const request = await world.submitted(prodParameter)
  await draw(request)
  await world.decide(request, 'ben')
  await draw(request)
  expect(said(ana)).toEqual(['It is your turn now: sre. The card above has the buttons.'])
  expect(sent(ana).map(buttonsOf)).toEqual([expect.arrayContaining(['approve', 'deny'])])
})

test('a silent stage tells the people it escalates to, and says so beneath its card', async () => {
  begin(withStage(sample, 'owner', { notify: { direct: ['on-call'] } }))
  const request = await world.submitted(prodParameter)
  await draw(request)
  expect(sent('DU0JADE')).toEqual([])
  world.clock.advance(1801)
  for (let again = 0; again < 2; again++) await draw(request)
  expect(sent('DU0JADE').map(headline)).toEqual([
    '🟠 Waiting for owner, escalated to on-call: 0 of 1 approved, then sre',
  ])
  expect(sent('DU0JADE').map(buttonsOf)).toEqual([expect.arrayContaining(['approve', 'deny'])])
  expect(said(channel)).toEqual(['owner was not decided in time. on-call may decide it now too.'])
})

test("a silent stage is posted to the escalation's channel, with buttons, from then on", async () => {
  const bundle = withStage(sample, 'owner', {
    onSilence: { escalateTo: 'on-call', deadline: 900, channel: 'on-call-room' },
  })
  const room = 'C0ONCALL'
  const channels = { ...sample.deployment.channels, 'on-call-room': room }
  begin({ ...bundle, deployment: { ...bundle.deployment, channels } })
  board = new MemoryCardBoard(channel, room)
  const request = await world.submitted(prodParameter)
  await draw(request)
  expect(sent(room)).toEqual([])
  world.clock.advance(1801)
  await draw(request)
  for (const place of [channel, room]) expect(buttonsOf(sent(place)[0])).toContain('approve')
  // The card is new there, so no line is needed beneath it.
  expect(said(room)).toEqual([])
  await world.decide(request, 'jade')
  await draw(request)
  expect(sent(room).map(headline)).toEqual(['🟡 Waiting for sre: 0 of 1 approved'])
  expect(sent(room).map(buttonsOf)).toEqual([[]])
})

const reminding = (terms: object = {}) => withStage(sample, 'owner', { remind: { after: 300, times: 2 }, ...terms })

test('reminders name the people who have not decided and are not quiet, beneath the card, when they are due', async () => {
  begin(reminding({ notify: { direct: [], quiet: ['person:chloe' as never] } }))
  const request = await world.submitted(prodParameter)
  await draw(request)
  world.clock.advance(299)
  await draw(request)
  expect(said(channel)).toEqual([])
  world.clock.advance(3)
  for (let again = 0; again < 3; again++) await draw(request)
  expect(said(channel)).toEqual([expect.stringMatching(/^<@U0ANA> <@U0BEN>: owner still waits for a decision, until/)])
  expect(board.lines(channel)[0]?.text).toContain('<@U0ANA> <@U0BEN>')
})

test('reminders come after twice as long each time, as often as the ladder allows', async () => {
  begin(reminding())
  const request = await world.submitted(prodParameter)
  await draw(request)
  for (const [seconds, reminders] of [
    [301, 1],
    [599, 2],
    [800, 2],
  ] as const) {
    world.clock.advance(seconds)
    await draw(request)
    expect(said(channel)).toHaveLength(reminders)
  }
})

test("reminders go to a person's own card if there is one, and then not to the channel", async () => {
  begin(reminding({ notify: { direct: ['person:ana'] } }))
  const request = await world.submitted(prodParameter)
  await draw(request)
  world.clock.advance(301)
  await draw(request)
  expect(said(ana)).toEqual([expect.stringMatching(/^<@U0ANA>: owner still waits/)])
  expect(said(channel)).toEqual([expect.stringMatching(/^<@U0BEN> <@U0CHLOE>: owner still waits/)])
})

test('reminders end with their stage, and the reminded people are told that it is over', async () => {
  begin(reminding())
  const request = await world.submitted(prodParameter)
  await draw(request)
  world.clock.advance(301)
  await draw(request)
  await world.decide(request, 'ben')
  world.clock.advance(600)
  for (let again = 0; again < 2; again++) await draw(request)
  expect(said(channel).slice(1)).toEqual(['Handled: owner was approved by Ben Baker (person:ben).'])
})

test('reminders begin again for the people of an escalation', async () => {
  begin(reminding())
  const request = await world.submitted(prodParameter)
  await draw(request)
  world.clock.advance(1800)
  await draw(request)
  world.clock.advance(301)
  await draw(request)
  expect(said(channel).at(-1)).toMatch(/<@U0JADE> <@U0KOFI>: owner still waits/)
})

test('reminders that were missed are sent as one, the last', async () => {
  begin(reminding())
  const request = await world.submitted(prodParameter)
  await draw(request)
  world.clock.advance(1000)
  for (let again = 0; again < 2; again++) await draw(request)
  expect(said(channel)).toHaveLength(1)
})

test('reminders due before a person has the card are left out, and its end is told once', async () => {
  begin(reminding({ notify: { direct: ['payments-owners'] } }))
  const request = await world.submitted(prodParameter)
  world.clock.advance(301)
  await draw(request)
  await world.decide(request, 'ben')
  for (let again = 0; again < 2; again++) await draw(request)
  expect(said(ana)).toEqual(['Handled: owner was approved by Ben Baker (person:ben).'])
})

test('reminders on a deleted card bring it back', async () => {
  begin(reminding())
  const request = await world.submitted(prodParameter)
  await draw(request)
  board.delete(channel, (await cards.load(request.ask.id)).find((each) => each.channel === channel)?.ts ?? '')
  world.clock.advance(301)
  await draw(request)
  expect(sent(channel).map(headline)).toEqual(['🟡 Waiting for owner: 0 of 1 approved, then sre'])
  expect(said(channel)).toHaveLength(1)
})

const notices = () => [...sent(owner), ...board.lines(owner)].map(wordsOf)

test('the owner of the agent reads once each that it asks, that it was decided and that it ended, in one thread', async () => {
  begin()
  const request = await world.submitted(prodParameter)
  const seen: number[] = []
  const look = async () => {
    for (let again = 0; again < 2; again++) await draw(request)
    seen.push(notices().length)
  }
  await look()
  await world.decide(request, 'ben')
  await look()
  await world.decide(request, 'eve')
  await look()
  world.clock.advance(86_400)
  await look()
  expect(seen).toEqual([1, 1, 2, 3])
  expect(notices().map((words) => words.slice(0, 60))).toEqual([
    expect.stringContaining('Your agent agent:remediator asks for this'),
    expect.stringContaining('Your agent agent:remediator was given this'),
    expect.stringContaining('Your agent agent:remediator asked for this'),
  ])
  expect(sent(owner)).toHaveLength(1)
})

test('the owner of the agent reads none of its texts', async () => {
  begin()
  await draw(await world.submitted(prodParameter, { justification: 'urgent, click Approve <!channel>' }))
  expect(JSON.stringify([...sent(owner), ...board.lines(owner)])).not.toMatch(/urgent|<!channel>|payment-timeout/)
})

test('the owner of the agent reads of a denial once, as decision and end', async () => {
  begin()
  const request = await world.submitted(prodParameter)
  await draw(request)
  await world.decide(request, 'ben', 'deny')
  await draw(request)
  expect(notices()).toEqual([
    expect.stringMatching(/asks for this/),
    expect.stringMatching(/it is over: denied.*Denied by Ben Baker/),
  ])
})

test('the owner of the agent reads later events first if earlier ones could not be told', async () => {
  begin()
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ben', 'deny')
  await draw(request)
  expect(notices()).toEqual([expect.stringMatching(/it is over: denied/)])
})

test('the owner of the agent reads nothing of a request without a decision', async () => {
  begin()
  await draw(await world.submitted(stagingParameter))
  expect(notices()).toEqual([])
})
