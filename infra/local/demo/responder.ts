import { randomUUID } from 'node:crypto'
import { createProver, type Prove } from '../../../examples/remediator/hotwork.ts'
import { type AwsCredentials, readAnswer, type TokenAnswer } from '../../../examples/remediator/wire.ts'
import type { Entry, Person } from './person.ts'

/** Somebody who broke the glass, as the API shows it: what the demo reads of it. */
export interface Opening {
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
