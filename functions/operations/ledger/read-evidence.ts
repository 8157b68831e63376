import { credentialsIssued, type IssuedCredential } from '../../domain/credentials/issue.ts'
import type { Entry } from '../../domain/ledger/ledger.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { Actual } from '../../domain/uses/actual.ts'
import type { DecidingPorts } from '../record/ports.ts'
import type { ActualReader } from '../uses/ports.ts'

/** `calls` is undefined where it cannot be told now what was called. */
export type Evidence = {
  entries: readonly Entry[]
  credentials: readonly IssuedCredential[]
  calls: Actual | undefined
}

export type EvidencePorts = Pick<DecidingPorts, 'ledger'> & { actual: ActualReader }

/** What the review of an opening goes by. */
export async function readEvidence(
  { ask }: Pick<ApprovalRequest, 'ask'>,
  { ledger, actual }: EvidencePorts,
): Promise<Evidence> {
  const [entries, calls] = await Promise.all([ledger.entries(ask.id), actual.of(ask.id)])
  return { entries, credentials: credentialsIssued(entries), calls }
}
