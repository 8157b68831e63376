import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import * as DPoP from 'dpop'
import { importJWK, type JWK, SignJWT } from 'jose'
import { DeskClient } from '../../../local/demo/desk-client.ts'
import type { Local, LocalClient } from '../../../local/local-file.ts'

/**
 * Clients of a deployed Hotwork, as a stranger would write them: `jose` and `dpop` for the tokens, plain HTTP for the
 * rest. Which deployments there are, test/support/run.ts says.
 */

const deployments = () => {
  const file = process.env['HOTWORK_DEPLOYMENTS']
  if (!file) throw new Error('these tests need a deployed stack: run `npm test`, or `node test/support/run.ts`')
  return JSON.parse(readFileSync(file, 'utf8')) as { main: Local; swift: Local }
}

/** Has what is below know this deployment and no other. */
export function knowAlone(local: Local, directory: string): void {
  const file = join(directory, 'deployments.json')
  writeFileSync(file, JSON.stringify({ main: local, swift: local }), { mode: 0o600 })
  process.env['HOTWORK_DEPLOYMENTS'] = file
}

// biome-ignore lint/suspicious/noExplicitAny: what comes over the wire has no type until a test has looked at it
type Wire = any
export type Answer = { status: number; headers: Headers; body: Wire }

export class Deployment {
  readonly local: Local
  readonly desk: DeskClient
  readonly #tokens = new Map<string, Promise<string>>()
  readonly #keys = new Map<string, Promise<DPoP.KeyPair>>()

  constructor(which: 'main' | 'swift' = 'main') {
    this.local = deployments()[which]
    this.desk = new DeskClient(this.local.slack)
  }

