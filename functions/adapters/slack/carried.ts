import type { Person } from '../../domain/organisation.ts'
import type { OnceOnly } from '../../operations/ports.ts'
import { personBehind } from './click.ts'
import type { EdgeOptions } from './edge-options.ts'
import type { Delivery } from './guard.ts'
import type { Deadline } from './patience.ts'
import { sentenceFor, sentenceForNobody } from './sentences.ts'

/** What was found out before Bolt, beside the request on its way through it. */
export type Carried = { delivery: Delivery; deadline: Deadline; clockHolds: boolean }

/** What the door knows of the request that a listener is called for. */
export const carriedOf = ({ context }: { context: object }): Carried => (context as { carried: Carried }).carried

/** Who did this, or what they are to be told in place of its being done. */
export type Who = { ok: true; person: Person } | { ok: false; sentence: string }

/**
 * The person behind a Slack user, by the one way that every listener goes. Nobody does anything while a clock is off, but
 * only those who are somebody hear why.
 */
export async function whoDid(user: unknown, { clockHolds }: Carried, { bundle, log }: EdgeOptions): Promise<Who> {
  const found = personBehind(user, bundle)
  if (!found.ok) {
    log.warn('press by nobody who decides', { code: found.code })
    return { ok: false, sentence: sentenceForNobody[found.code] }
  }
  if (clockHolds) return found
  return { ok: false, sentence: sentenceFor('clock_out_of_range', { directory: bundle.directory }) }
}

/** That this very delivery counts once, kept for longer than a copy of it could pass the guard. */
export const onceFor = ({ delivery }: Carried, value: string): OnceOnly => ({
  key: `SEEN#${delivery.key}`,
  value,
  expiresAt: delivery.freshUntil + 60,
})
