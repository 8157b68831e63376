import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../../adapters/dynamodb/deny-store.ts'
import { DynamoHaltStore } from '../../adapters/dynamodb/halt-store.ts'
import { DynamoPermitStore } from '../../adapters/dynamodb/permit-store.ts'
import { AgentId, HaltId, NumericDate, RequestId, StandingPermitId } from '../../domain/values.ts'
import { failing } from '../../handlers/batches.ts'
import { bind, tablesOf } from '../../handlers/environments.ts'
import { decidingPorts, factsOnly } from '../../handlers/wiring/ports.ts'
import { endSuspended } from '../../operations/agents/end-suspended.ts'
import { type EndingPorts, endCredentials } from '../../operations/credentials/end-credentials.ts'
import type { DenyStore } from '../../operations/credentials/ports.ts'
import { endChildren } from '../../operations/delegation/delegate-request.ts'
import { faultName } from '../../operations/faults.ts'
import { endHalted } from '../../operations/halts/find-halt.ts'
import { endDrawn } from '../../operations/permits/standing-permits.ts'
import { IamRolePolicies } from './iam/role-policies.ts'
import type { RolePolicies } from './ports.ts'
import { enderOf } from './reach.ts'
import { foreignRevokers } from './sts/foreign-revokers.ts'

type Ports = Omit<EndingPorts, 'reach'> & { denies: DenyStore; roles: RolePolicies } & Parameters<
    typeof endChildren
  >[1] &
  Parameters<typeof endHalted>[1] &
  Parameters<typeof endDrawn>[1]

const Deny = z.object({ deny: z.union([RequestId, HaltId, z.literal('time')]), role: z.string(), since: NumericDate })
const End = z.object({ end: z.union([RequestId, HaltId, StandingPermitId, AgentId]) })
const Message = z.union([Deny, End])
type Work = z.infer<typeof Message> & { messageId: string }

/**
 * The one writer of a target role's deny: the queue's group is the role, and one write does all that a batch holds of a
 * role. What ends with a request, halt, permit or agent is ended in a group of its own; the denies of that follow in their turn.
 * A message that fails holds back what follows in its group.
 */
export const createHandler =
  (ports: Ports) =>
  async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const failed: string[] = []
    const attempt = orFailed(failed, ports)
    // A message that cannot be read fails alone, and ends with the dead letters.
    const work: Work[] = []
    for (const record of event.Records) await attempt([record], async () => void work.push(readWork(record)))
    // Denies first: until they are written, a session works on.
    const denies = Map.groupBy(
      work.filter((each) => 'deny' in each),
      ({ role }) => role,
    )
    for (const [role, ofRole] of denies)
      await attempt(ofRole, async () => {
        const causes = ofRole.map(({ deny }) => deny)
        await endCredentials(role, causes, { ...ports, reach: enderOf(ports) })
        logLag(role, ofRole, ports)
      })
    for (const each of work) if ('end' in each) await attempt([each], () => endAll(each.end, ports))
    return failing(failed)
  }

const readWork = ({ body, messageId }: SQSRecord): Work => ({ ...Message.parse(JSON.parse(body)), messageId })

const orFailed =
  (failed: string[], { log }: Ports) =>
  async (work: readonly { messageId: string }[], run: () => Promise<void>): Promise<void> => {
    try {
      await run()
    } catch (fault) {
      log.error('deny_failed', { fault: faultName(fault) })
      failed.push(...work.map(({ messageId }) => messageId))
    }
  }

async function endAll(end: z.infer<typeof End>['end'], ports: Ports): Promise<void> {
  const [request, permit, agent] = [RequestId.safeParse(end), StandingPermitId.safeParse(end), AgentId.safeParse(end)]
  if (request.success) await endChildren(request.data, ports)
  else if (permit.success) await endDrawn(permit.data, ports)
  else if (agent.success) await endSuspended(agent.data, ports)
  else await endHalted(HaltId.parse(end), ports)
}

/** How long it took from the change on record to IAM's yes, for a metric. IAM's own spreading comes on top. */
function logLag(role: string, work: readonly z.infer<typeof Deny>[], { log, clock }: Ports): void {
  const changes = work.filter(({ deny }) => deny !== 'time').map(({ since }) => since)
  if (changes.length === 0) return
  const lagSeconds = Math.max(0, clock.now() - Math.min(...changes))
  log.info('deny_written', { role, changes: changes.length, lagSeconds })
}

export const handler = bind(
  'write-denies',
  (told) => {
    const [policy, connection, tables] = [factsOnly(), connect(), tablesOf(told)]
    return {
      ...decidingPorts(told, policy),
      halts: new DynamoHaltStore(connection, tables),
      permits: new DynamoPermitStore(connection, tables),
      denies: new DynamoDenyStore(connection, tables.requests),
      roles: new IamRolePolicies(foreignRevokers({ home: told.ACCOUNT, accounts: policy.bundle.deployment.accounts })),
    }
  },
  createHandler,
)
