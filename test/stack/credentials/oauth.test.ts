import { randomUUID } from 'node:crypto'
import * as DPoP from 'dpop'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { until, withCredentials } from '../support/aws.ts'
import { type Answer, Deployment, remediator, setParameter, staging } from '../support/deployment.ts'

/** The authorization server, tried by clients and a resource server of other authors: RFC 8414, 8693, 7662, 7009, 9728. */

jest.setTimeout(120_000)
const hotwork = new Deployment()
const { issuer, tools } = hotwork.local
const builder = 'agent:builder'
const flagService = 'tool:flag-service'
const audience = tools.find(({ id }) => id === flagService)?.audience ?? ''
const address = `${tools.find(({ id }) => id === flagService)?.addresses[0]}`
const insecure = { [oauth.allowInsecureRequests]: true }
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** A flag to set in prod: one person approves, and the tool is not AWS. */
const flagBody = (flag: string) => ({
  subject: { type: 'agent', id: builder },
  action: { name: 'flags:set', properties: { environment: 'prod', flag, value: true } },
  resource: { type: 'flags:flag', id: `prod/${flag}` },
  context: { purpose: 'release', parent_task: { id: 'REL-1' } },
})
/** A request for one, approved by ana. */
async function approvedFlag(): Promise<{ id: string; flag: string }> {
  const flag = `flag-${randomUUID()}`
  const id = await hotwork.submitted(builder, flagBody(flag))
  await hotwork.decide('person:ana', id)
  return { id, flag }
}
async function flagToken(): Promise<{ id: string; flag: string; token: string }> {
  const approved = await approvedFlag()
  const { body } = await hotwork.exchange(builder, approved.id)
  return { ...approved, token: body.access_token }
}

