import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import * as DPoP from 'dpop'
import { importJWK, type JWK, SignJWT } from 'jose'
import { defined } from '../../../functions/domain/values.ts'
import { DeskClient } from '../../../local/demo/desk-client.ts'
import type { Local, LocalClient } from '../../../local/local-file.ts'
import { until, withCredentials } from './aws.ts'

/**
 * Clients of a deployed Hotwork, as a stranger would write them: `jose` and `dpop` for the tokens, plain HTTP for the
 * rest. test/support/run.ts starts the deployments.
 */

const deployments = () => {
  const file = process.env['HOTWORK_DEPLOYMENTS']
  if (!file) throw new Error('these tests need a deployed stack: run `npm test`, or `node test/support/run.ts`')
  return JSON.parse(readFileSync(file, 'utf8')) as { main: Local; swift: Local }
}

/** Makes this the only deployment that the code below knows. */
export function knowAlone(local: Local, directory: string): void {
  const file = join(directory, 'deployments.json')
  writeFileSync(file, JSON.stringify({ main: local, swift: local }), { mode: 0o600 })
  process.env['HOTWORK_DEPLOYMENTS'] = file
}

// biome-ignore lint/suspicious/noExplicitAny: what comes over the wire has no type until a test has looked at it
type Wire = any
export type Answer = { status: number; headers: Headers; body: Wire }
type Fields = Record<string, string>

export class Deployment {
  readonly local: Local
  readonly desk: DeskClient
  readonly #tokens = new Map<string, Promise<string>>()
  readonly #keys = new Map<string, Promise<DPoP.KeyPair>>()

  constructor(which: 'main' | 'swift' = 'main') {
    this.local = deployments()[which]
    this.desk = new DeskClient(this.local.slack)
  }

