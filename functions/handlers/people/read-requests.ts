import { DynamoBundleStore } from '../../adapters/dynamodb/bundle-store.ts'
import { connect } from '../../adapters/dynamodb/client.ts'
import type { Call } from '../../adapters/http/endpoint.ts'
import { groupView } from '../../adapters/http/group-view.ts'
import { inGzip } from '../../adapters/http/gzip.ts'
import { haltView } from '../../adapters/http/halt-view.ts'
import { coverageView, permitView } from '../../adapters/http/permit-view.ts'
import { type Answer, apiProblem, badRequest, refusalProblem } from '../../adapters/http/problem.ts'
import {
  entriesPage,
  haltsQuery,
  ledgerQuery,
  page,
  permitQuery,
  requestsQuery,
  usageQuery,
} from '../../adapters/http/queries.ts'
import { cursorOf, readQuery } from '../../adapters/http/read-body.ts'
import { checkSpan, cursorAfter, placeAfter } from '../../adapters/http/request-filter.ts'
import { usageView } from '../../adapters/http/usage-view.ts'
import {
  actualView,
  entriesView,
  lineOf,
  listedView,
  personView,
  shownView,
  standInView,
} from '../../adapters/http/views.ts'
import { LambdaActualReader } from '../../adapters/lambda/actual-reader.ts'
import { timelineFile } from '../../adapters/pages/timeline-picture.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { AgentId, Aggregate, Digest, defined, type PersonId, RequestId, rfc3339 } from '../../domain/values.ts'
import type { AnchorPorts } from '../../operations/anchor/read-anchor.ts'
import { listHalts } from '../../operations/halts/halt.ts'
import type { HaltStore } from '../../operations/halts/ports.ts'
import type { LedgerIndex } from '../../operations/ledger/ports.ts'
import { searchLedger } from '../../operations/ledger/search-ledger.ts'
import { joinHalts, joinPermits, type Shown, showing } from '../../operations/ledger/texts.ts'
import { groupsNow, listGroups } from '../../operations/people/list-groups.ts'
import { findOnCall } from '../../operations/people/on-call.ts'
import type { StandInStore } from '../../operations/people/ports.ts'
import { listStandIns } from '../../operations/people/stand-ins.ts'
import type { PermitStore } from '../../operations/permits/ports.ts'
import { foreseePermit, listPermits } from '../../operations/permits/read-permits.ts'
import { readKeptBundle } from '../../operations/policy/keep-bundle.ts'
import type { BundleStore } from '../../operations/policy/ports.ts'
import { listRequests, readChain, readLedger, readRequest } from '../../operations/requests/read-requests.ts'
import { readTimeline } from '../../operations/requests/read-timeline.ts'
import type { ActualReader } from '../../operations/uses/ports.ts'
import { readUsage } from '../../operations/uses/read-usage.ts'
import type { ProvenPerson } from '../callers.ts'
import { byRoute, idInPath, pathId, personDoor, type ShowingApiPorts, unknownRequest, valueOrThrow } from '../doors.ts'
import type { Anchor, Stores, Wiring } from '../environment.ts'
import { anchorPorts } from '../wiring/anchor.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { haltStore, ledgerIndex, permitStore, standInStore, withTexts } from '../wiring/ports.ts'

type Ports = Shown<ShowingApiPorts> & Lists
type Lists = {
  ledgerIndex: LedgerIndex
  halts: Pick<HaltStore, 'list'>
  permits: Pick<PermitStore, 'list'>
  standIns: Pick<StandInStore, 'list'>
  actual: ActualReader
  anchor: AnchorPorts
  bundles: BundleStore
}

