import { delayOf, kindOf, otherDelay } from '../../tools/bench/latency/delays.ts'
import { openLoop } from '../../tools/bench/latency/open-loop.ts'
import { heldIn } from '../../tools/bench/latency/waits.ts'
import { type Published, pagesWithTable, withTable } from '../../tools/bench/published.ts'
import { SlackScreen } from '../../tools/meter/slack-screen.ts'
import { read } from '../support/repository.ts'

test.each(pagesWithTable)('the table of %s is made of docs/performance.json: `npm run bench -- --write`', (file) => {
  const page = read(file)
  expect(withTable(page, JSON.parse(read('docs/performance.json')) as Published)).toBe(page)
})

test('a call is delayed by the first row that fits it, and a call of another service too', () => {
  expect([delayOf('dynamodb', 'TransactWriteItems'), kindOf('dynamodb', 'TransactWriteItems')]).toEqual([
    12,
    'DynamoDB transaction',
  ])
  expect([delayOf('dynamodb', 'Query'), delayOf('dynamodb', 'PutItem')]).toEqual([4, 6])
  expect([delayOf('s3', 'GET /bucket/key'), delayOf('s3', 'PUT /bucket/key')]).toEqual([20, 30])
  expect(delayOf('braket', 'GET /')).toBe(otherDelay)
})

const call = (caller: string, began: number, took: number, delay: number) => ({
  ...{ service: 'dynamodb', operation: 'GetItem', caller, began, took, delay },
})
const span = { from: 100, to: 200 }

test('the delay counts overlaps once, and no calls of others or after its end', () => {
  const calls = [call('Hotwork-BeginUse', 110, 1, 20), call('Hotwork-BeginUse', 120, 1, 20)]
  expect(heldIn(calls, /BeginUse/, span)).toBe(30)
  const others = [call('Hotwork-DrawCard', 110, 1, 20), call('Hotwork-BeginUse', 190, 1, 20)]
  expect(heldIn(others, /BeginUse/, span)).toBe(10)
})

test('the delay leaves out the emulator’s own time', () => {
  expect(heldIn([call('Hotwork-BeginUse', 110, 50, 20)], /BeginUse/, span)).toBe(20)
})

test('an arrival comes by the clock, even if no earlier one has been served', async () => {
  const last = Promise.withResolvers<number>()
  const arrivals = await openLoop({ perSecond: 500, seconds: 0.01 }, (n) => {
    if (n === 4) last.resolve(n)
    return n === 0 ? Promise.reject(new Error('the first fails')) : last.promise
  })
  expect(arrivals).toEqual([
    { fault: new Error('the first fails') },
    ...Array.from({ length: 4 }, () => ({ value: 4 })),
  ])
})

const request = `req_${'0'.repeat(26)}`
const see = (screen: SlackScreen, operation: string, channel: string, body: string, at: number) =>
  screen.see({ operation, body, answer: JSON.stringify({ ok: true, channel, ts: '4.0' }) }, at)

test('the card of a request is a message in a channel, not one to a person or beneath a card', async () => {
  const screen = new SlackScreen()
  const card = screen.until(request, () => true, 60_000)
  see(screen, 'POST /api/chat.postMessage', 'D0BEN', `text=${request}`, 1)
  see(screen, 'POST /api/chat.postMessage', 'C0DESK', `thread_ts=1.0&text=${request}`, 2)
  see(screen, 'POST /api/chat.postMessage', 'C0DESK', 'text=another', 3)
  see(screen, 'POST /api/chat.postMessage', 'C0DESK', `text=${request}`, 4)
  expect(await card).toMatchObject({ channel: 'C0DESK', ts: '4.0', postedAt: 4 })
})

test('a card has the times of its post and its last change', () => {
  const screen = new SlackScreen()
  see(screen, 'POST /api/chat.postMessage', 'C0DESK', `text=${request}`, 4)
  for (const at of [5, 6]) see(screen, 'POST /api/chat.update', 'C0DESK', `text=${request}, changed`, at)
  expect(screen.of(request)).toMatchObject([{ says: `${request}, changed`, postedAt: 4, changedAt: 6 }])
})
