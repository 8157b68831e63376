import { loginWantedFor, longestCredential } from '../../domain/break-glass/break-glass.ts'
import { type Login, lackOf } from '../../domain/people/login-strength.ts'
import { addressesOf, agentOf } from '../../domain/policy/bundle.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { asOf } from '../../domain/requests/due.ts'
import {
  type ApprovalRequest,
  type ApprovedRequest,
  type Claim,
  keyOf,
  usesLeft,
} from '../../domain/requests/request.ts'
import {
  type AgentId,
  type AskerId,
  type CredentialId,
  type Json,
  type JsonObject,
  type NumericDate,
  ok,
  type PersonId,
  type RequestId,
  type Result,
  type Thumbprint,
  type ToolId,
} from '../../domain/values.ts'
import { Overtaken } from '../faults.ts'
import { authorityOf, findEnding } from '../policy/authority.ts'
import type { Clock, OnceOnly } from '../ports.ts'
import { aboutStored, carryOut, recordRefusal, refuseOnRecord, stillStands } from '../requests/carry-out.ts'
import type { DecidingPorts, MakingPorts, RequestReader } from '../requests/ports.ts'
import type { AccessToken, KnownToken, Signer } from './ports.ts'

/** Who asks: an agent or a person about tokens of their own, or a tool about those that are meant for it. */
export type Introspector =
  | { type: 'agent'; id: AgentId }
  | { type: 'person'; id: PersonId }
  | { type: 'tool'; id: ToolId; audience: string | undefined }

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
  { requests, clock }: { requests: Pick<RequestReader, 'load' | 'dependencies'>; clock: Clock },
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
 * An agent, or a person who used break-glass, gives their own access token back: it and the AWS credentials that were claimed with it end at once, and the
 * grant lives on. What is not the caller's stays as it is, and that they tried is on their record. Twice is once.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function revokeToken(
  { jti: credential, request, agent }: Pick<AccessToken, 'jti' | 'request' | 'agent'>,
  caller: { type: 'agent'; id: AgentId } | { type: 'person'; id: PersonId } | { type: 'tool'; id: ToolId },
  ports: DecidingPorts,
): Promise<void> {
  if (caller.type !== 'tool' && caller.id === agent) {
    await carryOut(request, ports, () => ({ type: 'revoke_credential', agent, credential }))
  } else await recordRefusal(caller, 'revoke_credential', 'not_permitted', ports)
}

/** An agent with its workload identity and a proof of the key that asked. */
type TokenAsk = {
  id: RequestId
  agent: AskerId
  clientId: string
  jkt: Thumbprint
  /** How a person logged in: what was opened without a key takes as strong a login to be bound to one. */
  login?: Login
  /** `audience` and `resource`, where the agent names them: each must be the audience of the token (RFC 8693 section 2.1). */
  targets: readonly string[]
  /** The proof's replay key. */
  once: OnceOnly
}

type IssuedToken = { token: string; expiresIn: number; details: readonly JsonObject[] }
type Ports = MakingPorts & { signer: Signer; issuer: string }

/**
 * Issues the access token of a live grant: the intent is recorded, then the token is signed, then it is recorded as
 * issued if the grant is still live, and only then is it answered. A crash between leaves a token that nobody has.
 *
 * @throws KeyUnavailable, StoreUnavailable, StaleRequest, Overtaken
 */
export async function issueToken(ask: TokenAsk, ports: Ports): Promise<Result<IssuedToken, Refusal>> {
  const { policy, ids, clock } = ports
  const stored = await ports.requests.load(ask.id)
  const refused = refuseOnRecord(ask.agent, 'intend', ports, aboutStored(stored))
  if (stored?.state.ask.agent.id !== ask.agent) return refused('unknown_request')
  const audience = audienceOf(stored.state.ask, ports)
  if (ask.targets.some((target) => target !== audience))
    return refused('invalid_target', `the audience should be ${audience}`)
  const lacks = lackOfLogin(stored.state, ask, ports)
  if (lacks !== undefined) return refused('insufficient_login', lacks)
  const credential = ids.credential()
  const intended = await carryOut(
    ask.id,
    ports,
    async (state, now) => ({
      ...(await authorityOf(state, 'issue', now, ports)),
      type: 'intend',
      agent: ask.agent,
      jkt: ask.jkt,
      claim,
      credential,
      mayRebind: agentOf(policy.bundle, ask.agent)?.rebind === true,
    }),
    [ask.once, { key: `JTI#${credential}`, value: ask.id, expiresAt: clock.now() + 86_400 }],
  )
  if (!intended.ok) return intended
  const live = intended.value.state as ApprovedRequest
  const jkt = keyOf(live) ?? ask.jkt
  const issuedAt = clock.now()
  const expiresAt = expiryOf(live, issuedAt)
  const claims = accessTokenClaims(live, {
    credential,
    clientId: ask.clientId,
    audience,
    jkt,
    issuedAt,
    expiresAt,
    issuer: ports.issuer,
  })
  const token = await ports.signer.sign('at+jwt', claims)
  const issued = await carryOut(ask.id, ports, () => ({ type: 'issue', agent: ask.agent, claim, credential }))
  if (!issued.ok) return overtaken(issued)
  const stands = await stillStands(issued.value, ports)
  if (!stands.ok) return stands
  return ok({
    token,
    expiresIn: Math.max(0, expiresAt - clock.now()),
    details: claims['authorization_details'] as JsonObject[],
  })
}

