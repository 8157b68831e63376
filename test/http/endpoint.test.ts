import { gzipSync } from 'node:zlib'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { type Call, endpoint } from '../../functions/adapters/http/endpoint.ts'
import { BadRequest, badRequest } from '../../functions/adapters/http/problem.ts'
import { bodyLimit, readForm } from '../../functions/adapters/http/read-body.ts'
import * as faults from '../../functions/operations/faults.ts'
import { growth } from '../support/growth.ts'
import { MemoryClock } from '../support/memory-clock.ts'
import { MemoryLog } from '../support/memory-log.ts'
import { issuer, start } from '../support/world.ts'

/** The common part of every Lambda behind the API. */

const clock = new MemoryClock(start)
const ours = 'Jx9d_hKzoAMEJGw='

type Sent = {
  headers?: { [name: string]: string }
  body?: string | Buffer | null
  timeEpoch?: unknown
  query?: { [name: string]: string }
}

/** An event in API Gateway's form: a binary body comes in base 64. */
function eventOf({ headers = {}, body, timeEpoch = start * 1000, query }: Sent): APIGatewayProxyEventV2 {
  const binary = Buffer.isBuffer(body)
  return {
    version: '2.0',
    routeKey: 'POST /things/{id}',
    rawPath: '/things/7',
    rawQueryString: '',
    headers,
    ...(query ? { queryStringParameters: query } : {}),
    pathParameters: { id: '7' },
    requestContext: { requestId: ours, timeEpoch } as APIGatewayProxyEventV2['requestContext'],
    ...(body === undefined ? {} : { body: binary ? body.toString('base64') : body }),
    isBase64Encoded: binary,
  } as APIGatewayProxyEventV2
}

const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** Sends a call to a handler, and returns its answer and the log lines. */
async function send(sent: Sent, handle: (call: Call) => unknown = () => ({})) {
  const log = new MemoryLog()
  const run = endpoint({ issuer, log, clock }, async (call) => ({ status: 200, body: await handle(call) }))
  const { statusCode, headers, body = '' } = await run(eventOf(sent))
  return { status: statusCode, headers: headers as { [name: string]: string }, body, log: log.lines }
}
const reads = (sent: Sent) => send(sent, (call) => call.json())
const readsForm = (sent: Sent) => send(sent, (call) => Object.fromEntries(call.form()))
const codeOf = ({ body }: { body: string }) => JSON.parse(body).type?.replace(`${issuer}/problems/`, '')

test.each(['a', '7d0c8e1e-5a3f-4d29-9a51-0f6e4e6f2b11', '!~"<>&;', 'a b, c', 'x'.repeat(256)])(
  'the `X-Request-ID` %j is echoed',
  async (id) => {
    expect((await send({ headers: { 'X-Request-Id': id } })).headers['x-request-id']).toBe(id)
  },
)

test.each([
  ['is empty', ''],
  ['is over 256 characters', 'x'.repeat(257)],
  ['has a tab', 'a\tb'],
  ['would begin another header', 'a\r\nset-cookie: b=c'],
  ['has a control character', 'a\u0000'],
  ['is not ASCII', 'é'],
])('an `X-Request-ID` that %s is replaced by ours', async (_why, id) => {
  expect((await send({ headers: { 'x-request-id': id } })).headers['x-request-id']).toBe(ours)
})

test('an `X-Request-ID` is on refusals and faults too, as their `instance`', async () => {
  for (const handle of [
    () => Promise.reject(badRequest('invalid_request', 'No')),
    () => Promise.reject(new faults.StoreUnavailable('x')),
    () => Promise.reject(new Error('x')),
    (call: Call) => call.json(),
  ]) {
    const { headers, body } = await send({ headers: { 'x-request-id': 'mine' } }, handle)
    expect([headers['x-request-id'], JSON.parse(body).instance]).toEqual(['mine', 'mine'])
  }
})

test('an answer is JSON that caches must not keep, by default', async () => {
  expect(await send({}, () => ({ a: 1 }))).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: '{"a":1}',
  })
  expect((await send({}, () => undefined)).body).toBe('')
  expect((await send({}, () => 'text')).body).toBe('text')
})

