import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { SessionRevoked } from '../../functions/domain/events/security-events.ts'
import type { CredentialId, RequestId } from '../../functions/domain/values.ts'
import { pushSignal } from '../../functions/operations/events/push-signal.ts'
import { ReceiverUnavailable } from '../../functions/operations/faults.ts'
import { MemorySetPush } from '../support/events/memory-set-push.ts'
import { agent } from '../support/world.ts'
import { runPython } from './support/python.ts'
import { useScene } from './support/scene.ts'

/** Shared Signals Framework 1.0 for a tool: its metadata, stream and events, over the deployed handlers. */

const scene = useScene()
jest.setTimeout(240_000)
const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'
const push = 'urn:ietf:rfc:8935'
const endpoint_url = 'https://flags.example.org/flags/events'
const delivery = { method: push, endpoint_url, authorization_header: 'Bearer s3cret' }
const deliveredTo = (address: string) => ({ delivery: { ...delivery, endpoint_url: address } })
const audience = 'https://flags.example.org'

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
type Answer = { status: number; body: any; retryAfter: string | null }
async function call(method: string, path: string, body?: object, as = 'tool-flag-service'): Promise<Answer> {
  const answer = await fetch(scene.api.url + path, {
    method,
    headers: { authorization: `Bearer ${scene.workload(as)}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const read = await answer.text()
  return {
    status: answer.status,
    body: read === '' ? undefined : JSON.parse(read),
    retryAfter: answer.headers.get('retry-after'),
  }
}
const create = (more: object = {}, as?: string) => call('POST', '/v1/ssf/streams', { delivery, ...more }, as)
const read = (id: string, as?: string) => call('GET', `/v1/ssf/streams?stream_id=${id}`, undefined, as)

/** Sends the pending events to a receiver in memory. */
async function deliver(event?: SessionRevoked): Promise<string[]> {
  const sets = new MemorySetPush()
  const ports = { ...scene.api.ports, sets }
  const events = event ? [event] : scene.api.ports.deliveries.take().map((each) => each.event)
  for (const each of events) await pushSignal('tool:flag-service' as never, each as SessionRevoked, ports)
  return sets.got.map(({ token }) => token)
}
const ended = (): SessionRevoked => {
  const at = scene.api.world.clock.now()
  return {
    ...{ type: 'session_revoked', request: `req_${'0'.repeat(26)}` as RequestId, subject: agent('builder') },
    ...{ token: `crd_${'0'.repeat(26)}` as CredentialId, at, expiresAt: at + 900, because: 'halted' },
  }
}

test('the transmitter says what it does and where, and each address is there', async () => {
  const { body } = await call('GET', '/.well-known/ssf-configuration')
  const { url: issuer } = scene.api
  expect(body).toMatchObject({
    spec_version: '1_0',
    issuer,
    delivery_methods_supported: [push],
    default_subjects: 'ALL',
  })
  for (const name of ['configuration_endpoint', 'status_endpoint', 'verification_endpoint', 'jwks_uri']) {
    expect(body[name].startsWith(`${issuer}/`)).toBe(true)
    expect((await call(name.startsWith('v') ? 'POST' : 'GET', body[name].slice(issuer.length))).body.type).not.toBe(
      `${issuer}/problems/not_found`,
    )
  }
})

test('a tool registers its stream, reads it, and does not see its secret again', async () => {
  const made = await create({ events_requested: [sessionRevoked, 'urn:example:other'], description: 'flags' })
  expect(made).toMatchObject({
    status: 201,
    body: {
      ...{ stream_id: expect.stringMatching(/^str_/), iss: scene.api.url, aud: audience, description: 'flags' },
      ...{ events_supported: [sessionRevoked], events_delivered: [sessionRevoked], min_verification_interval: 10 },
      events_requested: [sessionRevoked, 'urn:example:other'],
      delivery: { method: push, endpoint_url },
    },
  })
  expect((await read(made.body.stream_id)).body).toEqual(made.body)
  expect((await call('GET', '/v1/ssf/streams')).body).toEqual([made.body])
  expect(JSON.stringify(made.body)).not.toContain('s3cret')
  expect((await create()).status).toBe(409)
})

test('a tool without a stream has an empty list', async () => {
  expect(await call('GET', '/v1/ssf/streams')).toMatchObject({ status: 200, body: [] })
})

test('PATCH changes the given members of a stream, PUT all, and DELETE removes it', async () => {
  const { body } = await create({ description: 'flags' })
  const { stream_id } = body
  const moved = { method: push, endpoint_url: `${endpoint_url}/2` }
  const patched = await call('PATCH', '/v1/ssf/streams', { stream_id, delivery: moved })
  expect(patched).toMatchObject({ status: 200, body: { delivery: moved, description: 'flags' } })
  const replaced = await call('PUT', '/v1/ssf/streams', { ...body, delivery: moved, description: undefined })
  expect([replaced.status, replaced.body.description]).toEqual([200, undefined])
  expect(await call('DELETE', `/v1/ssf/streams?stream_id=${stream_id}`)).toMatchObject({ status: 204, body: undefined })
  expect((await read(stream_id)).status).toBe(404)
})

test('members that the transmitter supplies must come back unchanged', async () => {
  const { body } = await create()
  expect((await call('PUT', '/v1/ssf/streams', { ...body, delivery })).status).toBe(200)
  const changed = await call('PATCH', '/v1/ssf/streams', { stream_id: body.stream_id, aud: 'https://evil.example' })
  expect(changed).toMatchObject({ status: 400, body: { title: expect.stringContaining('`aud`') } })
})

test('the status of a stream is read and set, and decides what is sent', async () => {
  const { stream_id } = (await create()).body
  const status = () => call('GET', `/v1/ssf/status?stream_id=${stream_id}`)
  expect((await status()).body).toEqual({ stream_id, status: 'enabled' })
  const paused = { stream_id, status: 'paused', reason: 'we move' }
  expect(await call('POST', '/v1/ssf/status', paused)).toMatchObject({ status: 200, body: paused })
  expect((await status()).body).toEqual(paused)
  await expect(deliver(ended())).rejects.toThrow(ReceiverUnavailable)
  await call('POST', '/v1/ssf/status', { stream_id, status: 'enabled' })
  expect((await status()).body).toEqual({ stream_id, status: 'enabled' })
  expect(await deliver(ended())).toHaveLength(1)
})

test('a verification echoes the state, and comes too soon within ten seconds', async () => {
  const { stream_id } = (await create()).body
  const verify = () => call('POST', '/v1/ssf/verification', { stream_id, state: 'abc' })
  expect((await verify()).status).toBe(204)
  expect(await verify()).toMatchObject({ status: 429, retryAfter: '10' })
  const [token = ''] = await deliver()
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(`${scene.api.url}/.well-known/jwks.json`)), {
    ...{ typ: 'secevent+jwt', issuer: scene.api.url, audience },
    currentDate: new Date(scene.api.world.clock.now() * 1000),
  })
  expect(payload['events']).toEqual({
    'https://schemas.openid.net/secevent/ssf/event-type/verification': { state: 'abc' },
  })
})

test('joserfc, in Python, finds the keys and verifies a pushed event', async () => {
  await create()
  const [set] = await deliver(ended())
  const given = { issuer: scene.api.url, audience, set, now: scene.api.world.clock.now() }
  expect(await runPython('set_receiver.py', given)).toMatchObject({
    header: { typ: 'secevent+jwt', alg: 'ES256' },
    claims: {
      txn: ended().request,
      sub_id: { session: { format: 'opaque', id: ended().token }, user: { iss: scene.api.url, sub: 'agent:builder' } },
      events: { [sessionRevoked]: { initiating_entity: 'admin', reason_admin: { en: 'halted' } } },
    },
  })
})

test.each<[string, object, string]>([
  ['no delivery: that would be polling', { delivery: undefined }, 'delivery'],
  ['polling', { delivery: { method: 'urn:ietf:rfc:8936' } }, 'delivery.method'],
  ['plain http', deliveredTo('http://flags.example.org/flags/events'), 'endpoint_url'],
  ['an address with a password', deliveredTo('https://a:b@flags.example.org/flags'), 'endpoint_url'],
  ['a long address', deliveredTo(`${endpoint_url}/${'x'.repeat(3000)}`), 'endpoint_url'],
  [
    'a split header',
    { delivery: { ...delivery, authorization_header: 'Bearer a\r\nHost: evil' } },
    'authorization_header',
  ],
  ['no event', { events_requested: [] }, 'events_requested'],
  ['a hundred events', { events_requested: Array.from({ length: 100 }, (_, n) => `urn:x:${n}`) }, 'events_requested'],
  ['a novel', { description: 'x'.repeat(1000) }, 'description'],
])('a stream with %s is refused, and the member is named', async (_, more, field) => {
  expect(await create(more)).toMatchObject({ status: 400, body: { detail: expect.stringContaining(field) } })
})

test('a stream to an address that the deployer did not name for the tool is refused', async () => {
  const elsewhere = { method: push, endpoint_url: 'https://evil.example/events' }
  expect(await create({ delivery: elsewhere })).toMatchObject({
    status: 403,
    body: { type: `${scene.api.url}/problems/foreign_endpoint` },
  })
})

test('an agent, an unregistered tool and a call without a token get no stream', async () => {
  for (const as of ['agent-remediator', 'tool-unregistered']) expect((await create({}, as)).status).toBe(401)
  const answer = await fetch(`${scene.api.url}/v1/ssf/streams`)
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Bearer /)])
})

test('the stream of another tool is missing for this one', async () => {
  const { stream_id } = (await create()).body
  const other = 'tool-files-gate'
  expect((await read(stream_id, other)).status).toBe(404)
  const attempts: [string, string, object?][] = [
    ['PATCH', '/v1/ssf/streams', { stream_id, description: 'mine' }],
    ['PUT', '/v1/ssf/streams', { stream_id, delivery }],
    ['DELETE', `/v1/ssf/streams?stream_id=${stream_id}`],
    ['GET', `/v1/ssf/status?stream_id=${stream_id}`],
    ['POST', '/v1/ssf/status', { stream_id, status: 'disabled' }],
    ['POST', '/v1/ssf/verification', { stream_id }],
  ]
  for (const [method, path, body] of attempts)
    expect([method, path, (await call(method, path, body, other)).status]).toEqual([method, path, 404])
  expect((await read(stream_id)).body.description).toBeUndefined()
})
