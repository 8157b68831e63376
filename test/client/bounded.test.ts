import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import * as z from 'zod'
import { OwnNames } from '../../client/audience.ts'
import { readAnswer, send } from '../../client/http.ts'
import { githubSource } from '../../client/identity/github.ts'
import { discover } from '../../client/login/login.ts'
import { readLoginSettings } from '../../client/login/login-settings.ts'
import { ReadTokens } from '../../client/read-token.ts'
import { addressReader } from '../../client/verify/read-address.ts'

/** Who answers a client does not choose how much of it the client keeps in memory. */

let server: Server
let url: string
let answer: RequestListener
let asked: number
let closed: Promise<void>
beforeEach(async () => {
  asked = 0
  closed = new Promise((resolve) => {
    server = createServer((request, response) => {
      asked++
      response.once('close', resolve)
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
})

/** It never ends by itself. */
const endless: RequestListener = (_, response) => {
  const more = () => {
    while (response.write(' '.repeat(65_536)));
  }
  response.writeHead(200, { 'content-type': 'application/json' }).on('drain', more)
  more()
}
/** Small on its way. */
const unpacked: RequestListener = (_, response) => {
  const packed = gzipSync(Buffer.alloc(40 * 1024 * 1024))
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(packed)
}

const surroundings = { err: () => {}, pause: async () => {} }
const readers: { readonly [what: string]: () => Promise<unknown> } = {
  'a call of the API': async () => {
    const sending = { method: 'GET', url: `${url}/v1/me`, prepare: async () => ({ headers: {} }) } as const
    return readAnswer(z.unknown(), await send(sending, surroundings), sending)
  },
  'what the API says of its login': () => readLoginSettings(new OwnNames(url, { env: {} })),
  'a file of a log': () => addressReader(url, surroundings, () => undefined)('checkpoint'),
}

describe.each([
  ['that never ends', endless],
  ['that is small until it is unpacked', unpacked],
])('an answer %s', (_how, listener) => {
  test.each(Object.keys(readers))('is cut off at a bound, and not asked for again: %s', async (what) => {
    answer = listener
    await expect(readers[what]?.()).rejects.toMatchObject({ name: 'Fault', told: { code: 'too_long' } })
    await closed
    expect(asked).toBe(1)
  })

  test('of an identity provider logs no person in', async () => {
    answer = listener
    await expect(discover(url, 'client', () => {})).rejects.toBeDefined()
    await closed
  })

  test('of the keys of Hotwork is no word about a token', async () => {
    answer = listener
    const token = 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImhvdHdvcmstcmVhZCtqd3QiLCJraWQiOiJrIn0.e30.AA'
    await expect(new ReadTokens(url, 60_000).verify(token, 'tool')).rejects.toMatchObject({
      told: { code: 'keys_unavailable' },
    })
    await closed
  })

  test('of GitHub has no token in it', async () => {
    answer = listener
    const ask = githubSource(url, 'token').ask('aud', new AbortController().signal)
    await expect(ask).rejects.toMatchObject({ told: { code: 'no_identity' } })
    await closed
  })
})
