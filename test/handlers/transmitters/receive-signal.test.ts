import type { Transmitter } from '../../../functions/domain/halts/signal.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { createHandler } from '../../../functions/handlers/transmitters/receive-signal.ts'
import { liftHalt } from '../../../functions/operations/halts/halt.ts'
import { type KeyServer, startKeyServer } from '../../adapters/jose/key-server.ts'
import { SigningKey } from '../../adapters/jose/signing-key.ts'
import { maced, part } from '../../adapters/jose/tokens.ts'
import { apiEvent } from '../../support/api-event.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { issuer, person, sampleBundle, stagingParameter, World } from '../../support/world.ts'

/** Shared Signals in: a transmitter's signal about a person or an agent halts them. */

const sample = sampleBundle()
const caep = 'https://schemas.openid.net/secevent/caep/event-type'
const risc = 'https://schemas.openid.net/secevent/risc/event-type'
const disabled = `${risc}/account-disabled`
const revoked = `${caep}/session-revoked`
const idp = 'https://id.example.org'
const audience = `${issuer}/v1/signals/okta`
const mia = { format: 'iss_sub', iss: idp, sub: 'person-mia' }

let key: SigningKey
let server: KeyServer
let world: World
let halts: MemoryHaltStore
let send: (token: string, changes?: { alias?: string; type?: string }) => ReturnType<typeof sendTo>
let jtis = 0

beforeAll(async () => {
  key = await SigningKey.make('ES256')
})
beforeEach(async () => {
  server = await startKeyServer()
  server.keys = [key.jwk]
  receive()
})
afterEach(() => server.close())

/** Receives for a deployment with this transmitter. */
function receive(changes: Partial<Transmitter> = {}): void {
  const okta: Transmitter = {
    ...{ issuer: idp, jwksUri: server.url, audience: '{issuer}/v1/signals/okta', algorithms: ['ES256'] },
    ...{ subjectsOf: ['people', 'workloads'], haltsPerHour: 60 },
    events: ['session-revoked', 'account-disabled', 'credential-compromise'],
    ...changes,
  }
  const bundle: Bundle = { ...sample, deployment: { ...sample.deployment, transmitters: { okta } } }
  world = new World(bundle)
  halts = new MemoryHaltStore(world.requests, world.ledger)
  const handler = createHandler({ ...world.ports, issuer, halts })
  send = (token, where) => sendTo(handler, token, where)
}

async function sendTo(
  handler: ReturnType<typeof createHandler>,
  body: string,
  { alias = 'okta', type = 'application/secevent+jwt' } = {},
) {
  const more = { headers: { 'content-type': type }, pathParameters: { transmitter: alias }, body }
  const answer = await handler(apiEvent('POST /v1/signals/{transmitter}', world.clock.now(), more))
  const text = answer.body ?? ''
  return { status: answer.statusCode, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) }
}

const claimsOf = (events: object, changes: object = {}) => {
  jtis += 1
  return { iss: idp, aud: audience, iat: world.clock.now(), jti: `set-${jtis}`, sub_id: mia, events, ...changes }
}
const set = (events: object, changes: object = {}, header: object = {}, by = key) =>
  by.token(claimsOf(events, changes), { typ: 'secevent+jwt', ...header })
const aboutMia = (changes: object = {}, header: object = {}, by = key) => set({ [disabled]: {} }, changes, header, by)

async function halted() {
  const { items } = await halts.list({ lifted: true }, { limit: 100 })
  return items.map(({ target }) => `${target.kind} ${target.value}`).sort()
}
const ofMia = ['owner person:mia', 'person person:mia']
const whys = () =>
  world.log.lines.map(({ message, fields }) => `${message}: ${fields['because'] ?? fields['err'] ?? ''}`)

