import { createHmac } from 'node:crypto'
import { isSigned, WebhookIncidentEvents } from '../../../functions/adapters/standard-webhooks/incident-events.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { start } from '../../support/world.ts'

/** The incident tool authenticates by Standard Webhooks, and says little. */

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const old = Buffer.alloc(24, 9).toString('base64')
const stranger = Buffer.alloc(32, 8).toString('base64')

const sign = (id: string, timestamp: number | string, body: string, key = secret) =>
  `v1,${createHmac('sha256', Buffer.from(key.replace('whsec_', ''), 'base64'))
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64')}`

type Sent = { id?: string; at?: number | string; body?: string; key?: string; signature?: string }
function read({
  id = 'msg_1',
  at = start,
  body = '{"incident":"INC-7","status":"closed"}',
  key,
  signature,
}: Sent = {}) {
  const headers: { [name: string]: string } = {
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': signature ?? sign(id, at, body, key),
  }
  const events = new WebhookIncidentEvents(async () => [secret, old], new MemoryClock(start))
  return events.read({ header: (name) => headers[name], body })
}

test("the test vector of the specification's own libraries is accepted", () => {
  const vector = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: '1614265330',
    body: '{"test": 2432232314}',
    signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  }
  const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']
  expect(isSigned(vector, secrets, 1_614_265_330)).toBe(true)
  expect(isSigned({ ...vector, body: '{"test": 2432232315}' }, secrets, 1_614_265_330)).toBe(false)
})

test.each([
  ['closed', true],
  ['Resolved', true],
  ['reopened', false],
  ['acknowledged', false],
])('an incident with status %s is closed: %p', async (status, closed) => {
  const said = await read({ body: JSON.stringify({ incident: 'INC-7', status, severity: 1, more: { of: 'theirs' } }) })
  expect(said).toEqual({ ok: true, value: { id: 'msg_1', incident: 'INC-7', closed } })
})

test.each<[what: string, sent: Sent]>([
  ['without a signature', { signature: '' }],
  ['by a stranger', { key: stranger }],
  ['by another version', { signature: sign('msg_1', start, '{}').replace('v1', 'v2'), body: '{}' }],
  ['by half a signature', { signature: sign('msg_1', start, '{}').slice(0, 30), body: '{}' }],
  ['over another body', { signature: sign('msg_1', start, '{"incident":"INC-8","status":"closed"}') }],
  ['over another id', { signature: sign('msg_2', start, '{"incident":"INC-7","status":"closed"}') }],
  ['over another time', { signature: sign('msg_1', start - 1, '{"incident":"INC-7","status":"closed"}') }],
  ['too long ago', { at: start - 301 }],
  ['in the future', { at: start + 301 }],
  ['without a time', { at: 'now' }],
  ['at a time with more behind it', { at: `${start}0000` }],
  ['with a full stop in its id, which is another id and time', { id: `msg_1.${start}` }],
])('an event signed %s is refused before it is read', async (_what, sent) => {
  expect(await read(sent)).toEqual({ ok: false, code: 'unsigned' })
})

test('during a rotation the previous secret is accepted, on either side', async () => {
  expect(await read({ key: old })).toMatchObject({ ok: true })
  const body = '{"incident":"INC-7","status":"closed"}'
  const both = `${sign('msg_1', start, body, stranger)} ${sign('msg_1', start, body)}`
  expect(await read({ signature: both, body })).toMatchObject({ ok: true })
})

test.each([
  'no JSON',
  '[]',
  '{}',
  '{"incident":"INC-7"}',
  '{"incident":"","status":"closed"}',
  '{"incident":7,"status":"closed"}',
  `{"incident":"${'7'.repeat(200)}","status":"closed"}`,
])('the signed body %s is refused as malformed, without its content', async (body) => {
  const said = await read({ body })
  expect(said).toEqual({ ok: false, code: 'malformed', detail: '`incident` and `status` should be text' })
})

test('events without a configured secret are refused', async () => {
  const events = new WebhookIncidentEvents(() => Promise.reject(new Error('no secret')), new MemoryClock(start))
  await expect(events.read({ header: () => 'x', body: '{}' })).rejects.toThrow('no secret')
  const none = new WebhookIncidentEvents(async () => [], new MemoryClock(start))
  expect(await none.read({ header: () => undefined, body: '{}' })).toMatchObject({ code: 'unsigned' })
})
