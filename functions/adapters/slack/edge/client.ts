import { type Logger, LogLevel, WebClient, type WebClientOptions } from '@slack/web-api'
import type { Log } from '../../../operations/ports.ts'

/** Tokens (`xoxb-`, `xapp-`...), response addresses, and whatever is long enough to be a secret or a payload. */
const secret = /\bx(?:ox[a-z]|app)[a-z0-9-]*\b|https?:\/\/\S+|[A-Za-z0-9+/_=-]{24,}/gi

/** Bolt's and the Web API client's own log lines, in our log: redacted, cut, and never the debug ones, which print whole events. */
export function redactingLogger(log: Log): Logger {
  const say =
    (level: 'info' | 'warn' | 'error') =>
    (...parts: unknown[]) =>
      log[level]('slack library', { says: redact(parts) })
  return {
    debug: () => {},
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  }
}

/** Only text and the names of errors: an object may hold a payload. */
export const redact = (parts: readonly unknown[]): string =>
  parts
    .map((part) => (typeof part === 'string' ? part : part instanceof Error ? part.name : `(${typeof part})`))
    .join(' ')
    .replace(secret, '[redacted]')
    .slice(0, 200)

export type WebApi = {
  apiUrl: string
  /** The bot token, read anew for each client so that a rotated one is taken up. */
  token: () => Promise<string>
  log: Log
}

/**
 * Clients of Slack's Web API that keep to the time and the attempts they are given: its own patience is half an hour, and
 * whoever calls here knows better when to try again.
 */
export function webClients(
  { apiUrl, token, log }: WebApi,
  { timeoutMs, retries = 0 }: { timeoutMs: number; retries?: number },
): () => Promise<WebClient> {
  const settings: WebClientOptions = {
    slackApiUrl: apiUrl,
    timeout: timeoutMs,
    retryConfig: { retries },
    rejectRateLimitedCalls: true,
    logger: redactingLogger(log),
  }
  return async () => new WebClient(await token(), settings)
}

/**
 * Slack waits 3 s, and a person hears the truth before that. Milliseconds from the arrival of the request: until when to
 * look for what is only good to know, until when a decision may still start its transaction, when to stop waiting for it
 * and say so, and when to have answered.
 */
export const patience = { beside: 300, start: 1_500, tell: 1_850, answer: 2_100 } as const

/** One request's time. */
export type Deadline = {
  mayStart(): boolean
  /** Waits for work until so many milliseconds after arrival. The work itself goes on: what it commits stays true. */
  within<T>(work: Promise<T>, until: number): Promise<{ done: true; value: T } | { done: false }>
  /** The same for a read that may be tried again: until it succeeds or time is up. @throws what the last try threw */
  trying<T>(read: () => Promise<T>, until: number): Promise<{ done: true; value: T } | { done: false }>
}

/** Between two tries. Milliseconds. */
const pause = 100

/** @param now a clock that only goes forward, in milliseconds */
export function startDeadline(now: () => number = () => performance.now()): Deadline {
  const arrivedAt = now()
  const deadline: Deadline = {
    mayStart: () => now() - arrivedAt < patience.start,
    trying: (read, until) => {
      const again = async (): ReturnType<typeof read> => {
        try {
          return await read()
        } catch (fault) {
          if (now() - arrivedAt + pause >= until) throw fault
          await new Promise((resolve) => setTimeout(resolve, pause))
          return again()
        }
      }
      return deadline.within(again(), until)
    },
    async within(work, until) {
      let timer: ReturnType<typeof setTimeout> | undefined
      const late = new Promise<{ done: false }>((resolve) => {
        timer = setTimeout(() => resolve({ done: false }), Math.max(0, arrivedAt + until - now()))
      })
      try {
        return await Promise.race([work.then((value) => ({ done: true as const, value })), late])
      } finally {
        clearTimeout(timer)
      }
    },
  }
  return deadline
}
