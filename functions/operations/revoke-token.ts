import type { AgentId, PersonId, ToolId } from '../domain/values.ts'
import { carryOut, recordRefusal } from './carry-out.ts'
import type { AccessToken, DecidingPorts } from './ports.ts'

/**
 * An agent, or a person who broke the glass, gives their own access token back: it and the AWS credentials that were claimed with it end at once, and the
 * grant lives on. What is not the caller's stays as it is, and that they tried is on their record. Twice is once.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function revokeToken(
  { jti: credential, request, agent }: Pick<AccessToken, 'jti' | 'request' | 'agent'>,
  caller: { type: 'agent'; id: AgentId } | { type: 'person'; id: PersonId } | { type: 'tool'; id: ToolId },
  ports: Omit<DecidingPorts, 'ids'>,
): Promise<void> {
  if (caller.type !== 'tool' && caller.id === agent) {
    const bundle = ports.policy.bundle.hash
    await carryOut(request, ports, () => ({ type: 'revoke_credential', agent, credential, bundle }))
  } else await recordRefusal(caller, 'revoke_credential', 'not_permitted', ports)
}
