import { WebhookIncidentEvents } from '../../../functions/adapters/standard-webhooks/incident-events.ts'
import { PatternIncidents } from '../../../functions/adapters/system/system.ts'
import type { SignalDelivery } from '../../../functions/domain/events/receivers.ts'
import type { AgentId } from '../../../functions/domain/values.ts'
import { openApiDocument } from '../../../functions/openapi/document.ts'
import { lookAtHosts } from '../../../functions/operations/agents/look-at-hosts.ts'
import { UnknownCallers } from '../../../functions/operations/agents/unknown-callers.ts'
import { MemoryAwsHosts } from '../../support/agents/memory-aws-hosts.ts'
import { MemoryHostSimulator } from '../../support/agents/memory-host-simulator.ts'
import { MemoryNotary } from '../../support/anchor/memory-notary.ts'
import { MemoryCardStore } from '../../support/cards/memory-card-store.ts'
import { MemoryCaller } from '../../support/credentials/memory-caller.ts'
import { MemoryStatements } from '../../support/credentials/memory-statements.ts'
import { MemoryStreamStore } from '../../support/events/memory-stream-store.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { MemoryQueue } from '../../support/requests/memory-queue.ts'
import type { World } from '../../support/world.ts'

export type MemoryPorts = ReturnType<typeof memoryPorts>

/** The ports of every handler of the API, over a world in memory in place of AWS. */
export const memoryPorts = (
  world: World,
  issuer: string,
  notary = new MemoryNotary(world, issuer),
  simulator = new MemoryHostSimulator(),
) => ({
  ...world.ports,
  /** IAM's simulator, for looks at hosts. */
  simulator,
  hosts: {
    async now(id: AgentId) {
      const { probers } = new MemoryAwsHosts(simulator)
      await lookAtHosts({ ...world.ports, agents: world.agents, probers }, { only: [id] })
    },
  },
  ...notary.reading,
  /** Its log has the entries that a test makes it follow. */
  notary,
  anchor: notary,
  openApi: openApiDocument,
  // Read each time, so that a test may change the policies.
  get policy() {
    return world.policy
  },
  issuer,
  permits: world.permits,
  agents: world.agents,
  platformRoles: world.agents,
  unknown: world.unknown,
  notes: new UnknownCallers({ ...world.ports, store: world.unknown }),
  standIns: world.standIns,
  ledgerIndex: world.ledger,
  bundles: world.bundles,
  halts: new MemoryHaltStore(world.requests, world.ledger),
  streams: new MemoryStreamStore(world.ledger),
  /** Events that wait for systems outside. */
  deliveries: new MemoryQueue<SignalDelivery>(),
  targetRoles: [],
  signer: world.signer,
  keys: world.signer,
  statements: new MemoryStatements(issuer, world.signer, world),
  broker: world.broker,
  targetRole: world.targetRole,
  /** AWS, for mediated calls. */
  caller: new MemoryCaller(),
  /** AWS's record of calls. */
  calls: world.callRecord,
  actual: world.actual,
  deny: { send: () => Promise.resolve() },
  /** The cards that were posted to Slack. */
  cards: new MemoryCardStore(),
  incidents: new PatternIncidents(),
  incidentEvents: new WebhookIncidentEvents(async () => [], world.clock),
  stopwatch: { milliseconds: () => Date.now() },
})
