import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { NumericDate } from '../../../domain/values.ts'
import { type Envelope, parseEnvelope } from './envelope.ts'

/** How old a request may be, and how far ahead of us Slack's clock may be. Seconds. */
export const freshness = 300

/** Signing secrets that are good now: the current one and, while a rotation lasts, the one before. */
export type SigningSecrets = readonly string[]

type Signed = { timestamp: string | undefined; signature: string | undefined; body: Uint8Array }

/**
 * Is this Slack's `v0` signature over exactly these bytes, and fresh? Every secret is tried in constant time.
 *
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
function isSigned({ timestamp, signature, body }: Signed, secrets: SigningSecrets, now: NumericDate): boolean {
  if (timestamp === undefined || !/^[1-9]\d{0,11}$/.test(timestamp)) return false
  // Asked this way round, a time that is none is refused too.
  if (!(Math.abs(now - Number(timestamp)) <= freshness)) return false
  if (signature === undefined || !/^v0=[0-9a-f]{64}$/.test(signature)) return false
  const given = Buffer.from(signature.slice(3), 'hex')
  return secrets
    .filter((secret) => secret !== '')
    .map((secret) => timingSafeEqual(macOf(secret, timestamp, body), given))
    .includes(true)
}

const macOf = (secret: string, timestamp: string, body: Uint8Array): Buffer =>
  createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest()

/** What tells one delivery from another: the same signed request again is the same key. */
const deliveryKey = (signature: string, timestamp: string): string =>
  createHash('sha256').update(`${signature}\n${timestamp}`).digest('base64url')

/** A request as API Gateway hands it over. */
export type RawRequest = {
  method: string
  headers: { readonly [name: string]: string | undefined }
  body: string | undefined
  isBase64Encoded: boolean
}

type GuardSettings = { secrets: SigningSecrets; teamId: string; appId: string }

/** Let through, with what is needed behind the guard; or answered here, with a sentence that says what is wrong. */
export type Guarded =
  | { pass: true; envelope: Envelope; contentType: string; body: string; delivery: Delivery }
  | { pass: false; status: 200 | 400 | 401 | 413; why: string }

/** One delivery: its key, which must be used once, and until when a copy of it would be fresh. */
export type Delivery = { key: string; freshUntil: NumericDate }

/** A click carries its whole message, percent-encoded: three bytes for one, of a card under 9 KB. */
export const largestBody = 65_536

const refuse = (status: 400 | 401 | 413, why: string): Guarded => ({ pass: false, status, why })

/**
 * What stands before Bolt, which verifies less than it should: a far future, `v1` and replays pass there, and malformed
 * or base64 bodies make it throw. Nothing that Slack did not sign for this app in this workspace gets past this.
 *
 * A fault of the signature is 401 and says no more; a request that is signed and still wrong is 400 and says why.
 */
export function guard(request: RawRequest, settings: GuardSettings, now: NumericDate): Guarded {
  if (request.method !== 'POST') return refuse(400, 'only POST')
  const body = bytesOf(request)
  if (body === undefined) return refuse(400, 'the body is not base64')
  if (body.length > largestBody) return refuse(413, `the body is over ${largestBody} bytes`)
  const text = utf8(body)
  if (text === undefined) return refuse(400, 'the body is not UTF-8')
  const contentType = mediaType(header(request, 'content-type'))
  if (isSslCheck(contentType, text)) return { pass: false, status: 200, why: '' }

  const [timestamp, signature] = [header(request, 'x-slack-request-timestamp'), header(request, 'x-slack-signature')]
  if (!timestamp || !signature || !isSigned({ timestamp, signature, body }, settings.secrets, now))
    return refuse(401, 'the signature does not hold')

  const parsed = parseEnvelope(contentType, text)
  if (!parsed.ok) return refuse(400, parsed.why)
  const { envelope } = parsed
  if (envelope.kind !== 'url_verification') {
    if (envelope.installedIn !== settings.teamId) return refuse(400, 'this app is not installed for that workspace')
    if (envelope.appId !== settings.appId) return refuse(400, 'this is another app')
  }
  const delivery = { key: deliveryKey(signature, timestamp), freshUntil: Number(timestamp) + freshness }
  return { pass: true, envelope, contentType, body: text, delivery }
}

function header({ headers }: RawRequest, name: string): string | undefined {
  const found = Object.keys(headers).filter((each) => each.toLowerCase() === name)
  // Two spellings of one header are two values, of which nobody knows which was meant.
  return found.length === 1 ? headers[found[0] as string] : undefined
}

function bytesOf({ body = '', isBase64Encoded }: RawRequest): Buffer | undefined {
  if (!isBase64Encoded) return body.isWellFormed() ? Buffer.from(body, 'utf8') : undefined
  const bytes = Buffer.from(body, 'base64')
  return bytes.toString('base64') === body ? bytes : undefined
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const mediaType = (value: string | undefined): string => (value ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

/**
 * Slack checks an address's certificate with an unsigned form. It is answered without being looked at any further, and
 * only when there is nothing else in it: `ssl_check` beside a payload is no way around the signature.
 */
function isSslCheck(contentType: string, text: string): boolean {
  if (contentType !== 'application/x-www-form-urlencoded') return false
  const form = new URLSearchParams(text)
  return form.get('ssl_check') === '1' && [...form.keys()].every((name) => name === 'ssl_check' || name === 'token')
}
