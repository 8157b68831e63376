// Rules: test/operations/cards/waiting.test.ts
import { isQuiet, namedDirectly } from '../../domain/cards/routing.ts'
import { unhaltedStandIns } from '../../domain/deciding/gathered.ts'
import { countedApprovers, eligibilityOf, rightsOf } from '../../domain/deciding/rights.ts'
import { digestOf } from '../../domain/digest.ts'
import { type HaltTarget, haltKey, haltOf, targetsOf } from '../../domain/halts/halt.ts'
import { groupsToRead, type LoginGroups, membersNow, type Readings } from '../../domain/people/group-source.ts'
import type { Person } from '../../domain/people/organisation.ts'
import { isInForce } from '../../domain/people/stand-in.ts'
import type { Stage } from '../../domain/policy/ladder.ts'
import type { ApprovalRequest, PendingRequest } from '../../domain/record/request.ts'
import { colleaguesFor, openStage } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { RequestFilter } from '../../domain/requests/request-facets.ts'
import { waitsFor } from '../../domain/requests/take-decision.ts'
import { defined, type NumericDate, type PersonId } from '../../domain/values.ts'
import type { Policy } from '../policy/ports.ts'
import type { Page } from '../ports.ts'
import type { AskingPorts, RequestPage, RequestReader, Stored } from '../record/ports.ts'

type Ports = AskingPorts
type Pending = Stored & { state: PendingRequest }

/** The most requests read for a list. An older one is found by its card or id. */
export const mostLookedAt = 300
const pageSize = 100
/** DynamoDB's limit for one strong read. */
const keysAtOnce = 100

/** Requests that the person could decide, by their own right or as a stand-in. Decisions judge again. */
export async function waitingFor(person: PersonId, ports: Ports, claimed?: LoginGroups): Promise<readonly Stored[]> {
  const found = await newest({ status: 'pending' }, mostLookedAt, ports.requests)
  return thoseWaitingFor(person, found, ports, claimed)
}

/** The longest time for which a mark holds: until then a list may show a stage, a halt or a deadline that has changed. */
const markSeconds = 120

/**
 * The mark of a person's list, as an entity tag. It changes with all pending requests and with time. It costs one index
 * query, while the list reads each request.
 */
export async function waitingMark(
  person: PersonId,
  { requests, clock }: { requests: Pick<RequestReader, 'pendingIds'>; clock: Ports['clock'] },
): Promise<string> {
  const pending = await requests.pendingIds(mostLookedAt)
  const period = Math.floor(clock.now() / markSeconds)
  return `"${digestOf('hotwork.waiting.v1', { person, pending, period })}"`
}

/** The waiting requests among one page of requests. A page may be short or empty and still have a `next`. */
export async function waitingPage(
  {
    person,
    filter,
    claimed,
    ...page
  }: { person: PersonId; filter: RequestFilter; claimed?: LoginGroups } & RequestPage,
  ports: Ports,
): Promise<Page<Stored>> {
  const { items, next } = await ports.requests.list({ ...filter, status: 'pending' }, page)
  return { items: await thoseWaitingFor(person, items, ports, claimed), ...defined({ next }) }
}

