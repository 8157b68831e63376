import { createHmac, timingSafeEqual } from 'node:crypto'
import type { NumericDate } from '../../domain/values.ts'

/** How old a delivery may be, and how far ahead of us its sender's clock may be. Seconds. */
export const freshness = 300

/** The headers of a delivery, and its body to the byte. */
export type Signed = {
  id: string | undefined
  timestamp: string | undefined
  signature: string | undefined
  body: string
}

/**
 * Is one of these signatures the `v1` of the specification over exactly this id, time and body, and fresh? Every secret is
 * tried on every signature, in constant time: senders rotate, too.
 *
 * It is made here of Node's own HMAC: the reference library reads the clock itself, and one of its two dependencies has a
 * licence that we do not ship.
 *
 * @param secrets base 64, with or without `whsec_`
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function isSigned({ id, timestamp, signature, body }: Signed, secrets: readonly string[], now: NumericDate) {
  // The three parts are joined by full stops, so an id with one would be another id with another time.
  if (id === undefined || !/^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(id)) return false
  if (timestamp === undefined || !/^[1-9]\d{0,11}$/.test(timestamp)) return false
  // Asked this way round, a time that is none is refused too.
  if (!(Math.abs(now - Number(timestamp)) <= freshness)) return false
  const given = (signature ?? '')
    .split(' ')
    .filter((each) => /^v1,[A-Za-z0-9+/]{43}=$/.test(each))
    .map((each) => Buffer.from(each.slice(3), 'base64'))
  return secrets
    .map((secret) => createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest())
    .flatMap((mac) => given.map((each) => timingSafeEqual(mac, each)))
    .includes(true)
}

const keyOf = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
