// Rules: test/http/break-glass-pages.test.ts
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, apiProblem, type BadRequest } from '../../adapters/http/problem.ts'
import { breakGlassPage } from '../../adapters/pages/opening-page.ts'
import { breakGlassListPage, drillPage } from '../../adapters/pages/openings-page.ts'
import { budgetsLeft } from '../../domain/break-glass/budget-left.ts'
import type { RequestId } from '../../domain/values.ts'
import { type DrillPorts, readDrill } from '../../operations/break-glass/notify.ts'
import { listBreakGlass, viewBreakGlass } from '../../operations/break-glass/openings.ts'
import { readTrail, type TrailPorts } from '../../operations/ledger/read-trail.ts'
import type { AskingPorts } from '../../operations/record/ports.ts'
import { openingIn, valueOrThrow } from '../doors.ts'
import { type Guest, notShown, type PagePorts, shown } from './page-door.ts'

export type ShowPorts = PagePorts & Pick<AskingPorts, 'requests'> & TrailPorts & DrillPorts

export async function showOpenings(_: Call, { person, reader }: Guest, ports: ShowPorts): Promise<Answer> {
  const openings = await listBreakGlass(person.id, ports)
  if (!openings) throw notShown('not_permitted')
  const { bundle } = ports.policy
  const now = ports.clock.now()
  const budgets = budgetsLeft(openings, bundle, person.id, now)
  return shown(ports.issuer, breakGlassListPage({ openings, budgets, bundle, reader, now }))
}

export async function showOpening(call: Call, { person, reader }: Guest, ports: ShowPorts): Promise<Answer> {
  const id = openingIn(call)
  if (!id) throw notShown()
  const viewed = valueOrThrow(await viewBreakGlass({ id, person: person.id }, ports), notShown)
  const trail = await readTrail(viewed.state, ports)
  const view = { viewed, trail, bundle: ports.policy.bundle, reader, now: ports.clock.now() }
  return shown(ports.issuer, breakGlassPage(view))
}

export async function showDrill(call: Call, { person, reader }: Guest, ports: ShowPorts): Promise<Answer> {
  const id = openingIn(call)
  if (!id) throw notShown()
  const drill = await readDrill({ id, person: person.id }, ports)
  if (!drill.ok) throw drill.code === 'no_drill' ? noDrill(id) : notShown(drill.code)
  const view = { drill: drill.value, bundle: ports.policy.bundle, reader, now: ports.clock.now() }
  return shown(ports.issuer, drillPage(view))
}

const noDrill = (id: RequestId): BadRequest =>
  apiProblem(404, 'no_drill', `It was a real opening. Read it at /break-glass/${id}`)
