// Rules: test/adapters/incidents/incident-events.test.ts
import { createHmac, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import { type NumericDate, ok, parseJson, type Result, refuse } from '../../domain/values.ts'
import type { IncidentEvent, IncidentEvents, RawDelivery } from '../../operations/break-glass/ports.ts'
import type { Clock } from '../../operations/ports.ts'

/** The oldest age of a delivery, and the most that its sender's clock may be ahead of ours. Seconds. */
const freshness = 300

/** The headers of a delivery, and its body to the byte. */
type Signed = { [header in 'id' | 'timestamp' | 'signature']: string | undefined } & { body: string }

/**
 * Whether one of these signatures is a valid `v1` of the specification over exactly this id, time and body, and new
 * enough. Every secret is tried on every signature, in constant time. The reference library reads the clock itself, and
 * has a dependency with an excluded licence.
 * @param secrets base 64, with or without `whsec_`
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function isSigned({ id, timestamp, signature, body }: Signed, secrets: readonly string[], now: NumericDate) {
  // The id must lack full stops, which join the three parts.
  if (id === undefined || !/^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(id)) return false
  if (timestamp === undefined || !/^[1-9]\d{0,11}$/.test(timestamp)) return false
  // Negated, so that NaN is refused too.
  if (!(Math.abs(now - Number(timestamp)) <= freshness)) return false
  const given = (signature ?? '')
    .split(' ')
    .filter((each) => /^v1,[A-Za-z0-9+/]{43}=$/.test(each))
    .map((each) => Buffer.from(each.slice(3), 'base64'))
  return secrets
    .map((secret) => macOf(secret, { id, timestamp, body }))
    .flatMap((mac) => given.map((each) => timingSafeEqual(mac, each)))
    .includes(true)
}

export const macOf = (
  secret: string,
  { id, timestamp, body }: { id: string; timestamp: string; body: string },
): Buffer => createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest()

const keyOf = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ''), 'base64')

const Body = z.object({ incident: z.string().min(1).max(128), status: z.string().max(64) })

/** Statuses by which tools report that an incident is over. */
const closed = new Set(['closed', 'resolved'])

/** Incident events from any tool that signs by Standard Webhooks: `{ "incident", "status" }`. */
export class WebhookIncidentEvents implements IncidentEvents {
  readonly #secrets: () => Promise<readonly string[]>
  readonly #clock: Clock

  /** @param secrets the valid secrets; it throws if they cannot be fetched */
  constructor(secrets: () => Promise<readonly string[]>, clock: Clock) {
    this.#secrets = secrets
    this.#clock = clock
  }

  async read({ header, body }: RawDelivery): Promise<Result<IncidentEvent, 'unsigned' | 'malformed'>> {
    const id = header('webhook-id')
    const signed = { id, timestamp: header('webhook-timestamp'), signature: header('webhook-signature'), body }
    if (id === undefined || !isSigned(signed, await this.#secrets(), this.#clock.now())) return refuse('unsigned')
    const parsed = Body.safeParse(parseJson(body))
    if (!parsed.success) return refuse('malformed', '`incident` and `status` should be text')
    const { incident, status } = parsed.data
    return ok({ id, incident, closed: closed.has(status.toLowerCase()) })
  }
}