test('a signal is answered 202 without a body, and halts the person and their agents, by the transmitter', async () => {
  expect(await send(aboutMia())).toMatchObject({ status: 202, body: undefined })
  expect(await halted()).toEqual(ofMia)
  const { items } = await halts.list({ lifted: false }, { limit: 9 })
  for (const halt of items) {
    expect(halt).toMatchObject({ by: 'transmitter:okta', reason: 'signal `account-disabled`' })
    expect(await world.ledger.entries(halt.id)).toMatchObject([
      { type: 'Halted', actor: { type: 'transmitter', id: 'transmitter:okta' }, policies: [] },
    ])
  }
  const evaluated = await world.evaluate({ ...stagingParameter, agent: agentOf('mia') })
  expect(evaluated).toMatchObject({ decision: false })
})

test.each([
  ['credential-compromise of a person, their agents too', `${risc}/credential-compromise`, mia, ofMia],
  ['session-revoked of a person, and not their agents', revoked, mia, ['person person:mia']],
  [
    'a complex subject, by its user',
    revoked,
    { format: 'complex', session: { format: 'opaque', id: 's' }, user: mia },
    ['person person:mia'],
  ],
  ['an agent', revoked, { format: 'iss_sub', iss: idp, sub: 'agent-builder' }, ['agent agent:builder']],
  [
    'an agent, as the application of a complex subject',
    disabled,
    { format: 'complex', application: { format: 'opaque', id: 'agent-builder' } },
    ['agent agent:builder'],
  ],
  ['an opaque subject', disabled, { format: 'opaque', id: 'person-mia' }, ofMia],
  ['an account', disabled, { format: 'account', uri: 'acct:person-mia' }, ofMia],
  [
    'aliases, of which one is known',
    disabled,
    { format: 'aliases', identifiers: [{ format: 'email', email: 'mia@example.org' }, mia] },
    ofMia,
  ],
])('a signal halts by %s', async (_what, type, sub_id, targets) => {
  expect((await send(set({ [type]: {} }, { sub_id }))).status).toBe(202)
  expect(await halted()).toEqual(targets)
})

test('a signal of an older transmitter has its subject in the event, without `sub_id`', async () => {
  await send(set({ [disabled]: { subject: mia } }, { sub_id: undefined }))
  expect(await halted()).toEqual(ofMia)
})

test('a signal of two events in one token halts by both', async () => {
  const builder = { format: 'opaque', id: 'agent-builder' }
  await send(set({ [disabled]: { subject: builder }, [revoked]: { subject: mia } }, { sub_id: undefined }))
  expect(await halted()).toEqual(['agent agent:builder', 'person person:mia'])
})

test('a signal may be for several receivers', async () => {
  expect((await send(aboutMia({ aud: ['https://other.example', audience] }))).status).toBe(202)
  expect(await halted()).toEqual(ofMia)
})

test('a signal adds no second halt, and halts again once the first is lifted', async () => {
  await send(aboutMia())
  await send(aboutMia())
  expect(await halted()).toEqual(ofMia)
  for (const { id } of (await halts.list({ lifted: false }, { limit: 9 })).items)
    expect(await liftHalt({ id, person: person('gus') }, { ...world.ports, halts })).toMatchObject({ ok: true })
  await send(aboutMia())
  expect(await halted()).toEqual([...ofMia, ...ofMia].sort())
})

test.each([
  ['of an unknown subject', { sub_id: { ...mia, sub: 'person-zoe' } }, { [disabled]: {} }, 'unknown_subject'],
  [
    "of another issuer's subject",
    { sub_id: { ...mia, iss: 'https://elsewhere.example' } },
    { [disabled]: {} },
    'unknown_subject',
  ],
  [
    'of a subject in a format that no identity has',
    { sub_id: { format: 'phone_number', phone_number: '+1' } },
    { [disabled]: {} },
    'unknown_subject',
  ],
  [
    'of a whole tenant',
    { sub_id: { format: 'complex', tenant: { format: 'opaque', id: 't' } } },
    { [disabled]: {} },
    'unknown_subject',
  ],
  ['of a type that Hotwork does not take', {}, { [`${risc}/account-enabled`]: {} }, 'not_taken'],
  ["of a person's own logout", {}, { [revoked]: { initiating_entity: 'user' } }, 'own_logout'],
  [
    'that verifies a stream',
    { sub_id: { format: 'opaque', id: 'stream' } },
    { 'https://schemas.openid.net/secevent/ssf/event-type/verification': { state: 'x' } },
    'verification',
  ],
])('a signal %s is accepted, and halts no one', async (_what, changes, events, because) => {
  expect((await send(set(events, changes))).status).toBe(202)
  expect([await halted(), whys()]).toEqual([[], [`signal_without_effect: ${because}`]])
})

