import * as DPoP from 'dpop'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { parameter } from '../support/world.ts'
import { runPython } from './support/python.ts'
import { useScene } from './support/scene.ts'

/** OAuth clients by other authors, left to their defaults: discovery, introspection and revocation. */

const scene = useScene()
const insecure = { [oauth.allowInsecureRequests]: true }
const clientId = 'agent-remediator'
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
jest.setTimeout(240_000)

const workload = () => scene.workload(clientId)
const { arguments: properties, ...staging } = parameter('/staging/checkout/payment-timeout-ms')

/** Evaluates and submits an ask that needs no approval, without a header of Hotwork's own. */
async function approved(key: DPoP.KeyPair): Promise<string> {
  const send = async (path: string, body: object, headers: object = {}) => {
    const answer = await fetch(scene.api.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${workload()}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    // biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
    return (await answer.json()) as any
  }
  const body = {
    subject: { type: 'agent', id: 'agent:remediator' },
    action: { name: staging.action, properties },
    resource: staging.resource,
    context: { purpose: 'remediation', parent_task: { id: 'INC-1' } },
  }
  const { evaluation_id, evaluated_at, reason, access_request } = (await send('/access/v1/evaluation', body)).context
  const { endpoint, expires_at, template } = access_request
  const denial = { evaluation_id, evaluated_at, reason, expires_at, template }
  // In the form of RFC 9449: the token by the DPoP scheme, and a proof for it.
  const token = workload()
  const headers = {
    authorization: `DPoP ${token}`,
    dpop: await DPoP.generateProof(key, endpoint, 'POST', undefined, token),
  }
  return (await send('/access/v1/requests', { ...body, denial }, headers)).task.id
}

const parameters = (request: string) => ({
  subject_token: workload(),
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  authorization_details: JSON.stringify([{ type: 'hotwork_action', request }]),
})

/** The workload token as a client's assertion (RFC 7523), in the form that libraries let their users name. */
const asAssertion: oauth.ClientAuth = (_server, client, body) => {
  body.set('client_id', client.client_id)
  body.set('client_assertion', workload())
  body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
}

async function discover(): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(scene.api.url)
  const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
  return oauth.processDiscoveryResponse(issuer, answer)
}

/** An access token, by oauth4webapi. */
async function accessToken(): Promise<string> {
  const server = await discover()
  const client: oauth.Client = { client_id: clientId }
  const key = await oauth.generateKeyPair('ES256')
  const answer = await oauth.genericTokenEndpointRequest(
    ...([server, client, oauth.None(), exchange, parameters(await approved(key))] as const),
    { DPoP: oauth.DPoP(client, key), ...insecure },
  )
  return (await oauth.processGenericTokenEndpointResponse(server, client, answer)).access_token
}

test('oauth4webapi introspects with the assertion, and revokes as a public client', async () => {
  const token = await accessToken()
  const server = await discover()
  const client: oauth.Client = { client_id: clientId }
  const introspect = async () =>
    oauth.processIntrospectionResponse(
      server,
      client,
      await oauth.introspectionRequest(server, client, asAssertion, token, insecure),
    )
  expect(await introspect()).toMatchObject({ active: true, client_id: clientId, sub: 'agent:remediator' })
  const revoked = await oauth.revocationRequest(server, client, oauth.None(), token, insecure)
  expect(await oauth.processRevocationResponse(revoked)).toBeUndefined()
  expect(await introspect()).toEqual({ active: false })
})

test('openid-client introspects with the assertion, and revokes as a public client or with it', async () => {
  const token = await accessToken()
  const configure = (auth: openid.ClientAuth) =>
    openid.discovery(new URL(scene.api.url), clientId, undefined, auth, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })
  const [proving, open] = [await configure(asAssertion), await configure(openid.None())]
  expect(await openid.tokenIntrospection(proving, token)).toMatchObject({ active: true, client_id: clientId })
  await openid.tokenRevocation(open, token)
  expect(await openid.tokenIntrospection(proving, token)).toEqual({ active: false })
  const another = await accessToken()
  await openid.tokenRevocation(proving, another)
  expect(await openid.tokenIntrospection(proving, another)).toEqual({ active: false })
})

test('Authlib, in Python, validates the metadata, introspects and revokes', async () => {
  const given = { issuer: scene.api.url, client_id: clientId, workload_token: workload(), token: await accessToken() }
  expect(await runPython('oauth_client.py', given)).toEqual({
    before: expect.objectContaining({ active: true, client_id: clientId }),
    revoked: 200,
    after: { active: false },
  })
})

