import type { Entry, Head } from '../../domain/ledger/ledger.ts'
import type { StandingPermit } from '../../domain/permits/permit.ts'
import type { AskerId, StandingPermitId } from '../../domain/values.ts'
import type { Page } from '../ports.ts'

/** A standing permit as it is stored, and the end of its chain. */
export type StoredPermit = { permit: StandingPermit; head: Head }

/** All of it or none: the permit, and the entries of what happened to it. */
export type PermitChange = {
  id: StandingPermitId
  /** The head that was read: `noEntries` for a new permit. */
  expected: Head
  permit: StandingPermit
  entries: readonly Entry[]
  head: Head
}

/** Standing permits. What draws from one reads it again, strongly, with all else that it rests on (`RequestStore.dependencies`). */
export interface PermitStore {
  load(id: StandingPermitId): Promise<StoredPermit | undefined>
  /** False when another writer came first. @throws StoreUnavailable */
  save(change: PermitChange): Promise<boolean>
  /**
   * Those of an agent that may be drawn from, as far as that does not hang on time, the newest first, since none lives for
   * long: an index finds candidates, each is read strongly.
   */
  ofAgent(agent: AskerId, limit: number): Promise<readonly StoredPermit[]>
  /** Newest first. */
  list(page: { limit: number; after?: string }): Promise<Page<StandingPermit>>
}
