import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import * as z from 'zod'
import { OwnNames } from '../../client/audience.ts'
import { readAnswer, send } from '../../client/http.ts'
import { githubSource } from '../../client/identity/github.ts'
import { discover } from '../../client/login/login.ts'
import { readLoginSettings } from '../../client/login/login-settings.ts'
import { ReadTokens } from '../../client/read-token.ts'
import { addressReader } from '../../client/verify/read-address.ts'
import { useServer } from '../support/http-server.ts'

/** A server does not choose how much of its answer the client keeps in memory. */

let answer: RequestListener
let asked: number
let closed: Promise<void>
let close: () => void
const url = useServer((request, response) => {
  asked++
  response.once('close', close)
  answer(request, response)
})
beforeEach(() => {
  asked = 0
  closed = new Promise((resolve) => {
    close = resolve
  })
})

/** An answer without an end. */
const endless: RequestListener = (_, response) => {
  const more = () => {
    while (response.write(' '.repeat(65_536)));
  }
  response.writeHead(200, { 'content-type': 'application/json' }).on('drain', more)
  more()
}
const packed = gzipSync(Buffer.alloc(40 * 1024 * 1024))
/** An answer that is small until it is unpacked. */
const unpacked: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(packed)
}

const surroundings = { err: () => {}, pause: async () => {} }
const readers: { readonly [what: string]: () => Promise<unknown> } = {
  'a call of the API': async () => {
    const sending = { method: 'GET', url: `${url()}/v1/me`, prepare: async () => ({ headers: {} }) } as const
    return readAnswer(z.unknown(), await send(sending, surroundings), sending)
  },
  'the login settings of the API': () => readLoginSettings(new OwnNames(url(), { env: {} })),
  'a file of a log': () => addressReader(url(), surroundings, () => undefined)('checkpoint'),
}

describe.each([
  ['that never ends', endless],
  ['that is small until it is unpacked', unpacked],
])('an answer %s', (_how, listener) => {
  test.each(Object.keys(readers))('%s is cut off at a bound, and not retried', async (what) => {
    answer = listener
    await expect(readers[what]?.()).rejects.toMatchObject({ name: 'Fault', told: { code: 'too_long' } })
    await closed
    expect(asked).toBe(1)
  })

  test('a login at such an identity provider fails', async () => {
    answer = listener
    await expect(discover(url(), 'client', () => {})).rejects.toBeDefined()
    await closed
  })

  test('a verification by such keys is unavailable', async () => {
    answer = listener
    const token = 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImhvdHdvcmstcmVhZCtqd3QiLCJraWQiOiJrIn0.e30.AA'
    await expect(new ReadTokens(url(), 60_000).verify(token, 'tool')).rejects.toMatchObject({
      told: { code: 'keys_unavailable' },
    })
    await closed
  })

  test('a job with such an answer of GitHub gets no token', async () => {
    answer = listener
    const ask = githubSource(url(), 'token').ask('aud', new AbortController().signal)
    await expect(ask).rejects.toMatchObject({ told: { code: 'no_identity' } })
    await closed
  })
})
