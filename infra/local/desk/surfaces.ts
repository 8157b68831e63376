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
  /** Slack id of the app's bot, or of the person who posted it. */
  user: string
  threadTs?: string
  metadata?: unknown
  editedAt?: number
  /** Oldest first. A screen that has not caught up still shows the last of them. */
  earlier: Json[][]
}

/** A message that only `user` sees. */
export interface Ephemeral extends Content {
  channel: string
  ts: string
  user: string
  at: number
}

/** In order. Ephemeral ones stand apart, since only one person may ever see each. */
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

  /** As Slack writes it, later than any before: it identifies a message in its channel. */
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

  post(message: Content & Pick<Message, 'channel' | 'user'> & { threadTs?: string; metadata?: unknown }): Message {
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

  /** Without content it is gone. */
  changeEphemeral(ephemeral: Ephemeral, content?: Content): void {
    if (content) Object.assign(ephemeral, content)
    else this.#ephemerals = this.#ephemerals.filter((other) => other !== ephemeral)
    this.#recordEphemeral(ephemeral)
  }

  #recordEphemeral({ channel, ts, user }: Ephemeral): void {
    this.#changes.record({ type: 'ephemeral', channel, ts, user })
  }
}

/** `content` is what the app sent, with block ids filled in. */
export interface View {
  id: string
  user: string
  /** Changes with each update: an app must not overwrite what it has not seen. */
  hash: string
  content: Json & { blocks: Json[] }
  rootViewId: string
  previousViewId: string | null
  errors: { [blockId: string]: string }
  /** By block and action id: it outlasts an update of the view, as in Slack. */
  filled: { [blockId: string]: Json }
}

const newHash = () => `${randomBytes(5).readUIntBE(0, 5)}.${randomBytes(4).toString('hex')}`
/** Slack shows at most three modals on top of each other. */
const deepestStack = 3

function makeView(user: string, content: View['content'], under?: View): View {
  const id = `V${randomBytes(5).toString('hex').toUpperCase()}`
  const [rootViewId, previousViewId] = [under?.rootViewId ?? id, under?.id ?? null]
  return { id, user, hash: newHash(), content, rootViewId, previousViewId, errors: {}, filled: {} }
}

/** Each person's open modals, the newest last, and their home tab. */
export class Views {
  readonly #stacks = new Map<string, readonly View[]>()
  readonly #homes = new Map<string, View>()
  readonly #changes: Changes

  constructor(changes: Changes) {
    this.#changes = changes
  }

  stackOf(user: string): readonly View[] {
    return this.#stacks.get(user) ?? []
  }

  homeOf(user: string): View | undefined {
    return this.#homes.get(user)
  }

  /** By its id, or a modal by the id that the app gave it. */
  find(id: string): View | undefined {
    const modals = [...this.#stacks.values()].flat()
    return [...modals, ...this.#homes.values()].find((view) => view.id === id || view.content['external_id'] === id)
  }

  /** One that was open before is gone, as in Slack. */
  open(user: string, content: View['content']): View {
    return this.#put(user, [makeView(user, content)]) as View
  }

  /** `undefined` when the stack is full. */
  push(user: string, content: View['content']): View | undefined {
    const stack = this.stackOf(user)
    return stack.length < deepestStack ? this.#put(user, [...stack, makeView(user, content, stack.at(-1))]) : undefined
  }

  update(view: View, content: View['content']): void {
    Object.assign(view, { content, hash: newHash(), errors: {} })
    this.#changes.record({ type: 'view', user: view.user })
  }

  showErrors(view: View, errors: View['errors']): void {
    view.errors = errors
    this.#changes.record({ type: 'view', user: view.user })
  }

  close(view: View): void {
    this.#put(
      view.user,
      this.stackOf(view.user).filter((other) => other !== view),
    )
  }

  clear(user: string): void {
    this.#put(user, [])
  }

  publish(user: string, content: View['content']): View {
    const view = this.#homes.get(user) ?? makeView(user, content)
    Object.assign(view, { content, hash: newHash(), filled: {} })
    this.#homes.set(user, view)
    this.#changes.record({ type: 'home', user })
    return view
  }

  #put(user: string, stack: readonly View[]): View | undefined {
    this.#stacks.set(user, stack)
    this.#changes.record({ type: 'view', user })
    return stack.at(-1)
  }
}

export const describeView = (view: View, { teamId, appId, botUserId }: DeskState, values: Json = {}): Json => ({
  private_metadata: '',
  callback_id: '',
  external_id: '',
  close: null,
  submit: null,
  clear_on_close: false,
  notify_on_close: false,
  submit_disabled: false,
  ...view.content,
  id: view.id,
  team_id: teamId,
  app_id: appId,
  app_installed_team_id: teamId,
  bot_id: `B${botUserId.slice(1)}`,
  hash: view.hash,
  state: { values },
  root_view_id: view.rootViewId,
  previous_view_id: view.previousViewId,
})