test('a problem has its type, status, title, fix and headers', async () => {
  const problem = {
    status: 401,
    code: 'invalid_token' as const,
    title: 'No',
    detail: 'Yes',
    headers: { 'www-authenticate': 'Bearer' },
  }
  const { status, headers, body } = await send({}, () => Promise.reject(new BadRequest(problem)))
  expect(status).toBe(401)
  expect(headers).toMatchObject({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'www-authenticate': 'Bearer',
  })
  expect(JSON.parse(body)).toEqual({
    type: `${issuer}/problems/invalid_token`,
    title: 'No',
    status: 401,
    detail: 'Yes',
    instance: ours,
  })
})

test('names of headers are read in any case, and the route never comes from the address', async () => {
  const seen = await send({ headers: { 'X-TEST': '1' } }, ({ header, route, path }) => [
    header('x-test'),
    header('X-Test'),
    header('other'),
    route,
    path('id'),
    path('other'),
  ])
  expect(JSON.parse(seen.body)).toEqual(['1', '1', null, 'POST /things/{id}', '7', ''])
})

test.each([
  'application/json',
  'application/json; charset=utf-8',
  'Application/JSON;charset=UTF-8',
  'application/problem+json',
  'application/json ; a=b',
])('a JSON body may come as `%s`', async (type) => {
  expect(await reads({ headers: { 'Content-Type': type }, body: '[1]' })).toMatchObject({ status: 200, body: '[1]' })
})

test.each([
  undefined,
  '',
  'text/plain',
  'text/json',
  'application/jsonp',
  'application/x-json',
  'application/json, text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=application/json',
  `application/${'+'.repeat(9_000)}`,
])('a JSON body as `%s` is 400, and not 415', async (type) => {
  const sent = await reads({ headers: type === undefined ? {} : { 'content-type': type }, body: '[1]' })
  expect([sent.status, codeOf(sent)]).toEqual([400, 'invalid_request'])
})

test('a JSON body may come in base 64, like binary ones', async () => {
  expect((await reads({ headers: json, body: Buffer.from('{"é":"😀"}') })).body).toBe('{"é":"😀"}')
})

