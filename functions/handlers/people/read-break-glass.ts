// Rules: test/client/break-glass/show.test.ts
import { type Answer, apiProblem, refusalProblem } from '../../adapters/http/problem.ts'
import { entriesPage } from '../../adapters/http/queries.ts'
import { readQuery } from '../../adapters/http/read-body.ts'
import { breakGlassView, budgetView, drillView, entriesView, trailView } from '../../adapters/http/views.ts'
import { budgetsLeft } from '../../domain/break-glass/budget-left.ts'
import type { PersonId } from '../../domain/values.ts'
import { type DrillPorts, readDrill } from '../../operations/break-glass/notify.ts'
import { listBreakGlass } from '../../operations/break-glass/openings.ts'
import { readTrail, type TrailPorts } from '../../operations/ledger/read-trail.ts'
import { type Shown, showing } from '../../operations/ledger/texts.ts'
import { readLedger, readRequest } from '../../operations/requests/read-requests.ts'
import { byRoute, openingId, personDoor, type ShowingApiPorts, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { trailPortsIn } from '../wiring/break-glass.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { withTexts } from '../wiring/ports.ts'

type Given = ShowingApiPorts & TrailPorts & Pick<DrillPorts, 'cards'>
type Ports = Shown<Given>

const readByRoute = byRoute<[PersonId, Ports]>(
  {
    'GET /v1/break-glass': async (_, person, ports) => {
      const listed = await listBreakGlass(person, ports)
      if (!listed) throw refusalProblem('not_permitted', 'policy does not let you read')
      const { bundle } = ports.policy
      const budgets = budgetsLeft(listed, bundle, person, ports.clock.now())
      return {
        status: 200,
        body: { break_glass: listed.map((each) => breakGlassView(each, bundle)), budgets: budgets.map(budgetView) },
      }
    },
    'GET /v1/break-glass/{id}': async (call, person, ports) => {
      const read = valueOrThrow(await readRequest({ id: openingId(call), person }, ports))
      const trail = trailView(await readTrail(read, ports))
      return { status: 200, body: { ...breakGlassView(read, ports.policy.bundle), ...trail } }
    },
    'GET /v1/break-glass/{id}/drill': async (call, person, ports) => {
      const drill = await readDrill({ id: openingId(call), person }, ports)
      if (!drill.ok) throw drill.code === 'no_drill' ? noDrill() : refusalProblem(drill.code)
      return { status: 200, body: drillView(drill.value) }
    },
    'GET /v1/break-glass/{id}/ledger': async (call, person, ports) => {
      const id = openingId(call)
      const { after = 0 } = readQuery(call, entriesPage)
      return {
        status: 200,
        body: entriesView(valueOrThrow(await readLedger({ id, person, after }, ports))),
      }
    },
  },
  () => refusalProblem('unknown_request'),
)

const noDrill = () => apiProblem(404, 'no_drill', 'it was a real opening: read it at `/v1/break-glass/{id}`')

export function createHandler(given: Given) {
  return personDoor(given, (call, { person }): Promise<Answer> => readByRoute(call, person.id, showing(given)))
}

export const wire: Wiring<
  typeof createHandler,
  'ISSUER' | Stores | 'TEXTS_TABLE' | 'CARDS_TABLE' | 'READ_CALLS_FUNCTION'
> = (told) => {
  const ports = withTexts(portsWithAnswers(told), told)
  return { ...ports, ...trailPortsIn(told, ports.log) }
}
