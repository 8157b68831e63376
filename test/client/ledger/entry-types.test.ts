import { entryTypes } from '../../../client/ledger/entry-types.ts'
import { eventTypes } from '../../../functions/domain/ledger/any-event.ts'
import { Event } from '../../../functions/domain/record/events.ts'

/** The command line knows each type of entry, by a table of its own. */

test('the command line has a row for each type that the record has, and no other', () => {
  expect([...entryTypes.keys()].toSorted()).toEqual([...eventTypes].toSorted())
})

test('each event of a request has a line in its timeline, except those of openings', () => {
  const silent = Event.options.map(({ shape }) => shape.type.value).filter((type) => !entryTypes.get(type)?.say)
  expect(silent.toSorted()).toEqual(['BreakGlassOpened', 'ReviewDue', 'ReviewOverdue', 'Reviewed'])
})
