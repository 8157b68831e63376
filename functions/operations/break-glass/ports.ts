import type { NumericDate, PersonId, RequestId, Result } from '../../domain/values.ts'

/** One delivery as received. Its content is unverified. */
export type RawDelivery = { header(name: string): string | undefined; body: string }
export type IncidentEvent = { id: string; incident: string; closed: boolean }
export interface IncidentEvents {
  /** @throws SecretUnavailable */
  read(delivery: RawDelivery): Promise<Result<IncidentEvent, 'unsigned' | 'malformed'>>
}
export interface Pager {
  /** At least once for each event of an opening; a repeat has the same id and event. @throws PagerUnavailable */
  page(page: OpeningPage): Promise<void>
}
/** The opening for readers outside Hotwork: without its reason. */
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
