import type { Changes } from './changes.ts'
import type { Json } from './json.ts'

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
