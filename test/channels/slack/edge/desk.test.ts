import { SlackDoor } from '../../../../functions/channels/slack/door.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { refusals } from '../../../../functions/domain/refusals.ts'
import { drawCard } from '../../../../functions/operations/cards/draw-card.ts'
import { MemoryCardStore } from '../../../support/cards/memory-card-store.ts'
import { prodParameter, sampleBundle, World } from '../../../support/world.ts'
import { drawPorts } from '../cards/drawing.ts'
import { DeskWorld } from './desk-world.ts'

// Both sides of Slack over HTTP: the door must accept the desk's signatures, and the desk must show the door's answers.

const bundle = sampleBundle()
const channel = bundle.deployment.channels['hotwork-approvals'] as string
const world = new World(bundle)
const cards = new MemoryCardStore()
const at = new DeskWorld(world)
beforeAll(() => at.open())
afterAll(() => at.close())

const board = () => new SlackDoor({ apiUrl: at.desk.apiUrl, token: async () => 'xoxb-any', log: world.log })
const draw = ({ ask }: ApprovalRequest) => drawCard(ask.id, drawPorts(world, { cards, board: board() }))

async function click(request: ApprovalRequest, user: string, action_id: 'approve' | 'deny'): Promise<unknown> {
  const [card] = await cards.load(request.ask.id)
  const body = JSON.stringify({ channel, ts: card?.ts, action_id, user })
  const headers = { 'content-type': 'application/json' }
  return (await fetch(`${at.desk.deskUrl}control/click`, { method: 'POST', headers, body })).json()
}

async function toldTo(user: string): Promise<string[]> {
  const answer = await fetch(`${at.desk.deskUrl}control/ephemerals?user=${user}`)
  const { ephemerals } = (await answer.json()) as { ephemerals: { text: string }[] }
  return ephemerals.map(({ text }) => text)
}

test('two approvals on the card are recorded, and the card follows', async () => {
  const request = await world.submitted(prodParameter)
  await draw(request)
  expect(await click(request, 'U0BEN', 'approve')).toMatchObject({ status: 200, body: '' })
  await draw(request)
  expect(await click(request, 'U0EVE', 'approve')).toMatchObject({ status: 200, body: '' })
  await draw(request)
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'approved' })
  expect([...(await toldTo('U0BEN')), ...(await toldTo('U0EVE'))]).toEqual([])
})

test('a click on an outdated card is answered with the present state, privately', async () => {
  const request = await world.submitted(prodParameter, { idempotencyKey: 'another' })
  await draw(request)
  await world.decide(request, 'finn', 'deny')
  expect(await click(request, 'U0BEN', 'approve')).toMatchObject({ status: 200 })
  expect(await toldTo('U0BEN')).toEqual([expect.stringContaining('It was denied by Finn Fischer (person:finn).')])
  expect(await toldTo('U0EVE')).toEqual([])
  await draw(request)
  expect(await click(request, 'U0CHLOE', 'deny')).toMatchObject({ status: 200, stale: true })
  expect(await toldTo('U0CHLOE')).toEqual([expect.stringMatching(refusals.already_settled.so)])
})
