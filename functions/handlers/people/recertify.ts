import { certifiedView, RecertifyBody } from '../../adapters/http/agent-view.ts'
import { parseBody } from '../../adapters/http/authzen.ts'
import type { Call, Endpoint } from '../../adapters/http/endpoint.ts'
import { apiProblem, refusalProblem } from '../../adapters/http/problem.ts'
import type { Subject } from '../../domain/agents/agent-file.ts'
import { parseSubject } from '../../domain/agents/dates.ts'
import { defined } from '../../domain/values.ts'
import { type RecertifyPorts, recertify } from '../../operations/agents/recertify.ts'
import { type ApiPorts, idInPath, personDoor, valueOrThrow } from '../doors.ts'
import { bind } from '../environments.ts'
import { recertifyOnPage } from '../pages/recertify-on-page.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { agentRows, pagePorts } from '../wiring/ports.ts'

type Ports = ApiPorts & Pick<RecertifyPorts, 'agents'>

/** By the part of the path that says what is recertified. */
const prefixes: { readonly [kind: string]: string } = {
  agents: 'agent:',
  people: 'person:',
  groups: 'group:',
  'sealed-roles': 'sealed:',
}

const unknown = () => apiProblem(404, 'unknown_aggregate', 'nothing of that name has a `recertifyBy` in the files')

function subjectIn(call: Call): Subject {
  const kind = call.route === 'POST /v1/agents/{id}/recertify' ? 'agents' : call.path('kind')
  const prefix = Object.hasOwn(prefixes, kind) ? prefixes[kind] : undefined
  if (prefix === undefined) throw unknown()
  const named = idInPath(call, 'id')
  const subject = parseSubject(named.startsWith(prefix) ? named : `${prefix}${named}`)
  if (subject === undefined) throw unknown()
  return subject
}

/** `POST /v1/agents/{id}/recertify`, and the same of a person, a group and a sealed role's names. */
const recertifyByApi = (ports: Ports) =>
  personDoor(ports, async (call, { person, claimed }) => {
    const { reason } = parseBody(RecertifyBody, call.json())
    const subject = subjectIn(call)
    const done = await recertify({ subject, person: person.id, reason, ...defined({ claimed }) }, ports)
    const certified = valueOrThrow(done, (code) => (code === 'unknown_subject' ? unknown() : refusalProblem(code)))
    return { status: 200, body: certifiedView(subject, certified) }
  })

/** The same act by its two doors, the API and the page: no other function may do it. */
export function createHandler(ports: Ports & Parameters<typeof recertifyOnPage>[0]): Endpoint {
  const [byApi, byPage] = [recertifyByApi(ports), recertifyOnPage(ports)]
  return (event) => (event.routeKey === 'POST /agents/{id}' ? byPage(event) : byApi(event))
}

export const handler = bind(
  'recertify',
  (told) => ({ ...pagePorts(told, cedarPolicy()), agents: agentRows(told) }),
  createHandler,
)
