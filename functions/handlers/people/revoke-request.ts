// Rules: test/client/requests/decide.test.ts
import { parseBody } from '../../adapters/http/authzen.ts'
import { RevokeBody } from '../../adapters/http/bodies/people.ts'
import { personView } from '../../adapters/http/views.ts'
import { defined, RequestId } from '../../domain/values.ts'
import { joinRequest } from '../../operations/ledger/texts.ts'
import { revokeRequest } from '../../operations/requests/end-request.ts'
import { pathId, personDoor, type ShowingApiPorts, unknownRequest, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { withTexts } from '../wiring/ports.ts'

/**
 * `POST /v1/requests/{id}/revoke`: ends a live grant, or denies a pending request, if policy permits it to this person.
 */
export const createHandler = (ports: ShowingApiPorts) =>
  personDoor(ports, async (call, { person, claimed }) => {
    const { reason } = parseBody(RevokeBody, call.json())
    const id = pathId(call, RequestId, unknownRequest)
    const done = await revokeRequest({ id, person: person.id, reason, ...defined({ claimed }) }, ports)
    const shown = await joinRequest(valueOrThrow(done).state, ports.texts)
    return { status: 200, body: personView(shown, ports.policy.bundle) }
  })

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE'> = (told) =>
  withTexts(portsWithAnswers(told), told)
