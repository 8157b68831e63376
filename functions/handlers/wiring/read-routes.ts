import * as z from 'zod'
import type { Call } from '../../adapters/http/endpoint.ts'
import { permitView } from '../../adapters/http/permit-view.ts'
import { type Answer, BadRequest, badRequest } from '../../adapters/http/problem.ts'
import { After, AfterEntry, cursorOf, readQuery } from '../../adapters/http/read-body.ts'
import { entriesView, personView, standInView } from '../../adapters/http/views.ts'
import { AgentId, Aggregate, PersonId, RequestId } from '../../domain/values.ts'
import type { StandInStore } from '../../operations/people/ports.ts'
import { listStandIns } from '../../operations/people/stand-ins.ts'
import type { PermitStore } from '../../operations/permits/ports.ts'
import { listPermits } from '../../operations/permits/standing-permits.ts'
import type { DecidingPorts } from '../../operations/requests/ports.ts'
import { listRequests, readChain, readLedger, readRequest } from '../../operations/requests/read-requests.ts'
import { refusalForPeople, unknownRequest } from '../refusals.ts'

type Ports = DecidingPorts & { permits: Pick<PermitStore, 'list'>; standIns: Pick<StandInStore, 'list'> }
type Route = (call: Call, person: PersonId, ports: Ports) => Promise<Answer>

const page = { after: After.optional() }
const filter = {
  status: z.enum(['pending', 'approved', 'denied', 'withdrawn', 'expired', 'completed', 'revoked']).optional(),
  agent: AgentId.optional(),
  owner: PersonId.optional(),
}
const ledgerPage = { after: AfterEntry.optional() }

/** What people read: the requests, one of them, its record, and every other. The API's own routes choose. */
const routes: { [route: string]: Route } = {
  'GET /v1/requests': async (call, person, ports) => {
    const { after, ...wanted } = readQuery(call, { ...filter, ...page })
    const listed = await listRequests({ person, filter: defined(wanted), ...from(after) }, ports)
    if (!listed.ok) throw refusalForPeople(listed.code)
    const { items, next } = listed.value
    return { status: 200, body: { requests: items.map(personView), ...goOn(next) } }
  },
  'GET /v1/requests/{id}': async (call, person, ports) => {
    const read = await readRequest({ id: idOf(call), person }, ports)
    if (!read.ok) throw refusalForPeople(read.code)
    return { status: 200, body: personView(read.value) }
  },
  'GET /v1/requests/{id}/ledger': async (call, person, ports) => {
    const id = idOf(call)
    const { after = 0 } = readQuery(call, ledgerPage)
    const read = await readLedger({ id, person, after }, ports)
    if (!read.ok) throw refusalForPeople(read.code)
    return { status: 200, body: entriesView(read.value) }
  },
  'GET /v1/ledger/{aggregate}': async (call, person, ports) => {
    const aggregate = aggregateOf(call)
    const { after = 0 } = readQuery(call, ledgerPage)
    const read = await readChain({ aggregate, person, after }, ports)
    if (!read.ok) throw read.code === 'unknown_aggregate' ? unknownAggregate() : refusalForPeople(read.code)
    return { status: 200, body: entriesView(read.value) }
  },
  'GET /v1/standing-permits': async (call, person, ports) => {
    const listed = await listPermits({ person, ...from(readQuery(call, page).after) }, ports)
    if (!listed.ok) throw refusalForPeople(listed.code)
    const { items, next } = listed.value
    const now = ports.clock.now()
    const views = items.map((permit) => permitView(permit, now))
    return { status: 200, body: { standing_permits: views, ...goOn(next) } }
  },
  'GET /v1/stand-ins': async (call, person, ports) => {
    const listed = await listStandIns({ person, ...from(readQuery(call, page).after) }, ports)
    if (!listed.ok) throw refusalForPeople(listed.code)
    const { items, next } = listed.value
    const now = ports.clock.now()
    const views = items.map((standIn) => standInView(standIn, now))
    return { status: 200, body: { stand_ins: views, ...goOn(next) } }
  },
}

export const readRoutes =
  (ports: Ports) =>
  async (call: Call, person: PersonId): Promise<Answer> => {
    const route = routes[call.route]
    if (!route) throw unknownRequest()
    return route(call, person, ports)
  }

const from = (after: string | undefined) => (after === undefined ? {} : { after })
const goOn = (next: string | undefined) => (next === undefined ? {} : { next: cursorOf(next) })

/** A break-glass is no request that people decide: it is read where all of it is shown. */
function idOf(call: Call): RequestId {
  const id = RequestId.safeParse(call.path('id'))
  if (!id.success) throw unknownRequest()
  if (id.data.startsWith('bgl_')) throw isBreakGlass(id.data)
  return id.data
}

const isBreakGlass = (id: RequestId) =>
  new BadRequest({
    status: 404,
    code: 'unknown_request',
    title: 'That is no request',
    detail: `it is a break-glass: read it at \`/v1/break-glass/${id}\``,
  })

/** An id has a colon, which some clients escape in an address and some do not. */
function aggregateOf(call: Call): Aggregate {
  const aggregate = Aggregate.safeParse(call.path('aggregate').replace(/%3a/i, ':'))
  if (aggregate.success) return aggregate.data
  throw badRequest(
    'invalid_request',
    'Nothing that is called so has a record',
    'the last part of the path should be the id of a request, break-glass, halt, stand-in or standing permit, or `agent:`, `person:` or `tool:` and a name',
  )
}

const unknownAggregate = () =>
  new BadRequest({
    status: 404,
    code: 'unknown_aggregate',
    title: 'There is no such record',
    detail: 'the last part of the path should be an id that this API has given out, or one of the policy folder',
  })

/** Leaves out what is not there, since an absent filter and an undefined one are two things. */
const defined = ({ status, agent, owner }: z.infer<z.ZodObject<typeof filter>>) => ({
  ...(status === undefined ? {} : { status }),
  ...(agent === undefined ? {} : { agent }),
  ...(owner === undefined ? {} : { owner }),
})
