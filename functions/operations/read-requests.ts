import type { Entry } from '../domain/ledger/ledger.ts'
import { shownEntry } from '../domain/ledger/ledger.ts'
import { asOf } from '../domain/requests/due.ts'
import type { ApprovalRequest } from '../domain/requests/request.ts'
import type { Aggregate, PersonId, RequestId } from '../domain/values.ts'
import { ok, type Result, refuse } from '../domain/values.ts'
import type { DecidingPorts, Page, RequestFilter } from './ports.ts'
import { askAboutPerson } from './questions.ts'

type Ports = Pick<DecidingPorts, 'requests' | 'ledger' | 'policy' | 'clock'>
type ReadRefusal = 'not_permitted' | 'unknown_request'
const pageSize = 50
const entriesPage = 100

/** The requests that match, newest first, each as it is now. */
export async function listRequests(
  { person, filter, after }: { person: PersonId; filter: RequestFilter; after?: string },
  ports: Ports,
): Promise<Result<Page<ApprovalRequest>, ReadRefusal>> {
  if (!mayRead(person, ports)) return refuse('not_permitted')
  const page = await ports.requests.list(filter, { limit: pageSize, ...(after === undefined ? {} : { after }) })
  // What was opened in an emergency was asked of nobody, and is listed by itself.
  const asked = page.items.filter(({ state }) => state.ask.breakGlass === undefined)
  const items = asked.map(({ state }) => asOf(state, ports.clock.now()))
  // What has fallen due since the index was written is another status now: it is left out of a list of the old one.
  const still = filter.status === undefined ? items : items.filter(({ status }) => status === filter.status)
  return ok({ items: still, ...(page.next === undefined ? {} : { next: page.next }) })
}

export async function readRequest(
  { id, person }: { id: RequestId; person: PersonId },
  ports: Ports,
): Promise<Result<ApprovalRequest, ReadRefusal>> {
  if (!mayRead(person, ports)) return refuse('not_permitted')
  const stored = await ports.requests.load(id)
  return stored ? ok(asOf(stored.state, ports.clock.now())) : refuse('unknown_request')
}

export type EntriesPage = { entries: readonly Entry[]; next?: number }

/** A page of the record of one request, in order, without ID tokens that are still good. */
export async function readLedger(
  { id, person, after }: { id: RequestId; person: PersonId; after: number },
  ports: Ports,
): Promise<Result<EntriesPage, ReadRefusal>> {
  if (!mayRead(person, ports)) return refuse('not_permitted')
  const page = await readPage(id, after, ports)
  return page.entries.length === 0 && after === 0 ? refuse('unknown_request') : ok(page)
}

/**
 * A page of any chain there is, in order, without ID tokens that are still good. An actor of the registry has a chain also
 * while nothing is on it.
 */
export async function readChain(
  { aggregate, person, after }: { aggregate: Aggregate; person: PersonId; after: number },
  ports: Ports,
): Promise<Result<EntriesPage, 'not_permitted' | 'unknown_aggregate'>> {
  if (!mayRead(person, ports)) return refuse('not_permitted')
  const page = await readPage(aggregate, after, ports)
  const { agents, tools, directory } = ports.policy.bundle
  const actors = [...agents, ...tools, ...directory.people]
  const isUnknown = page.entries.length === 0 && after === 0 && !actors.some(({ id }) => id === aggregate)
  return isUnknown ? refuse('unknown_aggregate') : ok(page)
}

/** A Lambda answers at most 6 MB, and a chain may be longer: it is read by the page. */
async function readPage(aggregate: Aggregate, after: number, { ledger, clock }: Ports): Promise<EntriesPage> {
  const { entries, next } = await ledger.page(aggregate, { after, limit: entriesPage })
  const now = clock.now()
  return { entries: entries.map((entry) => shownEntry(entry, now)), ...(next === undefined ? {} : { next }) }
}

const mayRead = (person: PersonId, { policy, clock }: Ports): boolean =>
  askAboutPerson(policy, 'read', person, clock.now()).permit