/** Sends a form as somebody with a bearer token. */
const post = async (
  path: string,
  as: string | undefined,
  form: object | string,
  headers: Record<string, string> = {},
) =>
  hotwork.send('POST', path, {
    headers: {
      ...(as === undefined ? {} : { authorization: `Bearer ${await hotwork.token(as)}` }),
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    body: typeof form === 'string' ? form : new URLSearchParams({ ...form }).toString(),
  })
const introspect = (as: string | undefined, token: string) => post('/introspect', as, { token })
const revoke = (as: string | undefined, token: string, more: object = {}) => post('/revoke', as, { token, ...more })
const isActive = async (as: string, token: string): Promise<boolean> => (await introspect(as, token)).body.active

async function gate(token: string, flag: string): Promise<Answer> {
  const proof = await DPoP.generateProof(await hotwork.key(builder), address, 'PUT', undefined, token)
  const body = {
    ...{ token, proof, method: 'PUT', url: address, action: 'flags:set' },
    arguments: flagBody(flag).action.properties,
  }
  const headers = { 'idempotency-key': randomUUID() }
  return hotwork.json('POST', '/v1/uses', await hotwork.token(flagService), body, headers)
}

describe('clients by other authors', () => {
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
    const response = await oauth.genericTokenEndpointRequest(
      server,
      client,
      oauth.None(),
      exchange,
      {
        subject_token: await hotwork.token(builder),
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        authorization_details: JSON.stringify([{ type: 'hotwork_action', request: id }]),
      },
      { DPoP: oauth.DPoP(client, await hotwork.key(builder)), ...insecure },
    )
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

  test('openid-client does the same', async () => {
    const { id } = await approvedFlag()
    const configuration = await openid.discovery(new URL(issuer), 'agent-builder', undefined, asBuilder, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })
    const issued = await openid.genericGrantRequest(
      configuration,
      exchange,
      {
        subject_token: await hotwork.token(builder),
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        authorization_details: JSON.stringify([{ type: 'hotwork_action', request: id }]),
      },
      { DPoP: openid.getDPoPHandle(configuration, await hotwork.key(builder)) },
    )
    expect(await openid.tokenIntrospection(configuration, issued.access_token)).toMatchObject({ active: true })
    await openid.tokenRevocation(configuration, issued.access_token)
    expect(await openid.tokenIntrospection(configuration, issued.access_token)).toEqual({ active: false })
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
    const args = flagBody(flag).action.properties
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
    const { body } = await hotwork.json('GET', `/v1/requests?task=${task}`, await hotwork.token('person:ana'))
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
    'the resource `{issuer}%s` describes itself, and whose tokens it takes (RFC 9728)',
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

  test('the metadata names the endpoints, and how their callers prove themselves', async () => {
    expect(await discover()).toMatchObject({
      introspection_endpoint: `${issuer}/introspect`,
      introspection_endpoint_auth_methods_supported: ['private_key_jwt', 'Bearer'],
      revocation_endpoint: `${issuer}/revoke`,
      revocation_endpoint_auth_methods_supported: ['private_key_jwt', 'none'],
      protected_resources: [...tools.map(({ audience }) => audience), `${issuer}/aws`],
    })
  })
})

describe('introspection', () => {
  test('tells the tool exactly what the token says, with what is left of its uses', async () => {
    const { id, flag, token } = await flagToken()
    const { status, headers, body } = await introspect(flagService, token)
    const { txn: _, authorization_details: details, ...claims } = decodeJwt(token) as Record<string, never>
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(body).toEqual({ active: true, token_type: 'DPoP', ...claims, authorization_details: details })
    expect((await gate(token, flag)).status).toBe(201)
    expect((await introspect(builder, token)).body.authorization_details).toMatchObject([{ request: id, uses: 0 }])
  })

  test('tells nobody else anything, and of anything else nothing', async () => {
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
      async (id) =>
        hotwork.json('POST', `/v1/requests/${id}/revoke`, await hotwork.token('person:gus'), { reason: 'seen enough' }),
    ],
  ])('is inactive at once when %s', async (_what, end) => {
    const { id, token } = await flagToken()
    expect(await isActive(flagService, token)).toBe(true)
    await end(id)
    expect(await isActive(flagService, token)).toBe(false)
    expect(await isActive(builder, token)).toBe(false)
  })
})

describe('revocation', () => {
  test('ends the token at the gate at once, is on the record, and leaves the grant', async () => {
    const { id, flag, token } = await flagToken()
    const answer = await revoke(builder, token)
    expect([answer.status, answer.body]).toEqual([200, ''])
    expect((await gate(token, flag)).status).toBe(403)
    const entry = (await hotwork.ledger(id)).find(({ type }) => type === 'CredentialRevoked')
    expect(entry).toMatchObject({ actor: { type: 'agent', id: builder }, facts: { credential: decodeJwt(token).jti } })
    const next = (await hotwork.exchange(builder, id)).body.access_token
    expect((await gate(next, flag)).status).toBe(201)
  })

  test('ends the AWS credentials that were claimed with it', async () => {
    const body = setParameter(staging)
    const id = await hotwork.submitted(remediator, body)
    const { access_token } = (await hotwork.exchange(remediator, id)).body
    const session = withCredentials(hotwork.local, await hotwork.awsCredentials(remediator, access_token))
    expect(await session.putParameter(staging)).toBe('done')
    await revoke(remediator, access_token)
    expect((await hotwork.awsCredentials(remediator, access_token)).status).toBe(401)
    expect(
      await until(
        () => session.putParameter(staging),
        (answer) => answer !== 'done',
      ),
    ).toMatch(/AccessDenied/)
  })

  test.each(['refresh_token', 'urn:x'])('finds the token also where the hint is wrong: %s', async (token_type_hint) => {
    const { token } = await flagToken()
    expect((await revoke(builder, token, { token_type_hint })).status).toBe(200)
    expect(await isActive(builder, token)).toBe(false)
  })

  test.each(['what is this', 'a.b.c', 'crd_00000000000000000000000000'])('of `%s` is success', async (unknown) => {
    const answer = await revoke(builder, unknown)
    expect([answer.status, answer.body]).toEqual([200, ''])
  })

  test('of another’s token is success, and leaves it alive', async () => {
    const { flag, token } = await flagToken()
    for (const as of [remediator, flagService]) expect((await revoke(as, token)).status).toBe(200)
    expect(await isActive(flagService, token)).toBe(true)
    expect((await gate(token, flag)).status).toBe(201)
  })

  test('of a refresh token is refused: there are none', async () => {
    expect(await revoke(builder, 'abc', { token_type_hint: 'refresh_token' })).toMatchObject({
      status: 400,
      body: { error: 'unsupported_token_type' },
    })
  })
})

describe.each(['/introspect', '/revoke'])('%s', (path) => {
  test.each<[who: string, token: () => Promise<string | undefined> | string | undefined]>([
    ['nobody', () => undefined],
    ['a forger', () => 'a.b.c'],
    ['a person', () => hotwork.token('person:ana')],
    ['a bearer of an access token', async () => (await flagToken()).token],
  ])('is not for %s', async (_who, bearer) => {
    const token = await bearer()
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await post(path, undefined, { token: 'x' }, headers)
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer resource_metadata="/)
    expect(answer.headers.get('www-authenticate')?.includes('error="invalid_token"')).toBe(token !== undefined)
  })

  test.each<[what: string, form: string, headers: Record<string, string>]>([
    ['no token', 'token_type_hint=access_token', {}],
    ['an empty token', 'token=', {}],
    ['two tokens', 'token=a&token=b', {}],
    ['nothing', '', {}],
    ['JSON', '{"token":"a"}', { 'content-type': 'application/json' }],
  ])('with %s is `invalid_request`', async (_what, form, headers) => {
    const answer = await post(path, builder, form, { 'x-request-id': 'mine', ...headers })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('x-request-id')).toBe('mine')
  })

  test('is asked by POST alone', async () => {
    const answer = await hotwork.send('GET', `${path}?token=x`)
    expect(answer.status).toBe(404)
  })
})

