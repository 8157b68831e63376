// Rules: test/http/break-glass-view.test.ts
import { credentialsIssued, type IssuedCredential } from '../../domain/credentials/issue.ts'
import type { Entry } from '../../domain/ledger/ledger.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { Actual } from '../../domain/uses/actual.ts'
import type { DecidingPorts } from '../record/ports.ts'
import type { ActualReader } from '../uses/ports.ts'

/** `calls` is undefined if CloudTrail cannot be read now. */
export type Trail = {
  entries: readonly Entry[]
  credentials: readonly IssuedCredential[]
  calls: Actual | undefined
}

export type TrailPorts = Pick<DecidingPorts, 'ledger'> & { actual: ActualReader }

/** Evidence for the review of an opening. */
export async function readTrail({ ask }: Pick<ApprovalRequest, 'ask'>, { ledger, actual }: TrailPorts): Promise<Trail> {
  const [entries, calls] = await Promise.all([ledger.entries(ask.id), actual.of(ask.id)])
  return { entries, credentials: credentialsIssued(entries), calls }
}
