// Rules: test/operations/credentials/introspection.test.ts, test/operations/requests/story.test.ts
import { loginWantedFor } from '../../domain/break-glass/break-glass.ts'
import { expiryOf } from '../../domain/credentials/issue.ts'
import { type Login, lackOf } from '../../domain/people/login-strength.ts'
import { agentStatus } from '../../domain/people/organisation.ts'
import { addressesOf, agentOf, type Bundle, personOf } from '../../domain/policy/bundle.ts'
import type { EndingCode, Intend, Issue } from '../../domain/record/commands.ts'
import { openingOf, rulesOf } from '../../domain/record/origin.ts'
import type { ApprovalRequest, ApprovedRequest } from '../../domain/record/request.ts'
import { keyOf, usesLeft } from '../../domain/record/request.ts'
import type { Refusal } from '../../domain/refusals.ts'
import type { RefusalOf } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import {
  type AgentId,
  type AskerId,
  type CredentialId,
  isAgent,
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
import { type IssuedKind, isTargetId, kinds } from '../../targets/kinds.ts'
import { Overtaken } from '../faults.ts'
import { authorityOf, findEnding } from '../policy/gather.ts'
import type { Policy } from '../policy/ports.ts'
import type { Clock, OnceOnly } from '../ports.ts'
import { type ReaderPorts, readStateFor } from '../previews/read-again.ts'
import { carryOut, readToAct } from '../record/carry-out.ts'
import type { DecidingPorts, MakingPorts, RequestReader } from '../record/ports.ts'
import { aboutStored, recordRefusal, refuseOnRecord } from '../record/refuse.ts'
import type { AccessToken, KnownToken, Signer } from './ports.ts'

export type Introspector =
  | { type: 'agent'; id: AgentId }
  | { type: 'person'; id: PersonId }
  | { type: 'tool'; id: ToolId; audience: string | undefined }

/**
 * The facts of a token. Introspection permits nothing: only `beginUse` does. Undefined for dead tokens and for callers
 * without the right alike, so that these cannot tell the two apart.
 */
export async function introspectToken(
  token: KnownToken,
  caller: Introspector,
  {
    requests,
    policy,
    clock,
  }: {
    requests: Pick<RequestReader, 'load' | 'dependencies'>
    policy: Pick<Policy, 'bundle'> & Partial<Pick<Policy, 'look'>>
    clock: Clock
  },
): Promise<{ details: readonly JsonObject[] } | undefined> {
  if (!mayKnow(caller, token)) return undefined
  const stored = await requests.load(token.request)
  if (!stored) return undefined
  const now = clock.now()
  const state = asOf(stored.state, Math.max(now, stored.state.updatedAt))
  if (state.status !== 'approved' || state.grant.credentials.access_token?.id !== token.jti) return undefined
  // A tool that only introspects must refuse a drill's token too.
  if (openingOf(state.ask)?.drill && caller.type === 'tool') return undefined
  const askers = [state.ask.agent.id, ...state.ask.chain.map(({ id }) => id)]
  await policy.look?.(askers)
  if (await findEnding(state, now, { requests, policy })) return undefined
  if (!askers.every((asker) => isStillActive(asker, policy.bundle, now))) return undefined
  return { details: [authorizationDetail(state)] }
}

function isStillActive(asker: AskerId, bundle: Bundle, now: NumericDate): boolean {
  if (!isAgent(asker)) return personOf(bundle, asker)?.status === 'active'
  const agent = agentOf(bundle, asker)
  return agent !== undefined && agentStatus(agent, bundle.directory, now) === 'active'
}

const mayKnow = (caller: Introspector, token: KnownToken): boolean =>
  caller.type === 'tool' ? caller.audience === token.audience : caller.id === token.agent

/**
 * Ends the token and the credentials of the target claimed with it; the grant stays live (RFC 7009). A repeat changes
 * nothing.
 */
export async function revokeToken(
  { jti: credential, request, agent }: Pick<AccessToken, 'jti' | 'request' | 'agent'>,
  caller: { type: 'agent'; id: AgentId } | { type: 'person'; id: PersonId } | { type: 'tool'; id: ToolId },
  ports: DecidingPorts,
): Promise<void> {
  if (caller.type !== 'tool' && caller.id === agent) {
    await carryOut(request, ports, () => ({ type: 'revoke_credential', agent, credential }))
    return
  }
  const stored = await ports.requests.load(request)
  await recordRefusal(caller, 'revoke_credential', 'not_permitted', ports, aboutStored(stored))
}

type TokenAsk = {
  id: RequestId
  agent: AskerId
  clientId: string
  jkt: Thumbprint
  /** The person's login: an opening without a key is bound only to a key from an equally strong login. */
  login?: Login
  /** `audience` and `resource` (RFC 8693 section 2.1): each must be the token's audience. */
  targets: readonly string[]
  /** The proof's replay key, and other once-only keys. */
  once: readonly OnceOnly[]
}

export type TokenRefusal = RefusalOf<Intend | Issue> | EndingCode | 'replayed' | 'invalid_target' | 'insufficient_login'
/** `arguments`: the approved ones, perhaps narrowed. */
export type IssuedToken = {
  token: string
  expiresIn: number
  details: readonly JsonObject[]
  arguments: JsonObject
}
export type TokenPorts = MakingPorts & ReaderPorts & { signer: Signer; issuer: string }

/**
 * Signs a token before its entry is committed, and returns it after. Intent and issue are committed together; if that
 * fails the signature is dropped, so no caller has seen a token without an entry.
 * @throws KeyUnavailable, Overtaken
 */
export async function issueToken(ask: TokenAsk, ports: TokenPorts): Promise<Result<IssuedToken, TokenRefusal>> {
  const { policy, clock } = ports
  const stored = await readToAct(ask.id, ports)
  const refused = refuseOnRecord(ask.agent, 'intend', ports, aboutStored(stored))
  if (stored?.state.ask.agent.id !== ask.agent) return refused('unknown_request')
  const audience = audienceOf(stored.state.ask.action, ports)
  if (ask.targets.some((target) => target !== audience))
    return refused('invalid_target', `the audience should be ${audience}`)
  const lacks = lackOfLogin(stored.state, ask, ports)
  if (lacks !== undefined) return refused('insufficient_login', lacks)
  const credential = ports.ids.credential()
  const { agent, jkt } = ask
  const mayRebind = agentOf(policy.bundle, agent)?.rebind === true
  let signed: Signed | undefined
  const issued = await carryOut(
    ask.id,
    ports,
    async (state, now, requests) => ({
      ...(await authorityOf(
        state,
        { moment: 'issue', now },
        { ...ports, requests },
        readStateFor(state, claim, ports),
      )),
      type: 'intend',
      ...{ agent, jkt, claim, credential, mayRebind },
    }),
    ask.once,
    {
      first: stored,
      toAct: true,
      handsOut: {},
      follow: async (state) => {
        signed = await signToken(state as ApprovedRequest, credential, ask, ports)
        return { type: 'issue', agent, claim, credential }
      },
    },
  )
  if (!issued.ok) return overtaken(issued)
  const { token, expiresAt, details } = signed as Signed
  const expiresIn = Math.max(0, expiresAt - clock.now())
  return ok({ token, expiresIn, details, arguments: issued.value.state.ask.arguments })
}

type Signed = { token: string; expiresAt: NumericDate; details: readonly JsonObject[] }

/** RFC 9068, RFC 9396, RFC 9449 section 6, RFC 8693 section 4.1. */
async function signToken(
  live: ApprovedRequest,
  jti: CredentialId,
  { clientId, jkt }: TokenAsk,
  ports: TokenPorts,
): Promise<Signed> {
  const issuedAt = ports.clock.now()
  const expiresAt = expiryOf(live, issuedAt)
  const details = [authorizationDetail(live)]
  const claims: JsonObject = {
    iss: ports.issuer,
    sub: subjectOf(live),
    client_id: clientId,
    aud: audienceOf(live.ask.action, ports),
    iat: issuedAt,
    nbf: issuedAt,
    exp: expiresAt,
    jti,
    txn: live.ask.id,
    cnf: { jkt: keyOf(live) ?? jkt },
    ...actClaimOf(live),
    authorization_details: details,
  }
  return { token: await ports.signer.sign('at+jwt', claims), expiresAt, details }
}

export function overtaken<R extends { ok: false; code: Refusal }>(refused: R): R {
  if (refused.code === 'credential_superseded') throw new Overtaken('another issue came first')
  return refused
}

/** The missing strength of login: a key is bound to an opening only by a login strong enough to open it. */
function lackOfLogin(
  state: ApprovalRequest,
  { login = {} }: TokenAsk,
  { policy: { bundle }, clock }: Pick<TokenPorts, 'policy' | 'clock'>,
): string | undefined {
  const opening = openingOf(state.ask)
  if (!opening || keyOf(state) !== undefined) return undefined
  return lackOf(login, loginWantedFor(opening, bundle), clock.now())
}

const claim: IssuedKind = 'access_token'

/** The subject: the first delegator, or the agent itself (RFC 8693 section 4.1). */
const subjectOf = ({ ask }: ApprovedRequest): AskerId => ask.chain[0]?.id ?? ask.agent.id

/** The agent, and nested in it each delegator, the last delegator outermost. Empty without delegation. */
function actClaimOf({ ask }: ApprovedRequest): { act?: Json } {
  if (rulesOf(ask).isOwn) return {}
  const before = ask.chain
    .slice(1)
    .reduce<Json | undefined>((act, { id }) => (act ? { sub: id, act } : { sub: id }), undefined)
  return { act: before ? { sub: ask.agent.id, act: before } : { sub: ask.agent.id } }
}

/** The token's rights, in the token response, the token and introspection (RFC 9396 section 7). */
const authorizationDetail = (state: ApprovedRequest): JsonObject => ({
  type: 'hotwork_action',
  request: state.ask.id,
  grant: state.grant.id,
  action: state.ask.action,
  resource: state.ask.resource as Json,
  digest: state.ask.digest,
  arguments_digest: state.ask.argumentsDigest,
  uses: usesLeft(state),
  ...rightsIn(openingOf(state.ask)),
})

const rightsIn = (opening: ReturnType<typeof openingOf>) =>
  opening && { break_glass: true, ...(opening.drill ? { drill: true } : {}), rights: opening.rights }

export function audienceOf(
  action: string,
  { policy: { bundle }, issuer }: Pick<TokenPorts, 'policy' | 'issuer'>,
): string {
  const entry = bundle.actions[action]
  // All rights of a profile are in AWS, so a profile has no tool.
  const tool = entry?.tool ?? kinds.aws.id
  return isTargetId(tool) ? `${issuer}/${tool}` : (addressesOf(bundle, tool)?.audience ?? `${issuer}/unknown`)
}
