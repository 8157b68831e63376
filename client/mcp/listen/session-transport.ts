// Rules: test/client/mcp/listen/listen.test.ts
import type {
  JSONRPCMessage,
  MessageExtraInfo,
  RequestId,
  Transport,
  TransportSendOptions,
} from '@modelcontextprotocol/server'

type Progress = { progressToken?: unknown }

/**
 * The host's end of one session. Over HTTP a message of a stdio server needs a call of the host to carry it: progress
 * goes with the call that asked for it, a question or a log line with a running call.
 */
export class SessionTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: <T extends JSONRPCMessage>(message: T, extra?: MessageExtraInfo) => void
  readonly #http: Transport
  /** The progress tokens of unanswered calls, the newest last. */
  readonly #running = new Map<RequestId, unknown>()

  constructor(http: Transport) {
    this.#http = http
  }

  get sessionId(): string | undefined {
    return this.#http.sessionId
  }

  get isIdle(): boolean {
    return this.#running.size === 0
  }

  async start(): Promise<void> {
    this.#http.onclose = () => this.onclose?.()
    this.#http.onerror = (error) => this.onerror?.(error)
    this.#http.onmessage = (message, extra) => {
      if ('id' in message && 'method' in message) {
        const { _meta } = (message.params ?? {}) as { _meta?: Progress }
        this.#running.set(message.id, _meta?.progressToken)
      } else if ('method' in message && message.method === 'notifications/cancelled') {
        const { requestId } = (message.params ?? {}) as { requestId?: RequestId }
        if (requestId !== undefined) this.#running.delete(requestId)
      }
      this.onmessage?.(message, extra)
    }
    await this.#http.start()
  }

  async send(message: JSONRPCMessage, options: TransportSendOptions = {}): Promise<void> {
    if (!('method' in message)) {
      if (message.id !== undefined) this.#running.delete(message.id)
      return this.#http.send(message)
    }
    const relatedRequestId = options.relatedRequestId ?? this.#relatedTo(message)
    return this.#http.send(message, relatedRequestId === undefined ? {} : { relatedRequestId })
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  #relatedTo(message: { method: string; params?: object | undefined; id?: RequestId }): RequestId | undefined {
    const running = [...this.#running]
    if (message.method === 'notifications/progress') {
      const { progressToken } = (message.params ?? {}) as Progress
      return running.find(([, token]) => token !== undefined && token === progressToken)?.[0]
    }
    const isOfCall =
      message.id !== undefined || ['notifications/message', 'notifications/cancelled'].includes(message.method)
    return isOfCall ? running.at(-1)?.[0] : undefined
  }
}
