import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoGroupReadings } from '../../../functions/adapters/dynamodb/group-readings.ts'
import { DynamoRequestStore } from '../../../functions/adapters/dynamodb/request-store.ts'
import type { GroupReading } from '../../../functions/domain/people/group-source.ts'
import type { GroupReadings } from '../../../functions/operations/people/ports.ts'
import type { RequestStore } from '../../../functions/operations/record/ports.ts'
import { MemoryLedgerStore } from '../../support/ledger/memory-ledger-store.ts'
import { MemoryGroupReadings } from '../../support/people/memory-group-readings.ts'
import { MemoryRequestStore } from '../../support/requests/memory-request-store.ts'
import { person, start } from '../../support/world.ts'
import { onBoth } from '../both.ts'
import { makeTables } from './tables.ts'

const reading = (readAt: number, ...members: string[]): GroupReading => ({
  source: 'pager PONCALL 1',
  members: members.map((name) => ({ person: person(name), until: start + 60 })),
  unknown: ['PGONE'],
  readAt,
  holdsUntil: readAt + 900,
})

onBoth<{ readings: GroupReadings; requests: RequestStore }>(
  'what sources said of groups',
  {
    memory: () => {
      const requests = new MemoryRequestStore(new MemoryLedgerStore())
      return { readings: new MemoryGroupReadings(requests), requests }
    },
    real: async () => {
      const tables = await makeTables()
      const connection = connect()
      return {
        readings: new DynamoGroupReadings(connection, tables.requests),
        requests: new DynamoRequestStore(connection, tables),
      }
    },
  },
  (make) => {
    let stores: Awaited<ReturnType<typeof make>>
    beforeEach(async () => {
      stores = await make()
    })
    const kept = async (...groups: string[]) => (await stores.requests.dependencies([], [], { groups })).readings

    test('is nothing before they were asked', async () => {
      expect(await kept('sre')).toEqual({})
    })

    test('is read with all else that a decision rests on, for the groups that are asked for', async () => {
      expect(await stores.readings.save('sre', reading(start, 'ana'))).toBe(true)
      await stores.readings.save('on-call', reading(start, 'jade'))
      expect(await kept('sre', 'on-call')).toEqual({ sre: reading(start, 'ana'), 'on-call': reading(start, 'jade') })
      expect(await kept('sre')).toEqual({ sre: reading(start, 'ana') })
      expect(await kept()).toEqual({})
    })

    test('is replaced by a newer answer of the same group, and never by an older one', async () => {
      await stores.readings.save('on-call', reading(start, 'jade'))
      await stores.readings.save('sre', reading(start + 1, 'ana', 'ben'))
      expect(await stores.readings.save('sre', reading(start, 'eve'))).toBe(false)
      expect(await kept('sre')).toEqual({ sre: reading(start + 1, 'ana', 'ben') })
      expect(await stores.readings.save('sre', reading(start + 2))).toBe(true)
      expect(await kept('sre', 'on-call')).toEqual({ sre: reading(start + 2), 'on-call': reading(start, 'jade') })
    })

    test('saved twice is once', async () => {
      expect(await stores.readings.save('sre', reading(start, 'ana'))).toBe(true)
      expect(await stores.readings.save('sre', reading(start, 'ana'))).toBe(true)
    })
  },
)
