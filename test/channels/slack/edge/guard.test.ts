import fc from 'fast-check'
import {
  freshness,
  type Guarded,
  guard,
  largestBody,
  type RawRequest,
} from '../../../../functions/channels/slack/edge/guard.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { appId, clickOf, formOf, secret, sign, signed, teamId } from './clicks.ts'

const now = 1_800_000_000
const click = clickOf('U0ANA', { action_id: 'approve', value: '{}' })
const body = formOf(click)
const settings = { secrets: [secret], teamId, appId, alias: 'slack', elsewhere: new Set<string>() }
const guarded = (request: RawRequest, changes: Partial<typeof settings> = {}, at = now): Guarded =>
  guard(request, { ...settings, ...changes }, at)
const statusOf = (answer: Guarded) => (answer.pass ? 'pass' : answer.status)

test('a signed click passes, with its body unchanged', () => {
  expect(guarded(signed(body, now))).toMatchObject({ pass: true, body, envelope: { kind: 'interaction' } })
})

test('a body in base64 is decoded before the check', () => {
  const unicode = formOf({ ...click, note: 'ü 東京 💣' })
  const request = signed(unicode, now, { body: Buffer.from(unicode).toString('base64'), isBase64Encoded: true })
  expect(guarded(request)).toMatchObject({ pass: true, body: unicode })
})

test('header names are found in any spelling', () => {
  const { headers, ...rest } = signed(body, now)
  const shouted = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]))
  expect(statusOf(guarded({ ...rest, headers: shouted }))).toBe('pass')
})

test('a request is good from 300 s before to 300 s after its timestamp, to the second', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: -310, max: 310 }), fc.integer({ min: -1e9, max: 1e9 })), (age) => {
      return statusOf(guarded(signed(body, now - age))) === (Math.abs(age) <= freshness ? 'pass' : 401)
    }),
  )
})

test.each([
  [-301, 401],
  [-300, 'pass'],
  [-299, 'pass'],
  [299, 'pass'],
  [300, 'pass'],
  [301, 401],
])('a timestamp %d s from now: %s', (ahead, status) =>
  expect(statusOf(guarded(signed(body, now + ahead)))).toBe(status),
)