test("a signal outside the deployment's list of events is accepted, and halts no one", async () => {
  receive({ events: ['session-revoked'] })
  expect((await send(aboutMia())).status).toBe(202)
  expect([await halted(), whys()]).toEqual([[], ['signal_without_effect: not_allowed']])
})

test('a signal about a person is ignored if the deployment allows agents alone', async () => {
  receive({ subjectsOf: ['workloads'] })
  await send(aboutMia())
  expect(await halted()).toEqual([])
})

test('a signal sent again halts no one, even after the halt was lifted', async () => {
  const token = aboutMia()
  await send(token)
  for (const { id } of (await halts.list({ lifted: false }, { limit: 9 })).items)
    await liftHalt({ id, person: person('gus') }, { ...world.ports, halts })
  expect((await send(token)).status).toBe(202)
  expect(await halted()).toEqual(ofMia)
})

test('a signal sent ten times at once halts once', async () => {
  const token = aboutMia()
  const answers = await Promise.all(Array.from({ length: 10 }, () => send(token)))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 202))
  expect(await halted()).toEqual(ofMia)
})

const header = { typ: 'secevent+jwt' }
const none = () => `${part({ alg: 'none', ...header })}.${part(claimsOf({ [disabled]: {} }))}.`
const hs256 = () =>
  maced(JSON.stringify(key.jwk), { alg: 'HS256', kid: key.jwk.kid, ...header }, claimsOf({ [disabled]: {} }))
const changed = () => {
  const [head, , signature] = aboutMia().split('.')
  return `${head}.${part(claimsOf({ [disabled]: {} }, { sub_id: { ...mia, sub: 'person-gus' } }))}.${signature}`
}
test.each<[string, () => string, string]>([
  ['an ID or access token of the same issuer: another `typ`', () => aboutMia({}, { typ: 'at+jwt' }), 'invalid_request'],
  ['no `typ`', () => aboutMia({}, { typ: undefined }), 'invalid_request'],
  ['another issuer', () => aboutMia({ iss: 'https://elsewhere.example' }), 'invalid_issuer'],
  ['another audience', () => aboutMia({ aud: issuer }), 'invalid_audience'],
  ['no audience', () => aboutMia({ aud: undefined }), 'invalid_audience'],
  ['alg none', none, 'invalid_request'],
  ['HS256 with the public key', hs256, 'authentication_failed'],
  ['other claims under the same signature', changed, 'authentication_failed'],
  ['no events', () => set({}), 'invalid_request'],
  ['events in a list', () => aboutMia({ events: ['x'] }), 'invalid_request'],
  [
    'eleven events',
    () => set(Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`urn:${n}`, {}]))),
    'invalid_request',
  ],
  ['no `jti`', () => aboutMia({ jti: undefined }), 'invalid_request'],
  ['no `iat`', () => aboutMia({ iat: undefined }), 'invalid_request'],
  ['`iat` in the future', () => aboutMia({ iat: world.clock.now() + 60 }), 'invalid_request'],
  ['`iat` over a day ago', () => aboutMia({ iat: world.clock.now() - 86_401 }), 'invalid_request'],
  ['a past end', () => aboutMia({ exp: world.clock.now() - 60 }), 'invalid_request'],
  ['no subject', () => aboutMia({ sub_id: undefined }), 'invalid_request'],
  ['a subject of an invalid format', () => aboutMia({ sub_id: { format: 'iss_sub', iss: idp } }), 'invalid_request'],
  ['a text in place of a token', () => 'hello', 'invalid_request'],
  ['a huge body', () => aboutMia({ filler: 'x'.repeat(9000) }), 'invalid_request'],
  ['a body over the limit', () => 'x'.repeat(70_000), 'invalid_request'],
])('a signal with %s is refused', async (_what, token, err) => {
  const answer = await send(token())
  expect(answer).toMatchObject({ status: 400, body: { err, description: expect.any(String) } })
  expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'content-language': 'en' })
  expect([await halted(), whys()]).toEqual([[], [`received_signal_refused: ${err}`]])
})

