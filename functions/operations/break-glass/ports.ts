import type { HaltId, NumericDate, PersonId, RequestId, Result, StandingPermitId } from '../../domain/values.ts'
import type { DenyCause } from '../credentials/ports.ts'
import type { Fifo } from '../ports.ts'

/** Where incidents are kept, as far as break-glass asks: `unreachable` is no answer. */
export interface Incidents {
  check(incident: string): Promise<'known' | 'unknown' | 'unreachable'>
}

/** One delivery as it came. Nothing of it is believed before its signature is. */
export type RawDelivery = { header(name: string): string | undefined; body: string }
/** `id` is the delivery's: sent again, it is the same. */
export type IncidentEvent = { id: string; incident: string; closed: boolean }
/** What a tool that keeps incidents says of one, in its own format and proven in its own way: an adapter for each. */
export interface IncidentEvents {
  /** @throws SecretUnavailable when what it is proven by cannot be had */
  read(delivery: RawDelivery): Promise<Result<IncidentEvent, 'unsigned' | 'malformed'>>
}
/**
 * What follows from an ending: in a role's group, that its deny is to be written; in a group of its own, that whatever
 * ends with it is to be ended too: what was delegated from a request, or what a halt covers.
 */
export type EndMessage = Fifo &
  ({ deny: DenyCause; role: string; since: NumericDate } | { end: RequestId | HaltId | StandingPermitId })

/** Wakes whoever is to be woken in an opening, by whatever listens to it: a pager, an e-mail, another system. */
export interface Pager {
  /** At least once for each event of an opening, which its id tells apart. @throws PagerUnavailable */
  page(page: OpeningPage): Promise<void>
}
/** What is told outside Hotwork: who and what, never why, which is for people here alone. */
export type OpeningPage = {
  event: 'opened' | 'ended' | 'review_overdue'
  id: RequestId
  person: PersonId
  incident: string
  /** The profile, or the action. */
  what: string
  environment: string
  /** When it ends, or has ended. */
  until: NumericDate
  reviewDue?: NumericDate
  drill: boolean
}

/** One-time timers. Each only has the request looked at: what is to be done is found there and then. */
export interface Timers {
  /**
   * Has a request looked at, at a time: its cards drawn, or what is due of it stored, whether or not its workflow lives.
   * Setting a name twice is once.
   */
  set(timer: { name: string; request: RequestId; at: NumericDate; to: 'draw' | 'store' }): Promise<void>
}
