import type { Subject } from '../../../functions/domain/agents/agent-file.ts'
import { AgentId, type Digest } from '../../../functions/domain/values.ts'
import { evidenceOf } from '../../../functions/operations/agents/recertify.ts'
import type { World } from '../world.ts'

/** The digest of the evidence that a person is shown of a subject now. */
export async function evidenceNow(
  { agents, policy }: Pick<World, 'agents' | 'policy'>,
  subject: Subject,
): Promise<Digest> {
  const id = AgentId.safeParse(subject)
  const file = id.success ? (await agents.files([id.data])).get(id.data) : undefined
  return evidenceOf(subject, file ?? {}, policy).digest
}
