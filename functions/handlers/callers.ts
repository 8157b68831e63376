import type { Call } from '../adapters/http/endpoint.ts'
import { apiProblem, type BadRequest, badProof, badRequest } from '../adapters/http/problem.ts'
import { type DpopProof, rememberUntil, replayKey, verifyDpop } from '../adapters/jose/dpop.ts'
import { IdentityVerifier, type VerifiedIdentity } from '../adapters/jose/identity.ts'
import { type GroupsSaid, loginHoldsUntil, pickLoginGroups } from '../domain/people/group-source.ts'
import { type Agent, type Identity, type Person, type Tool, withIdentity } from '../domain/people/organisation.ts'
import type { AgentRef } from '../domain/policy/agent-ref.ts'
import type { Bundle } from '../domain/policy/bundle.ts'
import { type AskerId, defined, type Result } from '../domain/values.ts'
import type { UnknownCallers } from '../operations/agents/unknown-callers.ts'
import type { Clock, OnceOnly } from '../operations/ports.ts'

export type ProvenPerson = {
  person: Person
  proven: { issuer: string; subject: string }
  login: { acr?: string; at?: number }
} & GroupsSaid

/** A caller that may hold or receive one of Hotwork's access tokens. */
export type Holder =
  | { type: 'agent'; id: Agent['id'] }
  | { type: 'tool'; id: Tool['id'] }
  | { type: 'person'; id: Person['id'] }

/**
 * Authenticates callers. Agents and tools have workload tokens, people have people's tokens, and each kind of token is
 * accepted only for its own callers. Every method throws BadRequest 401 for a missing or invalid token, or one of a
 * different kind.
 */
export class Callers {
  readonly #policy: { readonly bundle: Bundle }
  readonly #issuer: string
  readonly #clock: Clock
  readonly #verifier: IdentityVerifier
  readonly #unknown: Pick<UnknownCallers, 'note'> | undefined

  /**
   * @param policy its bundle is read at each call, since recertifications and dates change who is active
   * @param unknown notes tokens that verify and belong to no one
   */
  constructor(
    policy: { readonly bundle: Bundle },
    issuer: string,
    clock: Clock,
    unknown?: Pick<UnknownCallers, 'note'> | undefined,
  ) {
    this.#unknown = unknown
    this.#policy = policy
    this.#issuer = issuer
    this.#clock = clock
    this.#verifier = new IdentityVerifier(policy.bundle.deployment.issuers, issuer, clock)
  }

  async agent(call: Call): Promise<{ agent: Agent; ref: AgentRef }> {
    return this.agentOf(bearer(call, this.#issuer))
  }

  /** An agent with a proof of its key. With the DPoP scheme the proof is bound to its token (RFC 9449 section 7.1). */
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
    if (!agent) throw await this.#strange(identity, 'the token belongs to no agent known here')
    return { agent, ref: { id: agent.id, issuer: identity.issuer, subject: identity.subject } }
  }

  async agentOrTool(call: Call): Promise<Exclude<Holder, { type: 'person' }>> {
    const holder = await this.holder(call)
    if (holder.type === 'person') throw this.#unauthorized('the token belongs to no agent or tool known here')
    return holder
  }

  /** The holder may be a person, who has a token of ours by break-glass. */
  async holder(call: Call): Promise<Holder> {
    return this.#holderOf(await this.#identify(bearer(call, this.#issuer)))
  }

  /**
   * A client of the authorization server, by a bearer token or by an assertion, as OAuth libraries send it (RFC 7523
   * section 2.2).
   */
  async client(call: Call, form: ReadonlyMap<string, string>): Promise<Holder> {
    const [assertion, type] = [form.get('client_assertion'), form.get('client_assertion_type')]
    if (assertion === undefined && type === undefined) return this.holder(call)
    if (call.header('authorization') !== undefined)
      throw badRequest(
        'invalid_request',
        'A client sends one proof of identity',
        'send either the token or the assertion',
      )
    if (assertion === undefined || type !== jwtBearer)
      throw this.#unauthorized(`\`client_assertion\` should come with \`client_assertion_type\` ${jwtBearer}`)
    const identity = await this.#identify(assertion)
    const named = form.get('client_id')
    if (named !== undefined && named !== identity.subject)
      throw this.#unauthorized('`client_id` is not the subject of the assertion')
    return this.#holderOf(identity)
  }

  async #holderOf(identity: VerifiedIdentity): Promise<Holder> {
    const agent = this.#whoIs(this.#policy.bundle.agents, identity)
    if (agent) return { type: 'agent', id: agent.id }
    const tool = this.#whoIs(this.#policy.bundle.tools, identity)
    if (tool) return { type: 'tool', id: tool.id }
    const person = this.#personOf(identity)
    if (person) return { type: 'person', id: person.id }
    throw await this.#strange(identity, 'the token belongs to no agent or tool known here')
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
    // Counts from the token's own time, so that group claims age with it.
    const made = issuedAt === undefined ? undefined : { now: issuedAt, expiresAt }
    const said: GroupsSaid =
      groups && made
        ? {
            claimed: pickLoginGroups(this.#policy.bundle.directory, groups, made),
            saidUntil: loginHoldsUntil(made),
          }
        : {}
    return { person, proven: { issuer, subject }, login: defined({ acr, at: authTime }), ...defined(said) }
  }

  /** The proof of a key for this address. `once` is its replay key, committed together with the act. */
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

  /**
   * Undefined for an ID token: people's ID tokens are evidence in the ledger, and its readers must not be able to act
   * with them.
   */
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

  /** The refusal of a verified token, which is noted if its caller is unknown. */
  async #strange(identity: VerifiedIdentity, detail: string): Promise<BadRequest> {
    const { agents, tools, directory } = this.#policy.bundle
    const isKnown = [agents, tools, directory.people].some((all: readonly Pick<Agent, 'identities'>[]) =>
      this.#whoIs(all, identity),
    )
    if (!isKnown) await this.#unknown?.note(identity)
    return this.#unauthorized(detail)
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

/** Refuses a person's question about another person's opening. @throws BadRequest 401 */
export function mustBeTheirs(issuer: string, holder: Holder, known: Result<{ agent: AskerId }, string>): void {
  if (holder.type === 'person' && !(known.ok && known.value.agent === holder.id))
    throw unauthorized(issuer, 'the token belongs to no agent or tool known here')
}

/** RFC 6750 section 3: a call without a token gets no error code. */
export function unauthorized(issuer: string, detail?: string, others = ''): BadRequest {
  const error = detail === undefined ? '' : ', error="invalid_token"'
  const challenge = `Bearer resource_metadata="${issuer}/.well-known/oauth-protected-resource"${error}${others}`
  const code = detail === undefined ? 'missing_token' : 'invalid_token'
  return apiProblem(401, code, detail, { 'www-authenticate': challenge })
}
