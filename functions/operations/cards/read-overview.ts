// Rules: test/operations/cards/overview.test.ts
import { askAboutPerson } from '../../domain/deciding/questions.ts'
import { isOver, type StandIn } from '../../domain/people/stand-in.ts'
import { isLive, type StandingPermit } from '../../domain/permits/permit.ts'
import { rulesOf } from '../../domain/record/origin.ts'
import type { ApprovalRequest, ApprovedRequest, PendingRequest } from '../../domain/record/request.ts'
import { ownersOf } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { NumericDate, PersonId } from '../../domain/values.ts'
import type { HaltStore } from '../halts/ports.ts'
import { type ViewedHalts, viewHalts } from '../halts/view-halts.ts'
import type { TextReader } from '../ledger/ports.ts'
import type { StandInReader } from '../people/ports.ts'
import type { PermitReader } from '../permits/ports.ts'
import { revocable, withSetbacks } from '../permits/read-permits.ts'
import type { AskingPorts } from '../record/ports.ts'
import { splitAside } from '../requests/set-aside.ts'
import { newest, waitingFor } from '../requests/waiting.ts'

type OverviewPorts = AskingPorts & {
  permits: Pick<PermitReader, 'list'>
  standIns: Pick<StandInReader, 'of'>
  halts: Pick<HaltStore, 'list'>
  texts: TextReader
}

/** Each part newest first. */
export type Overview = {
  person: PersonId
  /** Requests that wait for the person, except those they set aside. */
  waiting: readonly PendingRequest[]
  aside: number
  /** Requests of their own agents, except their own openings. */
  own: readonly ApprovalRequest[]
  moreOwn: boolean
  /** Halts in force. Empty if policy does not let the person read them. */
  halted: Pick<ViewedHalts, 'halts' | 'next'>
  live: readonly LiveGrant[]
  permits: readonly LivePermit[]
  standIns: { own: readonly StandIn[]; others: readonly StandIn[] }
}
type LiveGrant = { state: ApprovedRequest; mayRevoke: boolean }
export type LivePermit = { permit: StandingPermit; mayRevoke: boolean }

const mostOwn = 50
const mostLive = 300
/** The most permits: one page. */
const mostPermits = 100

/** The person's overview. Each act on it is judged again. */
export async function readOverview(person: PersonId, ports: OverviewPorts): Promise<Overview> {
  const now = ports.clock.now()
  const [split, own, approved, permits, standIns, halted] = await Promise.all([
    waitingApart(person, ports),
    ports.requests.list({ owner: person }, { limit: mostOwn }),
    approvedRequests(ports),
    permitsFor(person, now, ports),
    ports.standIns.of({ absent: person, by: person }),
    viewHalts({ person }, ports),
  ])
  return {
    person,
    waiting: split.waiting,
    aside: split.aside.length,
    own: own.items.map(({ state }) => asOf(state, now)).filter(({ ask }) => rulesOf(ask).asks !== 'rights'),
    moreOwn: own.next !== undefined,
    halted: halted.ok ? halted.value : { halts: [] },
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

async function waitingApart(person: PersonId, ports: OverviewPorts) {
  const waiting = await waitingFor(person, ports)
  return splitAside(
    person,
    waiting.map(({ state }) => state).filter((state) => state.status === 'pending'),
    ports,
  )
}

async function approvedRequests({ requests, clock }: OverviewPorts): Promise<readonly ApprovedRequest[]> {
  const found = await newest({ status: 'approved' }, mostLive, requests)
  return found.map(({ state }) => asOf(state, clock.now())).filter((state) => state.status === 'approved')
}

async function permitsFor(person: PersonId, now: NumericDate, ports: OverviewPorts): Promise<readonly LivePermit[]> {
  const { items } = await ports.permits.list({ limit: mostPermits })
  const live = (await withSetbacks(items, now, ports)).filter(
    (permit) => isLive(permit, now) && permit.ended === undefined,
  )
  const all = await revocable(person, live, ports)
  return all.filter(({ permit, mayRevoke }) => mayRevoke || permit.owner === person)
}
