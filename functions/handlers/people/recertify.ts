// Rules: test/client/agents/agents.test.ts
import { AnswerBody, certifiedView, RecertifyBody, retiredView } from '../../adapters/http/agent-view.ts'
import { parseBody } from '../../adapters/http/authzen.ts'
import type { Endpoint } from '../../adapters/http/endpoint.ts'
import { refusalProblem } from '../../adapters/http/problem.ts'
import { SqsFifoQueue } from '../../adapters/sqs/queue.ts'
import { AgentId, type Result } from '../../domain/values.ts'
import { type RecertifyRefusal, type RetirePorts, recertify, retire } from '../../operations/agents/recertify.ts'
import type { EndMessage } from '../../operations/credentials/ports.ts'
import { type ApiPorts, personDoor, subjectInPath, unknownSubject, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { recertifyOnPage } from '../pages/recertify-on-page.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { agentRows, pagePorts } from '../wiring/ports.ts'

type Ports = ApiPorts & Pick<RetirePorts, 'agents' | 'deny'>

/** `POST /v1/agents/{id}/recertify`, and the same for a person, a group and a sealed role's names. */
const recertifyByApi = (ports: Ports) =>
  personDoor(ports, async (call, { person, claimed, saidUntil }) => {
    const subject = subjectInPath(call)
    const agent = AgentId.safeParse(subject)
    const body = parseBody(agent.success ? AnswerBody : RecertifyBody, call.json())
    const ask = { person: person.id, reason: body.reason, evidence: body.evidence_digest, claimed, saidUntil }
    if (agent.success && 'verdict' in body && body.verdict === 'retire')
      return { status: 200, body: retiredView(agent.data, done(await retire({ ...ask, subject: agent.data }, ports))) }
    return { status: 200, body: certifiedView(subject, done(await recertify({ ...ask, subject }, ports))) }
  })

const done = <T>(result: Result<T, RecertifyRefusal>): T =>
  valueOrThrow(result, (code, detail) => (code === 'unknown_subject' ? unknownSubject() : refusalProblem(code, detail)))

/** The API and the page in one function, since only this function may recertify. */
export function createHandler(ports: Ports & Parameters<typeof recertifyOnPage>[0]): Endpoint {
  const [byApi, byPage] = [recertifyByApi(ports), recertifyOnPage(ports)]
  return (event) => (event.routeKey === 'POST /agents/{id}' ? byPage(event) : byApi(event))
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE' | 'DENIES_QUEUE'> = (told) => ({
  ...pagePorts(told, cedarPolicy()),
  agents: agentRows(told),
  deny: new SqsFifoQueue<EndMessage>(told.DENIES_QUEUE),
})
