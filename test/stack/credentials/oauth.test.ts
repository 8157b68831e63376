import { randomUUID } from 'node:crypto'
import * as DPoP from 'dpop'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { untilRefused } from '../support/aws.ts'
import { type Answer, deployed, remediator, setFlag, setParameter, staging } from '../support/deployment.ts'

/**
 * The deployed authorization server with clients and resource servers of other authors: RFC 8414, 8693, 7662, 7009, 9728.
 * More clients are in test/client/standard-clients.test.ts; all invalid forms and callers are in test/http/oauth.test.ts,
 * oauth-tokens.test.ts, endpoint.test.ts and callers.test.ts.
 */

const hotwork = deployed()
const { issuer, tools } = hotwork.local
const builder = 'agent:builder'
const flagService = 'tool:flag-service'
const audience = tools.find(({ id }) => id === flagService)?.audience ?? ''
const address = `${tools.find(({ id }) => id === flagService)?.addresses[0]}`
const insecure = { [oauth.allowInsecureRequests]: true }
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** A request for a flag, approved by ana. */
async function approvedFlag(): Promise<{ id: string; flag: string }> {
  const body = setFlag()
  const id = await hotwork.submitted(builder, body)
  await hotwork.decide('person:ana', id)
  return { id, flag: body.action.properties.flag }
}
async function flagToken(): Promise<{ id: string; flag: string; token: string }> {
  const approved = await approvedFlag()
  const { body } = await hotwork.exchange(builder, approved.id)
  return { ...approved, token: body.access_token }
}

const introspect = (as: string, token: string) => hotwork.form(as, '/introspect', { token })
const revoke = (as: string, token: string, more: object = {}) => hotwork.form(as, '/revoke', { token, ...more })
const isActive = async (as: string, token: string): Promise<boolean> => (await introspect(as, token)).body.active

async function gate(token: string, flag: string): Promise<Answer> {
  const proof = await DPoP.generateProof(await hotwork.key(builder), address, 'PUT', undefined, token)
  const body = {
    ...{ token, proof, method: 'PUT', url: address, action: 'flags:set' },
    arguments: setFlag({ flag }).action.properties,
  }
  return hotwork.as(flagService, 'POST', '/v1/uses', body, { 'idempotency-key': randomUUID() })
}

/** Both of these endpoints take the caller's workload token as a bearer token. */
const asBuilder: oauth.ClientAuth = async (_server, _client, _body, headers) =>
  headers.set('authorization', `Bearer ${await hotwork.token(builder)}`)
const client: oauth.Client = { client_id: 'agent-builder' }
const discover = async () =>
  oauth.processDiscoveryResponse(
    new URL(issuer),
    await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...insecure }),
  )

test('oauth4webapi discovers, exchanges, introspects, revokes, and finds the token dead', async () => {
  const server = await discover()
  const { id } = await approvedFlag()
  const { grant_type, ...form } = await hotwork.exchangeForm(builder, id)
  const options = { DPoP: oauth.DPoP(client, await hotwork.key(builder)), ...insecure }
  const response = await oauth.genericTokenEndpointRequest(server, client, oauth.None(), grant_type, form, options)
  const issued = await oauth.processGenericTokenEndpointResponse(server, client, response)
  expect(issued).toMatchObject({
    token_type: 'dpop',
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    authorization_details: [{ type: 'hotwork_action', request: id, action: 'flags:set' }],
  })
  const asked = async () =>
    oauth.processIntrospectionResponse(
      server,
      client,
      await oauth.introspectionRequest(server, client, asBuilder, issued.access_token, insecure),
    )
  expect(await asked()).toMatchObject({ active: true, aud: audience, sub: builder, token_type: 'DPoP' })
  const revoked = await oauth.revocationRequest(server, client, asBuilder, issued.access_token, insecure)
  expect(await oauth.processRevocationResponse(revoked)).toBeUndefined()
  expect(await asked()).toEqual({ active: false })
})

