import type { Call } from '../adapters/http/endpoint.ts'
import { apiProblem, type BadRequest, badProof, badRequest } from '../adapters/http/problem.ts'
import { type DpopProof, rememberUntil, replayKey, verifyDpop } from '../adapters/jose/dpop.ts'
import { IdentityVerifier, type VerifiedIdentity } from '../adapters/jose/identity.ts'
import { type GroupsSaid, loginGroups, loginHoldsUntil } from '../domain/people/group-source.ts'
import { type Agent, type Identity, type Person, type Tool, withIdentity } from '../domain/people/organisation.ts'
import type { AgentRef } from '../domain/policy/agent-ref.ts'
import type { Bundle } from '../domain/policy/bundle.ts'
import { type AskerId, defined, type Result } from '../domain/values.ts'
import type { Clock, OnceOnly } from '../operations/ports.ts'

export type ProvenPerson = {
  person: Person
  proven: { issuer: string; subject: string }
  login: { acr?: string; at?: number }
} & GroupsSaid

/** A caller that may hold an access token of ours or be shown one. */
export type Holder =
  | { type: 'agent'; id: Agent['id'] }
  | { type: 'tool'; id: Tool['id'] }
  | { type: 'person'; id: Person['id'] }

/**
 * Finds out who calls. Agents and tools have workload tokens, people have people's; no token is taken for another kind.
 * Every method throws BadRequest 401 for a token that is missing, bad or of another kind of caller.
 */
export class Callers {
  readonly #policy: { readonly bundle: Bundle }
  readonly #issuer: string
  readonly #clock: Clock
  readonly #verifier: IdentityVerifier

  /** @param policy its bundle is read at each call: who is active changes with time, and with each recertification */
  constructor(policy: { readonly bundle: Bundle }, issuer: string, clock: Clock) {
    this.#policy = policy
    this.#issuer = issuer
    this.#clock = clock
    this.#verifier = new IdentityVerifier(policy.bundle.deployment.issuers, issuer, clock)
  }

