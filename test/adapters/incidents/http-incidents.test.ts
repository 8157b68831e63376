import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpIncidents } from '../../../functions/adapters/incident-service/http-incidents.ts'
import { rememberIncidents } from '../../../functions/adapters/incident-service/remembered-incidents.ts'
import { JmesPathExpressions } from '../../../functions/adapters/jmespath/expressions.ts'
import { PatternIncidents } from '../../../functions/adapters/system/system.ts'
import type { TaskService } from '../../../functions/operations/ports.ts'
import { useServer } from '../../support/http-server.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { start } from '../../support/world.ts'

/** The service that keeps incidents may be asked before break-glass is used, and keeps no person out by being down. */

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
])('an answer of %d makes an incident %s', async (code, meaning) => {
  status(code)
  expect(await incidents().check('INC-7')).toBe(meaning)
})

test('its name goes into the address as text, whatever is in it', async () => {
  await incidents().check('../admin?x=1#')
  expect(asked.map(({ url }) => url)).toEqual(['/incidents/..%2Fadmin%3Fx%3D1%23?by=..%2Fadmin%3Fx%3D1%23'])
})

test.each(['.', '..'])(
  '%s is no name: it would be another address, whose 200 says nothing of an incident',
  async (name) => {
    expect(await incidents().check(name)).toBe('unknown')
    expect(asked).toEqual([])
  },
)

test('what it wants to be asked with is sent, and nothing where it wants nothing', async () => {
  await incidents(async () => 'Token token=canary').check('INC-7')
  await incidents(async () => undefined).check('INC-7')
  await incidents().check('INC-7')
  expect(asked.map(({ authorization }) => authorization)).toEqual(['Token token=canary', undefined, undefined])
})

test('a redirect is no answer, and is not followed', async () => {
  status(302, { location: `${origin()}/elsewhere` })
  expect(await incidents().check('INC-7')).toBe('unreachable')
  expect(asked).toHaveLength(1)
})

test('one that says nothing is given up, though it goes on', async () => {
  answer = () => {}
  expect(await incidents().check('INC-7')).toBe('unreachable')
})

test('one whose answer never ends has answered with its status', async () => {
  answer = (_, response) => {
    response.writeHead(200)
    response.write('{')
  }
  expect(await incidents().check('INC-7')).toBe('known')
})

test('one that is not there, hangs up, or whose secret cannot be had, is no answer and no fault', async () => {
  const gone = checking(asking({ url: 'http://127.0.0.1:1/{incident}' }))
  expect(await gone.check('INC-7')).toBe('unreachable')
  answer = (request) => request.socket.destroy()
  expect(await incidents().check('INC-7')).toBe('unreachable')
  expect(await incidents(() => Promise.reject(new Error('no secret'))).check('INC-7')).toBe('unreachable')
  expect(await incidents(() => new Promise(() => {})).check('INC-7')).toBe('unreachable')
})

test('an opening that is tried again does not ask again, and one a while later does', async () => {
  const same = incidents()
  expect([await same.check('INC-7'), await same.check('INC-7')]).toEqual(['known', 'known'])
  expect(asked).toHaveLength(1)
  await same.check('INC-8')
  clock.advance(30)
  status(404)
  expect(await same.check('INC-8')).toBe('unknown')
  expect(asked).toHaveLength(3)
})

describe('what people see of an incident', () => {
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

  test('is its own title, status and address, as the deployment says where they are', async () => {
    says(JSON.stringify({ ...incident, links: { self: 'https://incidents.example/7' } }))
    const shown = { title: 'Payments time out', status: 'SEV2, open', url: 'https://incidents.example/7' }
    expect(await look()).toEqual({ answer: 'known', incident: shown })
  })

  test('is bounded, and an address that is none is left out', async () => {
    says(JSON.stringify({ ...incident, incident: { name: 'x'.repeat(999) }, links: { self: 'javascript:alert(1)' } }))
    expect(await look()).toEqual({ answer: 'known', incident: { title: 'x'.repeat(256), status: 'SEV2, open' } })
  })

  test.each([
    ['no JSON', 'hello'],
    ['another shape', '[]'],
    ['no title', '{}'],
    ['an answer too large for an incident', JSON.stringify({ ...incident, log: 'x'.repeat(70_000) })],
  ])('is nothing with %s, and the incident is known all the same', async (_what, body) => {
    says(body)
    expect(await look()).toEqual({ answer: 'known' })
  })

  test('is nothing where the answer never ends', async () => {
    answer = (_, response) => void response.writeHead(200).write('{')
    expect(await look()).toEqual({ answer: 'known' })
  })
})

test('a failure is not remembered: the next call may have an answer', async () => {
  const same = incidents()
  status(503)
  expect(await same.check('INC-9')).toBe('unreachable')
  status(200)
  expect(await same.check('INC-9')).toBe('known')
})

test('without such a place, whatever looks like an incident is one', async () => {
  expect(await checking(new PatternIncidents()).check('INC-7')).toBe('known')
})