  /** Sends a request without changes. */
  async send(
    method: string,
    path: string,
    init: { headers?: Fields; body?: string | Uint8Array } = {},
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
    headers: Fields = {},
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

  /** Sends JSON as this caller. */
  async as(caller: string, method: string, path: string, body?: unknown, headers: Fields = {}): Promise<Answer> {
    return this.json(method, path, await this.token(caller), body, headers)
  }

  /** Sends a form, with the caller's token if there is a caller. */
  async form(caller: string | undefined, path: string, form: object | string, headers: Fields = {}): Promise<Answer> {
    return this.send('POST', path, {
      headers: {
        ...(caller === undefined ? {} : { authorization: `Bearer ${await this.token(caller)}` }),
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      body: typeof form === 'string' ? form : new URLSearchParams({ ...form }).toString(),
    })
  }

  /** A workload token of an agent or a tool, or a person's token, from the identity provider. */
  token(id: string, extra: Record<string, string> = {}): Promise<string> {
    const key = `${id} ${JSON.stringify(extra)}`
    const token = this.#tokens.get(key) ?? this.#fetchToken(this.#client(id), extra)
    this.#tokens.set(key, token)
    return token
  }

  /** The DPoP key of an agent, one for each `name`. */
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

  /** Evaluates and submits. */
  async submit(agent: string, body: object, changes: { headers?: Fields; body?: object } = {}): Promise<Answer> {
    const evaluated = await this.evaluate(agent, body)
    const submission = { ...body, denial: denialOf(evaluated.body.context), ...changes.body }
    return this.submission(agent, submission, changes.headers)
  }

  /** Submits a body that has its denial, with a fresh proof and idempotency key. */
  async submission(agent: string, body: object, headers: Fields = {}): Promise<Answer> {
    const path = '/access/v1/requests'
    const dpop = await this.proof(agent, 'POST', path)
    return this.as(agent, 'POST', path, body, { dpop, 'idempotency-key': randomUUID(), ...headers })
  }

  /** Submits an ask that must be accepted. @returns its id */
  async submitted(agent: string, body: object, extra: object = {}): Promise<string> {
    const answer = await this.submit(agent, body, { body: extra })
    if (answer.status > 202) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
    return answer.body.task.id as string
  }

  async task(agent: string, id: string, wait = 0): Promise<Answer> {
    return this.json('GET', `/access/v1/requests/${id}${wait > 0 ? `?wait=${wait}` : ''}`, await this.token(agent))
  }

  /** A request of the remediator that an owner and an SRE approve. @returns its id */
  async approved(body: object): Promise<string> {
    const id = await this.submitted(remediator, body)
    for (const person of ['person:ana', 'person:eve']) {
      const { status } = await this.decide(person, id)
      if (status !== 200) throw new Error(`${person} could not approve ${id}: ${status}`)
    }
    return id
  }

  /** The task once it is no longer pending. */
  async untilSettled(agent: string, id: string): Promise<Answer> {
    for (;;) {
      // The wait is short: all tests share the agent's rate limit.
      const answer = await this.task(agent, id, 5)
      if (answer.body.task?.status !== 'pending') return answer
      await pause(Number(answer.headers.get('retry-after')) * 1000)
    }
  }

  async view(id: string, person = 'person:ana'): Promise<Wire> {
    return (await this.json('GET', `/v1/requests/${id}`, await this.token(person))).body
  }

  untilView(id: string, wanted: (view: Wire) => boolean): Promise<Wire> {
    return until(() => this.view(id), wanted)
  }

  /** Decides through the API, on the current state of the request. */
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
    const form = defined({ ...(await this.exchangeForm(agent, id)), ...changes })
    return this.form(undefined, '/token', form, { dpop: await this.proof(agent, 'POST', '/token', undefined, name) })
  }

  /** The parameters of a token exchange (RFC 8693) for a request. */
  async exchangeForm(agent: string, id: string) {
    return {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: await this.token(agent),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      authorization_details: JSON.stringify([{ type: 'hotwork_action', request: id }]),
    }
  }

  async awsCredentials(agent: string, accessToken: string, headers: Fields = {}): Promise<Answer> {
    const path = '/aws/credentials'
    return this.send('POST', path, {
      headers: {
        authorization: `DPoP ${accessToken}`,
        dpop: await this.proof(agent, 'POST', path, accessToken),
        ...headers,
      },
    })
  }

  /** The answers of the broker and of AWS, to an agent that claims this request. */
  async session(agent: string, id: string) {
    const { body } = await this.exchange(agent, id)
    const token = body.access_token as string
    const credentials = await this.awsCredentials(agent, token)
    return { token, credentials, ...withCredentials(this.local, credentials) }
  }

  async complete(agent: string, id: string, body: object = { outcome: 'succeeded' }): Promise<Answer> {
    return this.json('POST', `/v1/requests/${id}/complete`, await this.token(agent), body)
  }

  async ledger(id: string): Promise<Wire[]> {
    return (await this.json('GET', `/v1/requests/${id}/ledger`, await this.token('person:ana'))).body.entries
  }

  #client(id: string): LocalClient {
    const { agents, newcomers, tools, people } = this.local
    const found = [...agents, ...newcomers, ...tools, ...people].find((client) => client.id === id)
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

/** The deployment of a test file. Its tests have five minutes each, since a busy machine may be eight times as slow. */
export function deployed(which?: 'main' | 'swift'): Deployment {
  jest.setTimeout(300_000)
  return new Deployment(which)
}

/** The members of a denied evaluation that a submission repeats, in ARAP's names. */
export const denialOf = ({ evaluation_id, evaluated_at, reason, access_request }: Wire): { [member: string]: Wire } => {
  const { expires_at, binding_token, template } = access_request ?? {}
  return { evaluation_id, evaluated_at, reason, expires_at, binding_token, template }
}

/** A body that sets a parameter, by default to a new value, so that no two tests ask the same. */
export function setParameter(Name: string, Value: string = randomUUID()): { [member: string]: Wire } {
  return {
    subject: { type: 'agent', id: 'agent:remediator' },
    action: { name: 'ssm:PutParameter', properties: { Name, Value, Overwrite: true } },
    resource: { type: 'ssm:parameter', id: `arn:aws:ssm:us-east-1:000000000000:parameter${Name}` },
    context: { purpose: 'remediation', parent_task: { id: 'INC-4822' } },
  }
}

/** A body that sets a flag, by default a new one of production, which one owner approves. */
export function setFlag({
  agent = 'agent:builder',
  environment = 'prod',
  flag = `flag-${randomUUID()}`,
  value = true,
  context = { purpose: 'release', parent_task: { id: 'REL-7' } },
} = {}) {
  return {
    subject: { type: 'agent', id: agent },
    action: { name: 'flags:set', properties: { environment, flag, value } },
    resource: { type: 'flags:flag', id: `${environment}/${flag}` },
    context,
  }
}

export const remediator = 'agent:remediator'
/** The suffix of one test file: a parameter that another file sets between approval and claim would be a drift. */
const own = randomUUID().slice(0, 8)
export const prod = `/prod/checkout/timeout-${own}-ms`
export const staging = `/staging/checkout/timeout-${own}-ms`
