import { createHash } from 'node:crypto'
import * as oauth from 'oauth4webapi'

/** What is about to be done, and what the agent sent to show that it may. This is the body of the first call. */
export interface Ask {
  /** The agent's access token, from `Authorization: DPoP`. */
  token: string
  /** The agent's proof of its key for this very call, from `DPoP`. */
  proof: string
  method: string
  /** The address that the agent called, built from what this tool knows of itself and never from `Host`. */
  url: string
  action: string
  /** Exactly what will be executed: the same value, not another reading of the same text. */
  arguments: Record<string, unknown>
}

export interface Use {
  use: string
  uses_left: number
  /** There where the use was begun before, and its tool has said how it went: no permit to do it again. */
  ended?: true
}

/** Problem details (RFC 9457): the members that the agent is given. */
export interface Problem {
  type: string
  title: string
  detail?: string
}

/** The gate said no. The reason is the last part of `problem.type`. */
export class GateRefused extends Error {
  override readonly name = 'GateRefused'
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.title)
    this.problem = problem
  }
}

/** The same call was permitted before and its use has ended: it is not done a second time. */
export class UseEnded extends Error {
  override readonly name = 'UseEnded'
}

/** The gate said neither yes nor no, so nothing is done. A use may have begun all the same. */
export class GateSilent extends Error {
  override readonly name = 'GateSilent'
}

export interface GateSettings {
  /** Hotwork's address: its issuer. */
  hotwork: string
  /** This tool's own workload token, whose audience is Hotwork. */
  toolToken: () => Promise<string>
  timeoutMilliseconds?: number
}

/** Each call is tried twice, with the same key and body: the second try finds what the first may have done. */
const tries = 2

/** The two calls that a tool makes: one before it acts, one after. Only the first can permit. */
export class Gate {
  readonly #settings: GateSettings

  constructor(settings: GateSettings) {
    this.#settings = settings
  }

  /**
   * Asks for one use, just before acting. Only 201 with the id of a use that has not ended is a yes.
   * @throws GateRefused, UseEnded, GateSilent
   */
  async begin(ask: Ask): Promise<Use> {
    const answer = await this.#post('/v1/uses', ask, { 'idempotency-key': keyOf(ask) })
    if (answer.status === 201 && isUse(answer.body)) {
      if (answer.body.ended === undefined) return answer.body
      throw new UseEnded(`${answer.body.use} has ended`)
    }
    if (answer.status === 403 && isProblem(answer.body)) throw new GateRefused(answer.body)
    throw new GateSilent(`the gate answered ${answer.status}, which is no answer to this`)
  }

  /**
   * Says what came of a use. The gate keeps it as an entry; people see a use without an end as such.
   * @throws GateSilent
   */
  async end(use: string, outcome: 'succeeded' | 'failed', note?: string): Promise<void> {
    const answer = await this.#post(`/v1/uses/${use}/end`, { outcome, ...(note === undefined ? {} : { note }) })
    if (answer.status >= 300) throw new GateSilent(`the gate answered ${answer.status} to the end of ${use}`)
  }

  async #post(path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
    const text = JSON.stringify(body)
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#try(path, text, headers).catch((cause: unknown) => {
        if (attempt < tries) return undefined
        throw new GateSilent('the gate does not answer', { cause })
      })
      if (answer && (answer.status < 500 || attempt === tries)) return answer
    }
  }

  async #try(path: string, body: string, headers: Record<string, string>): Promise<Answer> {
    const { hotwork, toolToken, timeoutMilliseconds = 5000 } = this.#settings
    const answer = await fetch(`${hotwork}${path}`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${await toolToken()}`, 'content-type': 'application/json' },
      body,
      // The address of a redirect is not the gate.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMilliseconds),
    })
    return { status: answer.status, body: readJson(await answer.text()) }
  }
}

interface Answer {
  status: number
  body: unknown
}

/**
 * The same call of the agent is the same use, also when this tool or the agent sends it again because an answer was lost. The
 * arguments are part of the key, so that no proof can use the permit of one change for another.
 */
const keyOf = (ask: Ask): string => createHash('sha256').update(JSON.stringify(ask)).digest('base64url')

/** @returns the JSON, or undefined: an answer that is not JSON permits nothing. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const isUse = (body: unknown): body is Use =>
  isRecord(body) && /^use_[0-9a-z]{26}$/.test(String(body['use'])) && typeof body['uses_left'] === 'number'

const isProblem = (body: unknown): body is Problem & Record<string, unknown> =>
  isRecord(body) && typeof body['type'] === 'string' && typeof body['title'] === 'string'

export interface ToolIdentity {
  identityProviderUrl: string
  clientId: string
  /** An EC P-256 private key as a JWK. */
  privateJwk: Record<string, string>
}

/**
 * The tool's own workload token, by `client_credentials` and a signed assertion (`private_key_jwt`), as any OAuth library
 * does it. It is kept until a minute before it ends.
 * @param resource The audience of the token: Hotwork's issuer (RFC 8707).
 */
export function workloadTokens(identity: ToolIdentity, resource: string): () => Promise<string> {
  let held: Promise<{ token: string; renewAt: number }> | undefined
  return async () => {
    const current = await held?.catch(() => undefined)
    if (current && Date.now() < current.renewAt) return current.token
    held = fetchToken(identity, resource)
    return (await held).token
  }
}

async function fetchToken(
  { identityProviderUrl, clientId, privateJwk }: ToolIdentity,
  resource: string,
): Promise<{ token: string; renewAt: number }> {
  const provider = new URL(identityProviderUrl)
  const options = {
    // Everything of the local stack is on this machine, without TLS; anything else must have it.
    [oauth.allowInsecureRequests]: provider.hostname === '127.0.0.1',
    signal: () => AbortSignal.timeout(5000),
  }
  const server = await oauth.processDiscoveryResponse(provider, await oauth.discoveryRequest(provider, options))
  const client = { client_id: clientId }
  const { kid, ...jwk } = privateJwk
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  const proof = oauth.PrivateKeyJwt(kid === undefined ? key : { key, kid })
  const answer = await oauth.clientCredentialsGrantRequest(server, client, proof, { resource }, options)
  const { access_token, expires_in = 60 } = await oauth.processClientCredentialsResponse(server, client, answer)
  return { token: access_token, renewAt: Date.now() + (expires_in - 60) * 1000 }
}
