import { randomUUID } from 'node:crypto'
import { createProver, type Prove } from '../../../examples/remediator/hotwork.ts'
import { fetchToken } from '../../../examples/remediator/identity.ts'
import { type AwsCredentials, Refusal, readAnswer, type TokenAnswer } from '../../../examples/remediator/wire.ts'
import type { Local } from '../local-file.ts'

/** Somebody who broke the glass, as the API shows it: what the demo reads of it. */
interface Opening {
  id: string
  status: string
  opened_at: string
  not_after: string
  budget_left_minutes?: number
  review: { due_at: string; status: string; by?: string; outcome?: string }
}

/** What is opened, why, for which incident and for how long. */
export interface Emergency {
  profile: string
  reason: string
  incident: string
  minutes: number
  /** Goes the whole way with credentials that can do nothing. */
  drill?: boolean
}

/** How a drill went, as the API tells it. */
export interface DrillReport {
  kept: boolean
  steps: { step: string; verdict: string; within_seconds: number; took_seconds?: number }[]
  told: { due: number; missing: string[]; in_channel: boolean }
}

/** A person who breaks the glass or reviews it, with a key of their own. All throw `Refusal` for a no. */
export class Responder {
  readonly #apiUrl: string
  readonly #person: Person
  readonly #prove: Prove

  private constructor(apiUrl: string, person: Person, prove: Prove) {
    this.#apiUrl = apiUrl
    this.#person = person
    this.#prove = prove
  }

  static async connect(apiUrl: string, person: Person): Promise<Responder> {
    return new Responder(apiUrl, person, await createProver())
  }

  /** @param acr How strongly the person logs in. */
  async open(emergency: Emergency, acr?: string): Promise<Opening> {
    const dpop = await this.#prove('POST', `${this.#apiUrl}/v1/break-glass`)
    return this.#send('POST', '/v1/break-glass', emergency, { dpop, 'idempotency-key': randomUUID() }, acr)
  }

  async end(id: string): Promise<Opening> {
    return this.#send('POST', `/v1/break-glass/${id}/end`, {})
  }

  async review(id: string, outcome: 'justified' | 'not_justified', note: string): Promise<Opening> {
    return this.#send('POST', `/v1/break-glass/${id}/review`, { outcome, note })
  }

  /** What was measured of a drill, against what a break-glass promises. */
  async drillReport(id: string): Promise<DrillReport> {
    return this.#send('GET', `/v1/break-glass/${id}/drill`)
  }

