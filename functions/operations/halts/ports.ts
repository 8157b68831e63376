import type { Halt, HaltTarget } from '../../domain/halts/halt.ts'
import type { Entry, Head } from '../../domain/ledger/ledger.ts'
import type { HaltId } from '../../domain/values.ts'
import type { Page } from '../ports.ts'

/** The halts of one target: those in force, and the one lifted last. `version` rises by one with each change. */
export type StoredHalts = { halts: readonly Halt[]; version: number }

/** All of it or none: a target's halts, and the entries of the halt that has changed. */
export type HaltChange = {
  /** The halt that has changed: the aggregate of the entries. */
  halt: Halt
  /** What was read: the version of the target's halts, and the end of the halt's own chain. */
  expected: { version: number; head: Head }
  halts: readonly Halt[]
  entries: readonly Entry[]
  head: Head
}

/** Halts, where every decision, issue and use reads them (`RequestReader.dependencies`). Reads are strong. */
export interface HaltStore {
  load(target: HaltTarget): Promise<StoredHalts>
  /** A halt, and the end of its chain. */
  find(id: HaltId): Promise<{ halt: Halt; head: Head } | undefined>
  /** Newest first, each read strongly; `lifted`: those that a person has lifted too. */
  list(which: { lifted: boolean }, page: { limit: number; after?: string }): Promise<Page<Halt>>
  /** False when another writer came first. @throws StoreUnavailable */
  save(change: HaltChange): Promise<boolean>
}
