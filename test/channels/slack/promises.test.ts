import type { SlackCard } from '../../../functions/channels/slack/cards/blocks.ts'
import { SlackDoor } from '../../../functions/channels/slack/door.ts'
import type { RawRequest } from '../../../functions/channels/slack/edge/guard.ts'
import { slackWords } from '../../../functions/channels/slack/words.ts'
import type { JsonObject, Verdict } from '../../../functions/domain/values.ts'
import { startDesk } from '../../../local/desk/desk.ts'
import { channelIdsOf, chatOf } from '../../support/chats.ts'
import { sampleBundle, World } from '../../support/world.ts'
import { keepsPromises, type Trial } from '../promises.ts'
import { buttonsOf } from './cards/drawing.ts'
import { activeIn, leavesOf } from './cards/inert-checks.ts'
import { clickOf, formOf, signed } from './edge/clicks.ts'
import { Door } from './edge/door.ts'

const faults = { up: { status: 0 }, down: { status: 503 }, closed: { status: 200, error: 'is_archived' } }
const blocksOf = (card: JsonObject) => (card as SlackCard).blocks

keepsPromises<RawRequest>('slack', async (): Promise<Trial<RawRequest>> => {
  const world = new World(sampleBundle())
  const { bundle } = world.policy
  const [channel] = channelIdsOf(bundle)
  const desk = await startDesk({
    ...chatOf(bundle),
    ...{ interactivityUrl: 'http://127.0.0.1:9/', signingSecret: 'unused', botToken: 'xoxb-desk', people: [] },
    channels: channelIdsOf(bundle),
  })
  const edge = new Door(world)
  let clicks = 0
  const call = async (method: string, query: string) => {
    const headers = { authorization: 'Bearer xoxb-desk' }
    return (await fetch(`${desk.apiUrl}${method}?channel=${channel?.id}&${query}`, { headers })).json()
  }
  return {
    ...{ world, chat: 'slack', words: slackWords },
    door: new SlackDoor({ apiUrl: desk.apiUrl, token: async () => 'xoxb-desk', log: world.log }),
    async messages() {
      const { messages } = (await call('conversations.history', 'limit=100')) as {
        messages: ({ ts: string } & SlackCard)[]
      }
      return messages
        .toReversed()
        .map(({ ts, text, blocks }: { ts: string } & SlackCard) => ({ ts, card: { text, blocks } }))
    },
    remove: (ts) => call('chat.delete', `ts=${ts}`) as Promise<void>,
    async set(state) {
      await fetch(`${desk.deskUrl}control/fault`, { method: 'POST', body: JSON.stringify(faults[state]) })
    },
    textsOf: (card) => leavesOf(blocksOf(card)).map(({ text }) => text),
    controlsOf: (card) => buttonsOf(card as SlackCard).filter((id): id is Verdict => id === 'approve' || id === 'deny'),
    activeIn: (card) => activeIn(blocksOf(card)),
    click({ ask, round }, verdict, account, by) {
      clicks += 1
      const value = JSON.stringify({ r: ask.id, n: round, d: ask.digest.slice(0, 16) })
      const click = clickOf(account, { action_id: verdict, value }, { trigger_id: `${clicks}` })
      return signed(formOf(click), world.clock.now(), by && { by })
    },
    alter: (click) => ({ ...click, body: `${click.body}%20` }),
    async deliver(click) {
      const before = edge.told.length
      const { statusCode } = await edge.send(click)
      return {
        status: statusCode,
        told: edge.told
          .slice(before)
          .map(({ text }) => text)
          .join(''),
      }
    },
    account: (name) => `U0${name.toUpperCase()}`,
    close: () => desk.close(),
  }
})
