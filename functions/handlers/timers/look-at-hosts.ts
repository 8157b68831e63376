// Rules: test/stack/swift/hosts.test.ts
import * as z from 'zod'
import { DynamoAgentRows } from '../../adapters/dynamodb/agent-rows.ts'
import { connect } from '../../adapters/dynamodb/client.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { AgentId, type NumericDate } from '../../domain/values.ts'
import { type LookAgainPorts, lookAgain } from '../../operations/agents/look-again.ts'
import { lookAtHosts } from '../../operations/agents/look-at-hosts.ts'
import type { HostProbers } from '../../operations/agents/ports.ts'
import { lookAtPlatformRoles, type RoleLookPorts } from '../../operations/agents/unknown-roles.ts'
import { faultName } from '../../operations/faults.ts'
import { readChange } from '../../targets/aws/hosts/change-event.ts'
import { ModelledHostReads } from '../../targets/aws/hosts/host-reads.ts'
import { IamHostSimulator } from '../../targets/aws/iam/host-simulator.ts'
import { IamRoleList } from '../../targets/aws/iam/role-list.ts'
import { principalsPerStatement } from '../../targets/aws/iam/trust-policy.ts'
import { makeProbers } from '../../targets/aws/probe-hosts.ts'
import { foreignSimulators } from '../../targets/aws/sts/foreign-revokers.ts'
import { failing } from '../batches.ts'
import type { Wiring } from '../environment.ts'
import { currentPolicy } from '../wiring/ports.ts'

/** The timer's message names no agent; a person's look names one. Changes come from their queue. */
const Asked = z.object({ agent: AgentId.optional() })
const Queued = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) })

/** The time reserved for the running call of AWS. Seconds. */
const reserve = 70

/**
 * Looks at all hosts, and for roles that trust an agent platform, once a day; at one agent's host on demand; and at
 * hosts with changes at AWS.
 */
export const createHandler =
  (ports: LookAgainPorts & { roles: RoleLookPorts }) =>
  async (event: unknown, context: { getRemainingTimeInMillis(): number }) => {
    const until = ports.clock.now() + Math.floor(context.getRemainingTimeInMillis() / 1000) - reserve
    const queued = Queued.safeParse(event)
    if (queued.success) return lookAtChanges(queued.data.Records, ports, until)
    const { agent } = Asked.parse(event ?? {})
    const looked = await lookAtHosts(ports, { ...(agent && { only: [agent] }), until })
    if (agent === undefined) await lookAtPlatformRoles(ports.roles, { until })
    ports.log.info('hosts_looked_at', { looked })
    return { looked }
  }

type Messages = z.infer<typeof Queued>['Records']

/** An unreadable message is never retried: the next daily look finds its change. */
async function lookAtChanges(messages: Messages, ports: LookAgainPorts, until: NumericDate) {
  const changes = messages.flatMap(({ body }) => {
    try {
      return [readChange(body)]
    } catch (fault) {
      ports.log.error('change_not_understood', { fault: faultName(fault) })
      return []
    }
  })
  return failing((await lookAgain(changes, ports, until)) ? [] : messages.map(({ messageId }) => messageId))
}

export const wire: Wiring<typeof createHandler, 'REQUESTS_TABLE' | 'ACCOUNT' | 'TARGET_ROLE'> = (told) => {
  const policy = currentPolicy(told)
  const { accounts } = policy.bundle.deployment
  const credentials = foreignSimulators({ home: told.ACCOUNT, accounts }, told.TARGET_ROLE)
  const [simulator, list] = [new IamHostSimulator(credentials), new IamRoleList(credentials)]
  const agents = new DynamoAgentRows(connect(), { requests: told.REQUESTS_TABLE, ledger: '' })
  const [clock, log] = [new SystemClock(), new PowertoolsLog()]
  return {
    agents,
    probers: (until): HostProbers => ({
      ...makeProbers({
        ...{ simulator, list, reads: new ModelledHostReads(credentials), home: told.ACCOUNT },
        isLate: () => clock.now() >= until,
      }),
    }),
    roles: {
      platformRoles: agents,
      roleList: list,
      readPrincipals: principalsPerStatement,
      ...{ policy, clock, log },
    },
    policy,
    clock,
    log,
  }
}
