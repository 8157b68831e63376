import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { SessionRevoked } from '../../../functions/domain/events/security-events.ts'
import type { StreamTerms } from '../../../functions/domain/events/stream.ts'
import { sessionRevoked, verification } from '../../../functions/domain/halts/signal.ts'
import type { CredentialId, RequestId, ToolId } from '../../../functions/domain/values.ts'
import { pushSignal } from '../../../functions/operations/events/push-signal.ts'
import {
  askVerification,
  changeStream,
  findStream,
  registerStream,
  removeStream,
} from '../../../functions/operations/events/streams.ts'
import { ReceiverUnavailable } from '../../../functions/operations/faults.ts'
import { MemorySetPush } from '../../support/events/memory-set-push.ts'
import { MemoryStreamStore } from '../../support/events/memory-stream-store.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, issuer, start, World } from '../../support/world.ts'
import { audience, flagService } from '../uses/claimed-flag.ts'

/** A tool registers a stream, and is told over it. */

const endpoint = 'https://flags.example.org/flags/events'
const own = { audience, addresses: ['https://flags.example.org/flags'] }
const terms: StreamTerms = { endpoint, authorization: 'Bearer s3cret' }

let world: World
let streams: MemoryStreamStore
let sets: MemorySetPush
beforeEach(() => {
  world = new World()
  streams = new MemoryStreamStore(world.ledger)
  sets = new MemorySetPush()
})
const ports = () => ({ ...world.ports, issuer, streams, sets })

async function registered(tool = flagService, of = terms) {
  return unwrap(await registerStream(tool, of, ports()))
}
const ended = (changes: Partial<SessionRevoked> = {}): SessionRevoked => ({
  ...{ type: 'session_revoked', request: `req_${'0'.repeat(26)}` as RequestId, subject: agent('builder') },
  ...{ token: `crd_${'0'.repeat(26)}` as CredentialId, at: start - 2, expiresAt: start + 900, because: 'halted' },
  ...changes,
})
/** The outcome of a push: `again` is a fault after which the message is sent again. */
const push = async (changes: Partial<SessionRevoked> = {}, tool = flagService) => {
  try {
    await pushSignal(tool, ended(changes), ports())
    return 'done'
  } catch (fault) {
    if (fault instanceof ReceiverUnavailable) return 'again'
    throw fault
  }
}
const errors = () => world.log.lines.filter(({ level }) => level === 'error').map(({ message }) => message)

test('a stream is on the record of its tool, without the secret and the path that it has', async () => {
  const { id } = await registered()
  await changeStream(flagService, id, { status: 'paused', reason: 'we move' }, ports())
  await removeStream(flagService, id, ports())
  const entries = await world.ledger.entries(flagService)
  const told = { stream: id, origin: 'https://flags.example.org', authorized: true, delivered: [sessionRevoked] }
  expect(entries.map(({ type, actor, facts }) => [type, actor.id, facts])).toEqual([
    ['StreamRegistered', flagService, { ...told, status: 'enabled' }],
    ['StreamChanged', flagService, { ...told, status: 'paused' }],
    ['StreamRemoved', flagService, { stream: id }],
  ])
  const written = JSON.stringify([entries, world.log.lines])
  for (const secret of ['s3cret', '/flags/events', 'we move']) expect(written).not.toContain(secret)
})

test('a tool has one stream: a second is refused, and one that was removed comes back as another', async () => {
  const { id } = await registered()
  expect(await registerStream(flagService, terms, ports())).toMatchObject({ ok: false, code: 'stream_exists' })
  await removeStream(flagService, id, ports())
  expect((await registered()).id).not.toBe(id)
})

test('two concurrent registrations make one stream, and the other is refused on what the first made', async () => {
  const both = await Promise.all([1, 2].map(() => registerStream(flagService, terms, ports())))
  expect(both.map((done) => (done.ok ? 'made' : done.code)).toSorted()).toEqual(['made', 'stream_exists'])
  expect(await world.story(flagService)).toEqual(['StreamRegistered', 'Refused'])
})

