// Rules: test/adapters/dynamodb/log-index.test.ts
import type { NotaryKey } from '../../domain/anchor/checkpoint.ts'
import type { Placed } from '../../domain/anchor/compare.ts'
import type { Leaf } from '../../domain/anchor/leaf.ts'
import type { Head } from '../../domain/ledger/ledger.ts'
import type { NumericDate } from '../../domain/values.ts'

/** The bucket of the log. Every call may throw AnchorUnavailable. */
export interface LogReader {
  read(path: string): Promise<Uint8Array | undefined>
}

export interface LogBucket extends LogReader {
  /** With the version by which it can be replaced, and the time since when it exists. */
  readVersion(path: string): Promise<{ bytes: Uint8Array; version: string; since: NumericDate } | undefined>
  /** False when the path has an object, which stays as it is. */
  add(path: string, bytes: Uint8Array): Promise<boolean>
  /**
   * The new version; undefined when the object has changed since it was read. `version` is undefined for an absent one.
   */
  replace(path: string, bytes: Uint8Array, version: string | undefined): Promise<string | undefined>
}

export type LoggedAt = { index: number; hash: string }

/** The place of each entry in the log. The log is the truth: this only finds it. */
export interface LogIndexReader {
  /** Places by entry id; ids without a place are left out. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, LoggedAt>>
}

/** `pending`: ids of the last leaves in order, at least of all that no checkpoint covers yet. */
export type LogState = { size: number; pending: readonly string[] }

/** One transaction takes this many beside the row that counts them. */
export const mostAtOnce = 99

export interface LogIndex extends LogIndexReader {
  state(): Promise<LogState>
  /** The last entry of a chain with a place. */
  last(aggregate: string): Promise<{ sequence: number; hash: string } | undefined>
  /**
   * Gives leaves the next places, all or none: false when the log has another size, or one of them has a place.
   * @param leaves at most `mostAtOnce`
   */
  place(size: number, leaves: readonly Leaf[], pending: readonly string[]): Promise<boolean>
}

/** The notary's own keys. Every call may throw KeyUnavailable. */
export interface NoteSigner {
  /** Their public halves, in DER: the current key first, then the earlier ones. */
  keys(): Promise<readonly [NotaryKey['spki'], ...NotaryKey['spki'][]]>
  /** ECDSA over SHA-256, in DER. */
  sign(message: Uint8Array): Promise<Uint8Array>
}

/** Rows of the ledger table, by place. */
export interface LedgerRows {
  /** At most a hundred places. */
  at(ids: readonly string[]): Promise<readonly Placed[]>
  /** At most `limit` places of one chain after that sequence, in order. `next`: there may be more after it. */
  page(aggregate: string, page: { after: number; limit: number }): Promise<{ placed: readonly Placed[]; next?: number }>
  /** One of `of` equal parts of the table, in pages of whole chains or parts of them. */
  part(segment: number, of: number): AsyncIterable<readonly Placed[]>
  /** The ends of chains by what was committed with their entries. A chain without commits is left out. */
  ends(aggregates: readonly string[]): Promise<ReadonlyMap<string, Head>>
}
