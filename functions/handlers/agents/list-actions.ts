import { actionView } from '../../adapters/http/action-view.ts'
import { parseBody } from '../../adapters/http/authzen.ts'
import { ActionSearchBody } from '../../adapters/http/bodies/agents.ts'
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, apiProblem } from '../../adapters/http/problem.ts'
import { actionsQuery } from '../../adapters/http/queries.ts'
import { readQuery } from '../../adapters/http/read-body.ts'
import { cursorAfter, placeAfter } from '../../adapters/http/request-filter.ts'
import type { Agent } from '../../domain/people/organisation.ts'
import type { Wanted } from '../../domain/policy/askable.ts'
import { defined } from '../../domain/values.ts'
import { listAskable } from '../../operations/agents/list-askable.ts'
import { type ApiPorts, agentDoor, byRoute, mustKeepRate } from '../doors.ts'
import type { Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { noting } from '../wiring/ports.ts'
import { mustBeActive } from './must-be-active.ts'

const pageSize = 20
const form = /^[A-Za-z0-9:-]*$/
/** The cost of one page in evaluations. */
const costOfPage = 10

/** `name`: the member that has the cursor. */
type Page = { wanted: Wanted; name: string; cursor?: string | undefined; limit?: number | undefined }

/** One page, and the cursor of the next one. */
async function readPage(agent: Agent, { wanted, name, cursor, limit = pageSize }: Page, ports: ApiPorts) {
  const after = placeAfter(cursor, wanted, { form, name })
  await mustKeepRate(agent.id, 'evaluations', costOfPage, ports)
  await mustBeActive(agent.id, ports)
  const { found, next } = await listAskable({ agent, wanted, after, most: Math.min(limit, pageSize) }, ports)
  return { found, next: next === undefined ? undefined : cursorAfter(next, wanted) }
}

const routes = byRoute<[Agent, ApiPorts]>(
  {
    'GET /access/v1/actions': async (call, agent, ports) => {
      const { after: cursor, ...wanted } = readQuery(call, actionsQuery)
      const { found, next } = await readPage(agent, { wanted, name: 'after', cursor }, ports)
      return { status: 200, body: { actions: found.map(actionView), ...defined({ next }) } }
    },
    // AuthZEN's `Action` has only a name for a search.
    'POST /access/v1/search/action': async (call, agent, ports) => {
      const {
        subject,
        resource,
        context,
        page: { token: cursor, limit } = {},
      } = parseBody(ActionSearchBody, call.json())
      const wanted = { type: resource.type, resource: resource.id, purpose: context?.purpose }
      const own = subject.type === 'agent' && subject.id === agent.id
      const { found, next = '' } = await readPage(agent, { wanted, name: 'page.token', cursor, limit }, ports)
      const results = own ? found.map(({ entry }) => ({ name: entry.name })) : []
      const body = {
        page: { next_token: own ? next : '', count: results.length },
        context: { reason: 'approval_required' },
        results,
      }
      return { status: 200, body }
    },
  },
  () => apiProblem(404, 'not_found'),
)

/**
 * `GET /access/v1/actions`: the actions that policy could permit the agent that asks. AuthZEN's search has the same.
 */
export const createHandler = (ports: ApiPorts) =>
  agentDoor(ports, (call: Call, agent): Promise<Answer> => routes(call, agent, ports))

export const wire: Wiring<typeof createHandler, 'ISSUER' | 'REQUESTS_TABLE'> = (told) =>
  noting(portsWithAnswers({ ...told, LEDGER_TABLE: '' }), told)
