// Rules: test/stack/hosts.test.ts
import * as z from 'zod'
import { DynamoAgentRows } from '../../adapters/dynamodb/agent-rows.ts'
import { connect } from '../../adapters/dynamodb/client.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { AgentId } from '../../domain/values.ts'
import { type LookingPorts, lookAtHosts } from '../../operations/agents/look-at-hosts.ts'
import type { HostProbers } from '../../operations/agents/ports.ts'
import { lookAtPlatformRoles, type RoleLookPorts } from '../../operations/agents/unknown-roles.ts'
import { ModelledHostReads } from '../../targets/aws/hosts/host-reads.ts'
import { IamHostSimulator } from '../../targets/aws/iam/host-simulator.ts'
import { IamRoleList } from '../../targets/aws/iam/role-list.ts'
import { principalsPerStatement } from '../../targets/aws/iam/trust-policy.ts'
import { makeProbers } from '../../targets/aws/probe-hosts.ts'
import { foreignSimulators } from '../../targets/aws/sts/foreign-revokers.ts'
import type { Wiring } from '../environment.ts'
import { currentPolicy } from '../wiring/ports.ts'

/** The timer's message names no agent; a function that answers people names one. */
const Asked = z.object({ agent: AgentId.optional() })

/** The time reserved for the question in progress. Seconds. */
const reserve = 70

/** Looks at all hosts, and for roles that trust an agent platform, once a day, or at one agent's host on demand. */
export const createHandler =
  (ports: LookingPorts & { roles: RoleLookPorts }) =>
  async (event: unknown, context: { getRemainingTimeInMillis(): number }): Promise<{ looked: number }> => {
    const { agent: only } = Asked.parse(event ?? {})
    const until = ports.clock.now() + Math.floor(context.getRemainingTimeInMillis() / 1000) - reserve
    const looked = await lookAtHosts(ports, { only, until })
    if (only === undefined) await lookAtPlatformRoles(ports.roles, { until })
    ports.log.info('hosts_looked_at', { looked })
    return { looked }
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
    probers: (): HostProbers => ({
      ...makeProbers({ simulator, list, reads: new ModelledHostReads(credentials) }),
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
