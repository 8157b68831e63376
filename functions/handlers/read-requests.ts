import * as z from 'zod'
import { parseBody } from '../adapters/http/authzen.ts'
import { type Call, endpoint } from '../adapters/http/endpoint.ts'
import { permitView } from '../adapters/http/permit-view.ts'
import { personView } from '../adapters/http/person-view.ts'
import { type Answer, BadRequest } from '../adapters/http/problem.ts'
import { standInView } from '../adapters/http/stand-in-view.ts'
import { AgentId, PersonId, RequestId } from '../domain/values.ts'
import { listPermits } from '../operations/read-permits.ts'
import { listRequests, readLedger, readRequest } from '../operations/read-requests.ts'
import { listStandIns } from '../operations/read-stand-ins.ts'
import { environmentOf } from './environments.ts'
import { Callers } from './wiring/callers.ts'
import { permitPorts } from './wiring/permits.ts'
import { cedarPolicy } from './wiring/policy.ts'
import { refusalForPeople, unknownRequest } from './wiring/refusals.ts'
import { standInStore } from './wiring/stand-ins.ts'

const environment = environmentOf('read-requests')
const issuer = environment.ISSUER
const ports = { ...permitPorts(environment, cedarPolicy()), standIns: standInStore(environment) }
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

const Query = z.object({
  status: z.enum(['pending', 'approved', 'denied', 'withdrawn', 'expired', 'completed', 'revoked']).optional(),
  agent: AgentId.optional(),
  owner: PersonId.optional(),
  after: z.string().max(2048).optional(),
})

/** What people read: the requests, one of them, and its record. The API's own routes choose. */
const routes: { [route: string]: (call: Call, person: PersonId) => Promise<Answer> } = {
  'GET /v1/requests': async (call, person) => {
    const given = Object.fromEntries(Object.keys(Query.shape).map((name) => [name, call.query(name) ?? undefined]))
    const { after, ...filter } = parseBody(Query, JSON.parse(JSON.stringify(given)))
    const listed = await listRequests(
      { person, filter: defined(filter), ...(after === undefined ? {} : { after }) },
      ports,
    )
    if (!listed.ok) throw refusalForPeople(listed.code)
    const { items, next } = listed.value
    return { status: 200, body: { requests: items.map(personView), ...(next === undefined ? {} : { next }) } }
  },
  'GET /v1/requests/{id}': async (call, person) => {
    const read = await readRequest({ id: idOf(call), person }, ports)
    if (!read.ok) throw refusalForPeople(read.code)
    return { status: 200, body: personView(read.value) }
  },
  'GET /v1/requests/{id}/ledger': async (call, person) => {
    const read = await readLedger({ id: idOf(call), person }, ports)
    if (!read.ok) throw refusalForPeople(read.code)
    return { status: 200, body: { entries: read.value } }
  },
  'GET /v1/standing-permits': async (call, person) => {
    const { after } = parseBody(
      Query.pick({ after: true }),
      JSON.parse(JSON.stringify({ after: call.query('after') ?? undefined })),
    )
    const listed = await listPermits({ person, ...(after === undefined ? {} : { after }) }, ports)
    if (!listed.ok) throw refusalForPeople(listed.code)
    const { items, next } = listed.value
    const now = ports.clock.now()
    const views = items.map((permit) => permitView(permit, now))
    return { status: 200, body: { standing_permits: views, ...(next === undefined ? {} : { next }) } }
  },
  'GET /v1/stand-ins': async (call, person) => {
    const { after } = parseBody(
      Query.pick({ after: true }),
      JSON.parse(JSON.stringify({ after: call.query('after') ?? undefined })),
    )
    const listed = await listStandIns({ person, ...(after === undefined ? {} : { after }) }, ports)
    if (!listed.ok) throw refusalForPeople(listed.code)
    const { items, next } = listed.value
    const now = ports.clock.now()
    const views = items.map((standIn) => standInView(standIn, now))
    return { status: 200, body: { stand_ins: views, ...(next === undefined ? {} : { next }) } }
  },
}

export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { person } = await callers.person(call)
  const route = routes[call.route]
  if (!route) throw unknownRequest()
  return route(call, person.id)
})

/** What somebody opened in an emergency is no request that people decide: it is read where all of it is shown. */
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

/** Leaves out what is not there, since an absent filter and an undefined one are two things. */
const defined = ({ status, agent, owner }: Omit<z.infer<typeof Query>, 'after'>) => ({
  ...(status === undefined ? {} : { status }),
  ...(agent === undefined ? {} : { agent }),
  ...(owner === undefined ? {} : { owner }),
})