test.each([
  'https://flags.example.org/events',
  'https://flags.example.org.evil.example/flags/events',
  'https://flags.example.org/flagship',
  'https://169.254.169.254/latest/meta-data',
  'https://files.example.org/events',
  'https://flags.example.org/flags/../admin',
  'https://flags.example.org/flags/%2e%2e/admin',
])('a stream is not pushed to an address that the deployer did not name for the tool: %s', async (elsewhere) => {
  const refused = { ok: false, code: 'foreign_endpoint' }
  expect(await registerStream(flagService, { endpoint: elsewhere }, ports())).toMatchObject(refused)
  const { id } = await registered()
  expect(await changeStream(flagService, id, { endpoint: elsewhere }, ports())).toMatchObject(refused)
  expect(await world.story(flagService)).toContain('Refused')
})

test('a stream may be pushed to a place that the deployment names beside the addresses of the tool', async () => {
  const { bundle } = world.policy
  const tools = { 'flag-service': { ...own, signals: ['https://signals.example.net/in'] } }
  world = new World({ ...bundle, deployment: { ...bundle.deployment, tools } })
  streams = new MemoryStreamStore(world.ledger)
  expect((await registered(flagService, { endpoint: 'https://signals.example.net/in/flags' })).status).toBe('enabled')
})

test('the stream of another tool does not exist, to read, change, verify or remove, and each attempt is on record', async () => {
  const { id } = await registered()
  const other = 'tool:files-gate' as ToolId
  const unknown = { ok: false, code: 'unknown_stream' }
  expect(await findStream(other, ports())).toBeUndefined()
  expect(await changeStream(other, id, { status: 'disabled' }, ports())).toMatchObject(unknown)
  expect(await askVerification({ tool: other, id }, ports())).toMatchObject(unknown)
  expect(await removeStream(other, id, ports())).toMatchObject(unknown)
  const attempts = (await world.ledger.entries(other)).map(({ facts }) => facts['attempted'])
  expect(attempts).toEqual(['change_stream', 'verify_stream', 'remove_stream'])
})

test('a stream that is changed again and again makes no endless record', async () => {
  const { id } = await registered()
  const flip = (n: number) => changeStream(flagService, id, { status: n % 2 ? 'enabled' : 'paused' }, ports())
  for (let n = 0; n < 29; n++) expect((await flip(n)).ok).toBe(true)
  expect(await flip(29)).toEqual({ ok: false, code: 'too_soon', retryAfter: 10 })
  world.clock.advance(10)
  expect((await flip(29)).ok).toBe(true)
})

test('a stream that is set to its present values writes nothing', async () => {
  const { id } = await registered()
  await changeStream(flagService, id, { status: 'enabled' }, ports())
  expect(await world.story(flagService)).toEqual(['StreamRegistered'])
})

test('an event is a Security Event Token for the tool, signed by the key of the issuer, with no `exp` and no `sub`', async () => {
  await registered()
  expect(await push()).toBe('done')
  const [got] = sets.got
  expect(got).toMatchObject({ endpoint, authorization: 'Bearer s3cret' })
  expect(decodeProtectedHeader(got?.token ?? '')).toMatchObject({ typ: 'secevent+jwt', alg: 'ES256' })
  const claims = decodeJwt(got?.token ?? '')
  expect(claims).toMatchObject({ iss: issuer, aud: audience, iat: start, txn: ended().request })
  expect(Object.keys(claims).sort()).toEqual(['aud', 'events', 'iat', 'iss', 'jti', 'sub_id', 'txn'])
  expect(world.log.lines.at(-1)).toMatchObject({ message: 'signal_delivered', fields: { lagSeconds: 2 } })
})

test('an event that comes again has the same `jti`', async () => {
  await registered()
  await push()
  world.clock.advance(30)
  await push()
  expect(new Set(sets.got.map(({ token }) => decodeJwt(token).jti)).size).toBe(1)
})