  async ledger(id: string): Promise<Entry[]> {
    return (await this.#send<{ entries: Entry[] }>('GET', `/v1/break-glass/${id}/ledger`)).entries
  }

  /** Exchanges the person's own token for one of what is open (RFC 8693, RFC 9396). */
  async exchangeToken(id: string): Promise<TokenAnswer> {
    const url = `${this.#apiUrl}/token`
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: await this.#person.token('strong'),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      authorization_details: JSON.stringify([{ type: 'hotwork_action', request: id }]),
    })
    return readAnswer(await fetch(url, { method: 'POST', headers: { dpop: await this.#prove('POST', url) }, body }))
  }

  async awsCredentials(accessToken: string): Promise<AwsCredentials> {
    const url = `${this.#apiUrl}/aws/credentials`
    const dpop = await this.#prove('POST', url, accessToken)
    return readAnswer(await fetch(url, { method: 'POST', headers: { authorization: `DPoP ${accessToken}`, dpop } }))
  }

  async #send<T>(method: string, path: string, body?: object, headers = {}, acr?: string): Promise<T> {
    const authorization = `Bearer ${await this.#person.token(acr)}`
    const json = body ? { 'content-type': 'application/json' } : {}
    return readAnswer(
      await fetch(`${this.#apiUrl}${path}`, {
        method,
        headers: { ...headers, ...json, authorization },
        ...(body ? { body: JSON.stringify(body) } : {}),
      }),
    )
  }
}

/** A request as people see it (interfaces.md, section 3, R): what the demo reads of it. */
export interface Request {
  id: string
  status: string
  /** Who owns the agent that asks. */
  owner: string
  tier: number
  digest: string
  round: number
  stage: string | null
  stages: {
    name: string
    quorum: number
    decisions: { person: string; verdict: string; at: string }[]
    deadline?: string
  }[]
  grant?: { id: string; uses_left: number; status: string }
}

/** An entry of the ledger as the API gives it. */
export interface Entry {
  id: string
  type: string
  at: string
  /** `chain`: those on whose behalf, where a right was delegated. */
  actor: { type: string; id: string; chain?: string[] }
  parent_task: { id: string } | null
  policies: string[]
  bundle: string
  previous: string | null
  hash: string
  facts: Record<string, unknown>
}

/** A kill switch as the API shows it. */
export interface Halt {
  id: string
  by: string
  at: string
  lifted?: { by: string; at: string }
}

/** A person at the API, with a person's token. */
export class Person {
  readonly id: string
  readonly groups: string[]
  readonly slackUserId: string
  readonly #local: Local
  readonly #client: Local['people'][number]
  readonly #tokens = new Map<string, string>()

  constructor(client: Local['people'][number], local: Local) {
    this.id = client.id
    this.groups = client.groups
    this.slackUserId = client.slackUserId
    this.#client = client
    this.#local = local
  }

  /** @param acr How strongly the person logs in; the provider's usual way if not said. */
  async token(acr?: string): Promise<string> {
    const key = acr ?? ''
    const token =
      this.#tokens.get(key) ??
      (await fetchToken(this.#local.identityProviderUrl, this.#client, this.#local.issuer, acr)).token
    this.#tokens.set(key, token)
    return token
  }

  async request(id: string): Promise<Request> {
    return this.#send('GET', `/v1/requests/${id}`)
  }

  async ledger(id: string): Promise<Entry[]> {
    return (await this.#send<{ entries: Entry[] }>('GET', `/v1/requests/${id}/ledger`)).entries
  }

  /**
   * Decides through the API. Asked for a stronger login (RFC 9470), logs in so and decides again.
   * @throws Refusal
   */
  async decide(request: Request, verdict: 'approve' | 'deny', stage = request.stage): Promise<Request> {
    try {
      return await this.#decide(request, verdict, stage)
    } catch (fault) {
      const acr = fault instanceof Refusal ? acrWanted(fault) : undefined
      if (acr === undefined) throw fault
      return this.#decide(request, verdict, stage, acr)
    }
  }

  /** Approves with the login that this person has: none stronger is made where one is asked for. @throws Refusal */
  async approveAsLoggedIn(request: Request, acr?: string): Promise<Request> {
    return this.#decide(request, 'approve', request.stage, acr)
  }

  /** Ends one request and everything that was issued for it. @throws Refusal */
  async revoke(id: string, reason: string): Promise<Request> {
    return this.#send('POST', `/v1/requests/${id}/revoke`, { reason })
  }

  /** Throws the kill switch of an agent. @throws Refusal */
  async halt(agent: string, reason: string): Promise<Halt> {
    return this.#send('POST', '/v1/halts', { agent, reason })
  }

  /** Puts a kill switch back. @throws Refusal */
  async lift(id: string): Promise<Halt> {
    return this.#send('DELETE', `/v1/halts/${id}`)
  }

  #decide({ id, round, digest }: Request, verdict: string, stage: string | null, acr?: string): Promise<Request> {
    return this.#send('POST', `/v1/requests/${id}/decisions`, { verdict, stage, round, digest }, acr)
  }

  async #send<T>(method: string, path: string, body?: object, acr?: string): Promise<T> {
    const answer = await fetch(`${this.#local.apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.token(acr)}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return readAnswer(answer)
  }
}

/** The login that a step-up challenge names: `acr_values` in `WWW-Authenticate`. */
function acrWanted({ status, headers }: Refusal): string | undefined {
  return status === 401 ? /acr_values="([^"]+)"/.exec(headers.get('www-authenticate') ?? '')?.[1] : undefined
}
