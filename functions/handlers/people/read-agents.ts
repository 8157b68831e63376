// Rules: test/client/agents/agents.test.ts
import { agentLine, agentView, subjectView } from '../../adapters/http/agent-view.ts'
import { mapView, unknownView } from '../../adapters/http/map-view.ts'
import { type Answer, apiProblem, refusalProblem } from '../../adapters/http/problem.ts'
import { agentQuery, mapQuery } from '../../adapters/http/queries.ts'
import { readQuery } from '../../adapters/http/read-body.ts'
import { registryView } from '../../adapters/http/registry-view.ts'
import { lambdaHostLook } from '../../adapters/lambda/host-look.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { AgentId, type PersonId } from '../../domain/values.ts'
import { type InspectPorts, readMap, readUnknown } from '../../operations/agents/inspect.ts'
import type { AgentReader, GovernedReader } from '../../operations/agents/ports.ts'
import { listAgents, readAgent } from '../../operations/agents/read-agents.ts'
import { readSubject } from '../../operations/agents/recertify.ts'
import { readRegistry } from '../../operations/registry/read-registry.ts'
import { type ApiPorts, byRoute, pathId, personDoor, subjectInPath, unknownSubject, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { agentRows, unknownCallers } from '../wiring/ports.ts'

type Ports = ApiPorts &
  Pick<InspectPorts, 'hosts' | 'unknown' | 'platformRoles'> & {
    agents: Pick<AgentReader & GovernedReader, 'certified' | 'files' | 'governed'>
  }

const shownOf = ({ policy, clock }: Ports) => ({ bundle: policy.bundle, now: clock.now() })

const unknownAgent = () => apiProblem(404, 'unknown_aggregate', 'no agent of that id is registered')

const readByRoute = byRoute<[PersonId, Ports]>(
  {
    'GET /v1/agents': async (call, person, ports) => {
      readQuery(call, {})
      const agents = valueOrThrow(await listAgents(person, ports))
      const shown = shownOf(ports)
      return { status: 200, body: { agents: agents.map((each) => agentLine(each, shown)) } }
    },
    'GET /v1/agents/{id}': async (call, person, ports) => {
      const id = pathId(call, AgentId, unknownAgent)
      const { look } = readQuery(call, agentQuery)
      const read = await readAgent({ id, person, look: look === 'now' }, ports)
      const agent = valueOrThrow(read, (code) => (code === 'unknown_agent' ? unknownAgent() : refusalProblem(code)))
      return { status: 200, body: agentView(agent, shownOf(ports)) }
    },
    'GET /v1/registry': async (call, person, ports) => {
      readQuery(call, {})
      return { status: 200, body: registryView(valueOrThrow(await readRegistry(person, ports))) }
    },
    'GET /v1/agents/map': async (call, person, ports) => {
      const { after, fold, picture, ...filter } = readQuery(call, mapQuery)
      const seen = valueOrThrow(await readMap({ person, filter }, ports))
      return { status: 200, body: mapView(seen, ports.clock.now(), { after, fold, picture: picture !== undefined }) }
    },
    'GET /v1/unknown-callers': async (call, person, ports) => {
      readQuery(call, {})
      return { status: 200, body: unknownView(valueOrThrow(await readUnknown(person, ports)), ports.clock.now()) }
    },
    'GET /v1/{kind}/{id}/recertification': async (call, person, ports) => {
      const read = await readSubject({ subject: subjectInPath(call), person }, ports)
      const seen = valueOrThrow(read, (code) => (code === 'unknown_subject' ? unknownSubject() : refusalProblem(code)))
      return { status: 200, body: subjectView(seen) }
    },
  },
  unknownAgent,
)

/** `GET /v1/agents`, `GET /v1/agents/{id}`, `GET /v1/registry`, and `GET /v1/{kind}/{id}/recertification` for each kind of subject. */
export const createHandler = (ports: Ports) =>
  personDoor(ports, (call, { person }): Promise<Answer> => readByRoute(call, person.id, ports))

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'LOOK_AT_HOSTS_FUNCTION'> = (told) => ({
  ...portsWithAnswers(told),
  agents: agentRows(told),
  platformRoles: agentRows(told),
  unknown: unknownCallers(told),
  hosts: lambdaHostLook(told.LOOK_AT_HOSTS_FUNCTION, new PowertoolsLog()),
})
