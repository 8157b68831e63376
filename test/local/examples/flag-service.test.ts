import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { localLogin } from '../../../client/login/login.ts'
import { type FlagService, startFlagService } from '../../../examples/flag-service/flag-service.ts'
import { findFreePort, listenOnLoopback } from '../../../local/loopback.ts'
import { endPrograms } from '../support/programs.ts'
import { startProvider } from '../support/provider.ts'

const tool = 'tool-flag-service'

/** An answer of the gate: a status and a body, or none. */
type GateAnswer = { status: number; body: string; headers?: Record<string, string> } | 'silence' | 'hang up'

/** A call as the gate received it. */
interface Asked {
  path: string
  key: string | undefined
  bearer: string
  body: Record<string, unknown>
}

/** A use that was never permitted: an act on it is a fault. */
const use = `use_${'z'.repeat(26)}`
const ended: GateAnswer = { status: 200, body: '{}' }
const no = (status: number, code: string): GateAnswer => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ type: `${gateUrl}/problems/${code}`, title: 'No', detail: `because of ${code}`, status }),
})

/** The gate's answers, in turn; the last one repeats. */
let toBegin: (GateAnswer | (() => GateAnswer))[] = []
let toEnd: GateAnswer[] = []
let asked: Asked[] = []
let gate: Awaited<ReturnType<typeof listenOnLoopback>>
let gateUrl: string
let address: string
let service: FlagService
let provider: Awaited<ReturnType<typeof startProvider>>
let logged: string[]
const folder = mkdtempSync(join(tmpdir(), 'hotwork-flags-'))
const file = join(folder, 'flags.json')

async function play(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? ''
  const bearer = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
  const body = (await json(request)) as Record<string, unknown>
  asked.push({ path, bearer, body, key: request.headers['idempotency-key'] as string | undefined })
  const answers = path === '/v1/uses' ? toBegin : toEnd
  const next = answers.length > 1 ? answers.shift() : answers[0]
  const answer = typeof next === 'function' ? next() : (next ?? 'hang up')
  if (answer === 'silence') return
  if (answer === 'hang up') return void request.socket.destroy()
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(answer.body)
}

const begun = () => asked.filter(({ path }) => path === '/v1/uses')
const ends = () => asked.filter(({ path }) => path !== '/v1/uses')

beforeAll(async () => {
  gate = await listenOnLoopback()
  gate.handle((request, response) => void play(request, response))
  gateUrl = gate.url
  provider = await startProvider([{ kind: 'workload', subject: tool }], gateUrl)
  address = `http://127.0.0.1:${await findFreePort()}`
  service = await startFlagService({
    address,
    file,
    issuer: gateUrl,
    identity: () => localLogin(provider.url, { clientId: tool, privateJwk: provider.keys[tool] as never }, gateUrl)({}),
    patience: 500,
    log: (line) => logged.push(line),
  })
  toBegin = [newUse]
  toEnd = [ended]
  await put({ value: 'as it was' })
})
afterAll(async () => {
  await service.close()
  await endPrograms()
  await gate.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  asked = []
  logged = []
  toBegin = [newUse]
  toEnd = [ended]
})

let proofs = 0
/** A new proof for each call, as an agent makes it. The gate judges its content. */
const newProof = () => `eyJ0eXAi.${Buffer.from(`proof ${++proofs}`).toString('base64url')}.c2ln`
const newUse = (): GateAnswer => ({
  status: 201,
  body: JSON.stringify({ use: `use_${String(++proofs).padStart(26, '0')}`, uses_left: 0 }),
})

async function put(
  body: unknown,
  { flag = 'express-checkout', headers = {} }: { flag?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const sent = { authorization: 'DPoP abc.def.ghi', dpop: newProof(), 'content-type': 'application/json', ...headers }
  const answer = await fetch(`${address}/flags/prod/${flag}`, {
    method: 'PUT',
    headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== '')),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> }
}

async function flagNow(flag = 'express-checkout'): Promise<unknown> {
  const answer = await fetch(`${address}/flags/prod/${flag}`)
  return answer.ok ? ((await answer.json()) as { value: unknown }).value : undefined
}

test('a flag that the gate permits is set, and the use is ended before the agent is answered', async () => {
  const proof = newProof()
  const answer = await put({ value: true }, { flag: 'one-click', headers: { dpop: proof } })
  expect(answer).toMatchObject({
    status: 200,
    body: { environment: 'prod', flag: 'one-click', value: true, uses_left: 0 },
  })
  expect(await flagNow('one-click')).toBe(true)
  expect(JSON.parse(readFileSync(file, 'utf8')).flags['prod/one-click']).toEqual({ value: true })
  expect(begun().map(({ body }) => body)).toEqual([
    {
      token: 'abc.def.ghi',
      proof,
      method: 'PUT',
      url: `${address}/flags/prod/one-click`,
      action: 'flags:set',
      arguments: { environment: 'prod', flag: 'one-click', value: true },
    },
  ])
  expect(ends().map(({ path, body }) => [path, body])).toEqual([
    [`/v1/uses/${answer.body['use']}/end`, { outcome: 'succeeded' }],
  ])
})