  /** Sends a request as it is. */
  async send(
    method: string,
    path: string,
    init: { headers?: Record<string, string>; body?: string | Uint8Array } = {},
  ): Promise<Answer> {
    const response = await fetch(this.local.apiUrl + path, { method, ...init } as RequestInit)
    const text = await response.text()
    const json = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, headers: response.headers, body: json && text !== '' ? JSON.parse(text) : text }
  }

  /** Sends JSON with a bearer token. */
  async json(
    method: string,
    path: string,
    token: string | undefined,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return this.send(method, path, {
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }

  /** A workload token of an agent or a tool, or a person's token, from the identity provider. */
  token(id: string, extra: Record<string, string> = {}): Promise<string> {
    const key = `${id} ${JSON.stringify(extra)}`
    const token = this.#tokens.get(key) ?? this.#fetchToken(this.#client(id), extra)
    this.#tokens.set(key, token)
    return token
  }

  /** The DPoP key of an agent. Another `name` is another key. */
  key(id: string, name = ''): Promise<DPoP.KeyPair> {
    const found = this.#keys.get(id + name) ?? DPoP.generateKeyPair('ES256')
    this.#keys.set(id + name, found)
    return found
  }

  async proof(id: string, method: string, path: string, accessToken?: string, name = ''): Promise<string> {
    return DPoP.generateProof(await this.key(id, name), this.local.apiUrl + path, method, undefined, accessToken)
  }

  evaluate(agent: string, body: object): Promise<Answer> {
    return this.token(agent).then((token) => this.json('POST', '/access/v1/evaluation', token, body))
  }

  /** Evaluates and submits, with a fresh proof and key. */
  async submit(
    agent: string,
    body: object,
    changes: { headers?: Record<string, string>; body?: object } = {},
  ): Promise<Answer> {
    const evaluated = await this.evaluate(agent, body)
    const path = '/access/v1/requests'
    return this.json(
      'POST',
      path,
      await this.token(agent),
      { ...body, denial: denialOf(evaluated.body.context), ...changes.body },
      { dpop: await this.proof(agent, 'POST', path), 'idempotency-key': randomUUID(), ...changes.headers },
    )
  }

  /** Submits what must be taken; its id. */
  async submitted(agent: string, body: object, extra: object = {}): Promise<string> {
    const answer = await this.submit(agent, body, { body: extra })
    if (answer.status > 202) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
    return answer.body.task.id as string
  }

  async task(agent: string, id: string, wait = 0): Promise<Answer> {
    return this.json('GET', `/access/v1/requests/${id}${wait > 0 ? `?wait=${wait}` : ''}`, await this.token(agent))
  }

  /** The task once it is no longer pending. */
  async untilSettled(agent: string, id: string): Promise<Answer> {
    for (;;) {
      // Short, since each second is one of those that all tests have of this agent.
      const answer = await this.task(agent, id, 5)
      if (answer.body.task?.status !== 'pending') return answer
      await pause(Number(answer.headers.get('retry-after')) * 1000)
    }
  }

  async view(id: string, person = 'person:ana'): Promise<Wire> {
    return (await this.json('GET', `/v1/requests/${id}`, await this.token(person))).body
  }

  /** Decides through the API, on what the request is now. */
  async decide(
    person: string,
    id: string,
    changes: { [member: string]: unknown } = {},
    login: Record<string, string> = {},
  ): Promise<Answer> {
    const { stage, round, digest } = await this.view(id)
    const body = { verdict: 'approve', stage, round, digest, ...changes }
    return this.json('POST', `/v1/requests/${id}/decisions`, await this.token(person, login), body)
  }

  async exchange(
    agent: string,
    id: string,
    changes: { [name: string]: string | undefined } = {},
    name = '',
  ): Promise<Answer> {
    const parameters: { [name: string]: string | undefined } = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: await this.token(agent),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      authorization_details: JSON.stringify([{ type: 'hotwork_action', request: id }]),
      ...changes,
    }
    const form = new URLSearchParams(
      Object.entries(parameters).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value] as [string, string]],
      ),
    )
    return this.send('POST', '/token', {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        dpop: await this.proof(agent, 'POST', '/token', undefined, name),
      },
      body: form.toString(),
    })
  }

  async awsCredentials(agent: string, accessToken: string, headers: Record<string, string> = {}): Promise<Answer> {
    const path = '/aws/credentials'
    return this.send('POST', path, {
      headers: {
        authorization: `DPoP ${accessToken}`,
        dpop: await this.proof(agent, 'POST', path, accessToken),
        ...headers,
      },
    })
  }

  async complete(agent: string, id: string, body: object = { outcome: 'succeeded' }): Promise<Answer> {
    return this.json('POST', `/v1/requests/${id}/complete`, await this.token(agent), body)
  }

  async ledger(id: string): Promise<Wire[]> {
    return (await this.json('GET', `/v1/requests/${id}/ledger`, await this.token('person:ana'))).body.entries
  }

  #client(id: string): LocalClient {
    const { agents, tools, people } = this.local
    const found = [...agents, ...tools, ...people].find((client) => client.id === id)
    if (!found) throw new Error(`no client ${id}`)
    return found
  }

  async #fetchToken({ clientId, privateJwk }: LocalClient, extra: Record<string, string>): Promise<string> {
    const { identityProviderUrl, issuer } = this.local
    const discovered = await fetch(`${identityProviderUrl}/.well-known/openid-configuration`)
    const { token_endpoint } = (await discovered.json()) as { token_endpoint: string }
    const assertion = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: (privateJwk as JWK).kid ?? '' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(identityProviderUrl)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(await importJWK(privateJwk as JWK, 'ES256'))
    const response = await fetch(token_endpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        resource: issuer,
        client_id: clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
        ...extra,
      }),
    })
    const answer = (await response.json()) as { access_token?: string }
    if (!answer.access_token) throw new Error(`no token for ${clientId}: ${JSON.stringify(answer)}`)
    return answer.access_token
  }
}

/** What a submission repeats of the denied evaluation, as ARAP names it. */
export const denialOf = ({ evaluation_id, evaluated_at, reason, access_request }: Wire): { [member: string]: Wire } => {
  const { expires_at, binding_token, template } = access_request ?? {}
  return { evaluation_id, evaluated_at, reason, expires_at, binding_token, template }
}

/** A body of examples/requests, with a value of one's own so that no two tests ask the same. */
export function setParameter(Name: string, Value: string = randomUUID()): { [member: string]: Wire } {
  return {
    subject: { type: 'agent', id: 'agent:remediator' },
    action: { name: 'ssm:PutParameter', properties: { Name, Value, Overwrite: true } },
    resource: { type: 'ssm:parameter', id: `arn:aws:ssm:us-east-1:000000000000:parameter${Name}` },
    context: { purpose: 'remediation', parent_task: { id: 'INC-4822' } },
  }
}

export const remediator = 'agent:remediator'
/** Of one test file: where another file sets the same parameter between approval and claim, that is a drift. */
const own = randomUUID().slice(0, 8)
export const prod = `/prod/checkout/timeout-${own}-ms`
export const staging = `/staging/checkout/timeout-${own}-ms`
