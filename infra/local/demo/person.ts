import { randomUUID } from 'node:crypto'
import { createProver, type Prove } from '../../../examples/remediator/hotwork.ts'
import { fetchToken } from '../../../examples/remediator/identity.ts'
import { type AwsCredentials, Refusal, readAnswer, type TokenAnswer } from '../../../examples/remediator/wire.ts'
import type { Local } from '../local-file.ts'
import type { Chained } from './chain.ts'

/** What the demo reads of a request. */
export interface Request {
  id: string
  status: string
  owner: string
  tier: number
  digest: string
  round: number
  stage: string | null
  stages: { name: string; quorum: number; decisions: { person: string; verdict: string }[] }[]
  grant?: { id: string; uses_left: number; status: string }
}

/** Such as `person:ben for owner`. */
export const decisionsOf = ({ stages }: Request): string[] =>
  stages.flatMap(({ name, decisions }) => decisions.map(({ person }) => `${person} for ${name}`))

export interface Entry extends Chained {
  type: string
  at: string
  /** `chain`: the delegators. */
  actor: { type: string; id: string; chain?: string[] }
  parent_task: { id: string } | null
  policies: string[]
  facts: Record<string, unknown>
}

export type Halt = { id: string; by: string; at: string; lifted?: { by: string; at: string } }

export type OpeningTerms = { profile: string; reason: string; incident: string; minutes: number; drill?: boolean }

export interface Opening {
  id: string
  not_after: string
  budget_left_minutes?: number
  review: { due_at: string; status: string; by?: string; outcome?: string }
}

export interface DrillReport {
  kept: boolean
  steps: { step: string; verdict: string; within_seconds: number; took_seconds?: number }[]
  told: { due: number; missing: string[]; in_channel: boolean }
}

/** `acr`: how strongly the person logs in; the usual way if not said. */
type Call = { body?: object; headers?: Record<string, string>; acr?: string | undefined }

/** A person at the API, with a token and a key of their own. All methods throw `Refusal` for a no. */
export class Person {
  readonly id: string
  /** As people call them: `Ben` is `person:ben`. */
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
    const token = this.#tokens.get(acr) ?? (await fetchToken(identityProviderUrl, this.#client, issuer, acr)).token
    this.#tokens.set(acr, token)
    return token
  }

  request(id: string): Promise<Request> {
    return this.#send('GET', `/v1/requests/${id}`)
  }

  async ledger(id: string): Promise<Entry[]> {
    const path = id.startsWith('bgl_') ? `/v1/break-glass/${id}/ledger` : `/v1/requests/${id}/ledger`
    return (await this.#send<{ entries: Entry[] }>('GET', path)).entries
  }

  /** With this login and no stronger one. */
  approve({ id, stage, round, digest }: Request, acr?: string): Promise<Request> {
    const body = { verdict: 'approve', stage, round, digest }
    return this.#send('POST', `/v1/requests/${id}/decisions`, { body, acr })
  }

  /** Asked for a stronger login (RFC 9470), logs in so and approves again. */
  async approveStrongly(request: Request): Promise<Request> {
    try {
      return await this.approve(request)
    } catch (fault) {
      const challenge = fault instanceof Refusal && fault.status === 401 && fault.headers.get('www-authenticate')
      const acr = /acr_values="([^"]+)"/.exec(challenge || '')?.[1]
      if (acr === undefined) throw fault
      return this.approve(request, acr)
    }
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
    const dpop = await this.#prove('POST', `${this.#local.apiUrl}/v1/break-glass`)
    const headers = { dpop, 'idempotency-key': randomUUID() }
    return this.#send('POST', '/v1/break-glass', { body: terms, headers, acr })
  }

  end(id: string): Promise<Opening> {
    return this.#send('POST', `/v1/break-glass/${id}/end`, { body: {} })
  }

  review(id: string, outcome: 'justified' | 'not_justified', note: string): Promise<Opening> {
    return this.#send('POST', `/v1/break-glass/${id}/review`, { body: { outcome, note } })
  }

  drillReport(id: string): Promise<DrillReport> {
    return this.#send('GET', `/v1/break-glass/${id}/drill`)
  }

  /** Exchanges the person's own token for one of an opening (RFC 8693, RFC 9396). */
  async exchangeToken(id: string): Promise<TokenAnswer> {
    const url = `${this.#local.apiUrl}/token`
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: await this.token('strong'),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      authorization_details: JSON.stringify([{ type: 'hotwork_action', request: id }]),
    })
    return readAnswer(await fetch(url, { method: 'POST', headers: { dpop: await this.#prove('POST', url) }, body }))
  }

  async awsCredentials(accessToken: string): Promise<AwsCredentials> {
    const url = `${this.#local.apiUrl}/aws/credentials`
    const dpop = await this.#prove('POST', url, accessToken)
    return readAnswer(await fetch(url, { method: 'POST', headers: { authorization: `DPoP ${accessToken}`, dpop } }))
  }

  async #prove(...call: Parameters<Prove>): Promise<string> {
    this.#prover ??= createProver()
    return (await this.#prover)(...call)
  }

  async #send<T>(method: string, path: string, { body, headers, acr }: Call = {}): Promise<T> {
    const json = body ? { 'content-type': 'application/json' } : {}
    const authorization = `Bearer ${await this.token(acr)}`
    return readAnswer(
      await fetch(`${this.#local.apiUrl}${path}`, {
        method,
        headers: { ...headers, ...json, authorization },
        ...(body ? { body: JSON.stringify(body) } : {}),
      }),
    )
  }
}
