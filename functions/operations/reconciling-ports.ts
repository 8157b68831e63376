import type { InForce, SessionOnRecord } from '../domain/credentials/reconcile.ts'
import type { JsonObject, NumericDate } from '../domain/values.ts'

/** What IAM has on a role, read and never written. @throws where it does not say */
export interface RoleReader {
  inForce(role: string): Promise<InForce>
}

/** The sessions of roles, as AWS has them on record: each some minutes after it was made. */
export interface SessionRecord {
  /** Of a target role, from a time on. @throws where AWS does not say */
  sessions(role: string, from: NumericDate): Promise<Recorded<SessionOnRecord>>
  /** Uses of a sealed role, each as the event that AWS itself tells of it. @throws where AWS does not say */
  sealedUses(role: string, from: NumericDate): Promise<Recorded<SealedEvent>>
}
/** `more` where there is more on record than was read. */
export type Recorded<T> = { found: readonly T[]; more: boolean }
export type SealedEvent = { eventId: string; at: NumericDate; event: JsonObject }
