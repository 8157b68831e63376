import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpIncidents } from '../../../functions/adapters/incident-service/http-incidents.ts'
import { rememberIncidents } from '../../../functions/adapters/incident-service/remembered-incidents.ts'
import { JmesPathExpressions } from '../../../functions/adapters/jmespath/expressions.ts'
import { PatternIncidents } from '../../../functions/adapters/system/system.ts'
import type { TaskService } from '../../../functions/operations/ports.ts'
import { useServer } from '../../support/http-server.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { start } from '../../support/world.ts'

/** The incident service is asked before break-glass, and keeps no person out while it is down. */

let asked: { url: string | undefined; authorization: string | undefined }[]
let answer: (request: IncomingMessage, response: ServerResponse) => void
beforeEach(() => {
  asked = []
  answer = (_, response) => response.writeHead(200).end('{}')
})
const origin = useServer((request, response) => {
  asked.push({ url: request.url, authorization: request.headers.authorization })
  answer(request, response)
})
const clock = new MemoryClock(start)
const asking = (settings: ConstructorParameters<typeof HttpIncidents>[0]) =>
  rememberIncidents(new HttpIncidents(settings), { clock })
const checking = (service: TaskService) => ({ check: async (name: string) => (await service.look(name)).answer })
const incidents = (authorization?: () => Promise<string | undefined>) =>
  checking(asking({ url: `${origin()}/incidents/{incident}?by={incident}`, ...(authorization && { authorization }) }))
const status = (code: number, headers = {}) => {
  answer = (_, response) => response.writeHead(code, headers).end()
}

test.each([
  [200, 'known'],
  [400, 'unknown'],
  [404, 'unknown'],
  [410, 'unknown'],
  [414, 'unknown'],
  [422, 'unknown'],
  [204, 'unreachable'],
  [401, 'unreachable'],
  [403, 'unreachable'],
  [429, 'unreachable'],
  [500, 'unreachable'],
  [503, 'unreachable'],
])('a status of %d makes an incident %s', async (code, meaning) => {
  status(code)
  expect(await incidents().check('INC-7')).toBe(meaning)
})

test("an incident's name is escaped in the address", async () => {
  await incidents().check('../admin?x=1#')
  expect(asked.map(({ url }) => url)).toEqual(['/incidents/..%2Fadmin%3Fx%3D1%23?by=..%2Fadmin%3Fx%3D1%23'])
})

test.each(['.', '..'])('the name %s is unknown: it would be another address', async (name) => {
  expect(await incidents().check(name)).toBe('unknown')
  expect(asked).toEqual([])
})

test('the wanted credential is sent, and none by default', async () => {
  await incidents(async () => 'Token token=canary').check('INC-7')
  await incidents(async () => undefined).check('INC-7')
  await incidents().check('INC-7')
  expect(asked.map(({ authorization }) => authorization)).toEqual(['Token token=canary', undefined, undefined])
})

test('a redirect counts as no answer, and is not followed', async () => {
  status(302, { location: `${origin()}/elsewhere` })
  expect(await incidents().check('INC-7')).toBe('unreachable')
  expect(asked).toHaveLength(1)
})

test('a silent service is given up', async () => {
  answer = () => {}
  expect(await incidents().check('INC-7')).toBe('unreachable')
})

test('an endless answer counts by its status', async () => {
  answer = (_, response) => {
    response.writeHead(200)
    response.write('{')
  }
  expect(await incidents().check('INC-7')).toBe('known')
})

test('a service that is missing, hangs up, or lacks its secret counts as no answer, not as a fault', async () => {
  expect(await checking(asking({ url: 'http://127.0.0.1:1/{incident}' })).check('INC-7')).toBe('unreachable')
  answer = (request) => request.socket.destroy()
  expect(await incidents().check('INC-7')).toBe('unreachable')
  expect(await incidents(() => Promise.reject(new Error('no secret'))).check('INC-7')).toBe('unreachable')
  expect(await incidents(() => new Promise(() => {})).check('INC-7')).toBe('unreachable')
})

test('a retried opening reuses the answer, and a later one asks again', async () => {
  const same = incidents()
  expect([await same.check('INC-7'), await same.check('INC-7')]).toEqual(['known', 'known'])
  expect(asked).toHaveLength(1)
  await same.check('INC-8')
  clock.advance(30)
  status(404)
  expect(await same.check('INC-8')).toBe('unknown')
  expect(asked).toHaveLength(3)
})

const show = { title: 'incident.name', status: "join(', ', [severity, state])", url: 'links.self' }
const look = (changes = {}) =>
  asking({
    ...{ url: `${origin()}/{incident}`, expressions: new JmesPathExpressions() },
    show: { ...show, ...changes },
  }).look('INC-7')
const says = (body: string) => {
  answer = (_, response) => response.writeHead(200).end(body)
}
const incident = { incident: { name: 'Payments time out' }, severity: 'SEV2', state: 'open' }

test("people see an incident's title, status and address from the configured places", async () => {
  says(JSON.stringify({ ...incident, links: { self: 'https://incidents.example/7' } }))
  const shown = { title: 'Payments time out', status: 'SEV2, open', url: 'https://incidents.example/7' }
  expect(await look()).toEqual({ answer: 'known', incident: shown })
})

test("an incident's texts are bounded, and an invalid address is left out", async () => {
  says(JSON.stringify({ ...incident, incident: { name: 'x'.repeat(999) }, links: { self: 'javascript:alert(1)' } }))
  expect(await look()).toEqual({ answer: 'known', incident: { title: 'x'.repeat(256), status: 'SEV2, open' } })
})

test.each([
  ['no JSON', 'hello'],
  ['another shape', '[]'],
  ['no title', '{}'],
  ['an answer too large for an incident', JSON.stringify({ ...incident, log: 'x'.repeat(70_000) })],
])('an incident in an answer with %s is known, without details', async (_what, body) => {
  says(body)
  expect(await look()).toEqual({ answer: 'known' })
})

test('an incident in an endless answer is known, without details', async () => {
  answer = (_, response) => void response.writeHead(200).write('{')
  expect(await look()).toEqual({ answer: 'known' })
})

test('a failure is not cached: the next call may have an answer', async () => {
  const same = incidents()
  status(503)
  expect(await same.check('INC-9')).toBe('unreachable')
  status(200)
  expect(await same.check('INC-9')).toBe('known')
})

test('every incident that matches the pattern is known without a service', async () => {
  expect(await checking(new PatternIncidents()).check('INC-7')).toBe('known')
})
