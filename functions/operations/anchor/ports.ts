import type { NotaryKey } from '../../domain/anchor/checkpoint.ts'
import type { Placed } from '../../domain/anchor/compare.ts'
import type { Leaf } from '../../domain/anchor/leaf.ts'
import type { Head } from '../../domain/ledger/ledger.ts'
import type { NumericDate } from '../../domain/values.ts'

/** Where the log lies. Every call may throw AnchorUnavailable. */
export interface LogReader {
  read(path: string): Promise<Uint8Array | undefined>
}

export interface LogBucket extends LogReader {
  /** With its version, by which it can be replaced, and since when it is there. */
  readVersion(path: string): Promise<{ bytes: Uint8Array; version: string; since: NumericDate } | undefined>
  /** False where the path has one, which stays as it is. */
  add(path: string, bytes: Uint8Array): Promise<boolean>
  /** The new version; undefined where it is no more as it was read. `version` is undefined where there was none. */
  replace(path: string, bytes: Uint8Array, version: string | undefined): Promise<string | undefined>
}

export type LoggedAt = { index: number; hash: string }

/** Which entry has which place in the log. The log is the truth: this only finds it. */
export interface LogIndexReader {
  /** By entry id, those that have a place. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, LoggedAt>>
}

/** `pending` are the ids of the last leaves, in order: at least of all that no checkpoint covers yet. */
export type LogState = { size: number; pending: readonly string[] }

/** As many as one transaction takes beside the row that counts them. */
export const mostAtOnce = 99

export interface LogIndex extends LogIndexReader {
  state(): Promise<LogState>
  /** The last entry of a chain that has a place. */
  last(aggregate: string): Promise<{ sequence: number; hash: string } | undefined>
  /**
   * Gives leaves the next places: all or none, false where the log is no more of that size or one of them has a place.
   * @param leaves at most `mostAtOnce`
   */
  place(size: number, leaves: readonly Leaf[], pending: readonly string[]): Promise<boolean>
}

/** The notary's own keys. Every call may throw KeyUnavailable. */
export interface NoteSigner {
  /** Their public halves, in DER: the one that signs first, and those that signed before. */
  keys(): Promise<readonly [NotaryKey['spki'], ...NotaryKey['spki'][]]>
  /** ECDSA over SHA-256, in DER. */
  sign(message: Uint8Array): Promise<Uint8Array>
}

/** The ledger table as it is, by place. */
export interface LedgerRows {
  /** At most a hundred places. */
  at(ids: readonly string[]): Promise<readonly Placed[]>
  /** Of one chain, at most `limit` places after that sequence, in order. `next`: there may be more after it. */
  page(aggregate: string, page: { after: number; limit: number }): Promise<{ placed: readonly Placed[]; next?: number }>
  /** One of `of` equal parts of the table, in pages of whole chains or parts of them. */
  part(segment: number, of: number): AsyncIterable<readonly Placed[]>
  /** Where chains end by what was committed with their entries. A chain that nothing was committed to has none. */
  ends(aggregates: readonly string[]): Promise<ReadonlyMap<string, Head>>
}
