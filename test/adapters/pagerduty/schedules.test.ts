import type { IncomingMessage, ServerResponse } from 'node:http'
import { PagerDutySchedules } from '../../../functions/adapters/pagerduty/schedules.ts'
import { useServer } from '../../support/http-server.ts'
import { start } from '../../support/world.ts'

/** A program plays PagerDuty, in the shape of its API (`GET /oncalls`, version 2). */

let asked: IncomingMessage[]
let answer: (request: IncomingMessage, response: ServerResponse) => void
beforeEach(() => {
  asked = []
})
const origin = useServer((request, response) => {
  asked.push(request)
  answer(request, response)
})
const onCall = (level = 1, token = async () => 'canary-token') =>
  new PagerDutySchedules({ url: origin(), token }).onCall(
    { schedule: 'PONCALL', level },
    { since: start, until: start + 900 },
  )
const says = (body: unknown, status = 200, headers = {}) => {
  answer = (_, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(typeof body === 'string' ? body : JSON.stringify(body))
}
const entry = (user: string, changes = {}) => ({
  user: {
    id: user,
    type: 'user_reference',
    summary: 'a name',
    self: 'https://api.pagerduty.com/users/x',
    html_url: null,
  },
  schedule: { id: 'PONCALL', type: 'schedule_reference', summary: 'primary' },
  escalation_policy: { id: 'PPOLICY', type: 'escalation_policy_reference' },
  escalation_level: 1,
  start: '2027-01-15T07:00:00Z',
  end: '2027-01-15T18:00:00Z',
  ...changes,
})
const page = (oncalls: unknown[], more = false) => ({ oncalls, limit: 100, offset: 0, more, total: null })
const at = (text: string) => Date.parse(text) / 1000

test('all users of a schedule are read, on call or not, and a malformed answer is a fault', async () => {
  const users = () =>
    new PagerDutySchedules({ url: origin(), token: async () => 'canary-token' }).users({
      schedule: 'PONCALL',
      level: 1,
    })
  says({ schedule: { id: 'PONCALL', users: [{ id: 'PJADE01', type: 'user_reference' }, { id: 'PKOFI01' }] } })
  expect(await users()).toEqual(['PJADE01', 'PKOFI01'])
  expect(asked[0]?.url).toBe('/schedules/PONCALL?time_zone=UTC')
  expect(asked[0]?.headers.authorization).toBe('Token token=canary-token')
  says({ schedule: { id: 'PONCALL' } })
  await expect(users()).rejects.toThrow('its answer is not understood')
  says({}, 404)
  await expect(users()).rejects.toThrow('status 404')
})

test('shifts are asked of one schedule and a span of time, with the token in the header alone', async () => {
  says(page([entry('PJADE01')]))
  expect(await onCall()).toEqual([
    { user: 'PJADE01', from: at('2027-01-15T07:00:00Z'), until: at('2027-01-15T18:00:00Z') },
  ])
  const [request] = asked
  const url = new URL(request?.url ?? '', origin())
  expect(url.pathname).toBe('/oncalls')
  expect(Object.fromEntries(url.searchParams)).toEqual({
    'schedule_ids[]': 'PONCALL',
    since: '2027-01-15T08:00:00Z',
    until: '2027-01-15T08:15:00Z',
    time_zone: 'UTC',
    limit: '100',
    offset: '0',
  })
  expect(request?.headers).toMatchObject({
    authorization: 'Token token=canary-token',
    accept: 'application/vnd.pagerduty+json;version=2',
  })
})

test('the person on call and the next one come with their times, in any offset', async () => {
  says(
    page([
      entry('PJADE01', { end: '2027-03-28T03:00:00+02:00' }),
      entry('PKOFI01', { start: '2027-03-28T03:00:00+02:00', end: '2027-03-28T05:00:00.250+02:00' }),
    ]),
  )
  expect(await onCall()).toMatchObject([
    { user: 'PJADE01', until: at('2027-03-28T01:00:00Z') },
    { user: 'PKOFI01', from: at('2027-03-28T01:00:00Z'), until: at('2027-03-28T03:00:00Z') },
  ])
})

test('a person who is always on call has no times', async () => {
  says(page([entry('PJADE01', { start: null, end: null })]))
  expect(await onCall()).toEqual([{ user: 'PJADE01' }])
})

test('only the first escalation level counts, unless the group includes more', async () => {
  says(page([entry('PJADE01'), entry('PKOFI01', { escalation_level: 2 }), entry('PLENA01', { escalation_level: 3 })]))
  expect((await onCall()).map(({ user }) => user)).toEqual(['PJADE01'])
  expect((await onCall(2)).map(({ user }) => user)).toEqual(['PJADE01', 'PKOFI01'])
})

test('a shift of several policies comes once, and one of another schedule or of none is left out', async () => {
  says(
    page([
      entry('PJADE01'),
      entry('PJADE01', { escalation_policy: { id: 'POTHER' } }),
      entry('PKOFI01', { schedule: { id: 'POTHER' } }),
      entry('PLENA01', { schedule: null }),
    ]),
  )
  expect(await onCall()).toHaveLength(1)
})

test('all pages are read', async () => {
  answer = (request, response) => {
    const offset = Number(new URL(request.url ?? '', origin()).searchParams.get('offset'))
    response.writeHead(200).end(JSON.stringify(page([entry(`P${offset}`)], offset < 200)))
  }
  expect((await onCall()).map(({ user }) => user)).toEqual(['P0', 'P100', 'P200'])
})

test('endless pages are given up', async () => {
  says(page([entry('PJADE01')], true))
  await expect(onCall()).rejects.toMatchObject({ name: 'ScheduleUnavailable', message: expect.stringMatching(/pages/) })
})

test('an empty schedule is an answer', async () => {
  says(page([]))
  expect(await onCall()).toEqual([])
})

test.each<[string, () => void]>([
  ...[401, 402, 403, 404, 429, 500, 503].map((status): [string, () => void] => [
    String(status),
    () => says({ error: { message: 'canary-token' } }, status),
  ]),
  ['a redirect', () => says('', 302, { location: 'https://elsewhere.example/oncalls' })],
  ['no JSON', () => says('<html>')],
  ['JSON of another shape', () => says({ on_calls: [] })],
  ['a time without an offset', () => says(page([entry('PJADE01', { end: '2027-01-15T18:00:00' })]))],
  ['a time that is none', () => says(page([entry('PJADE01', { end: 'tomorrow' })]))],
  ['a person without an id', () => says(page([entry('PJADE01', { user: { summary: 'Jade' } })]))],
  ['a closed connection', () => (answer = (request) => request.socket.destroy())],
])('an answer of %s is a fault that shows nothing of the token', async (_, spoil) => {
  spoil()
  const fault = await onCall().then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  expect(fault).toMatchObject({ name: 'ScheduleUnavailable', message: expect.stringContaining('PONCALL') })
  expect(JSON.stringify([fault, fault?.message, fault?.stack, fault?.cause])).not.toContain('canary')
  expect(asked).toHaveLength(1)
})

test('a missing secret is a fault', async () => {
  await expect(onCall(1, () => Promise.reject(new Error('canary')))).rejects.toMatchObject({
    name: 'ScheduleUnavailable',
  })
})
