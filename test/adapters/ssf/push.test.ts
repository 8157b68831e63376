import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpSetPush } from '../../../functions/adapters/ssf/push.ts'
import { makePost } from '../../../functions/adapters/standard-webhooks/post.ts'
import { useServer } from '../../support/http-server.ts'

/** RFC 8935: a Security Event Token is pushed by one POST, and 202 acknowledges it. */

type Got = { path: string | undefined; method: string | undefined; headers: IncomingMessage['headers']; body: string }
let got: Got[]
let answer: (response: ServerResponse) => void
beforeEach(() => {
  got = []
})
const origin = useServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  got.push({ path: request.url, method: request.method, headers: request.headers, body })
  answer(response)
})
const push = (authorization?: string, patience = 5000) =>
  new HttpSetPush(makePost({ inside: true, patience })).push({ endpoint: `${origin()}/events`, authorization }, 'a.b.c')
const answering = (status: number, body = '', headers = {}) => {
  answer = (response) => void response.writeHead(status, headers).end(body)
}

test("a push with the receiver's header is acknowledged by 202", async () => {
  answering(202)
  expect(await push('Bearer s3cret')).toEqual({ outcome: 'taken' })
  expect(got).toMatchObject([
    {
      ...{ path: '/events', method: 'POST', body: 'a.b.c' },
      headers: {
        'content-type': 'application/secevent+jwt',
        accept: 'application/json',
        authorization: 'Bearer s3cret',
      },
    },
  ])
})

test('a push has no authorization by default', async () => {
  answering(202)
  await push()
  expect(got[0]?.headers).not.toHaveProperty('authorization')
})

test.each(['invalid_key', 'invalid_audience', 'authentication_failed', 'access_denied', 'invalid_state'])(
  'a push that is answered 400 with `%s` is refused for good',
  async (err) => {
    answering(400, JSON.stringify({ err, description: 'no' }))
    expect(await push()).toEqual({ outcome: 'refused', code: err })
  },
)

test.each([
  ['200 with junk', 200, '<html>'],
  ['204', 204, ''],
  ['400 without a code', 400, 'no'],
  ['400 with a code of no standard', 400, '{"err":"because"}'],
  ['400 with megabytes', 400, `{"err":"invalid_key","description":"${'x'.repeat(1_000_000)}"}`],
  ['401', 401, '{"err":"access_denied"}'],
  ['500', 500, ''],
])('a push that is answered %s is retried', async (_, status, body) => {
  answering(status, body)
  expect(await push()).toEqual({ outcome: 'again', fault: `status_${status}` })
})

test('a push follows no redirect', async () => {
  answering(307, '', { location: `${origin()}/elsewhere` })
  expect(await push()).toEqual({ outcome: 'again', fault: 'status_307' })
  expect(got.map(({ path }) => path)).toEqual(['/events'])
})

test('a push without an answer times out', async () => {
  answer = () => undefined
  expect(await push(undefined, 50)).toMatchObject({ outcome: 'again' })
})

test('a push to a receiver that hangs up or is missing is retried', async () => {
  answer = (response) => void response.destroy()
  expect(await push()).toMatchObject({ outcome: 'again' })
  expect(
    await new HttpSetPush(makePost({ inside: true })).push({ endpoint: 'http://127.0.0.1:1/events' }, 'a.b.c'),
  ).toMatchObject({ outcome: 'again' })
})

test('a push does not connect to a private network, neither by its address nor by a name that leads there', async () => {
  answering(202)
  const outside = new HttpSetPush(makePost({ inside: false }))
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    const endpoint = `http://${host}:${new URL(origin()).port}/events`
    expect(await outside.push({ endpoint }, 'a.b.c')).toEqual({ outcome: 'again', fault: 'ReceiverUnavailable' })
  }
  expect(got).toEqual([])
})
