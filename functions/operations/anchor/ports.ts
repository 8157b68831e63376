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
  /** The bytes, the version by which they can be replaced, and the time of that version. */
  readVersion(path: string): Promise<{ bytes: Uint8Array; version: string; since: NumericDate } | undefined>
  /** False if the path already has an object, which stays. */
  add(path: string, bytes: Uint8Array): Promise<boolean>
  /**
   * The new version; undefined if the object has changed since it was read. `version` is undefined for an absent
   * object.
   */
  replace(path: string, bytes: Uint8Array, version: string | undefined): Promise<string | undefined>
}

export type LoggedAt = { index: number; hash: string }

/** The place of each entry in the log, which alone proves it. */
export interface LogIndexReader {
  /** Places by entry id; ids without a place are left out. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, LoggedAt>>
}

/** `pending`: ids of the last leaves in order, at least of all without a checkpoint. */
export type LogState = { size: number; pending: readonly string[] }

/** The most leaves of one transaction, which also has the row that counts them. */
export const mostAtOnce = 99

export interface LogIndex extends LogIndexReader {
  state(): Promise<LogState>
  /** The last entry of a chain with a place. */
  last(aggregate: string): Promise<{ sequence: number; hash: string } | undefined>
  /**
   * Gives leaves the next places, all or none: false if the log's size differs, or a leaf has a place.
   * @param leaves at most `mostAtOnce`
   */
  place(size: number, leaves: readonly Leaf[], pending: readonly string[]): Promise<boolean>
}

/** The notary's own keys. Every call may throw KeyUnavailable. */
export interface NoteSigner {
  /** The public keys, in DER: the present key first, then earlier ones. */
  keys(): Promise<readonly [NotaryKey['spki'], ...NotaryKey['spki'][]]>
  /** ECDSA over SHA-256, in DER. */
  sign(message: Uint8Array): Promise<Uint8Array>
}

/** Rows of the ledger table, by place. */
export interface LedgerRows {
  /** At most a hundred places. */
  at(ids: readonly string[]): Promise<readonly Placed[]>
  /** At most `limit` rows of one chain after that sequence, in order. `next`: more may follow. */
  page(aggregate: string, page: { after: number; limit: number }): Promise<{ placed: readonly Placed[]; next?: number }>
  /** One of `of` equal parts of the table, in pages of complete or partial chains. */
  part(segment: number, of: number): AsyncIterable<readonly Placed[]>
  /** The ends of chains by the commits of their entries. A chain without commits is left out. */
  ends(aggregates: readonly string[]): Promise<ReadonlyMap<string, Head>>
}