/** The headers of a picture: the browser may apply its style, but run nothing. */
const pictureHeaders = {
  'content-type': 'image/svg+xml; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  'x-content-type-options': 'nosniff',
}
export const readByRoute = byRoute<[PersonId, Ports, Pick<ProvenPerson, 'login' | 'claimed'>]>(
  {
    'GET /v1/me': async (_call, person, ports, { login: { acr, at }, claimed }) => {
      const groups = await groupsNow(person, claimed, ports)
      const auth_time = at === undefined ? undefined : rfc3339(at)
      return { status: 200, body: { person, groups: [...groups], ...defined({ acr, auth_time }) } }
    },
    'GET /v1/requests': async (call, person, ports, { claimed }) => {
      const { after, waiting, ...wanted } = readQuery(call, requestsQuery)
      checkSpan(wanted)
      if (waiting && (wanted.status ?? 'pending') !== 'pending')
        throw badRequest(
          'invalid_request',
          'Only pending requests wait for a person',
          'leave `status` out, or leave `waiting` out',
        )
      const filter = defined(wanted)
      const only = waiting === undefined ? {} : ({ waiting: true } as const)
      const place = placeAfter(after, { ...filter, ...only })
      const read = await listRequests(defined({ person, filter, after: place, claimed, ...only }), ports)
      const { items, next } = valueOrThrow(read)
      return {
        status: 200,
        body: {
          requests: items.map((each) => listedView(each, ports.policy.bundle)),
          ...(next === undefined ? {} : { next: cursorAfter(next, { ...filter, ...only }) }),
        },
      }
    },
    'GET /v1/requests/{id}': async (call, person, ports) => {
      const read = await readRequest({ id: idOf(call), person }, ports)
      const state = valueOrThrow(read)
      const bundle = { ...ports.policy.bundle, onCall: await findOnCall(state, ports) }
      return { status: 200, body: { ...personView(state, bundle), shown: shownView(state, bundle), reader: person } }
    },
    'GET /v1/requests/{id}/timeline.svg': async (call, person, ports) => {
      const state = valueOrThrow(await readRequest({ id: idOf(call), person }, ports))
      return { status: 200, headers: pictureHeaders, body: timelineFile(await readTimeline(state, ports)) }
    },
    'GET /v1/requests/{id}/actual': async (call, person, ports) => {
      const { ask } = valueOrThrow(await readRequest({ id: idOf(call), person }, ports))
      const actual = await ports.actual.of(ask.id)
      if (!actual) throw apiProblem(503, 'calls_not_told')
      return { status: 200, body: actualView(ask.id, actual) }
    },
    'GET /v1/requests/{id}/ledger': async (call, person, ports) => {
      const id = idOf(call)
      const { after = 0 } = readQuery(call, entriesPage)
      const read = await readLedger({ id, person, after }, ports)
      return { status: 200, body: entriesView(valueOrThrow(read)) }
    },
    'GET /v1/ledger': async (call, person, ports) => searchAnswer(call, person, ports),
    'GET /v1/ledger/{aggregate}': async (call, person, ports) => {
      const aggregate = aggregateOf(call)
      const { after = 0 } = readQuery(call, entriesPage)
      const read = await readChain({ aggregate, person, after }, ports)
      return { status: 200, body: entriesView(valueOrThrow(read, unreadRecord)) }
    },
    'GET /v1/bundles/{hash}': async (call, person, ports) => {
      const hash = Digest.safeParse(idInPath(call, 'hash'))
      if (!hash.success) throw apiProblem(404, 'unknown_bundle')
      const { bundle, at } = valueOrThrow(await readKeptBundle({ hash: hash.data, person }, ports), (code) =>
        code === 'not_permitted' ? refusalProblem(code) : apiProblem(code === 'unknown_bundle' ? 404 : 500, code),
      )
      return inGzip(call, { hash: hash.data, kept_at: rfc3339(at), bundle })
    },
    'GET /v1/agents/{id}/usage': async (call, person, ports) => {
      const agent = pathId(call, AgentId, unknownAggregate)
      const month = ports.clock.now() - 30 * 86_400
      const { since = month, after } = readQuery(call, usageQuery)
      const read = await readUsage(defined({ agent, person, since, after }), ports)
      const usage = valueOrThrow(read, unreadRecord)
      return { status: 200, body: { ...usageView(agent, since, usage), ...goOn(usage.next) } }
    },
    'GET /v1/requests/{id}/standing-permits': async (call, person, ports) => {
      const { shape } = readQuery(call, permitQuery)
      const foreseen = await foreseePermit({ request: idOf(call), person, shape }, ports)
      return { status: 200, body: coverageView(valueOrThrow(foreseen)) }
    },
    'GET /v1/standing-permits': async (call, person, ports) => {
      const listed = await listPermits(defined({ person, ...readQuery(call, page) }), ports)
      const { items, next } = valueOrThrow(listed)
      const shown = await joinPermits(items, ports.texts)
      const now = ports.clock.now()
      return { status: 200, body: { standing_permits: shown.map((each) => permitView(each, now)), ...goOn(next) } }
    },
    'GET /v1/halts': async (call, person, ports) => {
      const { all, after } = readQuery(call, haltsQuery)
      const listed = await listHalts({ person, all: all !== undefined, after }, ports)
      const { items, next } = valueOrThrow(listed)
      const shown = await joinHalts(items, ports.texts)
      return { status: 200, body: { halts: shown.map(haltView), ...goOn(next) } }
    },
    'GET /v1/groups': async (_call, person, ports) => {
      const groups = valueOrThrow(await listGroups({ person }, ports))
      return { status: 200, body: { groups: groups.map((each) => groupView(each, ports.policy.bundle)) } }
    },
    'GET /v1/stand-ins': async (call, person, ports) => {
      const listed = await listStandIns(defined({ person, ...readQuery(call, page) }), ports)
      const { items, next } = valueOrThrow(listed)
      const now = ports.clock.now()
      return { status: 200, body: { stand_ins: items.map((each) => standInView(each, now)), ...goOn(next) } }
    },
  },
  unknownRequest,
)