test('an event comes again until the receiver takes it', async () => {
  await registered()
  sets.answers = { outcome: 'again', fault: 'status_500' }
  expect(await push()).toBe('again')
  sets.answers = { outcome: 'taken' }
  expect(await push()).toBe('done')
  expect(errors()).toEqual([])
})

test('an event that the receiver refuses by a code is given up, and logged', async () => {
  await registered()
  sets.answers = { outcome: 'refused', code: 'invalid_audience' }
  expect(await push()).toBe('done')
  expect(world.log.lines.at(-1)).toMatchObject({ message: 'signal_refused', fields: { code: 'invalid_audience' } })
})

test('an event of a token that has expired since is given up, and logged', async () => {
  await registered()
  expect(await push({ expiresAt: start })).toBe('done')
  expect([sets.got, errors()]).toEqual([[], ['signal_undelivered']])
})

test('an event waits while the stream is paused, and is dropped where it is disabled or missing', async () => {
  expect(await push()).toBe('done')
  const { id } = await registered()
  await changeStream(flagService, id, { status: 'paused' }, ports())
  expect(await push()).toBe('again')
  await changeStream(flagService, id, { status: 'enabled' }, ports())
  expect(await push()).toBe('done')
  await changeStream(flagService, id, { status: 'disabled' }, ports())
  expect(await push()).toBe('done')
  expect([sets.got.length, errors()]).toEqual([1, []])
})

test('an event that the tool did not ask for does not come', async () => {
  await registered(flagService, { ...terms, requested: ['urn:example:other'] })
  expect([await push(), sets.got]).toEqual(['done', []])
})

test('an event is not pushed to an address that the deployment has taken back', async () => {
  await registered()
  const { bundle } = world.policy
  const tools = { 'flag-service': { ...own, addresses: ['https://new.example.org'] } }
  const policy = { ...world.policy, bundle: { ...bundle, deployment: { ...bundle.deployment, tools } } }
  await pushSignal(flagService, ended(), { ...ports(), policy })
  expect([sets.got, errors()]).toEqual([[], ['signal_refused']])
})

test('an event waits while it cannot be signed', async () => {
  await registered()
  world.statements.answers = false
  expect([await push(), sets.got]).toEqual(['again', []])
})

test('a verification has the stream as its subject and the state of the receiver, and a `jti` of its own each time', async () => {
  const { id } = await registered()
  for (const state of ['one', undefined]) {
    await pushSignal(flagService, unwrap(await askVerification({ tool: flagService, id, state }, ports())), ports())
    world.clock.advance(10)
  }
  const [one, other] = sets.got.map(({ token }) => decodeJwt(token))
  expect(one).toMatchObject({ sub_id: { format: 'opaque', id }, events: { [verification]: { state: 'one' } } })
  expect(other).toMatchObject({ events: { [verification]: {} } })
  expect(one?.jti).not.toBe(other?.jti)
})

test('a verification is sent every ten seconds at most, and has no entry', async () => {
  const { id } = await registered()
  const ask = () => askVerification({ tool: flagService, id }, ports())
  expect((await ask()).ok).toBe(true)
  expect(await ask()).toEqual({ ok: false, code: 'too_soon', retryAfter: 10 })
  world.clock.advance(10)
  expect((await ask()).ok).toBe(true)
  expect(await world.story(flagService)).toEqual(['StreamRegistered'])
})

test('a verification that two ask for at once is sent once', async () => {
  const { id } = await registered()
  const both = await Promise.all([1, 2].map(() => askVerification({ tool: flagService, id }, ports())))
  expect(both.map((done) => (done.ok ? 'sent' : done.code)).toSorted()).toEqual(['sent', 'too_soon'])
})

test('a verification of a removed stream is dropped', async () => {
  const { id } = await registered()
  const asked = unwrap(await askVerification({ tool: flagService, id }, ports()))
  await removeStream(flagService, id, ports())
  await registered()
  await pushSignal(flagService, asked, ports())
  expect(sets.got).toEqual([])
})
