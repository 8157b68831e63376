import { randomBytes } from 'node:crypto'
import type { Json } from './blocks.ts'
import type { Changes } from './state.ts'

export interface Message {
  channel: string
  ts: string
  /** Slack id of who posted it: the app's bot, or a person. */
  user: string
  text: string
  blocks: Json[]
  threadTs?: string
  metadata?: unknown
  /** Milliseconds, once it has been updated. */
  editedAt?: number
  /** Blocks it had before, oldest first. A screen that has not caught up still shows the last of them. */
  earlier: Json[][]
}

export interface Ephemeral {
  channel: string
  ts: string
  user: string
  text: string
  blocks: Json[]
  /** Milliseconds. */
  at: number
}

type Content = Pick<Message, 'text' | 'blocks'>

/** Everything posted, in order. Ephemerals stand apart, since only one person may ever see each. */
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

  /** A timestamp as Slack writes it, later than any before: it identifies a message in its channel. */
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

  update(message: Message, content: Content): void {
    message.earlier.push(message.blocks)
    message.text = content.text
    message.blocks = content.blocks
    message.editedAt = this.#clock()
    this.#changes.record({ type: 'updated', channel: message.channel, ts: message.ts })
  }

  delete(message: Message): void {
    this.#messages.splice(this.#messages.indexOf(message), 1)
    this.#changes.record({ type: 'deleted', channel: message.channel, ts: message.ts })
  }

  whisper(ephemeral: Content & Pick<Ephemeral, 'channel' | 'user'>): Ephemeral {
    const told: Ephemeral = { ...ephemeral, ts: this.nextTs(), at: this.#clock() }
    this.#ephemerals.push(told)
    this.#changes.record({ type: 'ephemeral', channel: told.channel, ts: told.ts, user: told.user })
    return told
  }

  ephemeralsOf(user: string): Ephemeral[] {
    return this.#ephemerals.filter((ephemeral) => ephemeral.user === user)
  }

  findEphemeral(user: string, ts: string): Ephemeral | undefined {
    return this.#ephemerals.find((ephemeral) => ephemeral.user === user && ephemeral.ts === ts)
  }

  /** Replaces what an ephemeral says, or takes it away. */
  changeEphemeral(ephemeral: Ephemeral, content?: Content): void {
    if (content) Object.assign(ephemeral, content)
    else this.#ephemerals = this.#ephemerals.filter((other) => other !== ephemeral)
    this.#changes.record({ type: 'ephemeral', channel: ephemeral.channel, ts: ephemeral.ts, user: ephemeral.user })
  }
}

/** A modal or home tab. `content` is what the app sent, with block ids filled in. */
export interface View {
  id: string
  user: string
  /** Changes with each update, so that an app can refuse to overwrite what it has not seen. */
  hash: string
  content: Json & { blocks: Json[] }
  rootViewId: string
  previousViewId: string | null
  /** Sentences by block id, after `response_action: errors`. */
  errors: { [blockId: string]: string }
  /** What the person has filled in so far, by block and action id: it outlasts an update of the view, as in Slack. */
  filled: { [blockId: string]: Json }
}

const newId = () => `V${randomBytes(5).toString('hex').toUpperCase()}`
const newHash = () => `${randomBytes(5).readUIntBE(0, 5)}.${randomBytes(4).toString('hex')}`
/** Slack shows at most three modals on top of each other. */
const deepestStack = 3

/** Each person's open modals, a stack with the newest last, and their home tab. */
export class Views {
  readonly #stacks = new Map<string, View[]>()
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

  find(id: string): View | undefined {
    const modals = [...this.#stacks.values()].flat()
    return [...modals, ...this.#homes.values()].find((view) => view.id === id)
  }

  findByExternalId(externalId: string): View | undefined {
    return [...this.#stacks.values()].flat().find((view) => view.content['external_id'] === externalId)
  }

  /** A fresh modal; one that was open before is gone, as in Slack. */
  open(user: string, content: View['content']): View {
    const id = newId()
    const view = { id, user, hash: newHash(), content, rootViewId: id, previousViewId: null, errors: {}, filled: {} }
    this.#stacks.set(user, [view])
    this.#tell(view)
    return view
  }

  /** On top of the open one; `undefined` when the stack is full. */
  push(user: string, content: View['content']): View | undefined {
    const stack = this.stackOf(user)
    const top = stack.at(-1)
    if (!top) return this.open(user, content)
    if (stack.length >= deepestStack) return undefined
    const view = {
      id: newId(),
      user,
      hash: newHash(),
      content,
      rootViewId: top.rootViewId,
      previousViewId: top.id,
      errors: {},
      filled: {},
    }
    this.#stacks.set(user, [...stack, view])
    this.#tell(view)
    return view
  }

  update(view: View, content: View['content']): void {
    Object.assign(view, { content, hash: newHash(), errors: {} })
    this.#tell(view)
  }

  showErrors(view: View, errors: View['errors']): void {
    view.errors = errors
    this.#tell(view)
  }

  close(view: View): void {
    this.#stacks.set(
      view.user,
      this.stackOf(view.user).filter((other) => other !== view),
    )
    this.#tell(view)
  }

  clear(user: string): void {
    this.#stacks.delete(user)
    this.#changes.record({ type: 'view', user })
  }

  publish(user: string, content: View['content']): View {
    const known = this.#homes.get(user)
    const id = known?.id ?? newId()
    const view = { id, user, hash: newHash(), content, rootViewId: id, previousViewId: null, errors: {}, filled: {} }
    this.#homes.set(user, view)
    this.#changes.record({ type: 'home', user })
    return view
  }

  #tell(view: View): void {
    this.#changes.record({ type: 'view', user: view.user })
  }
}

/** A view as Slack's API and payloads show it. */
export function describeView(view: View, teamId: string, appId: string, botUserId: string, state: Json = {}): Json {
  return {
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
    state: { values: state },
    root_view_id: view.rootViewId,
    previous_view_id: view.previousViewId,
  }
}