test('oauth4webapi asks for an action, waits, and has a token that the gate takes', async () => {
  const server = await discover()
  const flag = `flag-${randomUUID()}`
  const task = `REL-${randomUUID()}`
  const options = { DPoP: oauth.DPoP(client, await hotwork.key(builder)), ...insecure }
  const grant = async (type: string, parameters: { [name: string]: string }) => {
    const answer = await oauth.genericTokenEndpointRequest(server, client, oauth.None(), type, parameters, options)
    return oauth.processGenericTokenEndpointResponse(server, client, answer)
  }
  const detail = { type: 'hotwork_action', action: 'flags:set', purpose: 'release', parent_task: { id: task } }
  const args = setFlag({ flag }).action.properties
  const waiting = await grant(exchange, {
    subject_token: await hotwork.token(builder),
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    completion_mode: 'deferred',
    authorization_details: JSON.stringify([{ ...detail, arguments: args }]),
  }).then(
    () => ({}),
    (fault: oauth.ResponseBodyError) => fault.cause,
  )
  expect(waiting).toMatchObject({ error: 'authorization_pending', deferral_code: expect.any(String), interval: 5 })
  const { body } = await hotwork.as('person:ana', 'GET', `/v1/requests?task=${task}`)
  await hotwork.decide('person:ana', body.requests[0].id)
  const { deferral_code } = waiting as { deferral_code: string }
  const { access_token } = await grant('urn:ietf:params:oauth:grant-type:deferred', { deferral_code })
  expect((await gate(access_token, flag)).status).toBe(201)
  await expect(grant('urn:ietf:params:oauth:grant-type:deferred', { deferral_code })).rejects.toMatchObject({
    error: 'invalid_grant',
  })
})

test('a resource server with oauth4webapi takes the token with its proof (RFC 9068, RFC 9449), and for itself alone', async () => {
  const { token } = await flagToken()
  const server = await discover()
  const request = async () =>
    new Request(address, {
      method: 'PUT',
      headers: {
        authorization: `DPoP ${token}`,
        dpop: await DPoP.generateProof(await hotwork.key(builder), address, 'PUT', undefined, token),
      },
    })
  const options = { requireDPoP: true, ...insecure }
  const claims = await oauth.validateJwtAccessToken(server, await request(), audience, options)
  expect(claims).toMatchObject({ iss: issuer, client_id: expect.any(String), sub: builder })
  await expect(
    oauth.validateJwtAccessToken(server, await request(), 'https://other.example', options),
  ).rejects.toThrow()
})

test('a resource server with jose verifies it by the published keys', async () => {
  const { id, token } = await flagToken()
  const { jwks_uri = '' } = await discover()
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(jwks_uri)), {
    ...{ issuer, audience, typ: 'at+jwt', algorithms: ['ES256'] },
    requiredClaims: ['sub', 'client_id', 'jti', 'exp', 'iat', 'cnf', 'authorization_details'],
  })
  expect(payload).toMatchObject({ txn: id, authorization_details: [{ request: id, uses: 1 }] })
})

test.each([
  ['', [hotwork.local.identityProviderUrl], undefined],
  ['/aws', [issuer], true],
])(
  'the resource `{issuer}%s` describes itself and its authorization server (RFC 9728)',
  async (path, servers, bound) => {
    const resource = new URL(issuer + path)
    const response = await oauth.resourceDiscoveryRequest(resource, insecure)
    const metadata = await oauth.processResourceDiscoveryResponse(resource, response)
    expect(metadata).toMatchObject({
      authorization_servers: servers,
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ['ES256'],
    })
    expect(metadata.dpop_bound_access_tokens_required).toBe(bound)
  },
)

test('introspection tells the tool the claims of the token, with its remaining uses', async () => {
  const { id, flag, token } = await flagToken()
  const { status, headers, body } = await introspect(flagService, token)
  const { txn: _, authorization_details: details, ...claims } = decodeJwt(token) as Record<string, never>
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
  expect(body).toEqual({ active: true, token_type: 'DPoP', ...claims, authorization_details: details })
  expect((await gate(token, flag)).status).toBe(201)
  expect((await introspect(builder, token)).body.authorization_details).toMatchObject([{ request: id, uses: 0 }])
})

test('introspection by another caller, or of any other text, is inactive', async () => {
  const { token } = await flagToken()
  const id = await hotwork.submitted(remediator, setParameter(staging))
  const forAws = (await hotwork.exchange(remediator, id)).body.access_token
  const [head, claims, signature] = token.split('.') as [string, string, string]
  const other = Buffer.from(JSON.stringify({ ...decodeJwt(token), aud: issuer })).toString('base64url')
  for (const [as, asked] of [
    [remediator, token],
    [flagService, forAws],
    [builder, forAws],
    [flagService, `${head}.${other}.${signature}`],
    [flagService, `${head}.${claims}.${'A'.repeat(86)}`],
    [flagService, await hotwork.token(builder)],
    [flagService, 'no token'],
    [flagService, decodeJwt(token).jti ?? ''],
  ] as const)
    expect(await introspect(as, asked)).toMatchObject({ status: 200, body: { active: false } })
  expect((await introspect(flagService, 'no token')).body).toEqual({ active: false })
  expect(await isActive(remediator, forAws)).toBe(true)
})