test('a flag that is on for some customers alone is off for all others', async () => {
  const customers = ['acme', 'globex']
  expect(await put({ customers }, { flag: 'early' })).toMatchObject({ status: 200, body: { customers } })
  expect(begun().at(-1)?.body).toMatchObject({
    action: 'flags:allow',
    arguments: { environment: 'prod', flag: 'early', customers },
  })
  expect(await (await fetch(`${address}/flags/prod/early`)).json()).toMatchObject({ value: false, customers })
})

test('the tool proves its identity at both calls, by its workload token for the gate', async () => {
  await put({ value: false })
  const keys = createRemoteJWKSet(new URL(`${provider.url}/jwks`))
  expect(asked).toHaveLength(2)
  for (const { bearer } of asked) {
    const { payload } = await jwtVerify(bearer, keys, { issuer: provider.url, audience: gateUrl })
    expect(payload.sub).toBe(tool)
  }
})

test.each<[rule: string, answers: GateAnswer[], status: number, says: RegExp]>([
  ['a gate that refuses is passed on with its reason', [no(403, 'uses_exhausted')], 403, /uses_exhausted/],
  ['a gate that hangs up twice is down', ['hang up'], 503, /does not answer/],
  ['a gate that says nothing in time is down', ['silence'], 503, /does not answer/],
  ['a 500 is no permit', [{ status: 500, body: JSON.stringify({ use, uses_left: 1 }) }], 503, /answered 500/],
  ['a 503 is no permit', [no(503, 'temporarily_unavailable')], 503, /answered 503/],
  ['200 is no permit', [{ status: 200, body: JSON.stringify({ use, uses_left: 1 }) }], 503, /answered 200/],
  ['a 201 that is no JSON is no permit', [{ status: 201, body: '<html>' }], 503, /answered 201/],
  ['a 201 without a use is no permit', [{ status: 201, body: '{"uses_left":1}' }], 503, /answered 201/],
  ['a 201 with null is no permit', [{ status: 201, body: 'null' }], 503, /answered 201/],
  [
    'a 201 with a use that leads elsewhere is no permit',
    [{ status: 201, body: '{"use":"use_/../../x","uses_left":1}' }],
    503,
    /answered 201/,
  ],
  ['a 403 without a problem is no permit', [{ status: 403, body: 'forbidden' }], 503, /answered 403/],
  ['a 401 is about the tool, and is no permit', [no(401, 'invalid_token')], 503, /answered 401/],
  [
    'a redirect is not followed',
    [{ status: 307, body: '', headers: { location: '/v1/uses' } }, 'hang up'],
    503,
    /does not answer/,
  ],
])('%s', async (_rule, answers, status, says) => {
  toBegin = answers
  const before = await flagNow()
  const answer = await put({ value: 'changed' })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(JSON.stringify(answer.body)).toMatch(says)
  expect(await flagNow()).toBe(before)
  expect(ends()).toEqual([])
})

const long = 'x'.repeat(257)
test.each<[rule: string, body: unknown, headers: Record<string, string>, status: number, code: RegExp]>([
  ['no access token', { value: true }, { authorization: '' }, 401, /invalid_token/],
  ['a bound token sent as Bearer', { value: true }, { authorization: 'Bearer abc' }, 401, /invalid_token/],
  ['no proof', { value: true }, { dpop: '' }, 401, /invalid_dpop_proof/],
  ['two proofs in one header', { value: true }, { dpop: 'a.b.c, d.e.f' }, 401, /invalid_dpop_proof/],
  ['no JSON', '{"value":', {}, 400, /invalid_json/],
  ['no value', {}, {}, 400, /invalid_body/],
  ['null', null, {}, 400, /invalid_body/],
  ['another member', { value: true, environment: 'staging' }, {}, 400, /invalid_body/],
  ['a value that is no flag', { value: { on: true } }, {}, 400, /invalid_body/],
  ['a value beside a list', { value: true, customers: ['acme'] }, {}, 400, /invalid_body/],
  ['a customer twice', { customers: ['acme', 'acme'] }, {}, 400, /invalid_body/],
  ['an integer that is not one', '{"value":1e400}', {}, 400, /invalid_body/],
  ['a text that is too long', { value: long }, {}, 400, /invalid_body/],
  ['another media type', '{"value":true}', { 'content-type': 'text/plain' }, 415, /unsupported_media_type/],
  ['a body that is too large', { value: 'x'.repeat(100_000) }, {}, 413, /too_large/],
])('a call with %s is refused', async (_rule, body, headers, status, code) => {
  const before = await flagNow()
  const answer = await put(body, { headers })
  expect([answer.status, answer.body['type']]).toEqual([status, expect.stringMatching(code)])
  expect(answer.headers.get('www-authenticate')?.startsWith('DPoP ') ?? false).toBe(status === 401)
  expect(asked).toEqual([])
  expect(await flagNow()).toBe(before)
})

