import { renderBurst } from '../../../../functions/channels/slack/cards/burst-card.ts'
import { SlackDoor } from '../../../../functions/channels/slack/door.ts'
import { type BurstKind, burstKey, burstOf } from '../../../../functions/domain/cards/burst.ts'
import { channelsIn } from '../../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { decideBurst } from '../../../../functions/operations/cards/decide-burst.ts'
import { drawBurst } from '../../../../functions/operations/cards/draw-burst.ts'
import type { BurstMessage } from '../../../../functions/operations/cards/ports.ts'
import { MemoryFifoQueue } from '../../../support/requests/memory-queue.ts'
import { sampleBundle, World } from '../../../support/world.ts'
import { DeskWorld, wordsOf } from '../edge/desk-world.ts'

/** Fifty alike for one human decision, over HTTP on both sides of Slack. */

const sample = sampleBundle()
/** Limits with more room, so that one busy agent's requests keep cards of their own. */
const bundle = { ...sample, ladder: { ...sample.ladder, limits: { openPerAgent: 100, openPerOwner: 200, burst: 5 } } }
const channel = bundle.deployment.channels['hotwork-approvals'] as string
const world = new World(bundle)
const at = new DeskWorld(world)
const draws = new MemoryFifoQueue<BurstMessage>()
beforeAll(() => at.open())
afterAll(() => at.close())

async function draw(kind: BurstKind, because: Parameters<typeof drawBurst>[1]): Promise<void> {
  const board = new SlackDoor({ apiUrl: at.desk.apiUrl, token: async () => 'xoxb-any', log: world.log })
  const { requests, clock, log } = world
  await drawBurst(kind, because, {
    ...{ requests, clock, log, boards: { slack: board }, bursts: at.bursts },
    channels: channelsIn(bundle.deployment),
    renderBurst: (view) => renderBurst(view, bundle),
  })
}

/** The burst's card in Slack. */
async function shown(kind: BurstKind): Promise<{ ts: string; words: string }> {
  const [posted] = await at.bursts.load(burstKey(kind))
  const body = new URLSearchParams({ token: 'xoxb-any', channel })
  const answer = await fetch(`${at.desk.apiUrl}conversations.history`, { method: 'POST', body })
  const { messages } = (await answer.json()) as { messages: { ts: string; blocks: unknown }[] }
  const message = messages.find(({ ts }) => ts === posted?.ts)
  if (!message) throw new Error('the burst is not there')
  return { ts: message.ts, words: wordsOf(message.blocks) }
}

test('one person reads one card and clicks once, and fifty requests are approved, each on its own record', async () => {
  const all: ApprovalRequest[] = []
  for (let n = 0; n < 50; n++)
    all.push(
      await world.submitted({
        action: 'flags:set',
        arguments: { environment: 'prod', flag: `checkout-${n}`, value: false },
        resource: { type: 'flags:flag', id: `prod/checkout-${n}` },
      }),
    )
  const [first] = all
  const kind = first && burstOf(first, 'hotwork-approvals')
  if (!kind) throw new Error('nothing waits')
  await draw(kind, { requests: all.map(({ ask }) => ask.id), outcomes: [] })
  const before = await shown(kind)
  expect(before.words).toContain('50 alike wait for owner')
  expect(before.words).toContain('50  flag = "checkout-49"')

  const click = { channel, ts: before.ts, action_id: 'approve_all', user: 'U0BEN' }
  expect(await at.control('click', click)).toMatchObject({ status: 200 })
  const { ephemerals } = await at.control('ephemerals?user=U0BEN')
  expect(ephemerals.at(-1).text).toMatch(/^Your 50 approvals are accepted/)

  for (const click of world.requests.onceKeys('CLICK#')) await decideBurst(click, { ...world.ports, draws })
  for (const { burst, outcome } of draws.take()) await draw(burst, { requests: [], outcomes: outcome ? [outcome] : [] })
  for (const { ask } of all) expect(await world.state(ask.id)).toMatchObject({ status: 'approved' })
  const after = await shown(kind)
  expect(after.ts).toBe(before.ts)
  expect(after.words).toContain('None of 50 alike waits')
  expect(after.words).toContain('50 approved with one click by Ben')
  expect(world.log.lines.filter(({ level }) => level === 'error')).toEqual([])
})
