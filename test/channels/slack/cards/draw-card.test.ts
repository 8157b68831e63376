import { SlackDoor } from '../../../../functions/channels/slack/door.ts'
import { noEntries } from '../../../../functions/domain/ledger/ledger.ts'
import { channelsIn } from '../../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest, StageState } from '../../../../functions/domain/record/request.ts'
import type { DrawPorts } from '../../../../functions/operations/cards/channel-card.ts'
import { drawCard } from '../../../../functions/operations/cards/draw-card.ts'
import type { CardBoard } from '../../../../functions/operations/cards/ports.ts'
import type { RequestStore } from '../../../../functions/operations/record/ports.ts'
import { type Desk, startDesk } from '../../../../local/desk/desk.ts'
import { MemoryCardBoard } from '../../../support/cards/memory-card-board.ts'
import { MemoryCardStore } from '../../../support/cards/memory-card-store.ts'
import { chatOf } from '../../../support/chats.ts'
import { MemoryLog } from '../../../support/memory-log.ts'
import { stepAsk } from '../../../support/plan.ts'
import { prodParameter, sampleBundle, stagingParameter, World } from '../../../support/world.ts'
import { drawPorts, headline } from './drawing.ts'
import { waitingPlan } from './plan-states.ts'

const bundle = sampleBundle()
const channel = 'C0APPROVALS'
let world: World
let cards: MemoryCardStore
let board: MemoryCardBoard
beforeEach(() => {
  world = new World(bundle)
  cards = new MemoryCardStore()
  board = new MemoryCardBoard(channel)
})

const draw = (
  { ask }: ApprovalRequest,
  on: CardBoard = board,
  channels: DrawPorts['channels'] = channelsIn(bundle.deployment),
  load: RequestStore['load'] = (id) => world.requests.load(id),
) =>
  drawCard(
    ask.id,
    drawPorts(
      world,
      { cards, board: on },
      {
        requests: {
          load,
          recall: (key) => world.requests.recall(key),
          dependencies: (...asked) => world.requests.dependencies(...asked),
        },
        channels,
      },
    ),
  )

test('a card is posted once, and then changed in place', async () => {
  const request = await world.submitted(prodParameter)
  await draw(request)
  await world.decide(request, 'ben')
  await draw(request)
  await world.decide(request, 'eve')
  await draw(request)
  expect(board.messages(channel).map(headline)).toEqual(['✅ Approved, credential not collected yet'])
})

test('a card that is up to date is left untouched', async () => {
  const request = await world.submitted(prodParameter)
  await draw(request)
  const untouchable: CardBoard = {
    post: () => Promise.reject(new Error('posted')),
    update: () => Promise.reject(new Error('updated')),
    open: () => Promise.reject(new Error('opened')),
    reply: () => Promise.reject(new Error('replied')),
  }
  await expect(draw(request, untouchable)).resolves.toBeUndefined()
})

test('a card shows an overdue change that is not stored yet', async () => {
  const request = await world.submitted(prodParameter)
  await draw(request)
  world.clock.advance(86_400)
  await draw(request)
  expect(board.messages(channel).map(headline)).toEqual(['⌛ Expired'])
})

test('a late or repeated drawing shows the present state', async () => {
  const request = await world.submitted(prodParameter)
  await draw(request)
  await world.decide(request, 'eve', 'deny')
  await draw(request)
  await draw(request)
  expect(board.messages(channel).map(headline)).toEqual(['⛔ Denied'])
})

test('a deleted card is posted again', async () => {
  const request = await world.submitted(prodParameter)
  await draw(request)
  const [posted] = await cards.load(request.ask.id)
  board.delete(channel, posted?.ts ?? '')
  await world.decide(request, 'ben')
  await draw(request)
  expect(board.messages(channel).map(headline)).toEqual(['🟡 Waiting for sre: 0 of 1 approved'])
})

test('a request without a decision to make has no card', async () => {
  const request = await world.submitted(stagingParameter)
  await draw(request)
  expect(board.messages(channel)).toEqual([])
})

test('a step of a plan has no card, until a round of its own', async () => {
  const plan = waitingPlan()
  const step = (round: number) => ({ ...plan, round, ask: stepAsk(plan.ask, 1, plan.submittedAt + 3600) })
  const loading = (state: ApprovalRequest) => async () => ({ state, head: noEntries })
  world.clock.advance(plan.submittedAt - world.clock.now())
  await draw(step(1), board, channelsIn(bundle.deployment), loading(step(1)))
  expect(board.messages(channel)).toEqual([])
  await draw(step(2), board, channelsIn(bundle.deployment), loading(step(2)))
  expect(board.messages(channel).map(headline)).toEqual([expect.stringContaining('Waiting for owner')])
})

test('an unknown request has no card', async () => {
  const request = await world.submitted(prodParameter)
  await draw({ ...request, ask: { ...request.ask, id: `req_${'0'.repeat(26)}` } } as ApprovalRequest)
  expect(board.messages(channel)).toEqual([])
})

