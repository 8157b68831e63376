// Rules: test/operations/workers.test.ts
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../../adapters/dynamodb/deny-store.ts'
import { DynamoHaltStore } from '../../adapters/dynamodb/halt-store.ts'
import { DynamoPermitStore } from '../../adapters/dynamodb/permit-store.ts'
import { AgentId, HaltId, RequestId, StandingPermitId } from '../../domain/values.ts'
import { type Stores, tablesOf, type Wiring } from '../../handlers/environment.ts'
import { type End, endsWorker } from '../../handlers/streams/ends-worker.ts'
import { decidingPorts, factsOnly } from '../../handlers/wiring/ports.ts'
import { endSuspended } from '../../operations/agents/end-suspended.ts'
import type { EndingPorts } from '../../operations/credentials/end-credentials.ts'
import { endChildren } from '../../operations/delegation/delegate-request.ts'
import { endHalted } from '../../operations/halts/find-halt.ts'
import { endDrawn } from '../../operations/permits/standing-permits.ts'
import { IamRolePolicies } from './iam/role-policies.ts'
import { enderOf } from './reach.ts'
import { foreignRevokers } from './sts/foreign-revokers.ts'

type Ports = Omit<EndingPorts, 'reach'> &
  Parameters<typeof enderOf>[0] &
  Parameters<typeof endChildren>[1] &
  Parameters<typeof endHalted>[1] &
  Parameters<typeof endDrawn>[1]

/** Writes the denies of target roles, and ends all credentials of ended grants, for every kind of target. */
export const createHandler = (ports: Ports) =>
  endsWorker({ ...ports, reach: enderOf(ports) }, (end) => endAll(end, ports))

async function endAll(end: End, ports: Ports): Promise<void> {
  const [request, permit, agent] = [RequestId.safeParse(end), StandingPermitId.safeParse(end), AgentId.safeParse(end)]
  if (request.success) await endChildren(request.data, ports)
  else if (permit.success) await endDrawn(permit.data, ports)
  else if (agent.success) await endSuspended(agent.data, ports)
  else await endHalted(HaltId.parse(end), ports)
}

export const wire: Wiring<typeof createHandler, Stores | 'ACCOUNT'> = (told) => {
  const [policy, connection, tables] = [factsOnly(), connect(), tablesOf(told)]
  return {
    ...decidingPorts(told, policy),
    halts: new DynamoHaltStore(connection, tables),
    permits: new DynamoPermitStore(connection, tables),
    denies: new DynamoDenyStore(connection, tables.requests),
    roles: new IamRolePolicies(foreignRevokers({ home: told.ACCOUNT, accounts: policy.bundle.deployment.accounts })),
  }
}
