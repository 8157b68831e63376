import { chainEntries, type Head, noEntries, verifyStandIn } from '../../../functions/domain/ledger/ledger.ts'
import type { StandIn } from '../../../functions/domain/people/stand-in.ts'
import { evolveStandIn, type StandInEvent, withStandIn } from '../../../functions/domain/people/stand-in.ts'
import type { PersonId, StandInId } from '../../../functions/domain/values.ts'
import type { StandInChange, StandInStore } from '../../../functions/operations/people/ports.ts'
import { person, submittedAt } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

type Read = Awaited<ReturnType<StandInStore['of']>>

const [ana, ben, nina] = [person('ana'), person('ben'), person('nina')]
const standInId = (n: number) => `sin_${String(n).padStart(26, '0')}` as StandInId
const common = (who: PersonId, after: number) => ({
  at: submittedAt + after,
  actor: { type: 'person' as const, id: who },
  policies: ['colleagues-stand-in'],
  bundle: 'sha-256:bundle',
})
const given = (absent: PersonId, by: PersonId, after = 0): StandInEvent => ({
  ...common(absent, after),
  type: 'StandInGiven',
  for: absent,
  by,
  from: submittedAt,
  until: submittedAt + 86_400,
})
const ended: StandInEvent = { ...common(nina, 60), type: 'StandInEnded' }

/** The change that an operation saves when it gives or ends a stand-in. */
function changeOf(
  id: StandInId,
  event: StandInEvent,
  read: Read,
  before?: StandIn,
  last: Head = noEntries,
): StandInChange {
  const standIn = evolveStandIn(id, before, event)
  const { entries, head } = chainEntries(id, last, [event], undefined)
  return {
    standIn,
    expected: { head: last, absences: read.absences.version, taken: read.taken.version },
    absences: withStandIn(read.absences.standIns, standIn, event.at),
    taken: withStandIn(read.taken.standIns, standIn, event.at),
    entries,
    head,
  }
}

onBothStores('the stand-in store', (stores) => {
  const pair = (absent = ana, by = nina) => stores.standIns.of({ absent, by })
  const save = async (n: number, event = given(ana, nina), absent = ana, by = nina) => {
    const change = changeOf(standInId(n), event, await pair(absent, by))
    return { change, saved: await stores.standIns.save(change) }
  }

  test('an empty store has no stand-ins', async () => {
    expect(await pair()).toEqual({ absences: { standIns: [], version: 0 }, taken: { standIns: [], version: 0 } })
    expect(await stores.standIns.find(standInId(1))).toBeUndefined()
    expect(await stores.standIns.list({ limit: 10 })).toEqual({ items: [] })
  })

  test('a saved stand-in is found by its id, by both people, and by decisions', async () => {
    const { change, saved } = await save(1)
    const { standIn, head } = change
    expect(saved).toBe(true)
    expect(await stores.standIns.find(standInId(1))).toEqual({ standIn, head })
    expect(await pair()).toEqual({
      absences: { standIns: [standIn], version: 1 },
      taken: { standIns: [standIn], version: 1 },
    })
    expect((await stores.requests.dependencies([], [], { standIn: nina })).standIns).toEqual([standIn])
    expect((await stores.requests.dependencies([], [], { standIn: ana })).standIns).toEqual([])
    const entries = await stores.ledger.entries(standInId(1))
    expect(verifyStandIn(standInId(1), entries)).toEqual({ state: standIn })
  })

  test('no decision reads an ended stand-in, which is still found and listed', async () => {
    const { change } = await save(1)
    const end = changeOf(standInId(1), ended, await pair(), change.standIn, change.head)
    expect(await stores.standIns.save(end)).toBe(true)
    expect((await stores.requests.dependencies([], [], { standIn: nina })).standIns).toEqual([])
    expect(await stores.standIns.find(standInId(1))).toEqual({ standIn: end.standIn, head: end.head })
    expect(await stores.standIns.list({ limit: 10 })).toEqual({ items: [end.standIn] })
    expect(await stores.ledger.entries(standInId(1))).toHaveLength(2)
  })

  test('one of two concurrent stand-ins for one absence is saved, and only its entries', async () => {
    const read = await pair()
    const other = await pair(ana, ben)
    const both = await Promise.all([
      stores.standIns.save(changeOf(standInId(1), given(ana, nina), read)),
      stores.standIns.save(changeOf(standInId(2), given(ana, ben), other)),
    ])
    expect(both.toSorted()).toEqual([false, true])
    const chains = await Promise.all([1, 2].map((n) => stores.ledger.entries(standInId(n))))
    expect(chains.map(({ length }) => length).toSorted()).toEqual([0, 1])
  })

  test('a stand-in is not saved over another that its person was given meanwhile', async () => {
    const read = await pair()
    await save(1, given(ben, nina), ben, nina)
    expect(await stores.standIns.save(changeOf(standInId(2), given(ana, nina), read))).toBe(false)
    expect(await stores.standIns.save(changeOf(standInId(2), given(ana, nina), await pair()))).toBe(true)
    expect((await stores.requests.dependencies([], [], { standIn: nina })).standIns).toHaveLength(2)
  })

  test('a stand-in is given once, and ended once', async () => {
    const { change } = await save(1)
    expect(await stores.standIns.save(changeOf(standInId(1), given(ana, nina), await pair()))).toBe(false)
    const read = await pair()
    const end = changeOf(standInId(1), ended, read, change.standIn, change.head)
    expect(await stores.standIns.save(end)).toBe(true)
    expect(await stores.standIns.save({ ...end, expected: { ...end.expected, absences: 2, taken: 2 } })).toBe(false)
  })

  test('stand-ins are listed newest first, a page at a time, and an unknown place gives an empty page', async () => {
    for (const [n, [absent, by]] of [
      [ana, nina],
      [ben, nina],
      [nina, ben],
    ].entries())
      await save(n + 1, given(absent as PersonId, by as PersonId, n), absent, by)
    const first = await stores.standIns.list({ limit: 2 })
    expect(first.items.map(({ id }) => id)).toEqual([standInId(3), standInId(2)])
    const second = await stores.standIns.list({ limit: 2, after: first.next ?? '' })
    expect(second.items.map(({ id }) => id)).toEqual([standInId(1)])
    expect((await stores.standIns.list({ limit: 2, after: 'nowhere' })).items).toEqual([])
  })
})