/** Entries as NDJSON, one on each line, with the next page's address in `Link`. */
async function searchAnswer(call: Call, person: PersonId, ports: Ports): Promise<Answer> {
  const { after, ...filter } = readQuery(call, ledgerQuery)
  checkSpan(filter)
  const read = await searchLedger({ person, filter: defined(filter), after }, ports)
  const { entries, next } = valueOrThrow(read)
  const query = new URLSearchParams({ ...call.queries, after: cursorOf(next ?? '') })
  return {
    status: 200,
    headers: {
      'content-type': 'application/x-ndjson',
      ...(next === undefined ? {} : { link: `<${ports.issuer}/v1/ledger?${query}>; rel="next"` }),
    },
    body: entries.map(lineOf).join(''),
  }
}

const goOn = (next: string | undefined) => (next === undefined ? {} : { next: cursorOf(next) })

/** The id of a request: openings have a separate route. */
function idOf(call: Call): RequestId {
  const id = pathId(call, RequestId, unknownRequest)
  if (!id.startsWith('bgl_')) return id
  throw refusalProblem('unknown_request', `it is an opening: read it at \`/v1/break-glass/${id}\``)
}

function aggregateOf(call: Call): Aggregate {
  const aggregate = Aggregate.safeParse(idInPath(call, 'aggregate'))
  if (aggregate.success) return aggregate.data
  throw badRequest(
    'invalid_request',
    'No record has this id',
    'the last part of the path should be the id of a request, break-glass, halt, stand-in or standing permit, or `agent:`, `person:` or `tool:` and a name',
  )
}

const unknownAggregate = () => apiProblem(404, 'unknown_aggregate')
const unreadRecord = (code: 'not_permitted' | 'unknown_aggregate') =>
  code === 'unknown_aggregate' ? unknownAggregate() : refusalProblem(code)

export function createHandler(given: ShowingApiPorts & Lists) {
  return personDoor(
    given,
    (call, { person, ...proven }): Promise<Answer> => readByRoute(call, person.id, showing(given), proven),
  )
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE' | Anchor | 'READ_CALLS_FUNCTION'> = (
  told,
) => ({
  ...withTexts(portsWithAnswers(told), told),
  ledgerIndex: ledgerIndex(told),
  actual: new LambdaActualReader(told.READ_CALLS_FUNCTION, new PowertoolsLog()),
  anchor: anchorPorts(told),
  bundles: new DynamoBundleStore(connect(), told.REQUESTS_TABLE),
  permits: permitStore(told),
  halts: haltStore(told),
  standIns: standInStore(told),
})
