import { asOf } from '../domain/due.ts'
import { type ApprovalRequest, type ApprovedRequest, ownersOf, type PendingRequest } from '../domain/request.ts'
import type { PersonId } from '../domain/values.ts'
import type { DecidingPorts, RequestStore } from './ports.ts'
import { askAboutPerson } from './questions.ts'
import { waitingFor } from './waiting-for.ts'

type Ports = Pick<DecidingPorts, 'requests' | 'policy' | 'clock'>

/** What concerns one person now, each part newest first. */
export type Overview = {
  /** What they could approve now. */
  waiting: readonly PendingRequest[]
  /** What agents of theirs asked for, whatever has become of it; `moreOwn` when there is more of it than this. */
  own: readonly ApprovalRequest[]
  moreOwn: boolean
  /** Live grants that they own or may revoke. */
  live: readonly LiveGrant[]
}
export type LiveGrant = { state: ApprovedRequest; mayRevoke: boolean }

const mostOwn = 50
/** How many live grants are looked at, the newest. */
const mostLive = 300
const pageSize = 100

/**
 * What waits for a person, what their agents asked for, and what is live that they answer for. It shows and decides
 * nothing: an act on any of it asks everything anew.
 */
export async function readOverview(person: PersonId, ports: Ports): Promise<Overview> {
  const now = ports.clock.now()
  const [waiting, own, approved] = await Promise.all([
    waitingFor(person, ports),
    ports.requests.list({ owner: person }, { limit: mostOwn }),
    approvedRequests(ports),
  ])
  return {
    waiting: waiting.map(({ state }) => state).filter((state) => state.status === 'pending'),
    own: own.items.map(({ state }) => asOf(state, now)),
    moreOwn: own.next !== undefined,
    live: approved
      .map((state) => ({ state, mayRevoke: askAboutPerson(ports.policy, 'revoke', person, now, { state }).permit }))
      .filter(({ state, mayRevoke }) => mayRevoke || ownersOf(state).includes(person)),
  }
}

async function approvedRequests({ requests, clock }: Ports): Promise<readonly ApprovedRequest[]> {
  const found = await newest(requests)
  return found.map(({ state }) => asOf(state, clock.now())).filter((state) => state.status === 'approved')
}

async function newest(requests: RequestStore) {
  const found = []
  let after: string | undefined
  do {
    const page = await requests.list(
      { status: 'approved' },
      { limit: pageSize, ...(after === undefined ? {} : { after }) },
    )
    found.push(...page.items)
    after = page.next
  } while (after !== undefined && found.length < mostLive)
  return found
}