describe('the token endpoint', () => {
  test.each<[targets: readonly string[], status: number]>([
    [[audience], 200],
    [[audience, audience], 200],
    [[audience, `${issuer}/aws`], 400],
    [['https://elsewhere.example'], 400],
  ])('asked for the resources %j answers %d: a token has one audience', async (targets, status) => {
    const { id } = await approvedFlag()
    const form = new URLSearchParams({
      grant_type: exchange,
      subject_token: await hotwork.token(builder),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      authorization_details: JSON.stringify([{ type: 'hotwork_action', request: id }]),
    })
    for (const target of targets) form.append('resource', target)
    const dpop = await hotwork.proof(builder, 'POST', '/token')
    const answer = await post('/token', undefined, form.toString(), { dpop })
    expect(answer.status).toBe(status)
    if (status === 400) expect(answer.body.error).toBe('invalid_target')
  })

  test('gives one live token to a client that asks four times at once, and tells the others to come again', async () => {
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

  test.each<[what: string, body: string, contentType: string, status: number]>([
    ['a parameter twice', `grant_type=${exchange}&grant_type=${exchange}`, 'application/x-www-form-urlencoded', 400],
    ['JSON', '{}', 'application/json', 400],
    ['over 64 KiB', `x=${'a'.repeat(70_000)}`, 'application/x-www-form-urlencoded', 413],
    ['a byte that is no UTF-8', `grant_type=\u0000`, 'text/plain', 400],
  ])('refuses %s in OAuth’s own words', async (_what, body, contentType, status) => {
    const answer = await hotwork.send('POST', '/token', { headers: { 'content-type': contentType }, body })
    expect(answer).toMatchObject({ status, body: { error: 'invalid_request', error_description: expect.any(String) } })
    expect(answer.headers.get('content-type')).toBe('application/json')
  })
})
