import type {
  AgentId,
  HaltId,
  NumericDate,
  PersonId,
  RequestId,
  Result,
  StandingPermitId,
} from '../../domain/values.ts'
import type { DenyCause } from '../credentials/ports.ts'
import type { Fifo } from '../ports.ts'

/** One delivery as it came. Nothing of it is believed before its signature is verified. */
export type RawDelivery = { header(name: string): string | undefined; body: string }
export type IncidentEvent = { id: string; incident: string; closed: boolean }
export interface IncidentEvents {
  /** @throws SecretUnavailable */
  read(delivery: RawDelivery): Promise<Result<IncidentEvent, 'unsigned' | 'malformed'>>
}
/** `deny`: credentials at a place are to be ended. `end`: all that was delegated from it, or is covered by it, is to be ended. */
export type EndMessage = Fifo &
  ({ deny: DenyCause; role: string; since: NumericDate } | { end: RequestId | HaltId | StandingPermitId | AgentId })

export interface Pager {
  /** At least once for each event of an opening; a repeat has the same id and event. @throws PagerUnavailable */
  page(page: OpeningPage): Promise<void>
}
/** What is told outside Hotwork: who and what, never why. */
export type OpeningPage = {
  event: 'opened' | 'ended' | 'review_overdue'
  id: RequestId
  person: PersonId
  incident: string
  /** The profile, or the action. */
  what: string
  environment: string
  until: NumericDate
  reviewDue?: NumericDate
  drill: boolean
}

/** One-time timers. Each only has the request looked at. */
export interface Timers {
  /** Draws the cards of a request, or stores what is due of it. A name set twice is once. */
  set(timer: { name: string; request: RequestId; at: NumericDate; to: 'draw' | 'store' }): Promise<void>
}
