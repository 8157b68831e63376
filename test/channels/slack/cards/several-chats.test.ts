import { type Bundle, channelsIn } from '../../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { drawCard } from '../../../../functions/operations/cards/draw-card.ts'
import { type Boards, sparing } from '../../../../functions/operations/cards/ports.ts'
import { findSeen } from '../../../../functions/operations/cards/show-card.ts'
import { BoardUnavailable } from '../../../../functions/operations/faults.ts'
import { MemoryCardBoard } from '../../../support/cards/memory-card-board.ts'
import { MemoryCardStore } from '../../../support/cards/memory-card-store.ts'
import { inTwoChats } from '../../../support/chats.ts'
import { prodParameter, sampleBundle, World } from '../../../support/world.ts'
import { drawPorts, headline, withStage, wordsOf } from './drawing.ts'

/** A request whose stages have their channels in two workspaces. */

const channel = 'C0APPROVALS'
/** The other workspace has a channel of the same id. */
const own = inTwoChats(sampleBundle(), {
  channels: { 'work-approvals': channel },
  accounts: { 'person:ana': 'U0ANAWORK', 'person:eve': 'U0EVEWORK' },
})
const bundle = withStage(
  withStage(own, 'sre', { channel: 'work-approvals', notify: { direct: ['person:eve'] } }),
  'owner',
  { notify: { direct: ['person:ana'] } },
)

let world: World
let cards: MemoryCardStore
let boards: { slack: MemoryCardBoard; work: MemoryCardBoard }
let request: ApprovalRequest
async function begin(of: Bundle = bundle) {
  world = new World(of)
  cards = new MemoryCardStore()
  boards = { slack: new MemoryCardBoard(channel), work: new MemoryCardBoard(channel) }
  request = await world.submitted(prodParameter)
}
beforeEach(() => begin())
const draw = (to: Boards = sparing(boards)) =>
  drawCard(request.ask.id, { ...drawPorts(world, { cards, board: boards.slack }), boards: to })
const shown = (chat: 'slack' | 'work', place = channel) => {
  try {
    return boards[chat].messages(place).map(headline)
  } catch {
    return []
  }
}

test('each workspace has the card of its stage, and both are redrawn, even with one channel id', async () => {
  await draw()
  expect([shown('slack'), shown('work')]).toEqual([
    ['🟡 Waiting for owner: 0 of 1 approved, then sre'],
    ['🟡 Waiting for owner: 0 of 1 approved, then sre'],
  ])
  await world.decide(request, 'ben')
  await draw()
  await world.decide(request, 'eve')
  await draw()
  expect([shown('slack'), shown('work')]).toEqual([
    ['✅ Approved, credential not collected yet'],
    ['✅ Approved, credential not collected yet'],
  ])
})

test('a person with an account in both is told once: in the chat of the stage', async () => {
  await draw()
  expect([shown('slack', 'DU0ANA'), shown('work', 'DU0ANAWORK')].map(({ length }) => length)).toEqual([1, 0])
  await world.decide(request, 'ben')
  await draw()
  expect([shown('slack', 'DU0EVE'), shown('work', 'DU0EVEWORK')].map(({ length }) => length)).toEqual([0, 1])
  // Their card stays in the first chat, and is redrawn there.
  expect(shown('slack', 'DU0ANA')).toEqual(['🟡 Waiting for sre: 0 of 1 approved'])
})

test('a person without an account in the chat of the stage is told in another', async () => {
  const people = bundle.directory.people.map(({ chatUser, accounts: _, ...each }) =>
    each.id === 'person:eve' ? { ...each, ...(chatUser && { chatUser }) } : { ...each, ...(chatUser && { chatUser }) },
  )
  await begin({ ...bundle, directory: { ...bundle.directory, people } })
  await world.decide(request, 'ben')
  await draw()
  expect(shown('slack', 'DU0EVE')).toEqual(['🟡 Waiting for sre: 0 of 1 approved'])
})

test("a linked account counts in its own chat, beside the directory's account in another", async () => {
  const people = bundle.directory.people.map(({ accounts: _, ...each }) => each)
  await begin({ ...bundle, directory: { ...bundle.directory, people } })
  await world.decide(request, 'ben')
  const linkedAccounts = async (person: string) => new Map(person === 'person:eve' ? [['work', 'U0LINKED']] : [])
  await drawCard(request.ask.id, { ...drawPorts(world, { cards, board: boards.slack }, { linkedAccounts }), boards })
  expect(shown('work', 'DU0LINKED')).toEqual(['🟡 Waiting for sre: 0 of 1 approved'])
  expect(shown('slack', 'DU0EVE')).toEqual([])
})

test('a mention names the account of its own workspace', async () => {
  const terms = { channel: 'work-approvals', remind: { after: 300, times: 1 } }
  await begin(withStage(own, 'owner', terms))
  await draw()
  world.clock.advance(301)
  await draw()
  const said = boards.work.lines(channel).map(wordsOf).join(' ')
  expect(said).toContain('<@U0ANAWORK>')
  expect(said).not.toMatch(/<@U0(?!ANAWORK|EVEWORK)/)
})

test.each([
  ['asks for patience', { retryAfterSeconds: 30 }],
  ['does not answer', { forAll: true }],
])('the cards of one workspace are drawn while the other %s, which is asked once', async (_, how) => {
  await begin(withStage(own, 'owner', { channel: 'work-approvals' }))
  let asked = 0
  boards.work.post = async () => {
    asked += 1
    throw new BoardUnavailable('not now', how)
  }
  const spared = sparing(boards)
  await expect(draw(spared)).rejects.toThrow(BoardUnavailable)
  // A second drawing of the same batch.
  await expect(draw(spared)).rejects.toThrow(BoardUnavailable)
  expect(shown('slack', channel)).toHaveLength(1)
  expect(asked).toBe(1)
})

test('a card seen in one chat is unknown in the other', async () => {
  await draw()
  const [inSlack] = (await cards.load(request.ask.id)).filter(({ chat }) => chat === 'slack')
  const place = { request: request.ask.id, channel, ts: inSlack?.ts ?? '' }
  expect(await findSeen({ ...place, chat: 'slack' }, cards)).toBe(inSlack?.rendered)
  expect(await findSeen({ ...place, chat: 'moon', channel }, cards)).toBeUndefined()
})

test('a person with a card in a removed chat is told in another', async () => {
  await world.decide(request, 'ben')
  await draw()
  expect(shown('work', 'DU0EVEWORK')).toHaveLength(1)
  // The next deployment has only the first workspace.
  const { chats, ...deployment } = bundle.deployment
  const channels = { ...deployment.channels, 'work-approvals': { chat: 'slack', id: channel } }
  const left = { ...bundle, deployment: { ...deployment, channels, chats: { slack: chats?.['slack'] as never } } }
  const ports = drawPorts(world, { cards, board: boards.slack }, { policy: new World(left).policy })
  await drawCard(request.ask.id, { ...ports, channels: channelsIn(left.deployment) })
  expect(shown('slack', 'DU0EVE')).toHaveLength(1)
})
