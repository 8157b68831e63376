import { createEphemeral } from '../../../../functions/channels/slack/edge/answers.ts'
import { redact, redactingLogger } from '../../../../functions/channels/slack/edge/client.ts'
import { freshEnough } from '../../../../functions/channels/slack/receive-slack.ts'
import { MemoryClock } from '../../../support/memory-clock.ts'
import { MemoryLog } from '../../../support/memory-log.ts'

const sentTo = async (apiUrl: string, responseUrl: unknown): Promise<string[]> => {
  const urls: string[] = []
  const sendEphemeral = createEphemeral(apiUrl, new MemoryLog(), async (url) => {
    urls.push(String(url))
    return new Response('ok')
  })
  await sendEphemeral(responseUrl, 'x')
  return urls
}

test.each([
  ['https://slack.com/api/', 'https://hooks.slack.com/actions/1', true],
  ['https://slack-gov.com/api/', 'https://hooks.slack-gov.com/actions/1', true],
  ['https://slack.com/api/', 'https://slack.com/actions/1', false],
  ['https://slack.com/api/', 'https://hooks.slack.com:8443/actions/1', false],
  ['https://slack.com/api/', 'https://hooks.slack.com@evil.example/', false],
  ['https://notslack.com/api/', 'https://hooks.slack.com/actions/1', false],
  ['http://127.0.0.1:4000/api/', 'http://127.0.0.1:4000/response/1', true],
  ['http://127.0.0.1:4000/api/', 'http://127.0.0.1:4001/response/1', false],
  ['http://127.0.0.1:4000/api/', 'https://hooks.slack.com/actions/1', false],
  ['https://slack.com/api/', undefined, false],
  ['https://slack.com/api/', 'nowhere', false],
])('an ephemeral message with the Web API at %s uses the address %s: %s', async (apiUrl, responseUrl, used) => {
  expect(await sentTo(apiUrl, responseUrl)).toEqual(used ? [responseUrl] : [])
})

test('a time in an ephemeral message is in its reader’s zone, and a text that is no time stays as it is', async () => {
  let text: unknown
  const sendEphemeral = createEphemeral('https://slack.com/api/', new MemoryLog(), async (_url, init) => {
    text = JSON.parse(String(init?.body)).text
    return new Response('ok')
  })
  await sendEphemeral('https://hooks.slack.com/x', 'stopped until 2027-01-15T08:00:00Z, not 2027-99-99T08:00:00Z')
  expect(text).toBe(
    'stopped until <!date^1800000000^{date_short_pretty} {time}|2027-01-15T08:00:00Z>, not 2027-99-99T08:00:00Z',
  )
})

test('an ephemeral message is plain text, private, and replaces no message', async () => {
  let body: unknown
  const sendEphemeral = createEphemeral('https://slack.com/api/', new MemoryLog(), async (_url, init) => {
    body = JSON.parse(String(init?.body))
    return new Response('ok')
  })
  await sendEphemeral('https://hooks.slack.com/x', 'denied by *<!channel>* & `co`')
  expect(body).toEqual({
    response_type: 'ephemeral',
    replace_original: false,
    text: 'denied by &lt;!channel&gt; &amp; co',
  })
})

test.each([
  ['is refused', async () => new Response('no', { status: 404 })],
  ['does not come through', async () => Promise.reject(new TypeError('fetch failed'))],
])('an ephemeral message that %s is logged, and no fault', async (_what, fetcher) => {
  const log = new MemoryLog()
  await createEphemeral('https://slack.com/api/', log, fetcher)('https://hooks.slack.com/secret-path', 'x')
  expect(log.lines).toMatchObject([{ level: 'warn', message: 'clicker_not_told' }])
  expect(JSON.stringify(log.lines)).not.toContain('secret-path')
})

test.each([
  ['token xoxb-123-456-abc is bad', 'token [redacted] is bad'],
  ['posting to https://hooks.slack.com/actions/T/1/x failed', 'posting to [redacted] failed'],
  [`v0=${'a'.repeat(64)}`, '[redacted]'],
  ['retrying in 3 s', 'retrying in 3 s'],
])("the library's log line %s is logged as %s", (said, kept) => expect(redact([said])).toBe(kept))

test("the library's objects are logged by type, and errors by name", () => {
  expect(redact([{ payload: 'secret' }, new RangeError('secret')])).toBe('(object) RangeError')
})

test("the library's lines go to our log, except debug lines, which print whole events", () => {
  const log = new MemoryLog()
  const logger = redactingLogger(log)
  logger.debug('AWS event', { body: 'payload=secret' })
  logger.error('broken')
  expect(log.lines).toEqual([{ level: 'error', message: 'slack library', fields: { says: 'broken' } }])
})

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }))
afterEach(() => void jest.useRealTimers())
const clock = new MemoryClock(0)
const answers = (...list: (() => Promise<string>)[]) =>
  freshEnough(
    () => (list.shift() as () => Promise<string>)(),
    () => clock.now(),
  )
const never = () => new Promise<string>(() => {})

test('a secret read again is the new one if it comes soon', async () => {
  const read = answers(
    async () => 'old',
    async () => 'new',
  )
  expect([await read(), await read()]).toEqual(['old', 'new'])
})

test('a secret read again is the cached one if the new one is late or fails', async () => {
  const read = answers(
    async () => 'old',
    never,
    () => Promise.reject(new Error('down')),
  )
  await read()
  const slow = read()
  await jest.advanceTimersByTimeAsync(250)
  expect(await slow).toBe('old')
  expect(await read()).toBe('old')
})

test('a secret is cached for ten minutes, and no longer', async () => {
  const down = () => Promise.reject(new Error('down'))
  const read = answers(
    async () => 'old',
    down,
    down,
    async () => 'new',
  )
  await read()
  clock.advance(599)
  expect(await read()).toBe('old')
  clock.advance(1)
  await expect(read()).rejects.toThrow('down')
  expect(await read()).toBe('new')
})

test('a secret that was never read is a fault', async () => {
  await expect(answers(() => Promise.reject(new Error('down')))()).rejects.toThrow('down')
})