test.each<[what: string, body: string | Buffer | null | undefined, status: number, code: string]>([
  ['that is absent', undefined, 400, 'invalid_json'],
  ['that is null', null, 400, 'invalid_json'],
  ['that is empty', '', 400, 'invalid_json'],
  ['with something after it', '{} x', 400, 'invalid_json'],
  ['with a key twice', '{"a":1,"a":1}', 400, 'invalid_json'],
  ['with a byte order mark', Buffer.from('\ufeff{}'), 400, 'invalid_json'],
  ['that is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, 'invalid_request'],
  ['in overlong UTF-8', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), 400, 'invalid_request'],
  ['with half a character in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 400, 'invalid_request'],
  ['that is UTF-16', Buffer.from('{}', 'utf16le'), 400, 'invalid_json'],
  ['that is packed', gzipSync('{}'), 400, 'invalid_request'],
  ['of 64 KiB and a byte', `"${'a'.repeat(bodyLimit - 1)}"`, 413, 'too_large'],
  ['of 64 KiB and a byte, in base 64', Buffer.from(`"${'a'.repeat(bodyLimit - 1)}"`), 413, 'too_large'],
  ['of fewer characters and more bytes', `"${'é'.repeat(bodyLimit / 2)}"`, 413, 'too_large'],
  ['of 6 MB', ' '.repeat(6_000_000), 413, 'too_large'],
  ['of 6 MB in base 64', Buffer.alloc(6_000_000), 413, 'too_large'],
  ['of 200,000 levels', '['.repeat(200_000), 413, 'too_large'],
])('a JSON body %s is refused', async (_what, body, status, code) => {
  const sent = await reads({ headers: json, ...(body === undefined ? {} : { body }) })
  expect([sent.status, codeOf(sent)]).toEqual([status, code])
  expect(sent.log).toEqual([])
})

test.each([
  ['text', (text: string) => text],
  ['base 64', (text: string) => Buffer.from(text)],
])('a JSON body of exactly 64 KiB is accepted, as %s', async (_as, make) => {
  for (const text of [`"${'a'.repeat(bodyLimit - 2)}"`, `"a${'é'.repeat((bodyLimit - 4) / 2)}b"`])
    expect((await reads({ headers: json, body: make(text) })).status).toBe(200)
})

test('a JSON body is read only on demand', async () => {
  expect((await send({ headers: json, body: 'no JSON' }, ({ hasBody }) => hasBody)).body).toBe('true')
  expect((await send({ headers: json, body: '' }, ({ hasBody }) => hasBody)).body).toBe('false')
  expect((await send({ headers: json }, ({ hasBody }) => hasBody)).body).toBe('false')
  expect((await send({ headers: json, body: null }, ({ hasBody }) => hasBody)).body).toBe('false')
})

test.each<[what: string, body: string, read: object]>([
  ['has parameters', 'a=1&b=2', { a: '1', b: '2' }],
  ['has escapes', 'a=x+y%20z%2B%26%3D%C3%A9', { a: 'x y z+&=é' }],
  ['may have an empty value, which counts as absent', 'a=&b&c=1', { c: '1' }],
  ['may be empty', '', {}],
  ['may have names of built-in members', 'constructor=1&toString=2', { constructor: '1', toString: '2' }],
])('a form %s', async (_what, body, read) => {
  expect(JSON.parse((await readsForm({ headers: form, body })).body)).toEqual(read)
})

test.each([
  ['twice the same', 'a=1&a=1'],
  ['twice with other values', 'a=1&a=2'],
  ['twice, the first time without a value', 'a=&a=1'],
  ['twice, the second time without a value', 'a=1&a'],
  ['twice, once escaped', 'a=1&%61=2'],
  ['twice, far apart', 'a=1&b=2&c=3&a=4'],
])('a form that names a parameter %s is refused', async (_how, body) => {
  const sent = await readsForm({ headers: form, body })
  expect([sent.status, codeOf(sent), JSON.parse(sent.body).title]).toEqual([
    400,
    'invalid_request',
    '`a` is given twice',
  ])
})

test('a form is no JSON, and JSON is no form', async () => {
  expect((await readsForm({ headers: json, body: 'a=1' })).status).toBe(400)
  expect((await readsForm({ headers: { 'content-type': 'text/plain' }, body: 'a=1' })).status).toBe(400)
  expect((await reads({ headers: form, body: '{}' })).status).toBe(400)
})

test('a form has the size limit of any body', async () => {
  expect((await readsForm({ headers: form, body: `a=${'b'.repeat(bodyLimit - 2)}` })).status).toBe(200)
  expect((await readsForm({ headers: form, body: `a=${'b'.repeat(bodyLimit - 1)}` })).status).toBe(413)
})

test('a form of eight times as many parameters takes about eight times as long', () => {
  const timesAsLong = growth((count) => {
    const body = Array.from({ length: count }, (_, n) => `${n}=1`).join('&')
    return () => readForm(body)
  }, 9_000)
  // A quadratic reader would take 64 times as long.
  expect(timesAsLong).toBeLessThan(24)
})

test.each([-30, 0, 30])('a clock that is off by %d s is near enough', async (off) => {
  expect((await send({ timeEpoch: (start + off) * 1000 })).status).toBe(200)
})

test.each([
  ['31 s behind', (start + 31) * 1000],
  ['31 s ahead', (start - 31) * 1000],
  ['of unknown offset', Number.NaN],
  ['compared with an invalid time', 'soon'],
])('a clock %s decides nothing', async (_how, timeEpoch) => {
  let handled = false
  const sent = await send({ timeEpoch }, () => {
    handled = true
  })
  expect([sent.status, codeOf(sent), handled]).toEqual([503, 'clock_out_of_range', false])
  expect(sent.headers['retry-after']).toBe('2')
  expect(sent.log).toMatchObject([{ level: 'error', message: 'clock_out_of_range' }])
})

const asItCame = (sent: Sent) => send(sent, async (call) => [call.text()])

test('a signed body is read to the byte, with any content type', async () => {
  const body = ' {"a":1,\t"a":2}\n'
  expect(JSON.parse((await asItCame({ body })).body)).toEqual([body])
  expect(JSON.parse((await asItCame({ headers: json, body: Buffer.from(body) })).body)).toEqual([body])
  expect(JSON.parse((await asItCame({})).body)).toEqual([''])
})

test('a signed body is refused if it is no text or too large', async () => {
  expect((await asItCame({ body: Buffer.from([0xff]) })).status).toBe(400)
  expect((await asItCame({ body: 'a'.repeat(bodyLimit + 1) })).status).toBe(413)
})

const canary = 'canary-7f3a91'
const passing = [
  'StoreUnavailable',
  'AnchorUnavailable',
  'KeyUnavailable',
  'BrokerUnavailable',
  'IssuerUnavailable',
  'StaleRequest',
  'Overtaken',
  'ClockOutOfRange',
  'BoardUnavailable',
  'SecretUnavailable',
  'KeyNotYetKnown',
]
// Faults that a caller alone can cause raise no alarm.
const quiet: { readonly [name: string]: string } = { Overtaken: 'overtaken', KeyNotYetKnown: 'key_not_yet_known' }
type Fault = new (message: string, options?: ErrorOptions) => Error
const ofOperations = Object.entries(faults).filter(([, each]) => each.prototype instanceof Error) as [string, Fault][]

test.each(ofOperations.map(([name, Fault]) => [passing.includes(name) ? 503 : 500, name, Fault] as const))(
  'a fault is answered by %d for `%s`, without its cause',
  async (status, name, Fault) => {
    const fault = new Fault(canary, { cause: new TypeError(canary) })
    const sent = await send({ headers: { 'x-request-id': 'mine' } }, () => Promise.reject(fault))
    const [own] = name === 'RightMissing' ? ['right_missing'] : []
    expect([sent.status, codeOf(sent)]).toEqual([
      status,
      own ?? (status === 503 ? 'temporarily_unavailable' : 'server_error'),
    ])
    expect(sent.headers['retry-after']).toBe(status === 503 ? '2' : undefined)
    expect(sent.log).toEqual([
      {
        ...(quiet[name] ? { level: 'info', message: quiet[name] } : { level: 'error', message: 'fault' }),
        fields: { route: 'POST /things/{id}', fault: name, cause: 'TypeError', requestId: 'mine' },
      },
    ])
    expect(JSON.stringify(sent)).not.toContain(canary)
  },
)

test('a fault by a right that AWS denies tells callers that an operator must look, without a retry', async () => {
  const cause = new faults.RightMissing(canary)
  const sent = await send({}, () => Promise.reject(new faults.StoreUnavailable(canary, { cause })))
  expect([sent.status, codeOf(sent), sent.headers['retry-after']]).toEqual([500, 'right_missing', undefined])
  expect(sent.log).toMatchObject([{ level: 'error', message: 'fault', fields: { fault: 'RightMissing' } }])
  expect(JSON.stringify(sent)).not.toContain(canary)
})

test('a fault with a time for the retry is answered with that time', async () => {
  const fault = new faults.KeyNotYetKnown('no key', { retryAfterSeconds: 17 })
  expect((await send({}, () => Promise.reject(fault))).headers['retry-after']).toBe('17')
})

test.each<[what: string, thrown: unknown, fault: string]>([
  ['an error', new Error(canary), 'Error'],
  ['an error of a library', Object.assign(new RangeError(canary), { detail: canary, code: canary }), 'RangeError'],
  ['text', canary, 'unknown'],
  ['nothing', undefined, 'unknown'],
  ['an object that looks like a refusal', { problem: { status: 200, title: canary }, name: 'BadRequest' }, 'unknown'],
  ['an error with a name of another', Object.assign(new Error(canary), { name: 'BadRequest' }), 'BadRequest'],
])('a fault that is %s is 500, without its cause', async (_what, thrown, fault) => {
  const sent = await send({}, () => Promise.reject(thrown))
  expect([sent.status, codeOf(sent)]).toEqual([500, 'server_error'])
  expect(sent.log).toMatchObject([{ fields: { fault } }])
  expect(JSON.stringify(sent)).not.toContain(canary)
})

test("a fault's answer and log leave the sent body out", async () => {
  const headers = { ...json, authorization: `Bearer ${canary}`, dpop: canary }
  const sent = await send({ headers, body: `{"a":"${canary}"}`, query: { q: canary } }, (call) => {
    call.json()
    throw new Error('no')
  })
  expect(sent.status).toBe(500)
  expect(JSON.stringify(sent)).not.toContain(canary)
})
