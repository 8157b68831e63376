// Rules: test/stack/uses/gate.test.ts
import { parseBody } from '../../adapters/http/authzen.ts'
import { OutcomeBody } from '../../adapters/http/bodies/agents.ts'
import { apiProblem, BadRequest } from '../../adapters/http/problem.ts'
import { defined, UseId } from '../../domain/values.ts'
import { endUse } from '../../operations/uses/use.ts'
import { type ApiPorts, pathId, toolDoor } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithFacts } from '../wiring/ports.ts'

/** `POST /v1/uses/{id}/end`: reports a use's outcome. */
export const createHandler = (ports: ApiPorts) =>
  toolDoor(ports, async (call, tool) => {
    const { outcome, note } = parseBody(OutcomeBody, call.json())
    const id = pathId(call, UseId, unknownUse)
    const done = await endUse(defined({ id, tool: tool.id, outcome, note }), ports)
    if (done.ok) return { status: 200, body: { use: id, outcome } }
    if (done.code === 'credential_unknown' || done.code === 'unknown_request') throw unknownUse()
    throw new BadRequest({
      status: 409,
      code: 'invalid_task_state',
      title: 'The use has ended already',
      detail:
        done.code === 'invalid_task_state' ? 'a different outcome was reported before' : `with its grant: ${done.code}`,
    })
  })

const unknownUse = () => apiProblem(404, 'unknown_use')

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE'> = portsWithFacts
