import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSlackEdge } from '../../functions/adapters/slack/bolt-edge.ts'
import { renderCard } from '../../functions/adapters/slack/card.ts'
import { SlackCardBoard } from '../../functions/adapters/slack/slack-card-board.ts'
import { createWhisper } from '../../functions/adapters/slack/whisper.ts'
import type { ApprovalRequest } from '../../functions/domain/request.ts'
import { decideInTime } from '../../functions/operations/decide-in-time.ts'
import { drawCard } from '../../functions/operations/draw-card.ts'
import { type Desk, startDesk } from '../../infra/local/desk/desk.ts'
import { MemoryCardStore } from '../support/memory-card-store.ts'
import { prodParameter, sampleBundle, World } from '../support/world.ts'
import { secret } from './press.ts'

// Both sides of Slack over HTTP: what the desk signs, the door must take, and what the door says, the desk must show.

const bundle = sampleBundle()
const { slack } = bundle.deployment
const channel = bundle.deployment.channels['hotwork-approvals'] as string
const world = new World(bundle)
const cards = new MemoryCardStore()
let desk: Desk
let door: Server

beforeAll(async () => {
  door = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => door.once('listening', resolve))
  desk = await startDesk({
    interactivityUrl: `http://127.0.0.1:${(door.address() as AddressInfo).port}/slack/events`,
    ...slack,
    signingSecret: secret,
    people: bundle.directory.people.flatMap(({ id, name, slack: slackUserId }) =>
      slackUserId === undefined ? [] : [{ slackUserId, name: id, realName: name, groups: [] }],
    ),
    channels: [{ name: 'hotwork-approvals', id: channel }],
    clock: () => world.clock.now() * 1000,
  })
  const edge = createSlackEdge({
    bundle,
    secrets: async () => [secret],
    decide: (ask, mayStart) => decideInTime(ask, world.ports, mayStart),
    whisper: createWhisper(desk.apiUrl, world.log),
    now: () => world.clock.now(),
    log: world.log,
  })
  door.on('request', async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
    const body = Buffer.concat(chunks).toString('base64')
    const raw = { method: incoming.method ?? '', headers, body, isBase64Encoded: true }
    const answer = await edge({ ...raw, arrivedAt: world.clock.now(), requestId: 'one-delivery' })
    outgoing.writeHead(answer.statusCode, answer.headers).end(answer.body)
  })
})
afterAll(async () => {
  await desk.close()
  door.closeAllConnections()
  await new Promise((resolve) => door.close(resolve))
})

const draw = ({ ask }: ApprovalRequest) =>
  drawCard(ask.id, {
    requests: world.requests,
    cards,
    board: new SlackCardBoard({ apiUrl: desk.apiUrl, token: async () => 'xoxb-any', log: world.log }),
    render: (state, alias) => renderCard(state, bundle, alias),
    channels: bundle.deployment.channels,
    clock: world.clock,
    log: world.log,
  })

async function click(request: ApprovalRequest, user: string, action_id: 'approve' | 'deny'): Promise<unknown> {
  const [card] = await cards.load(request.ask.id)
  const body = JSON.stringify({ channel, ts: card?.ts, action_id, user })
  const headers = { 'content-type': 'application/json' }
  return (await fetch(`${desk.deskUrl}control/click`, { method: 'POST', headers, body })).json()
}

async function toldTo(user: string): Promise<string[]> {
  const answer = await fetch(`${desk.deskUrl}control/ephemerals?user=${user}`)
  const { ephemerals } = (await answer.json()) as { ephemerals: { text: string }[] }
  return ephemerals.map(({ text }) => text)
}

test('two people approve on the card, which follows', async () => {
  const request = await world.submitted(prodParameter)
  await draw(request)
  expect(await click(request, 'U0BEN', 'approve')).toMatchObject({ status: 200, body: '' })
  await draw(request)
  expect(await click(request, 'U0EVE', 'approve')).toMatchObject({ status: 200, body: '' })
  await draw(request)
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'approved' })
  expect([...(await toldTo('U0BEN')), ...(await toldTo('U0EVE'))]).toEqual([])
})

test('a press on a card that has not caught up is answered with what is true, to the one who pressed alone', async () => {
  const request = await world.submitted(prodParameter, { idempotencyKey: 'another' })
  await draw(request)
  await world.decide(request, 'finn', 'deny')
  expect(await click(request, 'U0BEN', 'approve')).toMatchObject({ status: 200 })
  expect(await toldTo('U0BEN')).toEqual([
    'It was too late, nothing has changed: it was denied by Finn Fischer (person:finn).',
  ])
  expect(await toldTo('U0EVE')).toEqual([])
  await draw(request)
  expect(await click(request, 'U0CHLOE', 'deny')).toMatchObject({ status: 200, stale: true })
  expect(await toldTo('U0CHLOE')).toEqual([expect.stringMatching(/^It was too late, nothing has changed/)])
})
