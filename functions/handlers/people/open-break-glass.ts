// Rules: test/client/break-glass/start.test.ts
import { parseBody } from '../../adapters/http/authzen.ts'
import { OpenBody } from '../../adapters/http/bodies/openings.ts'
import { breakGlassView } from '../../adapters/http/views.ts'
import { SystemStopwatch } from '../../adapters/system/system.ts'
import { defined } from '../../domain/values.ts'
import { type OpeningAsk, type OpeningPorts, openBreakGlass } from '../../operations/break-glass/open-break-glass.ts'
import type { TextReader } from '../../operations/ledger/ports.ts'
import { joinRequest } from '../../operations/ledger/texts.ts'
import { idempotencyKeyOf, openingRefusal, personDoor, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { incidentsOf } from '../wiring/incidents.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { withTexts } from '../wiring/ports.ts'

/** `POST /v1/break-glass`: a person opens at once, without an approval, within policy. */
export const createHandler = (ports: OpeningPorts & { issuer: string; texts: TextReader }) =>
  personDoor(ports, async (call, { person, login, proven }, callers) => {
    const { proof, once } = await callers.proof(call, { method: 'POST', path: '/v1/break-glass' })
    const idempotencyKey = idempotencyKeyOf(call)
    const body = call.json()
    const { reason, incident, minutes, drill, ...asked } = parseBody(OpenBody, body)
    const what: OpeningAsk['what'] = 'profile' in asked ? asked : defined(asked)
    const who = { person: person.id, proven, login, jkt: proof.jkt, once }
    const said = { what, reason, incident, minutes, drill, idempotencyKey, body }
    const opened = await openBreakGlass({ ...who, ...said, arrivedAt: call.arrivedAt }, ports)
    const { stored, left } = valueOrThrow(opened, openingRefusal(what, ports))
    const shown = await joinRequest(stored.state, ports.texts)
    return {
      status: 201,
      body: { ...breakGlassView(shown, ports.policy.bundle), budget_left_minutes: Math.floor(left / 60) },
    }
  })

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE' | 'INCIDENT_SECRET'> = (told) => {
  const ports = withTexts(portsWithAnswers(told), told)
  return { ...ports, incidents: incidentsOf(ports, told), stopwatch: new SystemStopwatch() }
}
