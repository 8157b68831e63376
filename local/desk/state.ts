// Rules: test/local/desk/interactions.test.ts, test/local/desk/pages.test.ts
import { randomBytes } from 'node:crypto'
import { EventEmitter, on } from 'node:events'
import type { Messages, Views } from './surfaces.ts'

export interface Change {
  seq: number
  type: 'posted' | 'updated' | 'deleted' | 'ephemeral' | 'view' | 'home' | 'notice'
  channel?: string
  ts?: string
  user?: string
}

const kept = 5_000

/** The desk's feed of changes, by which pages and tests learn of each at once, without polling. */
export class Changes {
  readonly #log: Change[] = []
  readonly #emitter = new EventEmitter().setMaxListeners(0)
  #seq = 0

  get seq(): number {
    return this.#seq
  }

  record(change: Omit<Change, 'seq'>): void {
    this.#seq += 1
    const recorded = { seq: this.#seq, ...change }
    this.#log.push(recorded)
    if (this.#log.length > kept) this.#log.shift()
    this.#emitter.emit('change', recorded)
  }

  /** @returns a function that stops it */
  subscribe(listener: (change: Change) => void): () => void {
    this.#emitter.on('change', listener)
    return () => this.#emitter.off('change', listener)
  }

  /** The changes after `after`: at once if there are any, otherwise with the next one, or none at the timeout. */
  async wait(after: number, milliseconds: number, wanted: (change: Change) => boolean): Promise<Change[]> {
    const known = this.#log.filter((change) => change.seq > after && wanted(change))
    if (known.length > 0) return known
    const signal = AbortSignal.timeout(milliseconds)
    try {
      for await (const [change] of on(this.#emitter, 'change', { signal })) if (wanted(change)) return [change]
    } catch (fault) {
      if (!signal.aborted) throw fault
    }
    return []
  }
}

export type ResponseTarget = { channel: string; user: string }

/** The life of a ticket. `refusals`: Slack's words for an unknown, a used and an expired one. */
type TicketTerms = { lifetime: number; uses: number; refusals: readonly [none: string, used: string, late: string] }
export const triggerTerms: TicketTerms = {
  lifetime: 3_000,
  uses: 1,
  refusals: ['invalid_trigger_id', 'exchanged_trigger_id', 'expired_trigger_id'],
}
export const responseTerms: TicketTerms = {
  lifetime: 30 * 60_000,
  uses: 5,
  refusals: ['invalid_url', 'used_url', 'expired_url'],
}

/** Short-lived handles in an interaction: triggers and response addresses. */
export class Tickets<T> {
  readonly #clock: () => number
  readonly #terms: TicketTerms
  readonly #issued = new Map<string, { for: T; expiresAt: number; usesLeft: number }>()

  constructor(clock: () => number, terms: TicketTerms) {
    this.#clock = clock
    this.#terms = terms
  }

  issue(target: T): string {
    const { lifetime, uses } = this.#terms
    const id = `${this.#clock()}.${randomBytes(4).readUInt32BE()}.${randomBytes(16).toString('hex')}`
    this.#issued.set(id, { for: target, expiresAt: this.#clock() + lifetime, usesLeft: uses })
    return id
  }

  use(id: string): { for: T } | { refusal: string } {
    const ticket = this.#issued.get(id)
    const [none, used, late] = this.#terms.refusals
    if (!ticket) return { refusal: none }
    if (ticket.usesLeft === 0) return { refusal: used }
    if (this.#clock() >= ticket.expiresAt) return { refusal: late }
    ticket.usesLeft -= 1
    return ticket
  }
}

export interface DeskPerson {
  slackUserId: string
  name: string
  realName: string
  groups: string[]
}

export interface DeskChannel {
  id: string
  name: string
  /** The person in a direct message from the app. */
  directTo?: string
}

export class Roster {
  readonly people: readonly DeskPerson[]
  readonly #channels: DeskChannel[]

  constructor(people: readonly DeskPerson[], channels: readonly { name: string; id: string }[]) {
    this.people = people
    this.#channels = channels.map(({ name, id }) => ({ name, id }))
  }

  get channels(): DeskChannel[] {
    return this.#channels.filter(({ directTo }) => directTo === undefined)
  }

  get conversations(): readonly DeskChannel[] {
    return this.#channels
  }

  /** Finds a person by Slack id, handle, or `person:` and the handle. */
  person(idOrName: string): DeskPerson | undefined {
    const name = idOrName.replace(/^person:/, '')
    return this.people.find((person) => person.slackUserId === idOrName || person.name === name)
  }

  /**
   * Finds a channel by id or name, with or without `#`. As in Slack, a person's id stands for the direct message to
   * them.
   */
  channel(idOrName: string): DeskChannel | undefined {
    const name = idOrName.replace(/^#/, '')
    const found = this.#channels.find((channel) => channel.id === idOrName || channel.name === name)
    if (found) return found
    return this.people.some(({ slackUserId }) => slackUserId === idOrName) ? this.openDirect(idOrName) : undefined
  }

  openDirect(userId: string): DeskChannel {
    const known = this.directOf(userId)
    if (known) return known
    const channel = { id: `D${userId.slice(1)}`, name: `dm-${userId}`, directTo: userId }
    this.#channels.push(channel)
    return channel
  }

  directOf(userId: string): DeskChannel | undefined {
    return this.#channels.find(({ directTo }) => directTo === userId)
  }

  get groups(): { id: string; handle: string; members: string[] }[] {
    const handles = [...new Set(this.people.flatMap(({ groups }) => groups))].sort()
    return handles.map((handle) => ({
      id: `S${handle.toUpperCase().replace(/[^A-Z0-9]/g, '')}`,
      handle,
      members: this.people.filter(({ groups }) => groups.includes(handle)).map(({ slackUserId }) => slackUserId),
    }))
  }
}

export interface AppAnswer {
  status: number
  body: string
  milliseconds: number
}

/** One signed request to the app, exactly as sent, so that a test can replay or change it. */
export interface SentInteraction {
  at: number
  url: string
  headers: { [name: string]: string }
  body: string
  answer?: AppAnswer
}

/** An injected fault of the Web API. `status` 0: none; 200: Slack's `{ ok: false, error }`. */
interface Fault {
  status: number
  retryAfterSeconds: number
  error?: string | undefined
}

/**
 * Slack's limit for messages: one a second in a channel, threads and direct messages too.
 * @see https://docs.slack.dev/apis/web-api/rate-limits
 */
export class Pace {
  readonly #clock: () => number
  readonly #freeAt = new Map<string, number>()

  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** @returns the seconds to wait, or 0 for a message that may be posted */
  wait(channel: string): number {
    const now = this.#clock()
    const freeAt = this.#freeAt.get(channel) ?? 0
    if (now < freeAt) return Math.ceil((freeAt - now) / 1_000)
    this.#freeAt.set(channel, now + 1_000)
    return 0
  }
}

export interface DeskState {
  clock: () => number
  teamId: string
  appId: string
  botUserId: string
  roster: Roster
  messages: Messages
  views: Views
  triggers: Tickets<string>
  responses: Tickets<ResponseTarget>
  changes: Changes
  sent: SentInteraction[]
  fault: Fault
  pace?: Pace | undefined
  /** Slack's error for posts in a channel, by its id. */
  closed: Map<string, string>
  /** The desk's own notices to a person, by Slack id, mostly that the app failed to answer. */
  notices: Map<string, string>
}
