import type { Head } from '../../domain/ledger/ledger.ts'
import type { StandingPermit } from '../../domain/permits/permit.ts'
import type { AskerId, StandingPermitId } from '../../domain/values.ts'
import type { Appended, Page } from '../ports.ts'

export type StoredPermit = { permit: StandingPermit; head: Head }

export type PermitChange = Appended & { id: StandingPermitId; permit: StandingPermit }

export interface PermitReader {
  load(id: StandingPermitId): Promise<StoredPermit | undefined>
  /**
   * Permits of an agent that are neither used up nor revoked, newest first. An index finds candidates; each is read
   * strongly.
   */
  ofAgent(agent: AskerId, limit: number): Promise<readonly StoredPermit[]>
  list(page: { limit: number; after?: string }): Promise<Page<StandingPermit>>
}

interface PermitWriter {
  /** All or none; false if another writer came first. */
  save(change: PermitChange): Promise<boolean>
}

export type PermitStore = PermitReader & PermitWriter
