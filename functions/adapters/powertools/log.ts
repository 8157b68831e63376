// Rules: test/adapters/system/log.test.ts
import { Logger } from '@aws-lambda-powertools/logger'
import type { Log } from '../../operations/ports.ts'

type Fields = Parameters<Log['info']>[1]

const credentials = [
  // A JWT, complete or without its signature: `eyJ` is base64url for `{"`.
  /\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g,
  /\bx(?:ox[a-z]|app)-[\w-]{8,}/g,
  // Any long text without a break: a session token, a task token, a secret key. Our ids and digests are shorter.
  /[A-Za-z0-9+/=_-]{80,}/g,
]

const redact = (text: string): string => credentials.reduce((rest, shape) => rest.replace(shape, '[redacted]'), text)

/**
 * JSON lines by Powertools, whose level and service come from its own environment variables. Callers log words and ids; text
 * that looks like a credential is redacted.
 */
export class PowertoolsLog implements Log {
  readonly #logger: Logger

  constructor(logger: Logger = new Logger()) {
    this.#logger = logger
  }

  info(message: string, fields?: Fields): void {
    this.#logger.info(redact(message), redacted(fields))
  }
  warn(message: string, fields?: Fields): void {
    this.#logger.warn(redact(message), redacted(fields))
  }
  error(message: string, fields?: Fields): void {
    this.#logger.error(redact(message), redacted(fields))
  }
}

const redacted = (fields: Fields = {}) =>
  Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [field, typeof value === 'string' ? redact(value) : value]),
  )