async function thoseWaitingFor(
  person: PersonId,
  found: readonly Stored[],
  ports: Ports,
  claimed: LoginGroups | undefined,
): Promise<readonly Stored[]> {
  const now = ports.clock.now()
  const pending = found
    .map(({ state, head }) => ({ state: asOf(state, now), head }))
    .filter((stored): stored is Pending => stored.state.status === 'pending')
  const { standIns, readings } = await ports.requests.dependencies([], [], {
    standIn: person,
    groups: groupsToRead(ports.policy.bundle.directory),
  })
  const said = { readings, claimed: { person, groups: claimed } }
  const given = standIns.filter((each) => each.by === person && isInForce(each, now))
  const absentees = given.map((each) => each.for)
  const judged = pending
    .map(({ state, head }) => {
      const people = [...countedApprovers(state), person, ...absentees]
      return { state, head, ...eligibilityOf(ports.policy, state, people, now, said) }
    })
    .filter(({ eligible }) => [person, ...absentees].some((each) => (eligible[each] ?? []).length > 0))
  const people = [person, ...absentees].map((value) => ({ kind: 'person', value }) as const)
  const halts = await haltsOf([...people, ...judged.flatMap(({ state }) => targetsOf(state, undefined))], ports)
  const deciding = { decider: person, absent: unhaltedStandIns({ standIns: given, halts }).map((each) => each.for) }
  return judged
    .filter(({ state, eligible }) => {
      if (haltOf(state, halts)) return false
      const rights = rightsOf(ports.policy, state, eligible, deciding, { halts, readings }, now)
      return waitsFor(state, { person, absent: deciding.absent, ...rights }, now)
    })
    .map(({ state, head }) => ({ state, head }))
}

export async function newest(
  filter: RequestFilter,
  most: number,
  requests: Pick<RequestReader, 'list'>,
): Promise<readonly Stored[]> {
  const found: Stored[] = []
  let after: string | undefined
  do {
    const page = await requests.list(filter, { limit: pageSize, ...defined({ after }) })
    found.push(...page.items)
    after = page.next
  } while (after !== undefined && found.length < most)
  return found
}

async function haltsOf(targets: readonly HaltTarget[], { requests }: { requests: RequestReader }) {
  const each = [...new Map(targets.map((target) => [haltKey(target), target])).values()]
  const groups = Array.from({ length: Math.ceil(each.length / keysAtOnce) }, (_, at) =>
    each.slice(at * keysAtOnce, (at + 1) * keysAtOnce),
  )
  return (await Promise.all(groups.map((group) => requests.dependencies([], group)))).flatMap(({ halts }) => halts)
}

/** People whose decision policy would accept now, with current members of groups by source. */
export const peopleToTell = (state: PendingRequest, known: Known): readonly PersonId[] =>
  able(state, (terms) => namedDirectly(terms, { groups: groupsWithMembers(known) }), known)

/** The facts at hand: `readings`, the latest readings of groups. */
type Known = { policy: Policy; now: NumericDate; readings: Readings }

function groupsWithMembers({ policy: { bundle }, now, readings }: Known) {
  const { directory } = bundle
  const sourced = groupsToRead(directory).map((group): [string, PersonId[]] => {
    const members = membersNow(directory, group, readings, now).map(({ person }) => person)
    return [group, [...(directory.groups[group] ?? []), ...members]]
  })
  return { ...directory.groups, ...Object.fromEntries(sourced) }
}

/** People to remind, without quiet ones. */
export const peopleToRemind = (state: PendingRequest, known: Known): readonly PersonId[] =>
  able(
    state,
    (terms) => known.policy.bundle.directory.people.map(({ id }) => id).filter((person) => !isQuiet(terms, person)),
    known,
  )

/** The people that a person may ask to decide the open stage, without those asked before. */
export function colleaguesOf(state: ApprovalRequest, person: PersonId, known: Known): readonly Person[] {
  const stage = openStage(state)
  if (state.status !== 'pending' || !stage) return []
  const asked = colleaguesFor(state, stage.terms.name).map(({ to }) => to)
  const others = peopleToRemind(state, known).filter((each) => each !== person && !asked.includes(each))
  return known.policy.bundle.directory.people.filter(({ id }) => others.includes(id))
}

function able(
  state: PendingRequest,
  candidates: (terms: Stage) => readonly PersonId[],
  { policy, now, readings }: Known,
): readonly PersonId[] {
  const stage = openStage(state)
  const people = stage ? candidates(stage.terms) : []
  if (people.length === 0) return []
  const { eligible } = eligibilityOf(policy, state, [...countedApprovers(state), ...people], now, { readings })
  return people.filter((person) => waitsFor(state, { person, eligible }, now))
}