test.each(['', 'a/b', '..', 'a..b', 'Upper', '%2e%2e', 'a%2Fb', 'x'.repeat(65)])(
  'the flag `%s` is unknown',
  async (flag) => {
    expect((await put({ value: true }, { flag })).status).toBe(404)
    expect(asked).toEqual([])
  },
)

test.each<[rule: string, lost: GateAnswer]>([
  ['hung up', 'hang up'],
  ['too late', 'silence'],
  ['a 503', no(503, 'temporarily_unavailable')],
])('a lost answer (%s) is retried with the same key and body', async (_rule, lost) => {
  toBegin = [lost, newUse]
  expect((await put({ value: 'again' })).status).toBe(200)
  const [first, second, ...more] = begun()
  expect(first?.key).toMatch(/^[\w-]{43}$/)
  expect([second?.key, second?.body, more]).toEqual([first?.key, first?.body, []])
})

test('a repeated call gets the same use, and changes the flag once', async () => {
  const proof = newProof()
  const first = await put({ value: 1 }, { headers: { dpop: proof } })
  await put({ value: 2 })
  toBegin = [{ status: 201, body: JSON.stringify({ use: first.body['use'], uses_left: 0 }) }]
  const repeated = await put({ value: 1 }, { headers: { dpop: proof } })
  expect([repeated.status, repeated.body]).toEqual([first.status, first.body])
  expect(begun()[2]?.key).toBe(begun()[0]?.key)
  expect(await flagNow()).toBe(2)
})

test('a call whose use has ended is refused, and changes nothing', async () => {
  const proof = newProof()
  const first = await put({ value: 1 }, { headers: { dpop: proof } })
  await put({ value: 2 })
  toBegin = [{ status: 201, body: JSON.stringify({ use, uses_left: 0, ended: true }) }]
  asked = []
  const repeated = await put({ value: 1 }, { headers: { dpop: proof } })
  expect([first.status, repeated.status]).toEqual([200, 409])
  expect(repeated.body['type']).toMatch(/use_ended$/)
  expect(ends()).toEqual([])
  expect(await flagNow()).toBe(2)
})

test('the idempotency key differs for another proof, value or flag', async () => {
  toBegin = [no(403, 'policy_denied')]
  const proof = newProof()
  await put({ value: 1 }, { headers: { dpop: proof } })
  await put({ value: 1 })
  await put({ value: 2 }, { headers: { dpop: proof } })
  await put({ value: 1 }, { headers: { dpop: proof }, flag: 'other' })
  expect(new Set(begun().map(({ key }) => key)).size).toBe(4)
})

test('a refusal is not retried', async () => {
  toBegin = [no(403, 'uses_exhausted'), newUse]
  expect((await put({ value: 'again' })).status).toBe(403)
  expect(begun()).toHaveLength(1)
})

test('a lost end is retried', async () => {
  toEnd = ['hang up', ended]
  expect((await put({ value: 'ended' })).status).toBe(200)
  expect(ends()).toHaveLength(2)
  expect(logged).toEqual([])
})

test('a change stays when its end cannot be sent, and that is logged', async () => {
  toEnd = [{ status: 500, body: '' }]
  const answer = await put({ value: 'done' })
  expect(answer.status).toBe(200)
  expect(await flagNow()).toBe('done')
  expect(logged).toEqual([expect.stringMatching(`${answer.body['use']} has no end`)])
})

/** Sets a flag at another flag service. @returns the status of that, and of a read */
async function putAt(options: Pick<Parameters<typeof startFlagService>[0], 'identity' | 'file'>): Promise<number[]> {
  const place = `http://127.0.0.1:${await findFreePort()}`
  const other = await startFlagService({ address: place, issuer: gateUrl, ...options })
  const headers = { authorization: 'DPoP abc', dpop: newProof(), 'content-type': 'application/json' }
  try {
    const answer = await fetch(`${place}/flags/prod/a`, { method: 'PUT', headers, body: '{"value":true}' })
    return [answer.status, (await fetch(`${place}/flags/prod/a`)).status]
  } finally {
    await other.close()
  }
}

test('a flag that cannot be stored is unchanged, and its use is ended as failed', async () => {
  const file = join(folder, 'no such folder', 'flags.json')
  expect(await putAt({ identity: async () => 'e30.e30.e30', file })).toEqual([500, 404])
  expect(ends().map(({ body }) => body)).toEqual([{ outcome: 'failed', note: 'the flag could not be stored' }])
})

test('a tool without an identity asks no gate, and changes nothing', async () => {
  const identity = () => Promise.reject(new Error('the identity provider is down'))
  expect(await putAt({ identity })).toEqual([503, 404])
  expect(asked).toEqual([])
})

test('a request under a rebound name is refused', async () => {
  const { port } = new URL(address)
  const [answer] = await once(
    get({ port, host: '127.0.0.1', path: '/flags/prod/express-checkout', headers: { host: `evil.example:${port}` } }),
    'response',
  )
  expect(answer.resume().statusCode).toBe(403)
})
