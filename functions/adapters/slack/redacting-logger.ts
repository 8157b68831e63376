import { type Logger, LogLevel } from '@slack/web-api'
import type { Log } from '../../operations/ports.ts'

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
