import { chainEntries, type Entry, noEntries } from '../../functions/domain/ledger/ledger.ts'
import type { Event } from '../../functions/domain/record/events.ts'
import { findBreak } from '../../local/demo/chain.ts'

const id = 'req_00000000000000000000000000'
const event = (at: number, attempted: string) =>
  ({
    type: 'Refused',
    at,
    actor: { type: 'system', id: 'hotwork' },
    policies: ['b', 'a'],
    bundle: 'sha-256:x',
    attempted,
    code: 'pending',
  }) as unknown as Event
const entries = chainEntries(
  id,
  noEntries,
  [event(1, 'intend'), event(2, 'œuvre "€" \u2028'), event(3, 'complete')],
  undefined,
).entries

test('a chain that Hotwork wrote is whole', () => {
  expect(findBreak(id, entries)).toBeUndefined()
})

test.each<[what: string, spoil: (entries: Entry[]) => void, found: RegExp]>([
  ['a changed fact', (all) => Object.assign(all[1] as Entry, { at: '1970-01-01T00:00:09Z' }), /\/2 has a hash/],
  ['a changed hash', (all) => Object.assign(all[2] as Entry, { hash: entries[0]?.hash }), /\/3 has a hash/],
  ['an entry left out', (all) => void all.splice(1, 1), /entry 2 is called .*\/3/],
  ['a first entry left out', (all) => void all.shift(), /entry 1 is called .*\/2/],
  ['two entries the other way round', (all) => void all.reverse(), /entry 1 is called .*\/3/],
  [
    'an entry that is whole but follows another',
    (all) => {
      const other = chainEntries(id, noEntries, [event(1, 'issue'), event(2, 'issue')], undefined).entries
      all[1] = other[1] as Entry
    },
    /\/2 does not name the hash before it/,
  ],
])('%s is found', (_what, spoil, found) => {
  const copy = structuredClone(entries)
  spoil(copy)
  expect(findBreak(id, copy)).toMatch(found)
})
