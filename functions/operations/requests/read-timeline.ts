import { describeRequest } from '../../domain/cards/request-view.ts'
import { describeTimeline, type Timeline } from '../../domain/cards/timeline.ts'
import type { Entry } from '../../domain/ledger/ledger.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import type { LedgerReader } from '../ledger/ports.ts'
import type { Policy } from '../policy/ports.ts'
import type { ActualReader } from '../uses/ports.ts'

export type TimelinePorts = {
  ledger: Pick<LedgerReader, 'page'>
  actual: ActualReader
  policy: Pick<Policy, 'bundle'>
}

const page = 100
/** More than a request with every limit spent has; a longer record says that it is cut. */
const mostEntries = 1_000

/** What became of a request, from its own record and that of AWS. Rights are for the caller to ask. */
export async function readTimeline(
  state: ApprovalRequest,
  { ledger, actual, policy }: TimelinePorts,
): Promise<Timeline> {
  const { id } = state.ask
  const entries: Entry[] = []
  let next: number | undefined = 0
  do {
    const read: Awaited<ReturnType<LedgerReader['page']>> = await ledger.page(id, { after: next, limit: page })
    entries.push(...read.entries)
    next = read.next
  } while (next !== undefined && entries.length < mostEntries)
  const isOver = state.status !== 'pending' && state.status !== 'approved'
  // AWS answers two such questions a second: none is asked where there was no session, or may still be calls.
  const told = isOver && entries.some(isOfAws) ? await actual.of(id) : undefined
  const { bundle } = policy
  const recorded = { entries, isCut: next !== undefined, calls: told?.calls ?? [] }
  return describeTimeline(describeRequest(state, bundle), recorded, bundle)
}

const isOfAws = ({ type, facts }: Entry): boolean =>
  (type === 'CredentialIntended' && facts['claim'] === 'aws') || (type === 'UseBegun' && facts['tool'] === 'aws')
