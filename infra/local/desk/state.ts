import { randomBytes } from 'node:crypto'
import { EventEmitter, on } from 'node:events'
import type { Messages, Views } from './surfaces.ts'

/** What changed on the desk, and where. `seq` rises by one with each change and never repeats. */
export interface Change {
  seq: number
  type: 'posted' | 'updated' | 'deleted' | 'ephemeral' | 'view' | 'home' | 'notice'
  /** The channel's id, for messages and ephemerals. */
  channel?: string
  ts?: string
  /** The only person who can see it, for ephemerals, views and home tabs. */
  user?: string
}

const kept = 5_000

/** The desk's own feed: pages and tests are told of a change as it happens, so that none of them polls or sleeps. */
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

  /** Calls back for each change from now on. Returns how to stop. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#emitter.on('change', listener)
    return () => this.#emitter.off('change', listener)
  }

  /** The changes after `after`, at once if there are any, else as soon as there is one, else none at the timeout. */
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

const triggerLifetime = 3_000
const responseUrlLifetime = 30 * 60_000
const responseUrlUses = 5

/** Where an answer through a `response_url` goes. */
export interface ResponseTarget {
  channel: string
  user: string
  /** The message or ephemeral message that was clicked. */
  messageTs?: string
  ephemeralTs?: string
}

/** What an interaction hands out for a while: a trigger (once, 3 s) and a response address (5 times, 30 min). */
export class Tickets {
  readonly #clock: () => number
  readonly #triggers = new Map<string, { user: string; expiresAt: number; used: boolean }>()
  readonly #responses = new Map<string, ResponseTarget & { expiresAt: number; usesLeft: number }>()

  constructor(clock: () => number) {
    this.#clock = clock
  }

  issueTrigger(user: string): string {
    const id = `${this.#clock()}.${randomBytes(4).readUInt32BE()}.${randomBytes(16).toString('hex')}`
    this.#triggers.set(id, { user, expiresAt: this.#clock() + triggerLifetime, used: false })
    return id
  }

  /** Exchanges a trigger for the person who caused it, once. */
  useTrigger(id: string): { user: string } | { refusal: string } {
    const trigger = this.#triggers.get(id)
    if (!trigger) return { refusal: 'invalid_trigger_id' }
    if (trigger.used) return { refusal: 'exchanged_trigger_id' }
    if (this.#clock() >= trigger.expiresAt) return { refusal: 'expired_trigger_id' }
    trigger.used = true
    return { user: trigger.user }
  }

  /** Returns the secret last part of a response address. */
  issueResponse(target: ResponseTarget): string {
    const key = randomBytes(18).toString('base64url')
    this.#responses.set(key, { ...target, expiresAt: this.#clock() + responseUrlLifetime, usesLeft: responseUrlUses })
    return key
  }

  useResponse(key: string): ResponseTarget | { refusal: string } {
    const response = this.#responses.get(key)
    if (!response) return { refusal: 'invalid_url' }
    if (this.#clock() >= response.expiresAt) return { refusal: 'expired_url' }
    if (response.usesLeft === 0) return { refusal: 'used_url' }
    response.usesLeft -= 1
    return response
  }
}

/** A person who can be played at the desk. */
export interface DeskPerson {
  slackUserId: string
  /** The handle, such as `ana`. */
  name: string
  realName: string
  /** User groups, by handle. */
  groups: string[]
}

export interface DeskChannel {
  id: string
  name: string
  /** The person at the other end, when it is a direct message from the app. */
  directTo?: string
}

/** Who is in the workspace, and which conversations there are. */
export class Roster {
  readonly people: readonly DeskPerson[]
  readonly #channels: DeskChannel[]

  constructor(people: readonly DeskPerson[], channels: readonly { name: string; id: string }[]) {
    this.people = people
    this.#channels = channels.map(({ name, id }) => ({ name, id }))
  }

  /** Without direct messages. */
  get channels(): DeskChannel[] {
    return this.#channels.filter(({ directTo }) => directTo === undefined)
  }

  get conversations(): readonly DeskChannel[] {
    return this.#channels
  }

  /** By Slack id, handle, or `person:<handle>`. */
  person(idOrName: string): DeskPerson | undefined {
    const name = idOrName.replace(/^person:/, '')
    return this.people.find((person) => person.slackUserId === idOrName || person.name === name)
  }

  /** By id or by name, with or without `#`. A person's Slack id means the direct message to them, as in Slack. */
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

  /** User groups with their members, from what each person belongs to. */
  get groups(): { id: string; handle: string; members: string[] }[] {
    const handles = [...new Set(this.people.flatMap(({ groups }) => groups))].sort()
    return handles.map((handle) => ({
      // The id is made from the handle so that it is the same at each start.
      id: `S${handle.toUpperCase().replace(/[^A-Z0-9]/g, '')}`,
      handle,
      members: this.people.filter(({ groups }) => groups.includes(handle)).map(({ slackUserId }) => slackUserId),
    }))
  }
}

/** What the app answered to a signed request. */
export interface AppAnswer {
  status: number
  body: string
  milliseconds: number
}

/** One signed request to the app, exactly as sent, so that a test can try to replay or change it. */
export interface SentInteraction {
  /** Milliseconds. */
  at: number
  url: string
  headers: { [name: string]: string }
  body: string
  /** Absent while it has not, or when it could not be reached. */
  answer?: AppAnswer
}

/** What the Web API answers instead of working. `status` 0: it works. */
interface Fault {
  status: number
  retryAfterSeconds: number
  /** With status 200: Slack's `{ ok: false, error }`. */
  error?: string
}

/** Everything the desk knows. Nothing is kept on disk: a local Slack ends with its command. */
export interface DeskState {
  clock: () => number
  teamId: string
  appId: string
  botUserId: string
  roster: Roster
  messages: Messages
  views: Views
  tickets: Tickets
  changes: Changes
  sent: SentInteraction[]
  fault: Fault
  /** What the desk itself has to tell a person, by Slack id: mostly that the app failed to answer. */
  notices: Map<string, string>
}
