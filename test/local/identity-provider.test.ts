import { text } from 'node:stream/consumers'
import { calculateJwkThumbprint, createRemoteJWKSet, decodeJwt, importJWK, type JWK, jwtVerify, SignJWT } from 'jose'
import * as oauth from 'oauth4webapi'
import { signalsPath } from '../../local/local-file.ts'
import { listenOnLoopback } from '../../local/loopback.ts'
import { endPrograms } from './support/programs.ts'
import { startProvider } from './support/provider.ts'

const issuer = 'http://127.0.0.1:61001'
const otherIssuer = 'http://127.0.0.1:61002'
const insecure = { [oauth.allowInsecureRequests]: true }

let url: string
let keys: Record<string, JWK>
let server: oauth.AuthorizationServer

let receiver: Awaited<ReturnType<typeof listenOnLoopback>>
beforeAll(async () => {
  receiver = await listenOnLoopback()
  const principals = [
    { kind: 'workload', subject: 'agent-remediator' },
    { kind: 'person', subject: 'person-ana', name: 'Ana <Alves>', groups: ['sre'] },
  ]
  ;({ url, keys } = await startProvider(principals, issuer, otherIssuer, receiver.url))
  const discovery = await oauth.discoveryRequest(new URL(url), insecure)
  server = await oauth.processDiscoveryResponse(new URL(url), discovery)
})
afterAll(async () => {
  await receiver.close()
  await endPrograms()
})

/** Asks for a token as a client without a browser does. @returns the body of any answer */
async function ask(clientId: string, parameters: Record<string, string>, key = keys[clientId] as JWK) {
  const { kid = '', ...jwk } = key
  const signing = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  const authentication = oauth.PrivateKeyJwt({ key: signing, kid })
  const client = { client_id: clientId }
  const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, insecure)
  return (await response.json()) as {
    access_token?: string
    error?: string
    error_description?: string
    expires_in?: number
  }
}

async function verify(token: string | undefined, audience: string) {
  const keySet = createRemoteJWKSet(new URL(server.jwks_uri as string))
  return jwtVerify(token as string, keySet, { issuer: url, audience, typ: 'at+jwt', algorithms: ['ES256'] })
}

test('a workload gets a token of a few minutes for the API, with itself as subject', async () => {
  const { access_token, expires_in } = await ask('agent-remediator', { resource: issuer })
  const { payload } = await verify(access_token, issuer)
  expect(payload).toMatchObject({ sub: 'agent-remediator', aud: issuer, client_id: 'agent-remediator' })
  expect(payload.exp).toBe((payload.iat as number) + (expires_in as number))
  expect(expires_in).toBeGreaterThanOrEqual(300)
  expect(expires_in).toBeLessThanOrEqual(600)
})

test("a person's token is for people's audience and for no workload's", async () => {
  const { access_token } = await ask('person-ana', { resource: issuer })
  const { payload } = await verify(access_token, `${issuer}/people`)
  expect(payload.sub).toBe('person-ana')
  expect(payload).not.toHaveProperty('acr')
  await expect(verify(access_token, issuer)).rejects.toThrow('aud')
})

test('a person’s token has the claimed strength of login, a workload’s never', async () => {
  const strong = { resource: issuer, acr_values: 'strong' }
  const person = await verify((await ask('person-ana', strong)).access_token, `${issuer}/people`)
  expect(person.payload).toMatchObject({ acr: 'strong', auth_time: expect.any(Number) })
  const workload = await verify((await ask('agent-remediator', strong)).access_token, issuer)
  expect(workload.payload).not.toHaveProperty('acr')
})

test('each deployment is its own audience', async () => {
  const { access_token } = await ask('agent-remediator', { resource: otherIssuer })
  expect(decodeJwt(access_token as string).aud).toBe(otherIssuer)
})

test.each<[rule: string, parameters: Record<string, string>]>([
  ['an unknown API', { resource: 'http://127.0.0.1:1' }],
  ['no API', {}],
])('a request for %s gets no token, and the names of the known APIs', async (_rule, parameters) => {
  const answer = await ask('agent-remediator', parameters)
  expect(answer.error).toBe('invalid_target')
  expect(answer.error_description).toContain(issuer)
})

test("one client's key gives no token for another", async () => {
  expect((await ask('person-ana', { resource: issuer }, keys['agent-remediator'])).error).toBe('invalid_client')
})

test('an assertion is accepted once', async () => {
  const { kid, ...jwk } = keys['agent-remediator'] as JWK
  const assertion = await new SignJWT({ jti: 'once' })
    .setProtectedHeader({ alg: 'ES256', kid: kid as string })
    .setIssuer('agent-remediator')
    .setSubject('agent-remediator')
    .setAudience(url)
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(await importJWK(jwk, 'ES256'))
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    resource: issuer,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  })
  const send = async () => (await fetch(server.token_endpoint as string, { method: 'POST', body })).status
  expect(await send()).toBe(200)
  expect(await send()).toBe(401)
})

