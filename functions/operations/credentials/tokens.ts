import { asOf } from '../../domain/requests/due.ts'
import type { AgentId, JsonObject, PersonId, ToolId } from '../../domain/values.ts'
import { findEnding } from '../policy/authority.ts'
import type { Clock } from '../ports.ts'
import { carryOut, recordRefusal } from '../requests/carry-out.ts'
import type { DecidingPorts, RequestStore } from '../requests/ports.ts'
import { authorizationDetail } from './issue-token.ts'
import type { AccessToken, KnownToken } from './ports.ts'

/** Who asks: an agent or a person about tokens of their own, or a tool about those that are meant for it. */
export type Introspector =
  | { type: 'agent'; id: AgentId }
  | { type: 'person'; id: PersonId }
  | { type: 'tool'; id: ToolId; audience: string | undefined }
type Ports = { requests: Pick<RequestStore, 'load' | 'dependencies'>; clock: Clock }

/**
 * Whether a verified token of ours is alive now, and if so what is left of it: read strongly, like a use. It asks no
 * policy and permits nothing: `beginUse` alone does. `undefined` for whoever may not know, and for a token that was
 * replaced, given back or overtaken by the end of its grant, of an ancestor's, or by a halt: nobody is told which.
 *
 * @throws StoreUnavailable
 */
export async function introspectToken(
  token: KnownToken,
  caller: Introspector,
  { requests, clock }: Ports,
): Promise<{ details: readonly JsonObject[] } | undefined> {
  if (!mayKnow(caller, token)) return undefined
  const stored = await requests.load(token.request)
  if (!stored) return undefined
  const now = clock.now()
  const state = asOf(stored.state, Math.max(now, stored.state.updatedAt))
  if (state.status !== 'approved' || state.grant.credentials.access_token?.id !== token.jti) return undefined
  // Its credentials can do nothing, with a tool that asks no more than this too.
  if (state.ask.breakGlass?.drill && caller.type === 'tool') return undefined
  if (await findEnding(state, now, { requests })) return undefined
  return { details: [authorizationDetail(state)] }
}

const mayKnow = (caller: Introspector, token: KnownToken): boolean =>
  caller.type === 'tool' ? caller.audience === token.audience : caller.id === token.agent

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
