import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { SlackDoor } from '../../../../functions/channels/slack/door.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { drawBatch } from '../../../../functions/handlers/channels/draw-batch.ts'
import { drawCard } from '../../../../functions/operations/cards/draw-card.ts'
import type { CardBoard } from '../../../../functions/operations/cards/ports.ts'
import { type Desk, startDesk } from '../../../../local/desk/desk.ts'
import { MemoryCardStore } from '../../../support/cards/memory-card-store.ts'
import { chatOf } from '../../../support/chats.ts'
import { MemoryLog } from '../../../support/memory-log.ts'
import { HeldQueue } from '../../../support/requests/held-queue.ts'
import { parameter, sampleBundle, World } from '../../../support/world.ts'
import { drawPorts, headline, withStage, wordsOf } from '../cards/drawing.ts'

// Slack slow, wrong, silent and gone: decisions stay right, cards become right, and calls stay bounded.

const sample = sampleBundle()
const bundle = withStage(sample, 'owner', { notify: { direct: ['person:ana'] } })
const channel = sample.deployment.channels['hotwork-approvals'] as string
let desk: Desk
let world: World
let cards: MemoryCardStore
let queue: HeldQueue
/** The calls to Slack, with their times. */
let calls: { at: number; method: string }[]
/** Two workers with five messages each, once a second: no faster than the deployed function. */
const hands = 2

const onDesk = (timeoutMs?: number) =>
  new SlackDoor({
    apiUrl: desk.apiUrl,
    token: async () => 'xoxb-desk',
    log: new MemoryLog(),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  })
const counting = (board: CardBoard): CardBoard => {
  const counted = <T>(method: string, answer: Promise<T>): Promise<T> => {
    calls.push({ at: world.clock.now(), method })
    return answer
  }
  return {
    post: (...args) => counted('post', board.post(...args)),
    update: (...args) => counted('update', board.update(...args)),
    open: (...args) => counted('open', board.open(...args)),
    reply: (...args) => counted('reply', board.reply(...args)),
  }
}
const fault = (body: object) => fetch(`${desk.deskUrl}control/fault`, { method: 'POST', body: JSON.stringify(body) })
const ask = async <T>(method: string, query: string): Promise<T> =>
  (
    await fetch(`${desk.apiUrl}${method}?${query}`, { headers: { authorization: 'Bearer xoxb-desk' } })
  ).json() as Promise<T>
type Messages = { messages: { ts: string; text: string; blocks: never[] }[] }
const history = async (of = channel) =>
  (await ask<Messages>('conversations.history', `channel=${of}&limit=500`)).messages
const directOf = async (user: string) =>
  (await ask<{ channel: { id: string } }>('conversations.open', `users=${user}`)).channel.id

beforeEach(async () => {
  desk = await startDesk({
    interactivityUrl: 'http://127.0.0.1:9/',
    ...chatOf(bundle),
    signingSecret: 'unused',
    botToken: 'xoxb-desk',
    people: bundle.directory.people.flatMap(({ id, name, chatUser: slack }) =>
      slack === undefined ? [] : [{ slackUserId: slack, name: id, realName: name, groups: [] }],
    ),
    channels: [{ name: 'hotwork-approvals', id: channel }],
  })
  world = new World(bundle)
  cards = new MemoryCardStore()
  queue = new HeldQueue({ attempts: 75 })
  calls = []
})
afterEach(() => desk.close())

/** Works the queue off for this many seconds, or until it is empty. */
async function work(seconds: number, board: CardBoard): Promise<void> {
  const ports = drawPorts(world, { cards, board: counting(board) })
  for (let second = 0; second < seconds && queue.length > 0; second++) {
    for (let hand = 0; hand < hands; hand++)
      await queue.workOff(world.clock.now(), 5, async (event) => {
        const { batchItemFailures } = await drawBatch(event, {
          mayStart: () => true,
          isOneChat: true,
          withoutSlack: async () => {},
          draw: (id) => drawCard(id, ports),
          hold: async (handle, after) => queue.hold(handle, world.clock.now() + after),
          log: world.log,
        })
        return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
      })
    world.clock.advance(1)
  }
}

const submitted = async (n: number): Promise<ApprovalRequest> => {
  const request = await world.submitted(parameter(`/prod/checkout/setting-${n}`))
  queue.send(request.ask.id, world.clock.now())
  return request
}
async function decided(request: ApprovalRequest, who: string, verdict: 'approve' | 'deny' = 'approve') {
  const answer = await world.decide(request, who, verdict, { through: 'api' })
  queue.send(request.ask.id, world.clock.now())
  return answer
}

const gone: [how: string, what: object][] = [
  ['gone for an hour', { status: 503 }],
  ['asking for patience for an hour', { status: 429, retry_after: 30 }],
]

