// Rules: test/http/giving-pages.test.ts
import type { Endpoint } from '../../adapters/http/endpoint.ts'
import { refusalProblem } from '../../adapters/http/problem.ts'
import { StandingPermitId } from '../../domain/values.ts'
import { revokePermit } from '../../operations/permits/standing-permits.ts'
import { valueOrThrow } from '../doors.ts'
import { goTo, type PagePorts, pageDoor, sentForm } from './page-door.ts'

type Ports = PagePorts & Parameters<typeof revokePermit>[1]

/** `POST /permits/{id}`: revokes a standing permit. */
export const revokePermitOnPage = (ports: Ports): Endpoint =>
  pageDoor(ports, async (call) => {
    const { guest } = await sentForm(call, '/permits', ports)
    const id = StandingPermitId.safeParse(call.path('id'))
    if (!id.success) throw refusalProblem('unknown_permit')
    valueOrThrow(await revokePermit({ id: id.data, person: guest.person.id, reason: 'taken back' }, ports))
    return goTo(ports.issuer, '/permits')
  })
