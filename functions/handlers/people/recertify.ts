// Rules: test/client/agents/agents.test.ts
import { certifiedView, RecertifyBody } from '../../adapters/http/agent-view.ts'
import { parseBody } from '../../adapters/http/authzen.ts'
import type { Endpoint } from '../../adapters/http/endpoint.ts'
import { refusalProblem } from '../../adapters/http/problem.ts'
import { type RecertifyPorts, recertify } from '../../operations/agents/recertify.ts'
import { type ApiPorts, personDoor, subjectInPath, unknownSubject, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { recertifyOnPage } from '../pages/recertify-on-page.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { agentRows, pagePorts } from '../wiring/ports.ts'

type Ports = ApiPorts & Pick<RecertifyPorts, 'agents'>

/** `POST /v1/agents/{id}/recertify`, and the same for a person, a group and a sealed role's names. */
const recertifyByApi = (ports: Ports) =>
  personDoor(ports, async (call, { person, claimed, saidUntil }) => {
    const { reason, evidence_digest: evidence } = parseBody(RecertifyBody, call.json())
    const subject = subjectInPath(call)
    const done = await recertify({ subject, person: person.id, reason, evidence, claimed, saidUntil }, ports)
    const certified = valueOrThrow(done, (code, detail) =>
      code === 'unknown_subject' ? unknownSubject() : refusalProblem(code, detail),
    )
    return { status: 200, body: certifiedView(subject, certified) }
  })

/** The API and the page in one function, since only this function may recertify. */
export function createHandler(ports: Ports & Parameters<typeof recertifyOnPage>[0]): Endpoint {
  const [byApi, byPage] = [recertifyByApi(ports), recertifyOnPage(ports)]
  return (event) => (event.routeKey === 'POST /agents/{id}' ? byPage(event) : byApi(event))
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE'> = (told) => ({
  ...pagePorts(told, cedarPolicy()),
  agents: agentRows(told),
})