test.each(gone)(
  'a Slack that is %s is called less and less, decisions count, and afterwards each card is drawn once',
  async (_how, what) => {
    await fault(what)
    const begun = world.clock.now()
    const requests: ApprovalRequest[] = []
    for (let n = 0; n < 12; n++) requests.push(await submitted(n))
    await work(600, onDesk())
    for (const [n, request] of requests.entries()) {
      expect((await decided(request, 'ben')).ok).toBe(true)
      await decided(request, 'eve', n % 2 === 0 ? 'approve' : 'deny')
    }
    await work(3000, onDesk())
    expect([queue.dead, await cards.load(requests[0]?.ask.id as never)]).toEqual([[], []])
    const within = (from: number, to: number) => calls.filter(({ at }) => at >= from && at < to).length
    const inMinutes = (minute: number, many = 1) => within(begun + minute * 60, begun + (minute + many) * 60)
    expect(inMinutes(0, 10)).toBeGreaterThan(inMinutes(30, 10))
    // At most once a minute for each request, in each of its places.
    expect(inMinutes(30)).toBeLessThanOrEqual(2 * requests.length)

    await fault({ status: 0 })
    const back = world.clock.now()
    await work(600, onDesk())
    expect([queue.length, queue.dead]).toEqual([0, []])
    const shown = await history()
    expect(shown).toHaveLength(requests.length)
    for (const [n, { ask }] of requests.entries()) {
      const card = shown.find(({ text }) => text.includes(ask.id))
      expect(headline(card as never)).toBe(n % 2 === 0 ? '✅ Approved, credential not collected yet' : '⛔ Denied')
    }
    const since = calls.filter(({ at }) => at >= back)
    // A card in the channel and a notice to the owner; a settled request sends no direct messages.
    expect(since.filter(({ method }) => method === 'post')).toHaveLength(2 * requests.length)
    expect(since.filter(({ method }) => method === 'update' || method === 'reply')).toEqual([])
    const atOnce = [...Map.groupBy(since, ({ at }) => at).values()].map((each) => each.length)
    expect(Math.max(...atOnce)).toBeLessThanOrEqual(requests.length)
  },
  60_000,
)

test('a Slack that hangs holds up a batch once, and the rest of the batch is not tried', async () => {
  const sockets: Socket[] = []
  const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  const apiUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/api/`
  const board = new SlackDoor({ apiUrl, token: async () => 'xoxb', log: new MemoryLog(), timeoutMs: 100 })
  for (let n = 0; n < 5; n++) await submitted(n)
  await work(1, board)
  expect(calls).toEqual([{ at: world.clock.now() - 1, method: 'post' }])
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => silent.close(resolve))
  await work(120, onDesk())
  expect(await history()).toHaveLength(5)
})

test.each([
  ['the app is uninstalled', 'account_inactive'],
  ['its token is revoked', 'token_revoked'],
  ['the channel is archived', 'is_archived'],
])(
  '%s, yet decisions count, an alarm is raised, and every card is there once the cause is gone',
  async (_what, error) => {
    const request = await submitted(1)
    await work(60, onDesk())
    await fault({ status: 200, error })
    expect((await decided(request, 'ben')).ok).toBe(true)
    await work(60, onDesk())
    expect(world.log.lines.map(({ message }) => message)).toContain('card_undeliverable')
    expect((await decided(request, 'eve')).ok).toBe(true)
    await fault({ status: 0 })
    await work(600, onDesk())
    expect(queue.length).toBe(0)
    for (const where of [channel, await directOf('U0ANA')])
      expect((await history(where)).map((card) => headline(card as never))).toEqual([
        '✅ Approved, credential not collected yet',
      ])
  },
)

test('a direct message is a card of its own, in one conversation, with its lines beneath', async () => {
  const board = onDesk()
  const requests = [await submitted(1), await submitted(2)]
  await work(60, board)
  const direct = await directOf('U0ANA')
  expect(await history(direct)).toHaveLength(2)
  await decided(requests[0] as ApprovalRequest, 'ben')
  await work(60, board)
  const card = (await history(direct)).find(({ text }) => text.includes(requests[0]?.ask.id ?? '-'))
  expect(headline(card as never)).toBe('🟡 Waiting for sre: 0 of 1 approved')
  const { messages } = await ask<Messages>('conversations.replies', `channel=${direct}&ts=${card?.ts}`)
  expect(messages.slice(1).map((line) => wordsOf(line as never))).toEqual([
    'Handled: owner was approved by Ben Baker (person:ben).',
  ])
})

test('a direct message that was deleted comes back, with its lines beneath the new one', async () => {
  const request = await submitted(1)
  await work(60, onDesk())
  const direct = await directOf('U0ANA')
  const [card] = await history(direct)
  await fetch(`${desk.apiUrl}chat.delete`, {
    method: 'POST',
    headers: { authorization: 'Bearer xoxb-desk', 'content-type': 'application/json' },
    body: JSON.stringify({ channel: direct, ts: card?.ts }),
  })
  await decided(request, 'ben')
  await work(60, onDesk())
  const [again, ...more] = await history(direct)
  expect([headline(again as never), more]).toEqual(['🟡 Waiting for sre: 0 of 1 approved', []])
  const { messages } = await ask<Messages>('conversations.replies', `channel=${direct}&ts=${again?.ts}`)
  expect(messages).toHaveLength(2)
})

test('a line is said once, even if a change and a timer draw at the same time', async () => {
  const request = await submitted(1)
  await work(60, onDesk())
  await decided(request, 'ben')
  queue.send(request.ask.id, world.clock.now())
  queue.send(request.ask.id, world.clock.now())
  await work(60, onDesk())
  expect(calls.filter(({ method }) => method === 'reply')).toHaveLength(1)
})