/** As the record will have it: the first claim cuts an agent's grant, and for an opening each credential is short. */
const expiryOf = ({ ask, grant }: ApprovedRequest, at: NumericDate): NumericDate => {
  if (ask.breakGlass) return Math.min(grant.notAfter, at + longestCredential)
  return grant.claimedAt === undefined ? Math.min(grant.notAfter, at + ask.lifetime) : grant.notAfter
}

/** Another mint of the same agent came in between. Its credential is the one that lives; asking again is safe. */
export function overtaken<R extends { ok: false; code: Refusal }>(refused: R): R {
  if (refused.code === 'credential_superseded') throw new Overtaken('another mint came first')
  return refused
}

/**
 * What a login lacks that would bind what was opened without a key to the first one. Else a stolen token that is too weak to
 * open anything could still be the first to claim what its owner opened.
 */
function lackOfLogin(
  state: ApprovalRequest,
  { login = {} }: TokenAsk,
  { policy: { bundle }, clock }: Pick<Ports, 'policy' | 'clock'>,
): string | undefined {
  const { breakGlass } = state.ask
  if (!breakGlass || keyOf(state) !== undefined) return undefined
  return lackOf(login, loginWantedFor(breakGlass, bundle), clock.now())
}

const claim: Claim = 'access_token'

/** On whose behalf: the first delegator, or the agent itself (RFC 8693 section 4.1). */
const subjectOf = ({ ask }: ApprovedRequest): AskerId => ask.chain[0]?.id ?? ask.agent.id

/** Who acts now, and in it who passed it on, the last one outermost. Nothing where nothing was delegated. */
function actOf({ ask }: ApprovedRequest): { act?: Json } {
  if (ask.chain.length === 0) return {}
  const before = ask.chain
    .slice(1)
    .reduce<Json | undefined>((act, { id }) => (act ? { sub: id, act } : { sub: id }), undefined)
  return { act: before ? { sub: ask.agent.id, act: before } : { sub: ask.agent.id } }
}

type Minting = {
  credential: CredentialId
  clientId: string
  audience: string
  jkt: Thumbprint
  issuedAt: NumericDate
  expiresAt: NumericDate
  issuer: string
}

/** The claims of an access token (RFC 9068, RFC 9396, RFC 9449 section 6, RFC 8693 section 4.1). */
function accessTokenClaims(
  state: ApprovedRequest,
  { credential, clientId, audience, jkt, issuedAt, expiresAt, issuer }: Minting,
): JsonObject {
  const { ask } = state
  return {
    iss: issuer,
    sub: subjectOf(state),
    client_id: clientId,
    aud: audience,
    iat: issuedAt,
    nbf: issuedAt,
    exp: expiresAt,
    jti: credential,
    txn: ask.id,
    cnf: { jkt },
    ...actOf(state),
    authorization_details: [authorizationDetail(state)],
  }
}

/** What the token allows, as in the token response, in the token and in introspection (RFC 9396 section 7). */
const authorizationDetail = (state: ApprovedRequest): JsonObject => ({
  type: 'hotwork_action',
  request: state.ask.id,
  grant: state.grant.id,
  action: state.ask.action,
  resource: state.ask.resource as Json,
  digest: state.ask.digest,
  arguments_digest: state.ask.argumentsDigest,
  uses: usesLeft(state),
  ...(state.ask.breakGlass === undefined
    ? {}
    : {
        break_glass: true,
        ...(state.ask.breakGlass.drill ? { drill: true } : {}),
        rights: state.ask.breakGlass.rights,
      }),
})

/** One audience: the gated tool, or Hotwork's own broker where the action is AWS's. */
function audienceOf(
  { action }: ApprovalRequest['ask'],
  { policy: { bundle }, issuer }: Pick<Ports, 'policy' | 'issuer'>,
): string {
  const tool = bundle.actions[action]?.tool ?? 'aws'
  return tool === 'aws' ? `${issuer}/aws` : (addressesOf(bundle, tool)?.audience ?? `${issuer}/unknown`)
}
