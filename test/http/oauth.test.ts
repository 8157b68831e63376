import {
  OAuthError,
  oauthAnswer,
  readTokenExchange,
  tokenAnswer,
  tokenExchange,
} from '../../functions/adapters/http/oauth.ts'
import { Form } from '../../functions/adapters/http/read-body.ts'

/** The token endpoint's parameters (RFC 8693 section 2.1, RFC 9396) and answers, in OAuth's own words. */

const request = 'req_00000000000000000000000001'
const jwt = 'urn:ietf:params:oauth:token-type:jwt'
const accessToken = 'urn:ietf:params:oauth:token-type:access_token'
const details = (value: unknown) => JSON.stringify(value)
const good = {
  grant_type: tokenExchange,
  subject_token: 'a.b.c',
  subject_token_type: jwt,
  authorization_details: details([{ type: 'hotwork_action', request }]),
}
const read = (changes: { [name: string]: string | undefined } = {}) =>
  readTokenExchange(
    new Form(
      Object.entries({ ...good, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  )
const errorOf = (changes: { [name: string]: string | undefined }) => {
  try {
    return read(changes) && undefined
  } catch (fault) {
    if (fault instanceof OAuthError) return fault
    throw fault
  }
}

test('an exchange names the token and the request', () => {
  expect(read()).toEqual({ subjectToken: 'a.b.c', request, targets: [] })
})

test.each<[what: string, changes: object, targets: string[]]>([
  ['its type of token', { requested_token_type: accessToken }, []],
  ['its format', { requested_token_type: jwt }, []],
  ['an audience', { audience: 'x' }, ['x']],
  ['a resource', { resource: 'https://x.example' }, ['https://x.example']],
  ['both: each must be the audience', { audience: 'x', resource: 'y' }, ['x', 'y']],
  ['unknown parameters, which are ignored', { client_id: 'me', foo: 'bar', __proto__x: '1' }, []],
])('an exchange may name %s', (_what, changes, targets) => {
  expect(read({ ...changes })).toEqual({ subjectToken: 'a.b.c', request, targets })
})

test("an exchange may name several targets, which must all be the token's one audience", () => {
  const named = [...Object.entries(good), ['resource', 'x'], ['audience', 'y'], ['resource', 'z']] as [string, string][]
  expect(readTokenExchange(new Form(named)).targets).toEqual(['y', 'x', 'z'])
})

test.each<[what: string, changes: { [name: string]: string | undefined }, error: string, names: string]>([
  ['no grant type', { grant_type: undefined }, 'invalid_request', 'grant_type'],
  ['another grant type', { grant_type: 'client_credentials' }, 'unsupported_grant_type', tokenExchange],
  ['a grant type in capitals', { grant_type: tokenExchange.toUpperCase() }, 'unsupported_grant_type', tokenExchange],
  ['no subject token', { subject_token: undefined }, 'invalid_request', 'subject_token'],
  ['no type of the subject token', { subject_token_type: undefined }, 'invalid_request', 'subject_token_type'],
  ['another type of subject token', { subject_token_type: accessToken }, 'invalid_request', 'subject_token_type'],
  ['an actor', { actor_token: 'a.b.c' }, 'invalid_request', 'actor_token'],
  ['an actor’s type alone', { actor_token_type: jwt }, 'invalid_request', 'actor_token'],
  [
    'a refresh token',
    { requested_token_type: jwt.replace('jwt', 'refresh_token') },
    'invalid_request',
    'requested_token_type',
  ],
  ['a scope', { scope: 'openid' }, 'invalid_scope', 'authorization_details'],
])('an exchange with %s is refused, naming the parameter', (_what, changes, error, names) => {
  const fault = errorOf(changes)
  expect([fault?.error, fault?.message]).toEqual([error, expect.stringContaining(names)])
})

test.each<[what: string, value: string | undefined]>([
  ['missing', undefined],
  ['invalid JSON', '[{'],
  ['ambiguous JSON', `[{"type":"hotwork_action","request":"${request}","request":"${request}"}]`],
  ['an object', details({ type: 'hotwork_action', request })],
  ['an empty list', '[]'],
  [
    'two actions',
    details([
      { type: 'hotwork_action', request },
      { type: 'hotwork_action', request },
    ]),
  ],
  ['of an unknown type', details([{ type: 'payment_initiation', request }])],
  ['without a type', details([{ request }])],
  ['without a request', details([{ type: 'hotwork_action' }])],
  ['with an unknown field', details([{ type: 'hotwork_action', request, action: 'ssm:PutParameter' }])],
  ['with a field of another type', details([{ type: 'hotwork_action', request: [request] }])],
  ['with an id of something else', details([{ type: 'hotwork_action', request: request.replace('req', 'grt') }])],
  ['with an id in capitals', details([{ type: 'hotwork_action', request: request.toUpperCase() }])],
  ['with an id and a line', details([{ type: 'hotwork_action', request: `${request}\n` }])],
])(
  'details that are %s are `invalid_authorization_details`, and the answer shows the expected form',
  (_what, value) => {
    const fault = errorOf({ authorization_details: value })
    expect(fault?.error).toBe('invalid_authorization_details')
    expect(fault?.message).toContain('"type":"hotwork_action"')
  },
)

test("an error is 400, caches must not keep it, and its description has only RFC 6749's characters", () => {
  const { status, headers, body } = oauthAnswer(new OAuthError('invalid_request', 'a "b" \\ c\r\nd é 😀 ~'))
  expect([status, headers]).toEqual([400, { 'cache-control': 'no-store', pragma: 'no-cache' }])
  const { error, error_description: description } = body as { error: string; error_description: string }
  expect(error).toBe('invalid_request')
  expect(description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  expect(description).toMatch(/^a 'b' ' c''d ' '+ ~$/)
})

test("a token's answer has its types and the granted details, and caches must not keep it", () => {
  const granted = [{ type: 'hotwork_action', request, uses: 1 }]
  expect(tokenAnswer({ token: 'a.b.c', expiresIn: 60, details: granted })).toEqual({
    status: 200,
    headers: { 'cache-control': 'no-store', pragma: 'no-cache' },
    body: {
      access_token: 'a.b.c',
      issued_token_type: accessToken,
      token_type: 'DPoP',
      expires_in: 60,
      authorization_details: granted,
    },
  })
})
