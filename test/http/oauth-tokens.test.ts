import {
  activeAnswer,
  answerUnknown,
  inactiveAnswer,
  OAuthError,
  oauthEndpoint,
  oauthProblem,
  readToken,
} from '../../functions/adapters/http/oauth.ts'
import { BadRequest, badRequest } from '../../functions/adapters/http/problem.ts'
import { KeyUnavailable, Overtaken } from '../../functions/operations/faults.ts'
import { apiEvent } from '../support/api-event.ts'
import { MemoryClock } from '../support/memory-clock.ts'
import { MemoryLog } from '../support/memory-log.ts'
import { issuer, start } from '../support/world.ts'

/** Introspection (RFC 7662), revocation (RFC 7009), and the refusals of OAuth endpoints. */

const form = (parameters: object) => new Map(Object.entries(parameters)) as ReadonlyMap<string, string>
const claims = {
  iss: issuer,
  sub: 'agent:builder',
  client_id: 'agent-builder',
  aud: 'https://flags.example.org',
  iat: start,
  nbf: start,
  exp: start + 900,
  jti: 'crd_00000000000000000000000001',
  txn: 'req_00000000000000000000000001',
  cnf: { jkt: 'a'.repeat(43) },
  authorization_details: [{ type: 'hotwork_action', uses: 2 }],
  'https://x.example/more': 'private',
}

test('an active token is shown with its standard claims, its type and its remaining details', () => {
  const details = [{ type: 'hotwork_action', uses: 1 }]
  const { txn: _txn, 'https://x.example/more': _more, ...standard } = claims
  expect(activeAnswer(claims, details)).toEqual({
    status: 200,
    headers: { 'cache-control': 'no-store', pragma: 'no-cache' },
    body: { ...standard, active: true, token_type: 'DPoP', authorization_details: details },
  })
})

test("an active token's delegation is shown, without a scope", () => {
  const act = { sub: 'agent:builder', act: { sub: 'agent:planner' } }
  const { body } = activeAnswer({ ...claims, act }, [])
  expect(body).toMatchObject({ act })
  expect(body).not.toHaveProperty('scope')
})

test('an inactive token is exactly `{"active":false}`, and caches must not keep it', () => {
  expect(JSON.stringify(inactiveAnswer.body)).toBe('{"active":false}')
  expect(inactiveAnswer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
})

test('a missing token is refused by its name', () => {
  expect(readToken(form({ token: 'a.b.c', token_type_hint: 'anything' }))).toBe('a.b.c')
  expect(() => readToken(form({ token_type_hint: 'access_token' }))).toThrow(OAuthError)
  expect(() => readToken(form({}))).toThrow('token is missing')
})

test.each([[undefined], ['access_token'], ['urn:example:other']])(
  'an unknown token is revoked with success, hinted to be %s',
  (hint) => {
    const { status, body } = answerUnknown(form({ token: 'x', ...(hint ? { token_type_hint: hint } : {}) }))
    expect([status, body]).toEqual([200, undefined])
  },
)

test('a refresh token is refused as an unsupported type', () => {
  const fault = (() => {
    try {
      return answerUnknown(form({ token: 'x', token_type_hint: 'refresh_token' }))
    } catch (thrown) {
      return thrown
    }
  })()
  expect(fault).toBeInstanceOf(OAuthError)
  expect(fault).toMatchObject({ error: 'unsupported_token_type' })
})

/** The answer of an endpoint that throws this. */
async function answerTo(thrown: Error, at = start) {
  const log = new MemoryLog()
  const run = oauthEndpoint({ issuer, log, clock: new MemoryClock(start) }, () => Promise.reject(thrown))
  const {
    statusCode,
    headers,
    body = '',
  } = await run(apiEvent('POST /introspect', at, { headers: { 'x-request-id': 'mine' } }))
  return { status: statusCode, headers: headers as { [name: string]: string }, body: JSON.parse(body), log }
}
const unauthorized = new BadRequest({
  status: 401,
  code: 'invalid_token',
  title: 'The token is invalid here',
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
})

test.each<[what: string, thrown: Error, status: number, error: string]>([
  ['its own error', new OAuthError('invalid_target', 'no'), 400, 'invalid_target'],
  ['an unreadable body', badRequest('invalid_json', 'The body'), 400, 'invalid_request'],
  ['a bad proof', badRequest('invalid_dpop_proof', 'The proof'), 400, 'invalid_dpop_proof'],
  ['a body that is too large', new BadRequest({ status: 413, code: 'too_large', title: 'x' }), 413, 'invalid_request'],
  ['an unknown caller', unauthorized, 401, 'invalid_client'],
  ['a key that does not answer', new KeyUnavailable('kms'), 503, 'temporarily_unavailable'],
  ['a mint that came first', new Overtaken('other'), 503, 'temporarily_unavailable'],
  ['an unexpected fault', new TypeError('secret'), 500, 'server_error'],
])(
  'an OAuth endpoint reports %s in OAuth’s words, and caches must not keep it',
  async (_what, thrown, status, error) => {
    const answer = await answerTo(thrown)
    expect([answer.status, answer.body.error]).toEqual([status, error])
    expect(Object.keys(answer.body).sort()).toEqual(['error', 'error_description'])
    expect(answer.body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    expect(answer.body.error_description).not.toContain('secret')
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-request-id': 'mine',
    })
  },
)

test('an OAuth endpoint names the time of a retry if a retry helps', async () => {
  const { headers, body } = await answerTo(new Overtaken('other'))
  expect(headers['retry-after']).toBe('2')
  expect(body.error_description).toMatch(/ask again in a moment$/)
})

test('an OAuth endpoint challenges an unknown caller, and logs it', async () => {
  const { headers, log } = await answerTo(unauthorized)
  expect(headers['www-authenticate']).toBe('Bearer error="invalid_token"')
  expect(JSON.stringify(log.lines)).toContain('unauthenticated')
})

test('an OAuth endpoint with a clock that is off decides nothing, in the same words', async () => {
  const { status, body } = await answerTo(new OAuthError('invalid_request', 'never said'), start + 31)
  expect([status, body.error]).toEqual([503, 'temporarily_unavailable'])
})

test('an OAuth endpoint keeps the status and headers of a problem', () => {
  const problem = { status: 503, code: 'server_error' as const, title: 'Something', headers: { 'retry-after': '7' } }
  expect(oauthProblem(problem)).toMatchObject({ status: 503, headers: { 'retry-after': '7' } })
})