test('a signal with another content type, or at an unknown address, is refused', async () => {
  expect(await send(aboutMia(), { type: 'application/json' })).toMatchObject({ body: { err: 'invalid_request' } })
  expect(await send(aboutMia(), { alias: 'azure' })).toMatchObject({ body: { err: 'access_denied' } })
  expect(server.visits).toBe(0)
})

test('a signal signed by another key under a published `kid` is refused', async () => {
  const other = await SigningKey.make('ES256')
  const answer = await send(aboutMia({}, { kid: key.jwk.kid }, other))
  expect(answer).toMatchObject({ status: 400, body: { err: 'authentication_failed' } })
})

test("a transmitter's new key is accepted, and its old one refused", async () => {
  await send(aboutMia())
  const next = await SigningKey.make('ES256')
  server.keys = [next.jwk]
  world.clock.advance(31)
  expect((await send(aboutMia({ sub_id: { ...mia, sub: 'person-dan' } }, {}, next))).status).toBe(202)
  expect(await halted()).toContain('owner person:dan')
  expect(await send(aboutMia())).toMatchObject({ status: 503 })
  world.clock.advance(31)
  expect(await send(aboutMia())).toMatchObject({ status: 400, body: { err: 'invalid_key' } })
})

test('a transmitter whose keys cannot be had is told to retry, and then its signal counts', async () => {
  server.mood = 'broken'
  const token = aboutMia()
  expect(await send(token)).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } })
  expect(await halted()).toEqual([])
  server.mood = 'well'
  world.clock.advance(31)
  expect((await send(token)).status).toBe(202)
  expect(await halted()).toEqual(ofMia)
})

test('a transmitter that halts all people is held back, and an alarm says so', async () => {
  receive({ haltsPerHour: 4 })
  const statuses: (number | undefined)[] = []
  const tokens = ['mia', 'dan', 'ben'].map((name) => aboutMia({ sub_id: { ...mia, sub: `person-${name}` } }))
  for (const token of tokens) statuses.push((await send(token)).status)
  expect([statuses, (await halted()).length]).toEqual([[202, 202, 429], 4])
  expect(world.log.lines.at(-1)).toMatchObject({ level: 'error', message: 'signals_held_back' })
  world.clock.advance(1800)
  expect((await send(tokens[2] ?? '')).status).toBe(202)
  expect(await halted()).toContain('owner person:ben')
})

test("a transmitter's texts are kept out of the log, the ledger and the answers", async () => {
  const secret = 'tell-no-one'
  const answers = [
    await send(set({ [disabled]: { reason_admin: { en: secret } } }, { txn: secret })),
    await send(aboutMia({ sub_id: { ...mia, sub: secret } })),
    await send(aboutMia({ iss: secret })),
    await send(aboutMia(), { alias: secret }),
  ]
  const entries = await Promise.all(
    (await halts.list({ lifted: true }, { limit: 9 })).items.map(({ id }) => world.ledger.entries(id)),
  )
  expect(entries.flat()).toHaveLength(2)
  expect(JSON.stringify([answers.map(({ body }) => body), world.log.lines, entries])).not.toContain(secret)
})

function agentOf(owner: string) {
  const found = sample.agents.find((each) => each.owner === `person:${owner}`)
  if (!found) throw new Error(`no agent of ${owner}`)
  return found.id
}