describe('a client without proof', () => {
  const post = async (path: string, form: { [name: string]: string }, headers: { [name: string]: string } = {}) => {
    const answer = await fetch(scene.api.url + path, { method: 'POST', headers, body: new URLSearchParams(form) })
    return { status: answer.status, challenge: answer.headers.get('www-authenticate'), body: await answer.text() }
  }
  const isActive = async (token: string) =>
    JSON.parse((await post('/introspect', { token }, { authorization: `Bearer ${workload()}` })).body).active

  test('a client without proof ends no token of another client, or without its own name', async () => {
    const token = await accessToken()
    expect(await post('/revoke', { token, client_id: 'agent-builder' })).toMatchObject({ status: 200 })
    expect(await post('/revoke', { token })).toMatchObject({
      status: 401,
      challenge: expect.not.stringContaining('error'),
    })
    expect(await isActive(token)).toBe(true)
    expect(await post('/revoke', { token: 'a.b.c', client_id: clientId })).toMatchObject({ status: 200, body: '' })
  })

  test('a client without proof learns nothing of a token', async () => {
    const token = await accessToken()
    expect(await post('/introspect', { token, client_id: clientId })).toMatchObject({ status: 401 })
  })

  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  test.each<[what: string, form: () => { [name: string]: string }, bearer: boolean, status: number]>([
    ['a forged assertion', () => ({ client_assertion: 'a.b.c', client_assertion_type: type }), false, 401],
    ['an assertion of no type', () => ({ client_assertion: workload() }), false, 401],
    ['an assertion of another type', () => ({ client_assertion: workload(), client_assertion_type: 'x' }), false, 401],
    ['the type alone', () => ({ client_assertion_type: type }), false, 401],
    [
      'another name',
      () => ({ client_assertion: workload(), client_assertion_type: type, client_id: 'agent-builder' }),
      ...([false, 401] as const),
    ],
    ['both ways at once', () => ({ client_assertion: workload(), client_assertion_type: type }), true, 400],
  ])('a client with %s is refused, and the token lives', async (_what, form, bearer, status) => {
    const token = await accessToken()
    for (const path of ['/introspect', '/revoke']) {
      const headers: { [name: string]: string } = bearer ? { authorization: `Bearer ${workload()}` } : {}
      const answer = await post(path, { token, ...form() }, headers)
      expect(answer.status).toBe(status)
      if (status === 401) expect(answer.challenge).toMatch(/^Bearer /)
    }
    expect(await isActive(token)).toBe(true)
  })
})

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
const read = async (path: string): Promise<any> => (await fetch(scene.api.url + path)).json()

test("the metadata's methods of client authentication are registered, and an assertion’s algorithms are named", async () => {
  const metadata = await read('/.well-known/oauth-authorization-server')
  expect(metadata).toMatchObject({
    introspection_endpoint_auth_methods_supported: ['private_key_jwt', 'Bearer'],
    revocation_endpoint_auth_methods_supported: ['private_key_jwt', 'none'],
  })
  const registered = ['none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt']
  for (const endpoint of ['token', 'introspection', 'revocation']) {
    const methods: string[] = metadata[`${endpoint}_endpoint_auth_methods_supported`]
    // RFC 8414 section 2: at introspection alone the types of access tokens are methods too.
    const allowed = [...registered, ...(endpoint === 'introspection' ? ['Bearer', 'DPoP'] : [])]
    expect([endpoint, methods.filter((method) => !allowed.includes(method))]).toEqual([endpoint, []])
    if (!methods.includes('private_key_jwt')) continue
    expect(metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`]).toContain('ES256')
  }
})

test('the metadata has an authorization endpoint for clients that demand one, and its address answers', async () => {
  const { authorization_endpoint, response_types_supported } = await read('/.well-known/oauth-authorization-server')
  expect(response_types_supported).toEqual(['none'])
  const answer = await fetch(authorization_endpoint)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8'])
})

test('the metadata names the issuers that the API takes, by audience, and the resources that take its tokens', async () => {
  const { url } = scene.api
  const api = await read('/.well-known/oauth-protected-resource')
  expect(api.authorization_servers).toEqual(['https://id.example.org'])
  expect(api[`${url}/ns/hotwork`].issuers).toMatchObject({
    [url]: expect.arrayContaining(['https://id.example.org']),
    [`${url}/people`]: ['https://id.example.org'],
  })
  expect((await read('/.well-known/oauth-protected-resource/aws')).authorization_servers).toEqual([url])
  const { protected_resources } = await read('/.well-known/oauth-authorization-server')
  expect(protected_resources).toEqual([
    'https://flags.example.org',
    'https://files.example.org',
    `${url}/aws`,
    `${url}/kubernetes`,
  ])
})

test('the metadata of a submission has a schema of its members', async () => {
  const authzen = await read('/.well-known/authzen-configuration')
  const { request_schema_url, ...needs } = authzen[`${scene.api.url}/ns/hotwork`].access_request
  expect(needs).toMatchObject({ dpop_proof_required: true, idempotency_key_required: false })
  const schema = await (await fetch(request_schema_url)).json()
  expect(schema).toMatchObject({ properties: { context: { required: ['purpose', 'parent_task'] } } })
})

test('the address of a problem’s type is a page with the fix', async () => {
  const { type } = (await (await fetch(`${scene.api.url}/access/v1/evaluation`, { method: 'POST' })).json()) as {
    type: string
  }
  const answer = await fetch(type)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(await answer.text()).toContain('<h1>This needs a token</h1>')
  for (const unknown of ['no_such_code', '__proto__', 'constructor'])
    expect((await fetch(`${scene.api.url}/problems/${unknown}`)).status).toBe(404)
})

test('an unknown address is a problem like any other, with the caller’s own id', async () => {
  const answer = await fetch(`${scene.api.url}/no/such`, { headers: { 'x-request-id': 'mine, of today' } })
  expect([answer.status, answer.headers.get('x-request-id')]).toEqual([404, 'mine, of today'])
  expect(await answer.json()).toMatchObject({ type: `${scene.api.url}/problems/not_found`, instance: 'mine, of today' })
})
