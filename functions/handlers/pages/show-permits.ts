// Rules: test/http/giving-pages.test.ts
import type { Call } from '../../adapters/http/endpoint.ts'
import type { Answer } from '../../adapters/http/problem.ts'
import { page } from '../../adapters/http/queries.ts'
import { cursorOf, readQuery } from '../../adapters/http/read-body.ts'
import { type PermitForm, permitFormPage, permitsPage } from '../../adapters/pages/giving/permits-page.ts'
import { defined, RequestId } from '../../domain/values.ts'
import type { PermitReader } from '../../operations/permits/ports.ts'
import { listPermits, revocable } from '../../operations/permits/read-permits.ts'
import type { AskingPorts } from '../../operations/record/ports.ts'
import { readRequest } from '../../operations/requests/read-requests.ts'
import { valueOrThrow } from '../doors.ts'
import { type Guest, notShown, type PagePorts, shown } from './page-door.ts'

export type PermitPagePorts = PagePorts &
  Parameters<typeof readRequest>[1] &
  AskingPorts & { permits: Pick<PermitReader, 'list'> }

/** `GET /permits`: standing permits, the newest first. */
export async function showPermits(call: Call, guest: Guest, ports: PermitPagePorts): Promise<Answer> {
  const person = guest.person.id
  const { items, next } = valueOrThrow(
    await listPermits(defined({ person, ...readQuery(call, page) }), ports),
    notShown,
  )
  const permits = await revocable(person, items, ports)
  const older = next === undefined ? undefined : `/permits?after=${encodeURIComponent(cursorOf(next))}`
  const view = { permits, older, facts: ports.policy.bundle, reader: guest.reader, now: ports.clock.now() }
  return shown(ports.issuer, permitsPage(view))
}

/** `GET /permits/give/{id}`: the form to allow more like a request. */
export const showPermitForm = (call: Call, guest: Guest, ports: PermitPagePorts): Promise<Answer> =>
  permitForm(idIn(call), guest, ports, { sent: { texts: {} } })

export async function permitForm(
  id: RequestId,
  { person, reader }: Guest,
  ports: PermitPagePorts,
  view: Pick<PermitForm, 'sent' | 'foreseen' | 'notice'>,
  status = 200,
): Promise<Answer> {
  const state = valueOrThrow(await readRequest({ id, person: person.id }, ports), notShown)
  const facts = ports.policy.bundle
  return shown(ports.issuer, permitFormPage({ ...view, state, facts, reader, now: ports.clock.now() }), status)
}

export function idIn(call: Call): RequestId {
  const id = RequestId.safeParse(call.path('id'))
  if (!id.success || !id.data.startsWith('req_')) throw notShown()
  return id.data
}
