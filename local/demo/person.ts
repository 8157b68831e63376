// Rules: test/local/demo-ledger.test.ts
import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { Api } from '../../client/api.ts'
import type { Sending } from '../../client/http.ts'
import type { Prove } from '../../client/journal/keys.ts'
import { type Login, localLogin } from '../../client/login/login.ts'
import type { AwsCredentials, TokenAnswer } from '../../functions/domain/cards/wire/task.ts'
import type { Local } from '../local-file.ts'
import { call, newProver, quietMachine } from './calls.ts'
import type { Chained } from './chain.ts'

/** The members of a request that the demo reads. */
export interface Request {
  id: string
  status: string
  owner: string
  tier: number
  digest: string
  /** The tool of an MCP server, in a request to call it. */
  mcp?: { server: { name: string; version: string }; tool: string; schema: string }
  round: number
  stage: string | null
  stages: { name: string; quorum: number; decisions: { person: string; verdict: string }[] }[]
  revises?: string
  suggested_by?: string[]
  grant?: { id: string; uses_left: number; status: string }
  /** The steps of a plan. */
  steps?: { step: number; request: string; agent: string; status: string }[]
}

/** Lines such as `person:ben for owner`. */
export const decisionsOf = ({ stages }: Request): string[] =>
  stages.flatMap(({ name, decisions }) => decisions.map(({ person }) => `${person} for ${name}`))

export interface Entry extends Chained {
  type: string
  at: string
  /** `chain`: the delegators. */
  actor: { type: string; id: string; chain?: string[] }
  parent_task: { id: string } | null
  resource: { type: string; id: string } | null
  policies: string[]
  facts: Record<string, unknown>
}

export type Halt = { id: string; by: string; at: string; reason: string; lifted?: { by: string; at: string } }

export type OpeningTerms = { profile: string; reason: string; incident: string; minutes: number }

export interface Opening {
  id: string
  not_after: string
  budget_left_minutes?: number
  review: { due_at: string; status: string; by?: string; outcome?: string }
}

/** `acr`: the strength of the person's login; by default the usual one. */
type Call = { body?: object; headers?: Record<string, string>; acr?: string | undefined; proven?: boolean }

const approvalOf = ({ id, stage, round, digest }: Request) => ({
  path: `/v1/requests/${id}/decisions`,
  json: { verdict: 'approve', stage, round, digest },
})

/** A person at the API, with their own token and key. All methods throw `Refusal` if the API refuses. */
export class Person {
  readonly id: string
  /** The first name: `Ben` of `person:ben`. */
  readonly name: string
  readonly groups: readonly string[]
  readonly slackUserId: string
  readonly #local: Local
  readonly #client: Local['people'][number]
  readonly #tokens = new Map<string | undefined, string>()
  #prover: Promise<Prove> | undefined

  constructor(client: Local['people'][number], local: Local) {
    this.id = client.id
    this.name = client.id.replace(/^person:./, (start) => start.slice(-1).toUpperCase())
    this.groups = client.groups
    this.slackUserId = client.slackUserId
    this.#client = client
    this.#local = local
  }

  async token(acr?: string): Promise<string> {
    const { identityProviderUrl, issuer } = this.#local
    const token = this.#tokens.get(acr) ?? (await localLogin(identityProviderUrl, this.#client, issuer)({ acr }))
    this.#tokens.set(acr, token)
    return token
  }

  request(id: string): Promise<Request> {
    return this.#send('GET', `/v1/requests/${id}`)
  }

  agent(id: string): Promise<{ owner: string }> {
    return this.#send('GET', `/v1/agents/${encodeURIComponent(id)}`)
  }

