import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoGroupSnapshots } from '../../../functions/adapters/dynamodb/person-links.ts'
import { DynamoRequestStore } from '../../../functions/adapters/dynamodb/request-store.ts'
import type { GroupSnapshot } from '../../../functions/domain/people/organisation.ts'
import type { GroupSnapshots } from '../../../functions/operations/people/ports.ts'
import type { RequestStore } from '../../../functions/operations/requests/ports.ts'
import { MemoryLedgerStore } from '../../support/ledger/memory-ledger-store.ts'
import { MemoryGroupSnapshots } from '../../support/people/memory-group-snapshots.ts'
import { MemoryRequestStore } from '../../support/requests/memory-request-store.ts'
import { person, start } from '../../support/world.ts'
import { onBoth } from '../both.ts'
import { makeTables } from './tables.ts'

const snapshot = (at: number, ...members: string[]): GroupSnapshot => ({ groups: { sre: members.map(person) }, at })

onBoth<{ snapshots: GroupSnapshots; requests: RequestStore }>(
  'the snapshot of Slack user groups',
  {
    memory: () => {
      const requests = new MemoryRequestStore(new MemoryLedgerStore())
      return { snapshots: new MemoryGroupSnapshots(requests), requests }
    },
    real: async () => {
      const tables = await makeTables()
      const connection = connect()
      return {
        snapshots: new DynamoGroupSnapshots(connection, tables.requests),
        requests: new DynamoRequestStore(connection, tables),
      }
    },
  },
  (make) => {
    let stores: Awaited<ReturnType<typeof make>>
    beforeEach(async () => {
      stores = await make()
    })
    const kept = async () => (await stores.requests.dependencies([], [], { chatGroups: true })).chatGroups

    test('is none before Slack was asked', async () => {
      expect(await kept()).toBeUndefined()
    })

    test('is read with all else that a decision rests on, where it is asked for', async () => {
      expect(await stores.snapshots.save(snapshot(start, 'ana'))).toBe(true)
      expect(await kept()).toEqual(snapshot(start, 'ana'))
      expect(await stores.requests.dependencies([], [])).not.toHaveProperty('chatGroups')
    })

    test('is replaced whole by a newer one, and never by an older', async () => {
      await stores.snapshots.save(snapshot(start + 1, 'ana', 'ben'))
      expect(await stores.snapshots.save(snapshot(start, 'eve'))).toBe(false)
      expect(await kept()).toEqual(snapshot(start + 1, 'ana', 'ben'))
      expect(await stores.snapshots.save(snapshot(start + 2))).toBe(true)
      expect(await kept()).toEqual(snapshot(start + 2))
    })

    test('saved twice is once', async () => {
      expect(await stores.snapshots.save(snapshot(start, 'ana'))).toBe(true)
      expect(await stores.snapshots.save(snapshot(start, 'ana'))).toBe(true)
    })
  },
)