test('keys are named by their thumbprint and only their public half is published', async () => {
  const { keys: published } = (await (await fetch(server.jwks_uri as string)).json()) as { keys: JWK[] }
  expect(published).toHaveLength(1)
  for (const key of published) {
    expect(key).not.toHaveProperty('d')
    expect(key.kid).toBe(await calculateJwkThumbprint(key))
  }
})

test('a person logs in with a browser, and both tokens have the person, the strength and the audience', async () => {
  const client = { client_id: 'hotwork-browser' }
  const verifier = oauth.generateRandomCodeVerifier()
  const callback = `${issuer}/login/callback`
  const start = new URL(server.authorization_endpoint as string)
  start.search = new URLSearchParams({
    ...client,
    response_type: 'code',
    redirect_uri: callback,
    scope: 'openid profile',
    resource: issuer,
    acr_values: 'strong',
    nonce: 'the-digest',
    state: 'here',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString()

  const visit = browse()
  const toLogin = await visit(start)
  const page = new URL(toLogin.headers.get('location') as string, url)
  const html = await (await visit(page)).text()
  expect(html).toContain('<button name="subject" value="person-ana">Ana &lt;Alves&gt;</button>')
  expect(html).toContain('<html lang="en">')

  const workload = await visit(page, { method: 'POST', body: new URLSearchParams({ subject: 'agent-remediator' }) })
  expect(workload.status).toBe(400)
  const chosen = await visit(page, { method: 'POST', body: new URLSearchParams({ subject: 'person-ana' }) })
  const back = await visit(new URL(chosen.headers.get('location') as string))
  const returned = new URL(back.headers.get('location') as string)
  expect(returned.origin + returned.pathname).toBe(callback)

  const parameters = oauth.validateAuthResponse(server, client, returned, 'here')
  const grant = [parameters, callback, verifier] as const
  const response = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), ...grant, insecure)
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: 'the-digest' })
  expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ sub: 'person-ana', acr: 'strong' })
  const { payload } = await verify(tokens.access_token, `${issuer}/people`)
  expect(payload).toMatchObject({ sub: 'person-ana', acr: 'strong', auth_time: expect.any(Number) })
})

test('a login goes back to a deployed API and nowhere else', async () => {
  const start = new URL(server.authorization_endpoint as string)
  start.search = new URLSearchParams({
    client_id: 'hotwork-browser',
    response_type: 'code',
    redirect_uri: 'http://127.0.0.1:1/login/callback',
    scope: 'openid',
  }).toString()
  const response = await browse()(start)
  expect(response.status).toBe(400)
  expect(await response.text()).toContain('redirect_uri')
})

describe('a signal', () => {
  const event = { type: 'urn:event', subject: 'person-ana' }
  const send = (body: object, headers = {}) =>
    fetch(`${url}/signals`, { method: 'POST', body: JSON.stringify(body), headers })

  test('a signal is a security event that the published keys verify, and returns the API’s answer', async () => {
    let received: { path: string | undefined; type: string | undefined; token: string } | undefined
    receiver.handle(async (request, response) => {
      received = { path: request.url, type: request.headers['content-type'], token: await text(request) }
      response.writeHead(202).end()
    })
    expect(await (await send({ ...event, api: receiver.url })).json()).toEqual({ status: 202, body: '' })
    expect(received).toMatchObject({ path: signalsPath, type: 'application/secevent+jwt' })
    const keySet = createRemoteJWKSet(new URL(server.jwks_uri as string))
    const checks = { issuer: url, audience: `${receiver.url}${signalsPath}`, typ: 'secevent+jwt' }
    const { payload } = await jwtVerify(received?.token ?? '', keySet, checks)
    const sub_id = { format: 'iss_sub', iss: url, sub: 'person-ana' }
    expect(payload).toMatchObject({ sub_id, events: { 'urn:event': {} } })
  })

  test('a signal goes only to an API that the provider serves, and follows no redirect', async () => {
    const asked: (string | undefined)[] = []
    receiver.handle((request, response) => {
      asked.push(request.url)
      response.writeHead(307, { location: `${receiver.url}/secret` }).end('secret')
    })
    const inside = `${receiver.url}/secret`
    for (const body of [{ receiver: inside }, { api: inside }, { api: `${receiver.url}/secret?` }]) {
      const answer = await send({ ...event, ...body })
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('`api`')])
    }
    expect(asked).toEqual([])
    const redirected = await send({ ...event, api: receiver.url })
    expect([redirected.status, await redirected.text(), asked]).toEqual([
      400,
      expect.not.stringContaining('secret'),
      [signalsPath],
    ])
  })

  test('a page of another origin sends no signal', async () => {
    const answer = await send({ ...event, api: receiver.url }, { origin: 'https://evil.example' })
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('evil.example')])
  })
})

/** A browser that keeps cookies, and returns each redirect instead of following it. */
function browse() {
  const cookies = new Map<string, string>()
  return async (address: URL, init: RequestInit = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(address, { redirect: 'manual', ...init, headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    return response
  }
}