test.each([
  '',
  'now',
  '1e9',
  '-1',
  '+1800000000',
  ' 1800000000',
  '1800000000.5',
  '01800000000',
  '0x6b49d200',
  '9'.repeat(400),
])('a timestamp of %j is refused', (timestamp) => {
  const headers = { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': sign(body, timestamp) }
  expect(statusOf(guarded(signed(body, now, { headers })))).toBe(401)
})

test('a signature covers every byte of the body', () => {
  fc.assert(
    fc.property(fc.nat(body.length - 1), fc.constantFrom('x', 'y', ' ', '%'), (at, other) => {
      const changed = body.slice(0, at) + other + body.slice(at + 1)
      return changed === body || statusOf(guarded(signed(body, now, { body: changed }))) === 401
    }),
  )
})

test.each([
  ['is missing', { 'x-slack-signature': undefined }],
  ['is empty', { 'x-slack-signature': '' }],
  ['is of version 1', { 'x-slack-signature': sign(body, now, secret, 'v1') }],
  ['is `v0` over a text of `v1`', { 'x-slack-signature': sign(body, now, secret, 'v1').replace('v1', 'v0') }],
  ['is cut short', { 'x-slack-signature': sign(body, now).slice(0, -1) }],
  ['is in upper case', { 'x-slack-signature': sign(body, now).toUpperCase() }],
  ['is there twice in one', { 'x-slack-signature': `${sign(body, now)},${sign(body, now)}` }],
  ['is there twice in two spellings', { 'X-Slack-Signature': sign(body, now) }],
  ['has something after it', { 'x-slack-signature': `${sign(body, now)}=00` }],
  ['is by another secret', { 'x-slack-signature': sign(body, now, 'another') }],
  ['is of another time', { 'x-slack-request-timestamp': String(now - 1) }],
  ['comes without a time', { 'x-slack-request-timestamp': undefined }],
])('a signature that %s is refused with 401 and no reason', (_what, headers) => {
  expect(guarded(signed(body, now, { headers }))).toEqual({
    pass: false,
    status: 401,
    why: 'the signature is invalid',
  })
})

test('a signature by the previous secret is valid during a rotation, and not afterwards', () => {
  const old = signed(body, now, { by: 'the secret before' })
  expect(statusOf(guarded(old, { secrets: [secret, 'the secret before'] }))).toBe('pass')
  expect(statusOf(guarded(signed(body, now), { secrets: [secret, 'the secret before'] }))).toBe('pass')
  expect(statusOf(guarded(old))).toBe(401)
})

test('a signature by an empty secret is always invalid', () => {
  expect(statusOf(guarded(signed(body, now, { by: '' }), { secrets: ['', secret] }))).toBe(401)
  expect(statusOf(guarded(signed(body, now, { by: '' }), { secrets: [] }))).toBe(401)
})

const refused = (payload: unknown) => guarded(signed(formOf(payload), now))

test.each([
  ['another workspace', { team: { id: 'T0OTHER' } }],
  ['an enterprise with the id as its own', { team: null, enterprise: { id: teamId } }],
  ['an organisation-wide install', { is_enterprise_install: true, enterprise: { id: 'E0TWIN' } }],
  ['an organisation-wide install without an organisation', { is_enterprise_install: true }],
  ['no workspace', { team: undefined }],
  ['another app', { api_app_id: 'A0OTHER' }],
])('a signed request of %s is a 400', (_what, changes) => {
  expect(refused({ ...click, ...changes })).toMatchObject({
    pass: false,
    status: 400,
    why: expect.stringMatching(/^this/),
  })
})

test.each([
  ['an app id of another type', { api_app_id: ['A0HOTWORK'] }],
  ['no app', { api_app_id: undefined }],
  ['`ssl_check` in a payload, which Bolt would take for an answer', { ssl_check: 1 }],
])('a signed request with %s is a 400', (_what, changes) =>
  expect(statusOf(refused({ ...click, ...changes }))).toBe(400),
)

test.each([
  ['two payloads', `${body}&${body}`],
  ['a payload and something else', `${body}&ssl_check=1`],
  ['a payload that is not JSON', 'payload=%7Bnot'],
  ['a payload that is a list', 'payload=[]'],
  ['a payload that is null', 'payload=null'],
  ['broken percent-encoding', 'payload=%7B%ZZ%7D'],
  ['percent-encoded bytes that are not UTF-8', 'payload=%FF%FE'],
  ['a payload that nests too deep', `payload=${'['.repeat(200_00)}`],
  ['nothing', ''],
])('a signed body of %s is a 400', (_what, form) => {
  expect(guarded(signed(form, now))).toMatchObject({ pass: false, status: 400, why: expect.stringMatching(/./) })
})

test.each(['text/plain', 'multipart/form-data', 'application/json', '', undefined])(
  'a signed click sent as %j is a 400',
  (type) => {
    expect(statusOf(guarded(signed(body, now, { headers: { 'content-type': type } })))).toBe(400)
  },
)

test('a signed request by another method is a 400', () =>
  expect(statusOf(guarded(signed(body, now, { method: 'GET' })))).toBe(400))

test('a body over the limit is refused before it is parsed, in either encoding', () => {
  const large = `payload=${'x'.repeat(largestBody)}`
  expect(statusOf(guarded(signed(large, now)))).toBe(413)
  const base64 = { body: Buffer.from(large).toString('base64'), isBase64Encoded: true }
  expect(statusOf(guarded(signed(large, now, base64)))).toBe(413)
})

test.each([
  ['that is not base64', 'cGF5*bG9hZA=='],
  ['in base64url', Buffer.from('payload=>>>???').toString('base64url')],
  ['of bytes that are not UTF-8', Buffer.from([0x70, 0xff, 0xfe]).toString('base64')],
])('a base64 body %s is refused', (_what, encoded) => {
  expect(statusOf(guarded(signed(body, now, { body: encoded, isBase64Encoded: true })))).toBe(400)
})

test('a body with half a surrogate pair is refused', () => {
  expect(statusOf(guarded(signed('payload=\ud800', now)))).toBe(400)
})

test('a body of any text is answered, and never a thrown fault', () => {
  const bodies = fc.oneof(fc.string({ unit: anyCharacter }), fc.jsonValue().map(formOf), fc.json())
  const types = fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain')
  fc.assert(
    fc.property(bodies, types, fc.boolean(), (text, type, isBase64Encoded) => {
      const request = signed(text.toWellFormed(), now, { headers: { 'content-type': type }, isBase64Encoded })
      return !guarded(request).pass || text.includes(appId) || text.includes('url_verification')
    }),
  )
})

const unsigned = { 'x-slack-signature': undefined, 'x-slack-request-timestamp': undefined }

test('an unsigned certificate check is answered, and does nothing', () => {
  expect(guarded(signed('ssl_check=1&token=x', now, { headers: unsigned }))).toEqual({
    pass: false,
    status: 200,
    why: '',
  })
})

test.each([`ssl_check=1&${body}`, 'ssl_check=1&command=%2Fhotwork', 'ssl_check=0', 'ssl_check=1&ssl_check=1&x=1'])(
  'a certificate check is no bypass of the signature: %j',
  (form) => expect(statusOf(guarded(signed(form, now, { headers: unsigned })))).toBe(401),
)

const json = { headers: { 'content-type': 'application/json; charset=utf-8' } }
test('an address check must be signed', () => {
  const challenge = JSON.stringify({ type: 'url_verification', token: 'x', challenge: 'abc' })
  expect(guarded(signed(challenge, now, json))).toMatchObject({ pass: true, envelope: { kind: 'url_verification' } })
  expect(statusOf(guarded(signed(challenge, now, { headers: { ...json.headers, ...unsigned } })))).toBe(401)
})

test('an event and a command are bound to the workspace and the app, like clicks', () => {
  const event = { type: 'event_callback', team_id: teamId, api_app_id: appId, event: { type: 'app_uninstalled' } }
  const command = `command=%2Fhotwork&user_id=U0BEN&team_id=${teamId}&api_app_id=${appId}&is_enterprise_install=false`
  expect(statusOf(guarded(signed(JSON.stringify(event), now, json)))).toBe('pass')
  expect(statusOf(guarded(signed(JSON.stringify({ ...event, team_id: 'T0OTHER' }), now, json)))).toBe(400)
  expect(statusOf(guarded(signed(command, now)))).toBe('pass')
  expect(statusOf(guarded(signed(command.replace(teamId, 'T0OTHER'), now)))).toBe(400)
  expect(statusOf(guarded(signed(`${command}&team_id=${teamId}`, now)))).toBe(400)
})

test('a signed request has one delivery key, and others have others', () => {
  const keyOf = (request: RawRequest) => {
    const answer = guarded(request)
    return answer.pass ? answer.delivery.key : undefined
  }
  expect(keyOf(signed(body, now))).toBe(keyOf(signed(body, now)))
  expect(keyOf(signed(body, now))).not.toBe(keyOf(signed(body, now + 1)))
  expect(keyOf(signed(body, now))).not.toBe(keyOf(signed(formOf({ ...click, trigger_id: '2' }), now)))
})
