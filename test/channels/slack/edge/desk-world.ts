import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEphemeral } from '../../../../functions/channels/slack/edge/answers.ts'
import { createSlackEdge } from '../../../../functions/channels/slack/edge/bolt-edge.ts'
import { createViews } from '../../../../functions/channels/slack/edge/client.ts'
import type { EdgeOptions } from '../../../../functions/channels/slack/edge/edge-options.ts'
import { edgeOptions } from '../../../../functions/channels/slack/receive-slack.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { type Desk, startDesk } from '../../../../local/desk/desk.ts'
import { MemoryBurstStore } from '../../../support/cards/memory-burst-store.ts'
import { MemoryCardStore } from '../../../support/cards/memory-card-store.ts'
import { channelIdsOf, chatOf } from '../../../support/chats.ts'
import { MemoryHaltStore } from '../../../support/ledger/memory-halt-store.ts'
import { issuer, type World } from '../../../support/world.ts'
import { secret } from './clicks.ts'
import { storesInTime } from './timely.ts'
import { unhurried } from './unhurried.ts'

const targetRole = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'

/** A view as Slack shows it to its app. */
export type Shown = { id: string; blocks: JsonObject[]; errors: { [block: string]: string }; [member: string]: unknown }
type Answered = { status: number; body: string }

/** A world in memory, Slack's door before it, and the desk before that, over HTTP: a test acts as people do. */
export class DeskWorld {
  readonly world: World
  readonly bursts = new MemoryBurstStore()
  readonly halts: MemoryHaltStore
  /** A test's changes of the door's ports. */
  changes: Partial<EdgeOptions> = {}
  /** True if Slack's timeout runs. */
  isTimed = false
  desk!: Desk
  #door!: Server

  constructor(world: World) {
    this.world = world
    this.halts = new MemoryHaltStore(world.requests, world.ledger)
  }

  async open(): Promise<void> {
    const { world, bursts } = this
    const { bundle } = world.policy
    this.#door = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => this.#door.once('listening', resolve))
    this.desk = await startDesk({
      interactivityUrl: `http://127.0.0.1:${(this.#door.address() as AddressInfo).port}/slack/events`,
      ...chatOf(bundle),
      signingSecret: secret,
      people: [
        ...bundle.directory.people.flatMap(({ id, name, chatUser: slackUserId }) =>
          slackUserId === undefined ? [] : [{ slackUserId, name: id, realName: name, groups: [] }],
        ),
        { slackUserId: 'U0STRANGER', name: 'stranger', realName: 'Sam Stranger', groups: [] },
      ],
      channels: channelIdsOf(bundle),
      clock: () => world.clock.now() * 1000,
    })
    const { apiUrl } = this.desk
    const slackApi = { apiUrl, token: async () => 'xoxb-any', log: world.log }
    // Made for each request, because a test may change the ports while it runs.
    const edge = () => {
      const options = edgeOptions({
        ...{ ...world.ports, issuer, bursts, targetRoles: [targetRole], targetRole: world.targetRole },
        ...storesInTime({ ...world, halts: this.halts }),
        cards: new MemoryCardStore(),
        chat: chatOf(bundle),
        secrets: async () => [secret],
        ...createViews(slackApi, 60_000),
        refreshGroups: () => Promise.reject(new Error('no groups are taken from Slack here')),
        sendEphemeral: createEphemeral(apiUrl, world.log, (url, init) => fetch(url, { ...init, signal: null })),
        ...(this.isTimed ? {} : { stopwatch: unhurried() }),
      })
      return createSlackEdge({ ...options, ...this.changes })
    }
    this.#door.on('request', async (incoming, outgoing) => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk)
      const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
      const body = Buffer.concat(chunks).toString('base64')
      const raw = { method: incoming.method ?? '', headers, body, isBase64Encoded: true }
      const answer = await edge()({ ...raw, arrivedAt: world.clock.now(), requestId: 'one-delivery' })
      outgoing.writeHead(answer.statusCode, answer.headers).end(answer.body)
    })
  }

  async close(): Promise<void> {
    await this.desk.close()
    this.#door.closeAllConnections()
    await new Promise((resolve) => this.#door.close(resolve))
  }

  // biome-ignore lint/suspicious/noExplicitAny: each test checks the members that it reads
  async control(path: string, body?: unknown): Promise<any> {
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    return (await fetch(`${this.desk.deskUrl}control/${path}`, sent)).json()
  }

  event(event: JsonObject): Promise<Answered> {
    return this.control('event', event)
  }

  /** Opens a person's tab, and returns its view. */
  async home(user: string): Promise<Shown> {
    await this.event({ type: 'app_home_opened', user, channel: 'D0', tab: 'home' })
    const home = await this.homeNow(user)
    if (!home) throw new Error(`${user} has no home tab`)
    return home
  }

  async homeNow(user: string): Promise<Shown | undefined> {
    return (await this.control(`views?user=${user}`)).home
  }

  async modals(user: string): Promise<Shown[]> {
    return (await this.control(`views?user=${user}`)).views
  }

  click(user: string, view: Shown, action_id: string, block_id: string): Promise<Answered> {
    return this.control('click-view', { view_id: view.id, user, action_id, block_id })
  }

  submit(user: string, view: Shown, values: { [block: string]: string | number | string[] }): Promise<Answered> {
    return this.control('submit', { view_id: view.id, user, values })
  }

  /** The answer to a typed command, in words. */
  async type(user: string, text: string): Promise<string> {
    await this.control('command', { command: '/hotwork', text, user, channel: 'hotwork-approvals' })
    const { ephemerals } = await this.control(`ephemerals?user=${user}`)
    return wordsOf(ephemerals.at(-1)?.blocks ?? [])
  }
}

/** All text of the blocks, in order. */
export function wordsOf(blocks: unknown): string {
  if (Array.isArray(blocks)) return blocks.map(wordsOf).join('')
  if (typeof blocks !== 'object' || blocks === null) return ''
  const { text, fallback, elements } = blocks as JsonObject
  const own = typeof text === 'string' ? text : typeof fallback === 'string' ? fallback : wordsOf(text)
  const ends = (blocks as JsonObject)['block_id'] === undefined ? '' : '\n'
  return `${own}${wordsOf(elements)}${ends}`
}
