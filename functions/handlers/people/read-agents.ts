import { agentLine, agentView } from '../../adapters/http/agent-view.ts'
import { type Answer, apiProblem, refusalProblem } from '../../adapters/http/problem.ts'
import { readQuery } from '../../adapters/http/read-body.ts'
import { AgentId, type PersonId } from '../../domain/values.ts'
import { listAgents, type ReadAgentsPorts, readAgent } from '../../operations/agents/read-agents.ts'
import { type ApiPorts, byRoute, pathId, personDoor, valueOrThrow } from '../doors.ts'
import { bind } from '../environments.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { agentRows } from '../wiring/ports.ts'

type Ports = ApiPorts & Pick<ReadAgentsPorts, 'agents'>

const unknownAgent = () => apiProblem(404, 'unknown_aggregate', 'no agent of that id is registered')

const readByRoute = byRoute<[PersonId, Ports]>(
  {
    'GET /v1/agents': async (call, person, ports) => {
      readQuery(call, {})
      const agents = valueOrThrow(await listAgents(person, ports))
      const actions = Object.keys(ports.policy.bundle.actions)
      return { status: 200, body: { agents: agents.map((each) => agentLine(each, actions)) } }
    },
    'GET /v1/agents/{id}': async (call, person, ports) => {
      const id = pathId(call, AgentId, unknownAgent)
      const read = await readAgent({ id, person }, ports)
      const agent = valueOrThrow(read, (code) => (code === 'unknown_agent' ? unknownAgent() : refusalProblem(code)))
      return { status: 200, body: agentView(agent, Object.keys(ports.policy.bundle.actions)) }
    },
  },
  unknownAgent,
)

/** `GET /v1/agents`, `GET /v1/agents/{id}`. */
export const createHandler = (ports: Ports) =>
  personDoor(ports, (call, { person }): Promise<Answer> => readByRoute(call, person.id, ports))

export const handler = bind(
  'read-agents',
  (told) => ({ ...portsWithAnswers(told), agents: agentRows(told) }),
  createHandler,
)
