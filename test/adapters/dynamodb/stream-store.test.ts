import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoLedgerStore } from '../../../functions/adapters/dynamodb/ledger-store.ts'
import { DynamoStreamStore } from '../../../functions/adapters/dynamodb/stream-store.ts'
import { type SignalStream, streamEvent, streamIdOf } from '../../../functions/domain/events/stream.ts'
import { chainEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { ToolId } from '../../../functions/domain/values.ts'
import type { StreamStore } from '../../../functions/operations/events/ports.ts'
import type { LedgerStore } from '../../../functions/operations/ledger/ports.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemoryStreamStore } from '../../support/events/memory-stream-store.ts'
import { MemoryLedgerStore } from '../../support/ledger/memory-ledger-store.ts'
import { onBoth } from '../both.ts'
import { makeTables } from './tables.ts'

type Stores = { streams: StreamStore; ledger: LedgerStore }
const tool = 'tool:flag-service' as ToolId
const stream: SignalStream = {
  ...{ id: streamIdOf(tool, 1), tool, status: 'enabled' },
  ...{ endpoint: 'https://flags.example/events', authorization: 'Bearer s3cret' },
}

onBoth<Stores>(
  'the streams of tools',
  {
    memory: () => {
      const ledger = new MemoryLedgerStore()
      return { ledger, streams: new MemoryStreamStore(ledger) }
    },
    real: async () => {
      const [connection, tables] = [connect(), await makeTables()]
      return { ledger: new DynamoLedgerStore(connection, tables), streams: new DynamoStreamStore(connection, tables) }
    },
  },
  (make) => {
    let stores: Stores
    beforeEach(async () => {
      stores = await make()
    })
    const appended = async () => {
      const expected = await stores.ledger.head(tool)
      const event = streamEvent(undefined, stream, { tool, bundle: 'b' }, submittedAt)
      return { expected, ...chainEntries(tool, expected, event ? [event] : [], undefined) }
    }

    test('one that never was has no stream', async () => {
      expect(await stores.streams.load(tool)).toEqual({ version: 0 })
    })

    test('a stream is there with the entry that says so', async () => {
      const saved = await stores.streams.save({ tool, version: 0, row: { stream }, appended: await appended() })
      expect(saved).toBe(true)
      expect(await stores.streams.load(tool)).toEqual({ stream, version: 1 })
      expect((await stores.ledger.entries(tool)).map(({ type }) => type)).toEqual(['StreamRegistered'])
    })

    test('a change of a row that has changed since is not saved, and its entry neither', async () => {
      await stores.streams.save({ tool, version: 0, row: { stream }, appended: await appended() })
      expect(await stores.streams.save({ tool, version: 0, row: {}, appended: await appended() })).toBe(false)
      expect(await stores.streams.load(tool)).toEqual({ stream, version: 1 })
      expect(await stores.ledger.entries(tool)).toHaveLength(1)
    })

    test('nor is one on a chain that is longer by now', async () => {
      const before = await appended()
      await stores.streams.save({ tool, version: 0, row: { stream }, appended: before })
      expect(await stores.streams.save({ tool, version: 1, row: {}, appended: before })).toBe(false)
      expect((await stores.streams.load(tool)).stream).toEqual(stream)
    })

    test('a change without an entry is saved too', async () => {
      expect(await stores.streams.save({ tool, version: 0, row: { verifications: 5 } })).toBe(true)
      expect(await stores.streams.load(tool)).toEqual({ verifications: 5, version: 1 })
    })
  },
)
