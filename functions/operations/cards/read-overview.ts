import { isOver, type StandIn } from '../../domain/people/stand-in.ts'
import { isLive, longestPermit, type StandingPermit } from '../../domain/permits/permit.ts'
import { asOf } from '../../domain/requests/due.ts'
import {
  type ApprovalRequest,
  type ApprovedRequest,
  ownersOf,
  type PendingRequest,
} from '../../domain/requests/request.ts'
import { defined, type NumericDate, type PersonId } from '../../domain/values.ts'
import type { StandInReader } from '../people/ports.ts'
import type { PermitReader } from '../permits/ports.ts'
import { askAboutPerson } from '../policy/questions.ts'
import type { AskingPorts, RequestReader } from '../requests/ports.ts'
import { waitingFor } from './waiting.ts'

export type OverviewPorts = AskingPorts & {
  permits: Pick<PermitReader, 'list'>
  standIns: Pick<StandInReader, 'of'>
}

/** What concerns one person now, each part newest first. */
export type Overview = {
  /** What they could approve now. */
  waiting: readonly PendingRequest[]
  /** What agents of theirs asked for, whatever has become of it, and not what they opened themselves; `moreOwn` when there is more of it than this. */
  own: readonly ApprovalRequest[]
  moreOwn: boolean
  /** Live grants that they own or may revoke. */
  live: readonly LiveGrant[]
  /** Standing permits that can still be drawn from or acted on: those they gave, those of their agents, those they may revoke. */
  permits: readonly LivePermit[]
  /** Who decides in their stead, now or later on, and in whose stead they do. */
  standIns: { own: readonly StandIn[]; others: readonly StandIn[] }
}
export type LiveGrant = { state: ApprovedRequest; mayRevoke: boolean }
export type LivePermit = { permit: StandingPermit; mayRevoke: boolean }

const mostOwn = 50
/** How many live grants are looked at, the newest. */
const mostLive = 300
const pageSize = 100
/** How many standing permits are looked at, the newest: as many requests are read at once. */
const mostPermits = 100

/**
 * What waits for a person, what their agents asked for, and what is live that they answer for. It shows and decides
 * nothing: an act on any of it asks everything anew.
 */
export async function readOverview(person: PersonId, ports: OverviewPorts): Promise<Overview> {
  const now = ports.clock.now()
  const [waiting, own, approved, permits, standIns] = await Promise.all([
    waitingFor(person, ports),
    ports.requests.list({ owner: person }, { limit: mostOwn }),
    approvedRequests(ports),
    permitsFor(person, now, ports),
    ports.standIns.of({ absent: person, by: person }),
  ])
  return {
    waiting: waiting.map(({ state }) => state).filter((state) => state.status === 'pending'),
    own: own.items.map(({ state }) => asOf(state, now)).filter(({ ask }) => ask.breakGlass === undefined),
    moreOwn: own.next !== undefined,
    live: approved
      .map((state) => ({ state, mayRevoke: askAboutPerson(ports.policy, 'revoke', person, now, { state }).permit }))
      .filter(({ state, mayRevoke }) => mayRevoke || ownersOf(state).includes(person)),
    permits,
    standIns: {
      own: standIns.absences.standIns.filter((each) => !isOver(each, now)),
      others: standIns.taken.standIns.filter((each) => !isOver(each, now)),
    },
  }
}

async function approvedRequests({ requests, clock }: OverviewPorts): Promise<readonly ApprovedRequest[]> {
  const found = await newest(requests)
  return found.map(({ state }) => asOf(state, clock.now())).filter((state) => state.status === 'approved')
}

async function newest(requests: RequestReader) {
  const found = []
  let after: string | undefined
  do {
    const page = await requests.list({ status: 'approved' }, { limit: pageSize, ...defined({ after }) })
    found.push(...page.items)
    after = page.next
  } while (after !== undefined && found.length < mostLive)
  return found
}

/** The permits in force that concern a person. Whoever gave one may take it back; of others policy is asked, as then. */
async function permitsFor(
  person: PersonId,
  now: NumericDate,
  { requests, policy, permits }: OverviewPorts,
): Promise<readonly LivePermit[]> {
  const live = (await youngPermits(permits, now)).filter((permit) => isLive(permit, now))
  const approvals = await requests.loadMany(live.map(({ from }) => from))
  return live
    .map((permit) => {
      const from = approvals.find(({ state }) => state.ask.id === permit.from)
      const mayRevoke =
        permit.by === person || askAboutPerson(policy, 'revoke', person, now, from ? { state: from.state } : {}).permit
      return { permit, mayRevoke }
    })
    .filter(({ permit, mayRevoke }) => mayRevoke || permit.owner === person)
}

/** Those that were given within the longest time that one may last, newest first. */
async function youngPermits(permits: Pick<PermitReader, 'list'>, now: NumericDate): Promise<readonly StandingPermit[]> {
  const found: StandingPermit[] = []
  let after: string | undefined
  do {
    const page = await permits.list({ limit: pageSize, ...defined({ after }) })
    const young = page.items.filter(({ at }) => at > now - longestPermit)
    found.push(...young)
    after = young.length < page.items.length ? undefined : page.next
  } while (after !== undefined && found.length < mostPermits)
  return found.slice(0, mostPermits)
}
