import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SQSEvent } from 'aws-lambda'
import { isSigned } from '../../../functions/adapters/standard-webhooks/incident-events.ts'
import { isInside, makePost } from '../../../functions/adapters/standard-webhooks/post.ts'
import { SignedWebhooks } from '../../../functions/adapters/standard-webhooks/webhooks.ts'
import { eventsOfHalts } from '../../../functions/domain/events/decision-events.ts'
import type { Halt } from '../../../functions/domain/halts/halt.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { createHandler } from '../../../functions/handlers/streams/deliver.ts'
import { ReceiverUnavailable } from '../../../functions/operations/faults.ts'
import { MemorySetPush } from '../../support/events/memory-set-push.ts'
import { MemoryStreamStore } from '../../support/events/memory-stream-store.ts'
import { useServer } from '../../support/http-server.ts'
import { MemoryLedgerStore } from '../../support/ledger/memory-ledger-store.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { MemoryLog } from '../../support/memory-log.ts'
import { issuer, start } from '../../support/world.ts'

/** An event goes to the webhook of a registration, signed, until the receiver has taken it. */

const [secret, older] = [`whsec_${'A'.repeat(32)}`, `whsec_${'B'.repeat(32)}`]
const halt = { id: `hlt_${'0'.repeat(26)}`, target: { kind: 'all', value: 'all' }, reason: '', by: 'person:ana', at: 5 }
const [event] = eventsOfHalts([], [halt as unknown as Halt])
if (!event) throw new Error('no event')

type Got = { headers: IncomingMessage['headers']; body: string; path: string | undefined }
let got: Got[]
let answers: ((response: ServerResponse) => void)[]
beforeEach(() => {
  got = []
  answers = []
})
const origin = useServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  got.push({ headers: request.headers, body: Buffer.concat(chunks).toString(), path: request.url })
  const answer = answers.shift()
  if (answer) answer(response)
})
const status = (code: number, headers = {}, body = '') => {
  answers.push((response) => void response.writeHead(code, headers).end(body))
}

function world({ secrets = [secret], patience = 5000, bus = 'takes' as 'takes' | 'refuses' } = {}) {
  const [log, holds] = [new MemoryLog(), [] as number[]]
  const clock = new MemoryClock(start)
  const webhooks = new SignedWebhooks({
    secretsOf: () => Promise.resolve(secrets),
    post: makePost({ inside: true, patience }),
    clock,
  })
  const put = () => (bus === 'takes' ? Promise.resolve() : Promise.reject(new ReceiverUnavailable('refused')))
  const bundle = { agents: [{ id: 'agent:builder', notify: `${origin()}/hook` }], tools: [] } as unknown as Bundle
  const hold = (_: string, seconds: number) => Promise.resolve(void holds.push(seconds))
  const streams = new MemoryStreamStore(new MemoryLedgerStore())
  const statements = { sign: () => Promise.resolve(undefined) }
  const signals = { ...{ issuer, policy: { bundle }, streams, statements }, sets: new MemorySetPush(), clock }
  const handler = createHandler({ bundle, webhooks, bus: { put }, log, hold, ...signals })
  /** Delivers like the queue: again until it is taken, up to `attempts` times. */
  const deliver = async (message: unknown, attempts = 1) => {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const record = { messageId: '0000', receiptHandle: 'r', attributes: { ApproximateReceiveCount: `${attempt}` } }
      const body = typeof message === 'string' ? message : JSON.stringify(message)
      const { batchItemFailures } = await handler({ Records: [{ ...record, body }] } as unknown as SQSEvent)
      if (batchItemFailures.length === 0) return attempt
    }
    return undefined
  }
  return { deliver, holds, log, clock }
}
const toAgent = { receiver: 'webhook:agent:builder', event }

