import { type IncomingHttpHeaders, request } from 'node:http'
import { buffer, text } from 'node:stream/consumers'
import { findFreePort, type ReverseProxy, startReverseProxy } from '../../local/loopback.ts'
import { useServer } from '../support/http-server.ts'

/** A request as it reached the server behind the proxy. */
interface Seen {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

const behind = useServer(async (incoming, response) => {
  const { method = '', url = '', headers } = incoming
  const body = (await buffer(incoming)).toString('base64')
  response.writeHead(418, { 'set-cookie': ['a=1', 'b=2'] })
  response.end(JSON.stringify({ method, url, headers, body } satisfies Seen))
})
let proxy: ReverseProxy
const faults: string[] = []
beforeEach(async () => {
  proxy = await startReverseProxy((line) => faults.push(line))
})
afterEach(() => proxy.close())

const forward = () => proxy.forwardTo(`${behind()}/_aws/execute-api/abc/$default`)

/** Sends a request whose path is exactly this, which `fetch` would normalize. */
const send = (path: string, options: { method?: string; headers?: Record<string, string>; body?: Buffer } = {}) =>
  new Promise<{ status: number; cookies: string[] | undefined; seen: Seen }>((resolve, reject) => {
    const { body, ...rest } = options
    const outgoing = request(proxy.url, { path, ...rest }, async (response) => {
      const answer = await text(response)
      const seen = answer.startsWith('{') ? JSON.parse(answer) : { method: '', url: '', headers: {}, body: answer }
      resolve({ status: response.statusCode ?? 0, cookies: response.headers['set-cookie'], seen })
    })
    outgoing.on('error', reject).end(body)
  })

test('the path, the query, the status and the headers are the same on both sides', async () => {
  forward()
  const { status, cookies, seen } = await send('/v1/requests/req_1?wait=5&wait=6&q=%20a', {
    headers: { 'x-request-id': 'r1', dpop: 'proof' },
  })
  expect(status).toBe(418)
  expect(cookies).toEqual(['a=1', 'b=2'])
  expect(seen.url).toBe('/_aws/execute-api/abc/$default/v1/requests/req_1?wait=5&wait=6&q=%20a')
  expect(seen.headers).toMatchObject({ 'x-request-id': 'r1', dpop: 'proof' })
})

test('a body arrives byte for byte, however large', async () => {
  forward()
  const body = Buffer.alloc(3_000_000, Buffer.from([0, 255, 128, 13, 10]))
  const { seen } = await send('/slack/events', { method: 'POST', body })
  expect(Buffer.from(seen.body, 'base64').equals(body)).toBe(true)
})

test('no request leaves the path of the API', async () => {
  forward()
  const { seen } = await send('/../../../_ministack/state')
  expect(seen.url).toMatch(/^\/_aws\/execute-api\/abc\/\$default\//)
})

test('a caller’s own `Forwarded` headers do not reach the API', async () => {
  forward()
  const { seen } = await send('/', {
    headers: {
      'X-Forwarded-Host': 'evil',
      'x-forwarded-proto': 'https',
      Forwarded: 'host=evil',
      'X-Real-IP': '8.8.8.8',
    },
  })
  expect(Object.keys(seen.headers).filter((name) => /forwarded|real-ip/.test(name))).toEqual([])
})

test.each([
  ['under a foreign name that leads to this machine', { host: 'evil.example' }],
  ['under a name that begins as a loopback address', { host: '127.0.0.1.evil.example' }],
  ['from a page of another origin', { origin: 'https://evil.example' }],
  ['from a page without an origin, as in a sandbox', { origin: 'null' }],
  ['from a page of another program on this machine', { origin: 'http://127.0.0.1:1' }],
])('a request %s does not reach the API', async (_how, headers) => {
  forward()
  expect((await send('/v1/requests', { method: 'POST', headers })).status).toBe(403)
})

test('a form of a page of the API reaches it, under either name of loopback', async () => {
  forward()
  const { port } = new URL(proxy.url)
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`])
    expect((await send('/', { method: 'POST', headers: { host, origin: `http://${host}` } })).status).toBe(418)
})

test('the proxy answers 503 until it has a target', async () => {
  expect((await send('/')).status).toBe(503)
  forward()
  expect((await send('/')).status).toBe(418)
})

test('a target that does not answer is 502, and is logged', async () => {
  proxy.forwardTo(`http://127.0.0.1:${await findFreePort()}`)
  expect((await send('/lost')).status).toBe(502)
  expect(faults.join()).toContain('/lost')
})
