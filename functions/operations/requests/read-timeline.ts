import { describeRequest } from '../../domain/cards/request-view.ts'
import { describeTimeline, type Timeline } from '../../domain/cards/timeline.ts'
import type { Entry } from '../../domain/ledger/ledger.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import type { LedgerReader } from '../ledger/ports.ts'
import type { Policy } from '../policy/ports.ts'

const page = 100
/** More than a request with every limit spent has; a longer record says that it is cut. */
const mostEntries = 1_000

/** What became of a request, from its own record. Rights are for the caller to ask. */
export async function readTimeline(
  state: ApprovalRequest,
  { ledger, policy }: { ledger: Pick<LedgerReader, 'page'>; policy: Pick<Policy, 'bundle'> },
): Promise<Timeline> {
  const entries: Entry[] = []
  let next: number | undefined = 0
  do {
    const read: Awaited<ReturnType<LedgerReader['page']>> = await ledger.page(state.ask.id, {
      after: next,
      limit: page,
    })
    entries.push(...read.entries)
    next = read.next
  } while (next !== undefined && entries.length < mostEntries)
  const { bundle } = policy
  return describeTimeline(describeRequest(state, bundle), { entries, isCut: next !== undefined }, bundle)
}
