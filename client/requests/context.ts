// Rules: test/client/requests/ask.test.ts
import { AgentApi } from '../agent/agent-api.ts'
import { type Identity, isIdentified, resolveIdentity } from '../identity/identity.ts'
import { type Prove, proverOf } from '../journal/keys.ts'
import { wrongUsage } from '../outcome.ts'
import type { AgentSettings } from '../settings.ts'
import type { Surroundings } from '../surroundings.ts'
import type { KeptRequest, KeptRequests } from './kept-requests.ts'

/** The context of an agent's verb. */
export type AgentContext = {
  settings: AgentSettings
  kept: KeptRequests
  surroundings: Surroundings
  json: boolean
  /** Aborts every call and every wait. */
  signal?: AbortSignal
}

/** The API as an agent. On the local stack the request names the agent if no setting does. */
export function agentApi(
  { settings, surroundings, signal }: Pick<AgentContext, 'settings' | 'surroundings' | 'signal'>,
  { agent, prove = withoutKey }: { agent?: string | undefined; prove?: Prove },
): AgentApi {
  const { apiUrl: issuer } = settings
  const identity = identityOf({ settings, surroundings }, agent)
  return new AgentApi({ issuer, identity, prove, signal, waiting: surroundings })
}

/** The API by the key of a request that this machine asked for. */
export const agentApiOf = async (kept: KeptRequest, context: AgentContext): Promise<AgentApi> =>
  agentApi(context, { agent: kept.agent, prove: await proverOf(kept) })

/** The agent's identity: the configured one, or the first source that is set up. */
export function identityOf(
  { settings: { as, local }, surroundings }: Pick<AgentContext, 'settings' | 'surroundings'>,
  agent?: string | undefined,
): Identity {
  if (as !== undefined) return resolveIdentity({ as }, surroundings)
  const isUnsaid = local && !isIdentified(surroundings.env)
  return resolveIdentity(isUnsaid && agent !== undefined ? { as: agent } : undefined, surroundings)
}

const withoutKey: Prove = async () => {
  throw wrongUsage('the key of this request is not on this machine', 'only the machine that asked has it')
}
