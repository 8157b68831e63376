// Rules: test/operations/agents/look-after-agents.test.ts
import { DynamoAgentLives } from '../../adapters/dynamodb/agent-lives.ts'
import { DynamoBundleStore } from '../../adapters/dynamodb/bundle-store.ts'
import { connect } from '../../adapters/dynamodb/client.ts'
import { SqsFifoQueue } from '../../adapters/sqs/queue.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { type LookAfterPorts, lookAfterAgents } from '../../operations/agents/look-after-agents.ts'
import type { AgentNotice } from '../../operations/agents/ports.ts'
import { type DeploymentPorts, recordRegistry } from '../../operations/agents/record-registry.ts'
import { type SummingPorts, sumUpAgents } from '../../operations/agents/sum-up-agents.ts'
import { recordUnknownCallers, type UnknownCallerStore } from '../../operations/agents/unknown-callers.ts'
import type { EndMessage } from '../../operations/credentials/ports.ts'
import { keepBundle } from '../../operations/policy/keep-bundle.ts'
import type { Fifo } from '../../operations/ports.ts'
import { type Stores, tablesOf, type Wiring } from '../environment.ts'
import { agentRows, decidingPorts, factsOnly, unknownCallers } from '../wiring/ports.ts'

/** The time reserved for the agent in progress. Seconds. */
const reserve = 30

/**
 * Every five minutes: keeps the bundle, records the last deployment's changes, and acts on the dates of agents and
 * other subjects, and records unknown callers. Once a day it sums up each agent. A failed part does not skip the others, but fails the run.
 */
export const createHandler =
  (ports: LookAfterPorts & SummingPorts & DeploymentPorts & { files: Bundle; unknown: UnknownCallerStore }) =>
  async (_: unknown, context: { getRemainingTimeInMillis(): number }): Promise<void> => {
    const faults: unknown[] = []
    const attempt = async <T>(part: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await part()
      } catch (fault) {
        faults.push(fault)
        return undefined
      }
    }
    // This comes first, since the next deployment may come before the next run.
    await attempt(() => keepBundle(ports.files, ports))
    const changed = (await attempt(() => recordRegistry(ports.files, ports))) ?? 0
    const suspended = (await attempt(() => lookAfterAgents(ports))) ?? 0
    const unknown = (await attempt(() => recordUnknownCallers(ports))) ?? 0
    // This comes last, with the remaining time, and continues in the next run.
    const until = ports.clock.now() + Math.floor(context.getRemainingTimeInMillis() / 1000) - reserve
    const summedUp = (await attempt(() => sumUpAgents(ports, { until }))) ?? 0
    const done = { changed, suspended, unknown, summedUp }
    if (Object.values(done).some((count) => count > 0)) ports.log.info('agents_looked_after', done)
    if (faults.length > 0) throw faults[0]
  }

export const wire: Wiring<typeof createHandler, Stores | 'CARDS_QUEUE' | 'DENIES_QUEUE'> = (told) => {
  const policy = factsOnly()
  return {
    ...decidingPorts(told, policy),
    files: policy.bundle,
    agents: agentRows(told),
    bundles: new DynamoBundleStore(connect(), told.REQUESTS_TABLE),
    unknown: unknownCallers(told),
    lives: new DynamoAgentLives(connect(), tablesOf(told)),
    notices: new SqsFifoQueue<AgentNotice & Fifo>(told.CARDS_QUEUE),
    deny: new SqsFifoQueue<EndMessage>(told.DENIES_QUEUE),
  }
}
