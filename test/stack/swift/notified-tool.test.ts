import { createHmac } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { deployed, setFlag } from '../support/deployment.ts'

/** A tool hears of its requests by webhook. A delivery that it refuses is retried. */

const swift = deployed('swift')
const flagService = 'tool:flag-service'
const { url, secret } = swift.local.webhooks.find(({ id }) => id === flagService) ?? { url: '', secret: '' }
const { port, pathname } = new URL(url)

type Got = { path: string | undefined; type: string; request: string; id: string; signed: boolean }
const got: Got[] = []
const arrived = new EventEmitter()
/** Answers to the first, second and third attempt of each event. */
const answers: readonly { status: number; headers?: OutgoingHttpHeaders; body?: string }[] = [
  { status: 500 },
  { status: 302, headers: { location: `http://127.0.0.1:${port}/elsewhere` } },
  { status: 200, body: '<html>'.repeat(100_000) },
]
const receiver = createServer(async (request, response) => {
  const body = await text(request)
  const { type, data } = JSON.parse(body)
  const id = `${request.headers['webhook-id']}`
  const attempt = got.filter((other) => other.id === id).length
  const answer = answers[attempt] ?? { status: 200 }
  response.writeHead(answer.status, answer.headers).end(answer.body)
  got.push({ path: request.url, type, request: data.request, id, signed: isSigned(request, body) })
  arrived.emit('one')
})
beforeAll(async () => {
  receiver.listen(Number(port), '127.0.0.1')
  await once(receiver, 'listening')
})
afterAll(() => {
  receiver.close()
  receiver.closeAllConnections()
})

/** Whether the signature covers the id, the time and the body, with the tool's key, as in the specification. */
function isSigned({ headers }: IncomingMessage, body: string): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const age = Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp']))
  return age < 300 && headers['webhook-signature'] === `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
}

test('a notification is retried after a 500 or a redirect, and delivered by any 2xx', async () => {
  const request = await swift.submitted('agent:builder', setFlag({ environment: 'staging' }))
  const ofIt = () => got.filter((each) => each.request === request && each.type === 'request.submitted')
  while (ofIt().length < answers.length) await once(arrived, 'one')
  const [first] = ofIt()
  expect(ofIt()).toEqual(answers.map(() => ({ ...first, path: pathname, signed: true })))
  expect(got.map(({ path }) => path)).not.toContain('/elsewhere')
})
