import { AgentId } from '../../../functions/domain/values.ts'
import { person, type World } from '../world.ts'

/** Puts an agent of Dan's into the registry, as after its registration. A question sees it two seconds later. */
export function governDeployer(world: World): void {
  const [known] = world.policy.bundle.agents
  if (!known) throw new TypeError('the sample has agents')
  const { backupOwner: _, ...rest } = known
  const identities = [{ issuer: 'workloads', subject: 'agent-deployer' }]
  const agent = { ...rest, id: AgentId.parse('agent:deployer'), owner: person('dan'), identities }
  world.ledger.governed = { version: 1, agents: [agent], retired: [], changed: {}, former: [] }
}
