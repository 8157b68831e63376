import type { Entry, Head } from '../../domain/ledger/ledger.ts'
import type { RecordedCall } from '../../domain/uses/use.ts'
import type { NumericDate } from '../../domain/values.ts'
import type { OnceOnly } from '../ports.ts'

export interface LedgerReader {
  entries(aggregate: string): Promise<readonly Entry[]>
  /** At most so many entries after that sequence, in order: an actor's chain has no end. `next` is the last one's, if there may be more. */
  page(aggregate: string, page: { after: number; limit: number }): Promise<{ entries: readonly Entry[]; next?: number }>
  /** The end of an actor's own chain. */
  head(aggregate: string): Promise<Head>
}

/** For the chains of actors; entries of a request commit with its state. */
export interface LedgerWriter {
  /** All of it or none: false when another writer appended first, or one of what must happen once is not as it was read. */
  append(
    aggregate: string,
    expected: Head,
    entries: readonly Entry[],
    head: Head,
    once?: readonly OnceOnly[],
  ): Promise<boolean>
}

export type LedgerStore = LedgerReader & LedgerWriter

/** What AWS has on record of who called what. */
export interface CallRecord {
  /** What was called with the credentials of a session, the oldest first; nothing where there is no record to be had here. */
  ofSession(session: RecordedSession): Promise<CallsOnRecord | undefined>
}
/** A session by its name and its role's ARN, and where and when it may have called. */
export type RecordedSession = { name: string; role: string; region: string; from: NumericDate; until: NumericDate }
/** `more` where there is more on record than was read. */
export type CallsOnRecord = { calls: readonly RecordedCall[]; more: boolean }
