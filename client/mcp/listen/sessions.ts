// Rules: test/client/mcp/listen/listen.test.ts
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuthInfo, Transport } from '@modelcontextprotocol/server'
import type { TaskGiven } from '../../gated/call-task.ts'
import type { Caller } from '../../identity/callers.ts'
import { SessionTransport } from './session-transport.ts'

/** A server with the gate before it, for one session. */
export type Opened = {
  /** Settles when the server has gone, or the gate has ended. */
  closed: Promise<unknown>
  /** Waits for running calls, and ends the server. */
  end(): Promise<void>
}
export type OpenGate = (host: Transport, caller: Caller, task: TaskGiven | undefined) => Promise<Opened>

export type Bounds = {
  perAgent: number
  all: number
  /** How long a session lives without a call. Milliseconds. */
  idle: number
}
const usualBounds: Bounds = { perAgent: 8, all: 64, idle: 30 * 60_000 }

type HttpTransport = Transport & {
  handleRequest(
    request: IncomingMessage & { auth?: AuthInfo },
    response: ServerResponse,
    parsedBody?: unknown,
  ): Promise<void>
}
type MakeTransport = (options: {
  sessionIdGenerator: () => string
  onsessioninitialized: (id: string) => void
  onsessionclosed: () => void
}) => HttpTransport

type Session = {
  owner: string
  /** The task of the header with which it was opened. */
  task: TaskGiven | undefined
  http: HttpTransport
  host: SessionTransport
  opened: Opened
  idle: NodeJS.Timeout | undefined
  ended?: Promise<void>
}

/** The sessions of all agents. Each has a server of its own, and belongs to the agent that opened it. */
export class Sessions {
  readonly #open: OpenGate
  readonly #make: MakeTransport
  readonly #bounds: Bounds
  readonly #sessions = new Map<string, Session>()
  /** Owners of sessions that have no id yet. */
  readonly #opening: string[] = []
  readonly #ending = new Set<Promise<void>>()

  constructor(open: OpenGate, make: MakeTransport, bounds: Bounds = usualBounds) {
    this.#open = open
    this.#make = make
    this.#bounds = bounds
  }

  /** Undefined if the session is another caller's. */
  find(id: string, { key }: Caller): Session | undefined {
    const session = this.#sessions.get(id)
    return session?.owner === key ? session : undefined
  }

  /** Undefined if the caller, or all together, have reached their limit. */
  async begin(caller: Caller, task?: TaskGiven): Promise<Session | undefined> {
    const owners = [...[...this.#sessions.values()].map(({ owner }) => owner), ...this.#opening]
    const own = owners.filter((owner) => owner === caller.key).length
    if (own >= this.#bounds.perAgent || owners.length >= this.#bounds.all) return undefined
    this.#opening.push(caller.key)
    try {
      let begun: Session | undefined
      const http = this.#make({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (id) => {
          if (begun) this.#sessions.set(id, begun)
        },
        onsessionclosed: () => {
          if (begun) void this.end(begun)
        },
      })
      const host = new SessionTransport(http)
      const opened = await this.#open(host, caller, task)
      begun = { owner: caller.key, task, http, host, opened, idle: undefined }
      const session = begun
      void session.opened.closed.finally(() => this.end(session)).catch(() => {})
      return session
    } finally {
      this.#opening.splice(this.#opening.indexOf(caller.key), 1)
    }
  }

  /** Restarts the idle time. A running call keeps the session. */
  touch(session: Session): void {
    clearTimeout(session.idle)
    session.idle = setTimeout(() => {
      if (session.host.isIdle) void this.end(session)
      else this.touch(session)
    }, this.#bounds.idle)
    session.idle.unref()
  }

  isKnown(session: Session): boolean {
    return [...this.#sessions.values()].includes(session)
  }

  end(session: Session): Promise<void> {
    clearTimeout(session.idle)
    for (const [id, each] of this.#sessions) if (each === session) this.#sessions.delete(id)
    session.ended ??= this.#end(session)
    return session.ended
  }

  async endAll(): Promise<void> {
    for (const session of this.#sessions.values()) void this.end(session)
    await Promise.all(this.#ending)
  }

  #end({ opened, http }: Session): Promise<void> {
    const ended = opened
      .end()
      .catch(() => {})
      .then(() => http.close())
      .catch(() => {})
      .finally(() => this.#ending.delete(ended))
    this.#ending.add(ended)
    return ended
  }
}
