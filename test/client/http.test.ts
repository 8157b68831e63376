import type { RequestListener } from 'node:http'
import * as z from 'zod'
import { OwnNames } from '../../client/audience.ts'
import { readAnswer, type Sending, send } from '../../client/http.ts'
import { readLoginSettings } from '../../client/login/login-settings.ts'
import { useServer } from '../support/http-server.ts'
import { freeAddress } from './support/free-address.ts'

/** Servers that are no Hotwork, or an older, busy or slow one. */

let listener: RequestListener
let pauses: number[] = []
let asked = 0
const address = useServer((request, response) => {
  asked++
  listener(request, response)
})
beforeEach(() => {
  pauses = []
  asked = 0
})

async function call(changes: Partial<Sending> = {}): Promise<unknown> {
  const url = `${address()}/v1/asks`
  const sending: Sending = { method: 'POST', url, prepare: async () => ({ headers: {}, body: '{}' }), ...changes }
  const pause = async (milliseconds: number) => void pauses.push(milliseconds / 1000)
  return readAnswer(z.looseObject({ id: z.string() }), await send(sending, { err: () => {}, pause }), sending)
}
const answering = (status: number, body: string, headers: { [name: string]: string } = {}) => {
  listener = (_, response) => void response.writeHead(status, headers).end(body)
}

test('a redirect is a fault at once, and is not followed', async () => {
  answering(302, '', { location: '/v1/elsewhere' })
  await expect(call()).rejects.toMatchObject({ name: 'Fault', told: { code: 'redirected' } })
  expect(asked).toBe(1)
})

test('a missing route is wrong usage that names it', async () => {
  answering(404, JSON.stringify({ type: 'https://hotwork.example/problems/not_found', title: 'Nothing here' }))
  await expect(call()).rejects.toMatchObject({
    name: 'Refusal',
    message: expect.stringContaining('POST /v1/asks'),
    told: { code: 'usage', detail: expect.stringContaining('this client is newer') },
  })
})

test.each([
  ['a page', 200, '<!doctype html>', 'unreadable_answer'],
  ['JSON of another form', 200, '{"ok":true}', 'unreadable_answer'],
  ['a page that is not found', 404, '<!doctype html>', 'usage'],
  ['an error without a reason', 500, 'oops', 'no_code'],
])('%s is no answer', async (_what, status, body, code) => {
  answering(status, body)
  await expect(call()).rejects.toMatchObject({ told: { code } })
  expect(asked).toBe(1)
})

test('a busy API is asked again at its own time, at most ten seconds later', async () => {
  const waits = ['3', '600']
  listener = (_, response) => {
    const wait = waits.shift()
    response.writeHead(wait ? 429 : 200, wait ? { 'retry-after': wait } : {}).end('{"id":"x"}')
  }
  expect(await call()).toEqual({ id: 'x' })
  expect(pauses).toEqual([3, 10])
})

test('an answer that times out is asked for again', async () => {
  listener = (_, response) => {
    if (asked > 1) response.end('{"id":"x"}')
  }
  expect(await call({ patience: 100 })).toEqual({ id: 'x' })
  expect(asked).toBeGreaterThan(1)
})

test('an address where no program listens refuses the connection, to a call and to a login', async () => {
  const url = await freeAddress()
  const refused = { told: { code: 'no_answer', detail: expect.stringContaining('connection refused (ECONNREFUSED)') } }
  await expect(call({ url: `${url}/v1/asks` })).rejects.toMatchObject(refused)
  await expect(readLoginSettings(new OwnNames(url, { env: {} }))).rejects.toMatchObject(refused)
})

test('an unreachable address is not taken for one without metadata', async () => {
  // Fetch refuses this port, and gives no code of the system.
  await expect(readLoginSettings(new OwnNames('http://127.0.0.1:1', { env: {} }))).rejects.toMatchObject({
    told: { code: 'no_answer', detail: expect.stringContaining('gives no answer: no connection') },
  })
})

test('an address that answers with a page has no metadata', async () => {
  answering(200, '<!doctype html>')
  await expect(readLoginSettings(new OwnNames(address(), { env: {} }))).rejects.toMatchObject({
    told: { code: 'no_metadata', title: expect.stringContaining('does not say who it is') },
  })
})
