// Rules: test/client/agents/registry.test.ts
import { parseBody } from '../../adapters/http/authzen.ts'
import type { Call } from '../../adapters/http/endpoint.ts'
import type { Answer } from '../../adapters/http/problem.ts'
import { RegistryBody } from '../../adapters/http/registry-view.ts'
import { RequestId } from '../../domain/values.ts'
import { acceptTransfer } from '../../operations/registry/accept-transfer.ts'
import { askForChange, type ChangePorts } from '../../operations/registry/ask-for-change.ts'
import type { ProvenPerson } from '../callers.ts'
import {
  byRoute,
  idempotencyKeyOf,
  pathId,
  personDoor,
  type ShowingApiPorts,
  unknownRequest,
  valueOrThrow,
} from '../doors.ts'
import { showRequest } from './show-request.ts'

export type RegistryApiPorts = ShowingApiPorts & ChangePorts

const answerByRoute = byRoute<[ProvenPerson, RegistryApiPorts]>(
  {
    'POST /v1/registry/requests': async (call, { person, proven }, ports) => {
      const idempotencyKey = idempotencyKeyOf(call)
      const body = call.json()
      const asked = { person: person.id, proven, ...parseBody(RegistryBody, body), idempotencyKey, body }
      return showRequest(valueOrThrow(await askForChange(asked, ports)).stored, 202, ports)
    },
    'POST /v1/registry/requests/{id}/accept': acceptByApi,
  },
  unknownRequest,
)

async function acceptByApi(call: Call, { person, login }: ProvenPerson, ports: RegistryApiPorts): Promise<Answer> {
  const id = pathId(call, RequestId, unknownRequest)
  const accepted = valueOrThrow(await acceptTransfer({ id, person: person.id, login }, ports))
  return showRequest(accepted, 200, ports)
}

/** The calls by which people ask for a change of the registry of agents, and accept an agent. */
export const registryRequests = (ports: RegistryApiPorts) =>
  personDoor(ports, (call, person) => answerByRoute(call, person, ports))
