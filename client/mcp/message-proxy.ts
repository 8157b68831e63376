// Rules: test/client/mcp/mcp-gate.test.ts
import { randomUUID } from 'node:crypto'
import type { JSONRPCMessage, JSONRPCRequest, RequestId, Transport } from '@modelcontextprotocol/server'

export type Members = { [name: string]: unknown }
/** The answer to a request. */
export type Reply = { result: Members } | { error: { code: number; message: string; data?: unknown } }

/** Replaces a question or answer in which the server speaks for Hotwork. */
export const notItsOwn = {
  error: { code: -32602, message: 'hotwork: the gate stopped this: the MCP server spoke in the name of Hotwork' },
}

/** A gate's handlers for passing messages. */
export type Watch = {
  /** A request of the host. @returns true if the gate answers it, so that it does not pass */
  takes(request: JSONRPCRequest): boolean
  /** The server's answer to a request of the host that passed. @returns the answer for the host */
  sees(request: JSONRPCRequest, reply: Reply): Reply | Promise<Reply>
  /** A notification or question of the server. @returns its parameters for the host; undefined to drop it */
  hears(method: string, params: Members): Members | undefined
  /** The host cancels a request. @returns true if the request did not pass */
  cancels(id: RequestId): boolean
}

/** The server has ended. */
export class ServerGone extends Error {
  override readonly name = 'ServerGone'
  constructor() {
    super('the server ended before it answered')
  }
}

type Side = 'host' | 'server'
type Waiting = { resolve(reply: Reply): void; reject(cause: Error): void }

/**
 * Passes messages between an MCP host and a server unchanged, of any version of the protocol, and gives `watch` those
 * for the gate. Its own questions to the server have ids that no host can guess.
 */
export class MessageProxy {
  readonly #host: Transport
  readonly #server: Transport
  readonly #watch: Watch
  /** Requests of the host that the server has not answered. */
  readonly #passed = new Map<RequestId, JSONRPCRequest>()
  /** Our own requests, by the side that has to answer: the other side must not. */
  readonly #own: { readonly [side in Side]: Map<RequestId, Waiting> } = { host: new Map(), server: new Map() }
  #isGone = false

  constructor(host: Transport, server: Transport, watch: Watch) {
    this.#host = host
    this.#server = server
    this.#watch = watch
  }

  async start(): Promise<void> {
    this.#server.onmessage = (message) => this.#fromServer(message)
    this.#host.onmessage = (message) => this.#fromHost(message)
    await this.#server.start()
    await this.#host.start()
  }

  /** Asks the server. @throws ServerGone */
  ask(method: string, params: Members): { id: RequestId; reply: Promise<Reply> } {
    return this.#ask('server', method, params)
  }

  /** Asks the host. */
  askHost(method: string, params: Members): { id: RequestId; reply: Promise<Reply> } {
    return this.#ask('host', method, params)
  }

  answer(id: RequestId, reply: Reply): void {
    this.#toHost({ jsonrpc: '2.0', id, ...reply } as JSONRPCMessage)
  }

  tellHost(method: string, params: Members): void {
    this.#toHost({ jsonrpc: '2.0', method, params })
  }

  tellServer(method: string, params: Members): void {
    void this.#server.send({ jsonrpc: '2.0', method, params }).catch(() => {})
  }

  /** Ends all open requests, the host's and ours. */
  end(): void {
    this.#isGone = true
    for (const own of Object.values(this.#own)) {
      for (const { reject } of own.values()) reject(new ServerGone())
      own.clear()
    }
    const error = { code: -32603, message: 'hotwork: the MCP server has ended' }
    for (const id of this.#passed.keys()) this.answer(id, { error })
    this.#passed.clear()
  }

  #ask(side: Side, method: string, params: Members): { id: RequestId; reply: Promise<Reply> } {
    const id = `hotwork-${randomUUID()}`
    const reply = new Promise<Reply>((resolve, reject) => {
      if (this.#isGone) return reject(new ServerGone())
      this.#own[side].set(id, { resolve, reject })
      const to = side === 'host' ? this.#host : this.#server
      to.send({ jsonrpc: '2.0', id, method, params }).catch(() => reject(new ServerGone()))
    })
    return { id, reply }
  }

  #fromHost(message: JSONRPCMessage): void {
    if (!('method' in message)) {
      if (!this.#settle('host', message)) void this.#server.send(message).catch(() => {})
      return
    }
    if ('id' in message) {
      if (this.#watch.takes(message)) return
      this.#passed.set(message.id, message)
    } else if (message.method === 'notifications/cancelled') {
      const { requestId } = (message.params ?? {}) as { requestId?: RequestId }
      if (requestId !== undefined && this.#watch.cancels(requestId)) return
      // A request without an id is invalid, but a server may send one.
    } else if (!message.method.startsWith('notifications/')) return
    void this.#server.send(message).catch(() => {})
  }

  #fromServer(message: JSONRPCMessage): void {
    if ('method' in message) {
      const params = this.#watch.hears(message.method, message.params ?? {})
      if (params === undefined) {
        if ('id' in message) void this.#server.send({ jsonrpc: '2.0', id: message.id, ...notItsOwn }).catch(() => {})
      } else this.#toHost(message.params === undefined ? message : ({ ...message, params } as JSONRPCMessage))
      return
    }
    if (this.#settle('server', message) || message.id === undefined) return
    // A second answer to a question, or an answer without one, is dropped.
    const asked = this.#passed.get(message.id)
    if (!asked) return
    this.#passed.delete(message.id)
    const seen = this.#watch.sees(asked, replyIn(message))
    if (seen instanceof Promise) void seen.then((reply) => this.answer(asked.id, reply))
    else this.answer(asked.id, seen)
  }

  /** @returns whether it answers a question of ours, settled or not */
  #settle(side: Side, message: JSONRPCMessage): boolean {
    if (!('id' in message) || message.id === undefined) return false
    const waiting = this.#own[side].get(message.id)
    this.#own[side].delete(message.id)
    waiting?.resolve(replyIn(message))
    return waiting !== undefined || String(message.id).startsWith('hotwork-')
  }

  #toHost(message: JSONRPCMessage): void {
    void this.#host.send(message).catch(() => {})
  }
}

const replyIn = (message: JSONRPCMessage): Reply =>
  'result' in message
    ? { result: message.result as Members }
    : { error: 'error' in message ? message.error : { code: -32603, message: 'no answer' } }
