import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoWaitStore } from '../../../functions/adapters/dynamodb/wait-store.ts'
import type { WaitRecord, WaitStore } from '../../../functions/operations/requests/ports.ts'
import { requestId, submittedAt } from '../../support/ask.ts'
import { MemoryWaitStore } from '../../support/requests/memory-wait-store.ts'
import { onBoth } from '../both.ts'
import { makeTables } from './tables.ts'

const now = submittedAt
const wait: WaitRecord = {
  request: requestId(),
  wait: 'Tier2 owner',
  attempt: '2027-01-15T08:00:00.123Z',
  taskToken: 'AQCEAAAAKgAAAAMAAAAAAAAAA/a+b=='.repeat(20),
  expiresAt: now + 3600,
}

onBoth<WaitStore>(
  'the wait store',
  { memory: () => new MemoryWaitStore(), real: async () => new DynamoWaitStore(connect(), (await makeTables()).waits) },
  (make) => {
    let waits: WaitStore
    beforeEach(async () => {
      waits = await make()
    })

    test('a wait is open from when it is remembered until it is ended', async () => {
      expect(await waits.open(wait.request)).toEqual([])
      await waits.remember(wait)
      expect(await waits.open(wait.request)).toEqual([wait])
      await waits.ended(wait)
      expect(await waits.open(wait.request)).toEqual([])
    })

    test('remembering a wait twice is once, and does not open it again', async () => {
      await waits.remember(wait)
      await waits.remember(wait)
      expect(await waits.open(wait.request)).toEqual([wait])
      await waits.ended(wait)
      await waits.remember(wait)
      expect(await waits.open(wait.request)).toEqual([])
    })

    test('another attempt at a state and another state are other waits; other requests have none of them', async () => {
      const again = { ...wait, attempt: '2027-01-15T08:05:00.000Z', taskToken: 'second' }
      const elsewhere = { ...wait, wait: 'Tier2 sre', taskToken: 'third' }
      for (const each of [wait, again, elsewhere]) await waits.remember(each)
      const open = await waits.open(wait.request)
      expect(new Set(open.map(({ taskToken }) => taskToken))).toEqual(new Set([wait.taskToken, 'second', 'third']))
      expect(await waits.open(requestId(2))).toEqual([])
      await waits.ended(again)
      expect(await waits.open(wait.request)).toHaveLength(2)
    })

    test('ending what never was makes nothing', async () => {
      await waits.ended(wait)
      await waits.remember(wait)
      expect(await waits.open(wait.request)).toEqual([wait])
    })
  },
)
