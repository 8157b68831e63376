import type { LedgerFilter } from '../../domain/ledger/facets.ts'
import type { Entry, Head } from '../../domain/ledger/ledger.ts'
import type { PersonalText } from '../../domain/ledger/texts.ts'
import type { Digest, PersonId } from '../../domain/values.ts'
import type { OnceOnly } from '../ports.ts'

/** Personal texts, by the commitments in entries. Erased texts are left out. Reads are strong. */
export interface TextReader {
  find(commitments: readonly Digest[]): Promise<ReadonlyMap<Digest, Pick<PersonalText, 'text' | 'salt'>>>
}

export interface TextEraser {
  /** Reads an index that lags. */
  ofPerson(
    person: PersonId,
    page: { limit: number; after?: string },
  ): Promise<{ found: readonly Digest[]; next?: string }>
  /** A repeat changes nothing. */
  erase(commitments: readonly Digest[]): Promise<void>
}

export interface LedgerReader {
  entries(aggregate: string): Promise<readonly Entry[]>
  /** At most `limit` entries after that sequence, in order. `next`: more may follow. */
  page(aggregate: string, page: { after: number; limit: number }): Promise<{ entries: readonly Entry[]; next?: number }>
  head(aggregate: string): Promise<Head>
}

/** Writes the chains of actors; entries of a request are committed with its state. */
interface LedgerWriter {
  /** All or none: false if another writer came first, or a once-only key has changed since it was read. */
  append(
    aggregate: string,
    expected: Head,
    entries: readonly Entry[],
    head: Head,
    once?: readonly OnceOnly[],
  ): Promise<boolean>
}

export type LedgerStore = LedgerReader & LedgerWriter

/** `after` is the `next` of the page before. */
export type LedgerPage = { limit: number; after?: string | undefined }

/** Entries of all chains by time, from an index that lags. */
export interface LedgerIndex {
  /** Oldest first; within a second by chain. A page may be short or empty, and more may follow after its `next`. */
  search(filter: LedgerFilter, page: LedgerPage): Promise<{ entries: readonly Entry[]; next?: string }>
}