  /** The record of an agent, a person or a tool. */
  async record(id: string): Promise<Entry[]> {
    return (await this.#send<{ entries: Entry[] }>('GET', `/v1/ledger/${encodeURIComponent(id)}`)).entries
  }

  async ledger(id: string): Promise<Entry[]> {
    const path = id.startsWith('bgl_') ? `/v1/break-glass/${id}/ledger` : `/v1/requests/${id}/ledger`
    return (await this.#send<{ entries: Entry[] }>('GET', path)).entries
  }

  /** Approves. If the API asks for a stronger login (RFC 9470), logs in with it and approves again. */
  approveStrongly(request: Request): Promise<Request> {
    const login: Login = (wanted) => this.token(wanted === 'opening' ? undefined : wanted.acr)
    const api = new Api(this.#local.apiUrl, login, quietMachine)
    return api.call(z.custom<Request>(), { method: 'POST', ...approvalOf(request) })
  }

  /** Asks the agent a question. */
  ask(id: string, text: string): Promise<Request> {
    return this.#send('POST', `/v1/requests/${id}/questions`, { body: { text } })
  }

  /** Ends the request for a revision, with words for its agent and the arguments to ask for. */
  sendBack({ id, stage, round, digest }: Request, toAgent: string, args: object): Promise<Request> {
    const body = { verdict: 'revise', stage, round, digest, to_agent: toAgent, suggest: { arguments: args } }
    return this.#send('POST', `/v1/requests/${id}/decisions`, { body })
  }

  revoke(id: string, reason: string): Promise<Request> {
    return this.#send('POST', `/v1/requests/${id}/revoke`, { body: { reason } })
  }

  halt(agent: string, reason: string): Promise<Halt> {
    return this.#send('POST', '/v1/halts', { body: { agent, reason } })
  }

  lift(id: string): Promise<Halt> {
    return this.#send('DELETE', `/v1/halts/${id}`)
  }

  async open(terms: OpeningTerms, acr?: string): Promise<Opening> {
    const headers = { 'idempotency-key': randomUUID() }
    return this.#send('POST', '/v1/break-glass', { body: terms, headers, acr, proven: true })
  }

  async openings(): Promise<readonly (Pick<Opening, 'id'> & { sealed?: boolean })[]> {
    return (await this.#send<{ break_glass: { id: string; sealed?: boolean }[] }>('GET', '/v1/break-glass')).break_glass
  }

  end(id: string): Promise<Opening> {
    return this.#send('POST', `/v1/break-glass/${id}/end`, { body: {} })
  }

  review(id: string, outcome: 'justified' | 'not_justified', note: string): Promise<Opening> {
    return this.#send('POST', `/v1/break-glass/${id}/review`, { body: { outcome, note } })
  }

  /** Exchanges the person's own token for one of an opening (RFC 8693, RFC 9396). */
  async exchangeToken(id: string): Promise<TokenAnswer> {
    const url = `${this.#local.apiUrl}/token`
    const prepare = async () => ({
      headers: { dpop: await this.#prove('POST', url) },
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: await this.token('strong'),
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        authorization_details: JSON.stringify([{ type: 'hotwork_action', request: id }]),
      }),
    })
    return call({ method: 'POST', url, prepare })
  }

  async awsCredentials(accessToken: string): Promise<AwsCredentials> {
    const url = `${this.#local.apiUrl}/aws/credentials`
    const prepare = async () => {
      const dpop = await this.#prove('POST', url, accessToken)
      return { headers: { authorization: `DPoP ${accessToken}`, dpop } }
    }
    return call({ method: 'POST', url, prepare })
  }

  async #prove(...call: Parameters<Prove>): Promise<string> {
    this.#prover ??= newProver()
    return (await this.#prover)(...call)
  }

  #send<T>(method: Sending['method'], path: string, { body, headers, acr, proven }: Call = {}): Promise<T> {
    const url = `${this.#local.apiUrl}${path}`
    const prepare = async () => {
      const authorization = `Bearer ${await this.token(acr)}`
      const json = body ? { 'content-type': 'application/json' } : {}
      const proof = proven ? { dpop: await this.#prove(method, url) } : {}
      return {
        headers: { ...headers, ...json, ...proof, authorization },
        ...(body ? { body: JSON.stringify(body) } : {}),
      }
    }
    return call({ method, url, prepare })
  }
}
