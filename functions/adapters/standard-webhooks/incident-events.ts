import * as z from 'zod'
import { ok, type Result, refuse } from '../../domain/values.ts'
import type { IncidentEvent, IncidentEvents, RawDelivery } from '../../operations/break-glass/ports.ts'
import type { Clock } from '../../operations/ports.ts'
import { isSigned } from './signature.ts'

/** The format is the sender's: what it has beside these two is nothing to us. */
const Body = z.object({ incident: z.string().min(1).max(128), status: z.string().max(64) })

/** What tools call an incident with which they are done. */
const closed = new Set(['closed', 'resolved'])

/** Incidents as any tool can tell them that signs by Standard Webhooks: `{ "incident", "status" }`. */
export class WebhookIncidentEvents implements IncidentEvents {
  readonly #secrets: () => Promise<readonly string[]>
  readonly #clock: Clock

  /** @param secrets those that are good now, the newest first; it throws where they cannot be had */
  constructor(secrets: () => Promise<readonly string[]>, clock: Clock) {
    this.#secrets = secrets
    this.#clock = clock
  }

  async read({ header, body }: RawDelivery): Promise<Result<IncidentEvent, 'unsigned' | 'malformed'>> {
    const id = header('webhook-id')
    const signed = { id, timestamp: header('webhook-timestamp'), signature: header('webhook-signature'), body }
    if (id === undefined || !isSigned(signed, await this.#secrets(), this.#clock.now())) return refuse('unsigned')
    const parsed = Body.safeParse(jsonOf(body))
    if (!parsed.success) return refuse('malformed', '`incident` and `status` should be text')
    const { incident, status } = parsed.data
    return ok({ id, incident, closed: closed.has(status.toLowerCase()) })
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A parser's message quotes the text, which is nobody's business.
    return undefined
  }
}
