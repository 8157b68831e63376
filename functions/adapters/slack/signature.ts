import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { NumericDate } from '../../domain/values.ts'

/** How old a request may be, and how far ahead of us Slack's clock may be. Seconds. */
export const freshness = 300

/** Signing secrets that are good now: the current one and, while a rotation lasts, the one before. */
export type SigningSecrets = readonly string[]

export type Signed = { timestamp: string | undefined; signature: string | undefined; body: Uint8Array }

/**
 * Is this Slack's `v0` signature over exactly these bytes, and fresh? Every secret is tried in constant time.
 *
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function isSigned({ timestamp, signature, body }: Signed, secrets: SigningSecrets, now: NumericDate): boolean {
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
export const deliveryKey = (signature: string, timestamp: string): string =>
  createHash('sha256').update(`${signature}\n${timestamp}`).digest('base64url')
