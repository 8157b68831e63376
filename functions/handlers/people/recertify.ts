import { certifiedView, RecertifyBody } from '../../adapters/http/agent-view.ts'
import { parseBody } from '../../adapters/http/authzen.ts'
import type { Call } from '../../adapters/http/endpoint.ts'
import { apiProblem, refusalProblem } from '../../adapters/http/problem.ts'
import type { Subject } from '../../domain/agents/agent-file.ts'
import { parseSubject } from '../../domain/agents/dates.ts'
import { type RecertifyPorts, recertify } from '../../operations/agents/recertify.ts'
import { type ApiPorts, idInPath, personDoor, valueOrThrow } from '../doors.ts'
import { bind } from '../environments.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { agentRows } from '../wiring/ports.ts'

type Ports = ApiPorts & Pick<RecertifyPorts, 'agents'>

/** By route: what the last part of the path names. */
const kinds: { readonly [route: string]: { part: string; prefix: string } } = {
  'POST /v1/agents/{id}/recertify': { part: 'id', prefix: 'agent:' },
  'POST /v1/people/{id}/recertify': { part: 'id', prefix: 'person:' },
  'POST /v1/groups/{name}/recertify': { part: 'name', prefix: 'group:' },
  'POST /v1/sealed-roles/{account}/recertify': { part: 'account', prefix: 'sealed:' },
}

const unknown = () => apiProblem(404, 'unknown_aggregate', 'nothing of that name has a `recertifyBy` in the files')

export function subjectIn(call: Call): Subject {
  const kind = kinds[call.route]
  if (!kind) throw unknown()
  const { part, prefix } = kind
  const named = idInPath(call, part)
  const subject = parseSubject(named.startsWith(prefix) ? named : `${prefix}${named}`)
  if (subject === undefined) throw unknown()
  return subject
}

/** `POST /v1/agents/{id}/recertify`, and the same of a person, a group and a sealed role's names. */
export const createHandler = (ports: Ports) =>
  personDoor(ports, async (call, { person }) => {
    const { reason } = parseBody(RecertifyBody, call.json())
    const subject = subjectIn(call)
    const done = await recertify({ subject, person: person.id, reason }, ports)
    const certified = valueOrThrow(done, (code) => (code === 'unknown_subject' ? unknown() : refusalProblem(code)))
    return { status: 200, body: certifiedView(subject, certified) }
  })

export const handler = bind(
  'recertify',
  (told) => ({ ...portsWithAnswers(told), agents: agentRows(told) }),
  createHandler,
)