test.each<[what: string, end: (id: string) => Promise<unknown>]>([
  ['replaced', (id) => hotwork.exchange(builder, id)],
  ['completed', (id) => hotwork.complete(builder, id)],
  [
    'revoked by a person',
    async (id) => hotwork.as('person:gus', 'POST', `/v1/requests/${id}/revoke`, { reason: 'seen enough' }),
  ],
])('a token is inactive at once when its grant is %s', async (_what, end) => {
  const { id, token } = await flagToken()
  expect(await isActive(flagService, token)).toBe(true)
  await end(id)
  expect(await isActive(flagService, token)).toBe(false)
  expect(await isActive(builder, token)).toBe(false)
})

test('a revocation ends the token at the gate at once, is on the record, and leaves the grant', async () => {
  const { id, flag, token } = await flagToken()
  const answer = await revoke(builder, token)
  expect([answer.status, answer.body]).toEqual([200, ''])
  expect((await gate(token, flag)).status).toBe(403)
  const entry = (await hotwork.ledger(id)).find(({ type }) => type === 'CredentialRevoked')
  expect(entry).toMatchObject({ actor: { type: 'agent', id: builder }, facts: { credential: decodeJwt(token).jti } })
  const next = (await hotwork.exchange(builder, id)).body.access_token
  expect((await gate(next, flag)).status).toBe(201)
})

test('a revocation ends the AWS credentials that were claimed with the token', async () => {
  const { token, putParameter } = await hotwork.session(
    remediator,
    await hotwork.submitted(remediator, setParameter(staging)),
  )
  expect(await putParameter(staging)).toBe('done')
  await revoke(remediator, token)
  expect((await hotwork.awsCredentials(remediator, token)).status).toBe(401)
  expect(await untilRefused(() => putParameter(staging))).toMatch(/AccessDenied/)
})

test.each(['refresh_token', 'urn:x'])(
  'a revocation with the wrong hint `%s` finds the token',
  async (token_type_hint) => {
    const { token } = await flagToken()
    expect((await revoke(builder, token, { token_type_hint })).status).toBe(200)
    expect(await isActive(builder, token)).toBe(false)
  },
)

test.each(['/introspect', '/revoke'])(
  '%s answers a forger, a person and the bearer of an access token with 401, and a form without a token with 400',
  async (path) => {
    for (const bearer of ['a.b.c', await hotwork.token('person:ana'), (await flagToken()).token]) {
      const refused = await hotwork.form(undefined, path, { token: 'x' }, { authorization: `Bearer ${bearer}` })
      expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
      expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer resource_metadata=".*error="invalid_token"/)
    }
    const nameless = await hotwork.form(undefined, path, { token: 'x' })
    expect(nameless.status).toBe(401)
    expect(nameless.headers.get('www-authenticate')).not.toContain('invalid_token')
    const empty = await hotwork.form(builder, path, 'token=')
    expect(empty).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  },
)

test.each<[targets: readonly string[], status: number]>([
  [[audience], 200],
  [[audience, audience], 200],
  [[audience, `${issuer}/aws`], 400],
  [['https://elsewhere.example'], 400],
])('the token endpoint answers the resources %j with %d: a token has one audience', async (targets, status) => {
  const { id } = await approvedFlag()
  const form = new URLSearchParams(await hotwork.exchangeForm(builder, id))
  for (const target of targets) form.append('resource', target)
  const dpop = await hotwork.proof(builder, 'POST', '/token')
  const answer = await hotwork.form(undefined, '/token', form.toString(), { dpop })
  expect(answer.status).toBe(status)
  if (status === 400) expect(answer.body.error).toBe('invalid_target')
})

test('the token endpoint gives one live token to four concurrent requests, and tells the others to retry', async () => {
  const { id } = await approvedFlag()
  const answers = await Promise.all([1, 2, 3, 4].map(() => hotwork.exchange(builder, id)))
  const given = answers.filter(({ status }) => status === 200)
  for (const { status, body, headers } of answers.filter((each) => !given.includes(each))) {
    expect([status, body.error]).toEqual([503, 'temporarily_unavailable'])
    expect(headers.get('retry-after')).toMatch(/^\d+$/)
    expect(headers.get('cache-control')).toBe('no-store')
  }
  expect(given.length).toBeGreaterThan(0)
  const alive = await Promise.all(given.map(({ body }) => isActive(builder, body.access_token)))
  expect(alive.filter(Boolean)).toHaveLength(1)
})
