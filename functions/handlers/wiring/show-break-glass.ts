import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, BadRequest } from '../../adapters/http/problem.ts'
import { breakGlassPage } from '../../adapters/pages/opening-page.ts'
import { breakGlassListPage, drillPage } from '../../adapters/pages/openings-page.ts'
import { budgetsLeft } from '../../domain/policy/budget-left.ts'
import type { RequestId } from '../../domain/values.ts'
import { type DrillPorts, readDrill } from '../../operations/break-glass/drill.ts'
import { listBreakGlass, viewBreakGlass } from '../../operations/break-glass/openings.ts'
import { type EvidencePorts, readEvidence } from '../../operations/ledger/read-evidence.ts'
import type { DecidingPorts } from '../../operations/requests/ports.ts'
import { type DoorPorts, type Guest, notShownOpening, openingIn, shown } from '../pages/page-door.ts'

export type ShowOpeningPorts = DoorPorts & Pick<DecidingPorts, 'requests'> & EvidencePorts & DrillPorts

/** `GET /break-glass`: who holds what, which reviews are due, what is left of the minutes. */
export async function showOpenings({ person, reader }: Guest, ports: ShowOpeningPorts): Promise<Answer> {
  const openings = await listBreakGlass(person.id, ports)
  if (!openings) throw notShownOpening('not_permitted')
  const { bundle } = ports.policy
  const now = ports.clock.now()
  const budgets = bundle.breakGlass ? budgetsLeft(openings, bundle.breakGlass, person.id, now) : []
  const who = { ...reader, person: person.id }
  return shown(ports.issuer, breakGlassListPage({ openings, budgets, bundle, reader: who, now }))
}

/** `GET /break-glass/{id}`: one of them, with all that a review goes by. */
export async function showOpening(call: Call, { person, reader }: Guest, ports: ShowOpeningPorts): Promise<Answer> {
  const id = openingIn(call)
  if (!id) throw notShownOpening()
  const viewed = await viewBreakGlass({ id, person: person.id }, ports)
  if (!viewed.ok) throw notShownOpening(viewed.code)
  const view = {
    viewed: viewed.value,
    evidence: await readEvidence(viewed.value.state, ports),
    bundle: ports.policy.bundle,
  }
  const body = breakGlassPage({ ...view, reader: { ...reader, person: person.id }, now: ports.clock.now() })
  return shown(ports.issuer, body)
}

/** `GET /break-glass/{id}/drill`: how a drill went. */
export async function showDrill(call: Call, { person, reader }: Guest, ports: ShowOpeningPorts): Promise<Answer> {
  const id = openingIn(call)
  if (!id) throw notShownOpening()
  const drill = await readDrill({ id, person: person.id }, ports)
  if (!drill.ok) throw drill.code === 'no_drill' ? noDrill(id) : notShownOpening(drill.code)
  const view = { drill: drill.value, bundle: ports.policy.bundle, reader, now: ports.clock.now() }
  return shown(ports.issuer, drillPage(view))
}

const noDrill = (id: RequestId): BadRequest =>
  new BadRequest({
    status: 404,
    code: 'no_drill',
    title: 'That was no drill',
    detail: `It was in earnest, and stands at /break-glass/${id}`,
  })