test.each([
  ['is archived', () => board.archive(channel), channelsIn(bundle.deployment)],
  ['the deployment does not know', () => {}, {}],
])(
  'a card in a channel that %s is logged and retried, and its request can still be decided',
  async (_what, archive, channels) => {
    const request = await world.submitted(prodParameter)
    archive()
    await expect(draw(request, board, channels)).rejects.toMatchObject({ name: 'CardUndeliverable' })
    expect(world.log.lines).toContainEqual({
      level: 'error',
      message: 'card_undeliverable',
      fields: { request: request.ask.id, channel: 'hotwork-approvals' },
    })
    await world.decide(request, 'ben', 'approve', { through: 'api' })
    expect((await world.state(request.ask.id)).stages[0]?.decisions).toHaveLength(1)
  },
)

test('a closed channel does not keep the card from another', async () => {
  const at = (id: string) => ({ chat: 'slack', id })
  const elsewhere = { 'hotwork-approvals': at('C0CLOSED'), 'hotwork-security': at(channel) }
  const { stages, ...request } = await world.submitted(prodParameter)
  const [owner, sre] = stages as [StageState, StageState]
  const state = { ...request, stages: [owner, { ...sre, terms: { ...sre.terms, channel: 'hotwork-security' } }] }
  const stored = { state: state as ApprovalRequest, head: noEntries }
  await expect(draw(stored.state, board, elsewhere, async () => stored)).rejects.toMatchObject({
    name: 'CardUndeliverable',
  })
  expect(board.messages(channel)).toHaveLength(1)
})

describe('on Slack’s Web API, as the desk speaks it', () => {
  let desk: Desk
  let slack: SlackDoor
  const log = new MemoryLog()
  beforeAll(async () => {
    desk = await startDesk({
      interactivityUrl: 'http://127.0.0.1:9/',
      ...chatOf(bundle),
      signingSecret: 'unused',
      botToken: 'xoxb-desk',
      people: [],
      channels: [{ name: 'hotwork-approvals', id: channel }],
    })
    slack = new SlackDoor({ apiUrl: desk.apiUrl, token: async () => 'xoxb-desk', log })
  })
  afterAll(() => desk.close())
  afterEach(() => fault({ status: 0 }))

  const fault = (body: object) => fetch(`${desk.deskUrl}control/fault`, { method: 'POST', body: JSON.stringify(body) })
  const history = async (): Promise<{ ts: string; text: string; blocks: unknown[] }[]> => {
    const answer = await fetch(`${desk.apiUrl}conversations.history?channel=${channel}`, {
      headers: { authorization: 'Bearer xoxb-desk' },
    })
    return ((await answer.json()) as { messages: { ts: string; text: string; blocks: unknown[] }[] }).messages
  }

  test('a throttled drawing names the pause, and the next one succeeds', async () => {
    const request = await world.submitted(prodParameter)
    await fault({ status: 429, retry_after: 7 })
    await expect(draw(request, slack)).rejects.toMatchObject({ name: 'BoardUnavailable', retryAfterSeconds: 7 })
    await fault({ status: 0 })
    await draw(request, slack)
    expect(await cards.load(request.ask.id)).toHaveLength(1)
  })

  test.each([500, 502, 503])('a drawing answered %d is retried', async (status) => {
    const request = await world.submitted(prodParameter)
    await fault({ status })
    await expect(draw(request, slack)).rejects.toMatchObject({ name: 'BoardUnavailable', retryAfterSeconds: undefined })
  })

  test.each([
    'is_archived',
    'channel_not_found',
    'not_in_channel',
    'account_inactive',
    'token_revoked',
    'missing_scope',
  ])('a drawing answered `%s` raises an alarm, and succeeds once the cause is gone', async (error) => {
    await comesBackAfter({ status: 200, error })
  })

  test.each([400, 403, 404])(
    'a drawing answered %d raises an alarm, and succeeds once the cause is gone',
    async (status) => {
      await comesBackAfter({ status })
    },
  )

  async function comesBackAfter(closed: object) {
    const request = await world.submitted(prodParameter)
    const before = await history()
    await fault(closed)
    await expect(draw(request, slack)).rejects.toMatchObject({ name: 'CardUndeliverable' })
    expect(world.log.lines.map(({ message }) => message)).toContain('card_undeliverable')
    await fault({ status: 0 })
    await draw(request, slack)
    expect((await history()).length).toBe(before.length + 1)
  }

  test('a drawing without an answer is retried', async () => {
    const nowhere = new SlackDoor({ apiUrl: 'http://127.0.0.1:9/api/', token: async () => 'xoxb-desk', log })
    await expect(nowhere.post(channel, { text: 'x', blocks: [] })).rejects.toMatchObject({ name: 'BoardUnavailable' })
  })

  test('a card that Slack would refuse is posted bare', async () => {
    const { ts } = await slack.post(channel, { text: 'Waiting. req_1 sha-256:AAAA', blocks: [{ type: 'nonsense' }] })
    const posted = (await history()).find((message) => message.ts === ts)
    expect(JSON.stringify(posted?.blocks)).toContain('req_1 sha-256:AAAA')
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', message: 'card_degraded' })
  })
})
