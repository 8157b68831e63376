import type { WaitRecord } from '../../../functions/operations/requests/ports.ts'
import { requestId, submittedAt } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

const now = submittedAt
const wait: WaitRecord = {
  request: requestId(),
  wait: 'Tier2 owner',
  attempt: '2027-01-15T08:00:00.123Z',
  taskToken: 'AQCEAAAAKgAAAAMAAAAAAAAAA/a+b=='.repeat(20),
  expiresAt: now + 3600,
}

onBothStores('the wait store', (stores) => {
  test('a wait is open from when it is remembered until it ends', async () => {
    expect(await stores.waits.open(wait.request)).toEqual([])
    await stores.waits.remember(wait)
    expect(await stores.waits.open(wait.request)).toEqual([wait])
    await stores.waits.ended(wait)
    expect(await stores.waits.open(wait.request)).toEqual([])
  })

  test('a wait that is remembered again is neither doubled nor reopened', async () => {
    await stores.waits.remember(wait)
    await stores.waits.remember(wait)
    expect(await stores.waits.open(wait.request)).toEqual([wait])
    await stores.waits.ended(wait)
    await stores.waits.remember(wait)
    expect(await stores.waits.open(wait.request)).toEqual([])
  })

  test('each attempt at a state and each state is a wait of its own, and of one request', async () => {
    const again = { ...wait, attempt: '2027-01-15T08:05:00.000Z', taskToken: 'second' }
    const elsewhere = { ...wait, wait: 'Tier2 sre', taskToken: 'third' }
    for (const each of [wait, again, elsewhere]) await stores.waits.remember(each)
    const open = await stores.waits.open(wait.request)
    expect(new Set(open.map(({ taskToken }) => taskToken))).toEqual(new Set([wait.taskToken, 'second', 'third']))
    expect(await stores.waits.open(requestId(2))).toEqual([])
    await stores.waits.ended(again)
    expect(await stores.waits.open(wait.request)).toHaveLength(2)
  })

  test('the end of an unknown wait creates nothing', async () => {
    await stores.waits.ended(wait)
    await stores.waits.remember(wait)
    expect(await stores.waits.open(wait.request)).toEqual([wait])
  })
})