test('a webhook has the signature of Standard Webhooks over its id, its time and its body', async () => {
  status(204)
  const { deliver } = world()
  expect(await deliver(toAgent)).toBe(1)
  const [{ headers, body, path }] = got as [Got]
  expect([path, headers['content-type'], headers['webhook-id']]).toEqual(['/hook', 'application/json', event.id])
  const signed = {
    id: String(headers['webhook-id']),
    timestamp: String(headers['webhook-timestamp']),
    signature: String(headers['webhook-signature']),
    body,
  }
  expect(isSigned(signed, [secret], start)).toBe(true)
  expect(isSigned({ ...signed, body: `${body} ` }, [secret], start)).toBe(false)
  expect(JSON.parse(body)).toMatchObject({ type: 'halt.declared', data: { halt: halt.id } })
})

test('during a rotation both secrets sign, and a receiver with either one accepts', async () => {
  status(200)
  await world({ secrets: [secret, older] }).deliver(toAgent)
  const [{ headers, body }] = got as [Got]
  for (const one of [secret, older])
    expect(
      isSigned(
        {
          id: event.id,
          timestamp: String(headers['webhook-timestamp']),
          signature: String(headers['webhook-signature']),
          body,
        },
        [one],
        start,
      ),
    ).toBe(true)
})

test('a webhook is retried with growing pauses after 500 and a redirect, which is not followed', async () => {
  status(500)
  status(302, { location: `${origin()}/elsewhere` })
  status(200, {}, '<html>'.repeat(100_000))
  const { deliver, holds } = world()
  expect(await deliver(toAgent, 5)).toBe(3)
  expect(got.map(({ path }) => path)).toEqual(['/hook', '/hook', '/hook'])
  expect(new Set(got.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(holds).toEqual([5, 30])
})

test('a receiver that never answers times out, and its webhook is retried', async () => {
  const { deliver, log } = world({ patience: 50 })
  expect(await deliver(toAgent)).toBeUndefined()
  expect(JSON.stringify(log)).toContain('ReceiverUnavailable')
})

test('a webhook whose connection drops was not taken', async () => {
  answers.push((response) => void response.destroy())
  expect(await world().deliver(toAgent)).toBeUndefined()
})

test('an answer of 410 ends the deliveries at once, with an alarm', async () => {
  status(410)
  const { deliver, log } = world()
  expect(await deliver(toAgent)).toBe(1)
  expect(JSON.stringify(log)).toContain('webhook_gone')
})

test('a webhook without a secret is not sent, raises an alarm and is retried', async () => {
  const { deliver, log } = world({ secrets: [] })
  expect(await deliver(toAgent)).toBeUndefined()
  expect(got).toEqual([])
  expect(JSON.stringify(log)).toContain('webhook_unsigned')
})

test('a registration without an address is not notified, and nothing is retried', async () => {
  expect(await world().deliver({ receiver: 'webhook:agent:other', event })).toBe(1)
  expect(got).toEqual([])
})

test('an event that the bus refuses is retried', async () => {
  expect(await world({ bus: 'refuses' }).deliver({ receiver: 'bus', event }, 3)).toBeUndefined()
})

test.each(['', 'junk', '{}', '{"receiver":"bus"}', JSON.stringify({ receiver: 'elsewhere', event })])(
  'the malformed message `%s` goes to the dead letters',
  async (body) => {
    expect(await world().deliver(body)).toBeUndefined()
    expect(got).toEqual([])
  },
)

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.31.0.1',
  '192.168.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '::1',
  'fd00:ec2::254',
  'fe80::1',
  '::ffff:127.0.0.1',
  '::127.0.0.1',
  'fec0::1',
  '2002:7f00:1::',
  '64:ff9b:1::7f00:1',
])('no webhook is sent to %s, in a private network', async (address) => {
  expect(isInside(address)).toBe(true)
  const host = address.includes(':') ? `[${address}]` : address
  await expect(makePost({ inside: false })(`http://${host}:1/`, { headers: {}, body: '' })).rejects.toMatchObject({
    cause: { message: 'a private network' },
  })
})

test('a name that resolves to this machine is refused before anything is sent', async () => {
  status(200)
  const { port } = new URL(origin())
  const post = makePost({ inside: false })
  await expect(post(`http://localhost:${port}/`, { headers: {}, body: '' })).rejects.toThrow(ReceiverUnavailable)
  expect(got).toEqual([])
  expect(isInside('93.184.215.14')).toBe(false)
  expect(isInside('2606:2800:21f:cb07::1')).toBe(false)
})
