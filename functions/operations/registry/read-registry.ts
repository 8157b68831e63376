import type { GovernedRegistry } from '../../domain/agents/governed-registry.ts'
import { mayRead } from '../../domain/deciding/questions.ts'
import { ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import type { GovernedReader } from '../agents/ports.ts'
import type { AskingPorts } from '../record/ports.ts'

/** The registry of agents as it is stored now, for people who may read. */
export async function readRegistry(
  person: PersonId,
  { policy, clock, agents }: Pick<AskingPorts, 'policy' | 'clock'> & { agents: Pick<GovernedReader, 'governed'> },
): Promise<Result<GovernedRegistry, 'not_permitted'>> {
  return mayRead(policy, person, clock.now()) ? ok(await agents.governed()) : refuse('not_permitted')
}