  async agent(call: Call): Promise<{ agent: Agent; ref: AgentRef }> {
    return this.agentOf(bearer(call, this.#issuer))
  }

  /** An agent that proves a key. If its token comes by the DPoP scheme, the proof is for that token (RFC 9449 section 7.1). */
  async provenAgent(call: Call, where: { method: string; path: string }) {
    const token = dpopToken(call)
    if (token === undefined && tokenBy('bearer', call) === undefined)
      throw unauthorized(this.#issuer, undefined, ', DPoP algs="ES256"')
    const { ref } = await (token === undefined ? this.agent(call) : this.agentOf(token))
    const proven = await this.proof(call, { ...where, ...defined({ accessToken: token }) })
    return { ref, ...proven }
  }

  async agentOf(token: string): Promise<{ agent: Agent; ref: AgentRef }> {
    const identity = await this.#identify(token)
    const agent = this.#whoIs(this.#policy.bundle.agents, identity)
    if (!agent) throw this.#unauthorized('the token belongs to no agent known here')
    return { agent, ref: { id: agent.id, issuer: identity.issuer, subject: identity.subject } }
  }

  async agentOrTool(call: Call): Promise<Exclude<Holder, { type: 'person' }>> {
    const holder = await this.holder(call)
    if (holder.type === 'person') throw this.#unauthorized('the token belongs to no agent or tool known here')
    return holder
  }

  /** A person may hold a token of ours too, by break-glass. */
  async holder(call: Call): Promise<Holder> {
    return this.#holderOf(await this.#identify(bearer(call, this.#issuer)))
  }

  /** A client of the authorization server, by a bearer token or, as OAuth libraries do, an assertion (RFC 7523 section 2.2). */
  async client(call: Call, form: ReadonlyMap<string, string>): Promise<Holder> {
    const [assertion, type] = [form.get('client_assertion'), form.get('client_assertion_type')]
    if (assertion === undefined && type === undefined) return this.holder(call)
    if (call.header('authorization') !== undefined)
      throw badRequest('invalid_request', 'A client proves itself in one way', 'send the token or the assertion')
    if (assertion === undefined || type !== jwtBearer)
      throw this.#unauthorized(`\`client_assertion\` should come with \`client_assertion_type\` ${jwtBearer}`)
    const identity = await this.#identify(assertion)
    const named = form.get('client_id')
    if (named !== undefined && named !== identity.subject)
      throw this.#unauthorized('`client_id` is not the subject of the assertion')
    return this.#holderOf(identity)
  }

  #holderOf(identity: VerifiedIdentity): Holder {
    const agent = this.#whoIs(this.#policy.bundle.agents, identity)
    if (agent) return { type: 'agent', id: agent.id }
    const tool = this.#whoIs(this.#policy.bundle.tools, identity)
    if (tool) return { type: 'tool', id: tool.id }
    const person = this.#personOf(identity)
    if (person) return { type: 'person', id: person.id }
    throw this.#unauthorized('the token belongs to no agent or tool known here')
  }

  async tool(call: Call): Promise<Tool> {
    const tool = this.#whoIs(this.#policy.bundle.tools, await this.#identify(bearer(call, this.#issuer)))
    if (!tool) throw this.#unauthorized('the token belongs to no tool known here')
    return tool
  }

  async person(call: Call): Promise<ProvenPerson> {
    return this.personOf(bearer(call, this.#issuer))
  }

  async personOf(token: string): Promise<ProvenPerson> {
    const identity = await this.#identify(token)
    const person = this.#personOf(identity)
    if (!person) throw this.#unauthorized('the token belongs to no active person known here')
    const { acr, authTime, issuer, subject } = identity
    const { issuedAt, expiresAt, groups } = identity
    // From when the token was made: sent again and again, it says no more of who is in a group now.
    const made = issuedAt === undefined ? undefined : { now: issuedAt, expiresAt }
    const said: GroupsSaid =
      groups && made
        ? {
            claimed: loginGroups(this.#policy.bundle.directory, groups, made),
            saidUntil: loginHoldsUntil(made),
          }
        : {}
    return { person, proven: { issuer, subject }, login: defined({ acr, at: authTime }), ...defined(said) }
  }

  /** The proof of a key, for this address. The `once` is its replay key, to be committed with what it is for. */
  async proof(
    call: Call,
    where: { method: string; path: string; accessToken?: string },
    refuse: (detail: string) => BadRequest = badProof,
  ): Promise<{ proof: DpopProof; once: OnceOnly }> {
    const header = call.header('dpop')
    if (header === undefined) throw refuse('the `DPoP` header is missing')
    const { path, ...shown } = where
    const now = this.#clock.now()
    const verified = await verifyDpop({ ...shown, proof: header, url: `${this.#issuer}${path}`, now })
    if (!verified.ok) throw refuse(verified.detail ?? 'the proof is bad')
    const proof = verified.value
    return { proof, once: { key: replayKey(proof), value: proof.jti, expiresAt: rememberUntil(proof) } }
  }

  /** An ID token is refused: people's ID tokens are evidence in the ledger, whose readers must not act with them. */
  #personOf(identity: VerifiedIdentity): Person | undefined {
    const person = this.#whoIs(this.#policy.bundle.directory.people, identity)
    if (person && identity.ofLogin)
      throw this.#unauthorized('it has a `nonce`, so it is an ID token: send an access token')
    return person?.status === 'active' ? person : undefined
  }

  #whoIs<T extends { identities: readonly Identity[] }>(
    all: readonly T[],
    { alias, subject, claims }: VerifiedIdentity,
  ): T | undefined {
    return withIdentity(all, { issuer: alias, subject, claims }, this.#clock.now())
  }

  #unauthorized(detail: string): BadRequest {
    return unauthorized(this.#issuer, detail)
  }

  async #identify(token: string): Promise<VerifiedIdentity> {
    const verified = await this.#verifier.verify(token)
    if (verified.ok) return verified.value
    throw this.#unauthorized(verified.detail ?? verified.code.replaceAll('_', ' '))
  }
}

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

function tokenBy(scheme: 'bearer' | 'dpop', call: Call): string | undefined {
  const [sent, token, ...more] = (call.header('authorization') ?? '').split(' ')
  return sent?.toLowerCase() === scheme && token && more.length === 0 ? token : undefined
}

export const dpopToken = (call: Call): string | undefined => tokenBy('dpop', call)

function bearer(call: Call, issuer: string): string {
  const token = tokenBy('bearer', call)
  if (token === undefined) throw unauthorized(issuer)
  return token
}

/** A person may ask only about the token of their own opening. @throws BadRequest 401 */
export function mustBeTheirs(issuer: string, holder: Holder, known: Result<{ agent: AskerId }, string>): void {
  if (holder.type === 'person' && !(known.ok && known.value.agent === holder.id))
    throw unauthorized(issuer, 'the token belongs to no agent or tool known here')
}

/** RFC 6750 section 3: no error code when no token was sent. */
export function unauthorized(issuer: string, detail?: string, others = ''): BadRequest {
  const error = detail === undefined ? '' : ', error="invalid_token"'
  const challenge = `Bearer resource_metadata="${issuer}/.well-known/oauth-protected-resource"${error}${others}`
  const code = detail === undefined ? 'missing_token' : 'invalid_token'
  return apiProblem(401, code, detail, { 'www-authenticate': challenge })
}
