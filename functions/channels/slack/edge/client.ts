// Rules: test/channels/slack/edge/ephemeral.test.ts
import { type Logger, LogLevel, WebClient, type WebClientOptions } from '@slack/web-api'
import * as z from 'zod'
import { faultName } from '../../../operations/faults.ts'
import type { Log } from '../../../operations/ports.ts'
import type { EdgeOptions } from './edge-options.ts'

/** Tokens (`xoxb-`, `xapp-`...), response addresses, and any text long enough to be a secret or a payload. */
const secret = /\bx(?:ox[a-z]|app)[a-z0-9-]*\b|https?:\/\/\S+|[A-Za-z0-9+/_=-]{24,}/gi

/** Log lines of Bolt and the Web API client, redacted and cut. Their debug lines print whole events. */
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

/** Only text and the names of errors, since an object may contain a payload. */
export const redact = (parts: readonly unknown[]): string =>
  parts
    .map((part) => (typeof part === 'string' ? part : part instanceof Error ? part.name : `(${typeof part})`))
    .join(' ')
    .replace(secret, '[redacted]')
    .slice(0, 200)

export type WebApi = {
  apiUrl: string
  /** The bot token, read for each client so that a rotation takes effect. */
  token: () => Promise<string>
  log: Log
}

/** Clients of Slack's Web API with our timeout and attempts; the library's default retries for half an hour. */
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

/** Below the three seconds after which a trigger expires, while the person waits. Milliseconds. */
const viewsTimeoutMs = 1_500

/** Shows forms and home tabs through Slack's Web API, in a single attempt, since a retry is too late. */
export function createViews(api: WebApi, timeoutMs = viewsTimeoutMs): Pick<EdgeOptions, 'openModal' | 'publishHome'> {
  const clients = webClients(api, { timeoutMs })
  return {
    openModal: async (trigger_id, view) => {
      const client = await clients()
      await client.views.open({ trigger_id, view })
    },
    publishHome: async (user_id, view) => {
      const client = await clients()
      await client.views.publish({ user_id, view })
    },
  }
}

/**
 * Within Slack's timeout of 3 s. Milliseconds from arrival: `beside` ends optional look-ups, `start` ends starts of
 * transactions, `tell` answers that the result is unknown, `answer` ends everything.
 */
export const patience = { beside: 300, start: 1_500, tell: 1_850, answer: 2_100 } as const

/** The time of one request. Work continues after a timeout, and its commits count. */
export type Deadline = {
  mayStart(): boolean
  /** Waits until this many milliseconds after arrival. */
  within<T>(work: Promise<T>, until: number): Promise<{ done: true; value: T } | { done: false }>
  /**
   * Like `within`, for a read that may be retried until it succeeds or time is up.
   * @throws the last attempt's fault
   */
  trying<T>(read: () => Promise<T>, until: number): Promise<{ done: true; value: T } | { done: false }>
  /** The result of work that ends in time. Undefined if it is late or fails; `warn` gets the name of the fault. */
  inTime<T>(work: () => Promise<T>, until: number, warn: (fault: string) => void): Promise<{ value: T } | undefined>
}

/** The pause between two attempts. Milliseconds. */
const pause = 100

/** @param now a monotonic clock, in milliseconds */
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
    async inTime(work, until, warn) {
      try {
        const made = await deadline.within(work(), until)
        if (made.done) return made
        warn('NotInTime')
      } catch (fault) {
        warn(faultName(fault))
      }
      return undefined
    },
  }
  return deadline
}

/** Slack's facts about an account. It leaves out flags that are false. */
export const Account = z.object({
  id: z.string().min(1),
  team_id: z.string().optional(),
  deleted: z.boolean().optional(),
  is_bot: z.boolean().optional(),
  is_restricted: z.boolean().optional(),
  is_ultra_restricted: z.boolean().optional(),
  is_stranger: z.boolean().optional(),
})
