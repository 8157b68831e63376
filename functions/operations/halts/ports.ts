import type { Halt, HaltTarget } from '../../domain/halts/halt.ts'
import type { Entry, Head } from '../../domain/ledger/ledger.ts'
import type { PersonalText } from '../../domain/ledger/texts.ts'
import type { HaltId } from '../../domain/values.ts'
import type { Page } from '../ports.ts'

/** Halts in force, and the last that ended. `version` rises by one with each change. */
export type StoredHalts = { halts: readonly Halt[]; version: number }

/** Written all or none. */
export type HaltChange = {
  halt: Halt
  expected: { version: number; head: Head }
  halts: readonly Halt[]
  entries: readonly Entry[]
  head: Head
  texts?: readonly PersonalText[]
}

/** Halts, which every decision, issue and use reads (`RequestReader.dependencies`). Reads are strong. */
export interface HaltStore {
  load(target: HaltTarget): Promise<StoredHalts>
  find(id: HaltId): Promise<{ halt: Halt; head: Head } | undefined>
  /** `lifted`: includes lifted halts. */
  list(which: { lifted: boolean }, page: { limit: number; after?: string }): Promise<Page<Halt>>
  /** False if another writer came first. @throws StoreUnavailable */
  save(change: HaltChange): Promise<boolean>
}
