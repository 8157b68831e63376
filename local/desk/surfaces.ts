// Rules: test/local/desk/web-api.test.ts
import { randomBytes } from 'node:crypto'
import type { Json } from './blocks.ts'
import type { Changes, DeskState } from './state.ts'

interface Content {
  text: string
  blocks: Json[]
}

export interface Message extends Content {
  channel: string
  ts: string
  /** The Slack id of the app's bot, or of the person who posted it. */
  user: string
  threadTs?: string
  editedAt?: number
  /** Earlier versions, oldest first. A screen that lags shows the last of them. */
  earlier: Json[][]
}

export interface Ephemeral extends Content {
  channel: string
  ts: string
  user: string
  at: number
}

/** Messages in order. Ephemeral ones are separate, since only one person may see each. */
export class Messages {
  readonly #messages: Message[] = []
  #ephemerals: Ephemeral[] = []
  readonly #clock: () => number
  readonly #changes: Changes
  #lastMicros = 0

  constructor(clock: () => number, changes: Changes) {
    this.#clock = clock
    this.#changes = changes
  }

  /** A timestamp in Slack's form, later than all before. It identifies a message in its channel. */
  nextTs(): string {
    this.#lastMicros = Math.max(Math.floor(this.#clock() * 1_000), this.#lastMicros + 1)
    const seconds = Math.floor(this.#lastMicros / 1_000_000)
    return `${seconds}.${String(this.#lastMicros % 1_000_000).padStart(6, '0')}`
  }

  all(): readonly Message[] {
    return this.#messages
  }

  in(channel: string): Message[] {
    return this.#messages.filter((message) => message.channel === channel)
  }

  find(channel: string, ts: string): Message | undefined {
    return this.#messages.find((message) => message.channel === channel && message.ts === ts)
  }

  post(message: Content & Pick<Message, 'channel' | 'user' | 'threadTs'>): Message {
    const posted: Message = { ...message, ts: this.nextTs(), earlier: [] }
    this.#messages.push(posted)
    this.#changes.record({ type: 'posted', channel: posted.channel, ts: posted.ts })
    return posted
  }

  update(message: Message, { text, blocks }: Content): void {
    message.earlier.push(message.blocks)
    Object.assign(message, { text, blocks, editedAt: this.#clock() })
    this.#changes.record({ type: 'updated', channel: message.channel, ts: message.ts })
  }

  delete(message: Message): void {
    this.#messages.splice(this.#messages.indexOf(message), 1)
    this.#changes.record({ type: 'deleted', channel: message.channel, ts: message.ts })
  }

  postEphemeral(ephemeral: Content & Pick<Ephemeral, 'channel' | 'user'>): Ephemeral {
    const posted: Ephemeral = { ...ephemeral, ts: this.nextTs(), at: this.#clock() }
    this.#ephemerals.push(posted)
    this.#recordEphemeral(posted)
    return posted
  }

  ephemeralsOf(user: string): Ephemeral[] {
    return this.#ephemerals.filter((ephemeral) => ephemeral.user === user)
  }

  findEphemeral(user: string, ts: string): Ephemeral | undefined {
    return this.ephemeralsOf(user).find((ephemeral) => ephemeral.ts === ts)
  }

  findFor(user: string, channel: string, ts: string): Message | Ephemeral | undefined {
    return this.find(channel, ts) ?? this.findEphemeral(user, ts)
  }

  dismiss(ephemeral: Ephemeral): void {
    this.#ephemerals = this.#ephemerals.filter((other) => other !== ephemeral)
    this.#recordEphemeral(ephemeral)
  }

  #recordEphemeral({ channel, ts, user }: Ephemeral): void {
    this.#changes.record({ type: 'ephemeral', channel, ts, user })
  }
}

export interface View {
  id: string
  user: string
  content: Json & { blocks: Json[] }
  errors: { [blockId: string]: string }
  /** Filled-in values by block and action id. As in Slack, they survive an update of the view. */
  filled: { [blockId: string]: Json }
}

const makeView = (user: string, content: View['content']): View => ({
  id: `V${randomBytes(5).toString('hex').toUpperCase()}`,
  ...{ user, content, errors: {}, filled: {} },
})

export class Views {
  readonly #modals = new Map<string, View>()
  readonly #homes = new Map<string, View>()
  readonly #changes: Changes

  constructor(changes: Changes) {
    this.#changes = changes
  }

  modalOf(user: string): View | undefined {
    return this.#modals.get(user)
  }

  homeOf(user: string): View | undefined {
    return this.#homes.get(user)
  }

  find(id: string): View | undefined {
    return [...this.#modals.values(), ...this.#homes.values()].find((view) => view.id === id)
  }

  /** Opens a view. As in Slack, it replaces an open one. */
  open(user: string, content: View['content']): View {
    const view = makeView(user, content)
    this.#modals.set(user, view)
    this.#changes.record({ type: 'view', user })
    return view
  }

  update(view: View, changed: Partial<Pick<View, 'content' | 'errors'>>): void {
    Object.assign(view, { errors: {}, ...changed })
    this.#changes.record({ type: 'view', user: view.user })
  }

  close({ user }: View): void {
    this.#modals.delete(user)
    this.#changes.record({ type: 'view', user })
  }

  publish(user: string, content: View['content']): View {
    const view = this.#homes.get(user) ?? makeView(user, content)
    Object.assign(view, { content, filled: {} })
    this.#homes.set(user, view)
    this.#changes.record({ type: 'home', user })
    return view
  }
}

export const describeView = (view: View, { teamId, appId, botUserId }: DeskState, values: Json = {}): Json => ({
  private_metadata: '',
  callback_id: '',
  close: null,
  submit: null,
  ...view.content,
  id: view.id,
  team_id: teamId,
  app_id: appId,
  app_installed_team_id: teamId,
  bot_id: `B${botUserId.slice(1)}`,
  state: { values },
  root_view_id: view.id,
  previous_view_id: null,
})
