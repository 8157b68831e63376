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
/** A request that uses every limit has fewer entries; a longer record is marked as cut. */
const mostEntries = 1_000

/** The timeline of a request, from its own record and CloudTrail. The caller checks rights. */
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
  // CloudTrail allows two such calls a second, so it is not asked without a session, or while calls may still come.
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

/** Whether the target records the calls of this credential. Calls by Hotwork itself are included. */
const isRecorded = ({ type, facts }: Entry): boolean =>
  (type === 'CredentialIntended' && recordsCalls(String(facts['claim']))) ||
  (type === 'UseBegun' && recordsCalls(String(facts['tool'])))
