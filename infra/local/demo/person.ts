import { fetchToken } from '../../../examples/remediator/identity.ts'
import { Refusal, readAnswer } from '../../../examples/remediator/wire.ts'
import type { Local } from '../local-file.ts'

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
    return this.#send('POST', '/v1/revocations', { agent, reason })
  }

  /** Puts a kill switch back. @throws Refusal */
  async lift(id: string): Promise<Halt> {
    return this.#send('DELETE', `/v1/revocations/${id}`)
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
