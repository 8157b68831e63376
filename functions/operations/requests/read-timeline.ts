import { describeRequest } from '../../domain/cards/request-view.ts'
import { describeTimeline, type Timeline } from '../../domain/cards/timeline.ts'
import type { Entry } from '../../domain/ledger/ledger.ts'
import { withTextsBeside } from '../../domain/ledger/texts.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { recordsCalls } from '../../targets/kinds.ts'
import { type AnchorPorts, readAnchor } from '../anchor/read-anchor.ts'
import type { LedgerReader, TextReader } from '../ledger/ports.ts'
import { textsBeside } from '../ledger/texts.ts'
import type { Policy } from '../policy/ports.ts'
import type { Clock, Log } from '../ports.ts'
import type { ActualReader } from '../uses/ports.ts'

export type TimelinePorts = {
  ledger: Pick<LedgerReader, 'page'>
  actual: ActualReader
  anchor: AnchorPorts
  policy: Pick<Policy, 'bundle'>
  clock: Clock
  log: Log
  texts: TextReader
}

const page = 100
/** More than a request with every limit spent has; a longer record says that it is cut. */
const mostEntries = 1_000

/** What became of a request, from its own record and that of AWS. Rights are for the caller to ask. */
export async function readTimeline(state: ApprovalRequest, ports: TimelinePorts): Promise<Timeline> {
  const { ledger, actual, policy, texts, clock } = ports
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
  const [told, anchor, beside] = await Promise.all([
    isOver && entries.some(isRecorded) ? actual.of(id) : undefined,
    readAnchor(entries, ports),
    textsBeside(entries, clock.now(), texts),
  ])
  const { bundle } = policy
  const recorded = {
    entries: withTextsBeside(entries, beside),
    isCut: next !== undefined,
    calls: told?.calls ?? [],
    anchor,
  }
  return describeTimeline(describeRequest(state, bundle), recorded, bundle)
}

/** Credentials of a target that records calls, and Hotwork's own call, by the name of its kind. */
const isRecorded = ({ type, facts }: Entry): boolean =>
  (type === 'CredentialIntended' && recordsCalls(String(facts['claim']))) ||
  (type === 'UseBegun' && recordsCalls(String(facts['tool'])))
