import { type Call, endpoint } from '../../adapters/http/endpoint.ts'
import { type Answer, BadRequest } from '../../adapters/http/problem.ts'
import { AfterEntry, readQuery } from '../../adapters/http/read-body.ts'
import { breakGlassView, budgetView, drillView, entriesView, evidenceView } from '../../adapters/http/views.ts'
import { budgetsLeft } from '../../domain/policy/budget-left.ts'
import type { PersonId } from '../../domain/values.ts'
import { readDrill } from '../../operations/break-glass/drill.ts'
import { listBreakGlass } from '../../operations/break-glass/openings.ts'
import { readEvidence } from '../../operations/ledger/read-evidence.ts'
import { readLedger, readRequest } from '../../operations/requests/read-requests.ts'
import { Callers } from '../callers.ts'
import { breakGlassId } from '../doors.ts'
import { environmentOf } from '../environments.ts'
import { refusalForOps } from '../refusals.ts'
import { evidenceIn } from '../wiring/evidence.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'

const environment = environmentOf('read-break-glass')
const issuer = environment.ISSUER
const deciding = decidingPorts(environment, cedarPolicy())
const ports = { ...deciding, ...evidenceIn(environment, deciding.log) }
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

/** Who has the glass broken, and what became of it: what people read. The API's own routes choose. */
const routes: { [route: string]: (call: Call, person: PersonId) => Promise<Answer> } = {
  'GET /v1/break-glass': async (_, person) => {
    const listed = await listBreakGlass(person, ports)
    if (!listed) throw refusalForOps('not_permitted', 'policy does not let you read')
    const glass = ports.policy.bundle.breakGlass
    const budgets = glass ? budgetsLeft(listed, glass, person, ports.clock.now()) : []
    return {
      status: 200,
      body: {
        break_glass: listed.map((each) => breakGlassView(each, ports.policy.bundle)),
        budgets: budgets.map(budgetView),
      },
    }
  },
  'GET /v1/break-glass/{id}': async (call, person) => {
    const id = breakGlassId(call)
    const read = await readRequest({ id, person }, ports)
    if (!read.ok) throw refusalForOps(read.code)
    return {
      status: 200,
      body: {
        ...breakGlassView(read.value, ports.policy.bundle),
        ...evidenceView(await readEvidence(read.value, ports)),
      },
    }
  },
  'GET /v1/break-glass/{id}/drill': async (call, person) => {
    const drill = await readDrill({ id: breakGlassId(call), person }, ports)
    if (!drill.ok) throw drill.code === 'no_drill' ? noDrill() : refusalForOps(drill.code)
    return { status: 200, body: drillView(drill.value) }
  },
  'GET /v1/break-glass/{id}/ledger': async (call, person) => {
    const id = breakGlassId(call)
    const { after = 0 } = readQuery(call, { after: AfterEntry.optional() })
    const read = await readLedger({ id, person, after }, ports)
    if (!read.ok) throw refusalForOps(read.code)
    return { status: 200, body: entriesView(read.value) }
  },
}

export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { person } = await callers.person(call)
  const route = routes[call.route]
  if (!route) throw refusalForOps('unknown_request')
  return route(call, person.id)
})

const noDrill = () =>
  new BadRequest({
    status: 404,
    code: 'no_drill',
    title: 'That was no drill',
    detail: 'it was in earnest: read it at `/v1/break-glass/{id}`',
  })
