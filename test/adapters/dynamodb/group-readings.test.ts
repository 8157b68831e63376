import type { GroupReading } from '../../../functions/domain/people/group-source.ts'
import { person, start } from '../../support/world.ts'
import { onBothStores } from './stores.ts'

const reading = (readAt: number, ...members: string[]): GroupReading => ({
  source: 'pager PONCALL 1',
  members: members.map((name) => ({ person: person(name), until: start + 60 })),
  unknown: ['PGONE'],
  readAt,
  holdsUntil: readAt + 900,
})

onBothStores('the readings of groups', (stores) => {
  const kept = async (...groups: string[]) => (await stores.requests.dependencies([], [], { groups })).readings

  test('a group has no reading before its source is asked', async () => {
    expect(await kept('sre')).toEqual({})
  })

  test('the readings of the wanted groups are read with the other facts of a decision', async () => {
    expect(await stores.readings.save('sre', reading(start, 'ana'))).toBe(true)
    await stores.readings.save('on-call', reading(start, 'jade'))
    expect(await kept('sre', 'on-call')).toEqual({ sre: reading(start, 'ana'), 'on-call': reading(start, 'jade') })
    expect(await kept('sre')).toEqual({ sre: reading(start, 'ana') })
    expect(await kept()).toEqual({})
  })

  test('a reading is replaced by a newer answer of the same group, and never by an older one', async () => {
    await stores.readings.save('on-call', reading(start, 'jade'))
    await stores.readings.save('sre', reading(start + 1, 'ana', 'ben'))
    expect(await stores.readings.save('sre', reading(start, 'eve'))).toBe(false)
    expect(await kept('sre')).toEqual({ sre: reading(start + 1, 'ana', 'ben') })
    expect(await stores.readings.save('sre', reading(start + 2))).toBe(true)
    expect(await kept('sre', 'on-call')).toEqual({ sre: reading(start + 2), 'on-call': reading(start, 'jade') })
  })

  test('a reading may be saved twice', async () => {
    expect(await stores.readings.save('sre', reading(start, 'ana'))).toBe(true)
    expect(await stores.readings.save('sre', reading(start, 'ana'))).toBe(true)
  })
})
