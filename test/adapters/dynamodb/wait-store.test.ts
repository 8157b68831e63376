import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoWaitStore } from '../../../functions/adapters/dynamodb/wait-store.ts'
import type { WaitRecord, WaitStore } from '../../../functions/operations/requests/ports.ts'
import { requestId, submittedAt } from '../../support/ask.ts'
import { MemoryWaitStore } from '../../support/requests/memory-wait-store.ts'
import { onBoth } from '../both.ts'
import { makeTables } from './tables.ts'

const lease = 30
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

    test('of many who claim a wait at once, one has it', async () => {
      await waits.remember(wait)
      const claims = await Promise.all(Array.from({ length: 20 }, () => waits.claim(wait, now, lease)))
      expect(claims.filter(Boolean)).toHaveLength(1)
    })

    test('a claim holds for its lease and then another may have it', async () => {
      await waits.remember(wait)
      expect(await waits.claim(wait, now, lease)).toBe(true)
      expect(await waits.claim(wait, now + lease - 1, lease)).toBe(false)
      expect(await waits.claim(wait, now + lease, lease)).toBe(true)
      expect(await waits.claim(wait, now + lease, lease)).toBe(false)
    })

    test('a claim that is given back may be had at once, by one', async () => {
      await waits.remember(wait)
      await waits.claim(wait, now, lease)
      await waits.release(wait)
      expect(await waits.open(wait.request)).toEqual([wait])
      const claims = await Promise.all(Array.from({ length: 5 }, () => waits.claim(wait, now, lease)))
      expect(claims.filter(Boolean)).toHaveLength(1)
    })

    test('giving back a claim on what has ended, or never was, opens nothing and makes nothing', async () => {
      await waits.release(wait)
      expect(await waits.open(wait.request)).toEqual([])
      await waits.remember(wait)
      await waits.claim(wait, now, lease)
      await waits.ended(wait)
      await waits.release(wait)
      expect(await waits.open(wait.request)).toEqual([])
      expect(await waits.claim(wait, now, lease)).toBe(false)
    })

    test('a claimed wait is still open: its claimant may have died', async () => {
      await waits.remember(wait)
      await waits.claim(wait, now, lease)
      expect(await waits.open(wait.request)).toEqual([wait])
    })

    test('what has ended or never was cannot be claimed', async () => {
      expect(await waits.claim(wait, now, lease)).toBe(false)
      await waits.remember(wait)
      await waits.ended(wait)
      expect(await waits.claim(wait, now + 10 * lease, lease)).toBe(false)
    })

    test('ending what never was makes nothing', async () => {
      await waits.ended(wait)
      await waits.remember(wait)
      expect(await waits.open(wait.request)).toEqual([wait])
    })
  },
)
