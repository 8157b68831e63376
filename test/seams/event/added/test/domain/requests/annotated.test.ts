import type { Entry as ExportedEntry } from '../../../client/ledger/entry.ts'
import { ocsfOf } from '../../../client/ledger/ocsf.ts'
import { timelineLines } from '../../../client/requests/timeline.ts'
import { describeRequest } from '../../../functions/domain/cards/request-view.ts'
import { textOf } from '../../../functions/domain/cards/sentence.ts'
import { describeTimeline } from '../../../functions/domain/cards/timeline.ts'
import { Entry } from '../../../functions/domain/cards/wire/ledger.ts'
import { anyEventOf } from '../../../functions/domain/ledger/any-event.ts'
import { chainEntries, noEntries, verify } from '../../../functions/domain/ledger/ledger.ts'
import { setTextsApart } from '../../../functions/domain/ledger/texts.ts'
import { facetsOfRequest } from '../../../functions/domain/requests/request-facets.ts'
import { person } from '../../support/ask.ts'
import { Life } from '../../support/cards/lives.ts'
import { MemorySalts } from '../../support/memory-salts.ts'
import { sampleBundle } from '../../support/world.ts'

/** The toy: a person annotates a request. It must appear in each place where events do. */

const note = 'the same as last week'
const bundle = sampleBundle()
const salts = new MemorySalts()
const life = new Life().asks().after(60)
const before = life.now
life.tell({ type: 'Annotated', note }, { type: 'person', id: person('ana') })
const { events, texts } = setTextsApart(life.events, undefined, () => salts.salt())
const chain = (of: typeof events) => chainEntries(life.now.ask.id, noEntries, of, undefined).entries
const entry = (of: typeof events) => chain(of).at(-1) as NonNullable<ReturnType<typeof chain>[number]>

test("an annotation has the effect of its row, and leaves the request's facets", () => {
  expect(life.now).toEqual({ ...before, updatedAt: life.at })
  expect(facetsOfRequest(life.now)).toEqual(facetsOfRequest(before))
})

test('a chain with an annotation verifies, and every reader of the ledger knows it', () => {
  expect(verify(life.now.ask.id, chain(events))).toMatchObject({ state: { updatedAt: life.at } })
  expect(verify(life.now.ask.id, chain(events)).broken).toBeUndefined()
  expect(anyEventOf(entry(events))?.type).toBe('Annotated')
})

test("an annotation's entry commits to the text, which belongs to its author", () => {
  expect(JSON.stringify(entry(events))).not.toContain(note)
  expect(texts).toMatchObject([{ text: note, person: 'person:ana' }])
})

test('the picture and the page show an annotation in the words of its row', () => {
  const view = describeRequest(life.now, bundle)
  const item = describeTimeline(view, { entries: chain(life.events) }, bundle).items.at(-1)
  expect(item && textOf(item.said)).toBe('Ana Alves (person:ana) annotated it')
  expect(item?.why).toEqual([{ said: note }])
})

test('a terminal shows an annotation in the words of its row', () => {
  const surroundings = { now: () => new Date(life.at * 1000), env: { TZ: 'UTC' } }
  const [line] = timelineLines({ entries: [Entry.parse(entry(life.events))], personal: {} }, surroundings)
  expect(line).toContain(`person:ana  annotated it: ${note}`)
})

test('an auditor gets an annotation in the class of its row', () => {
  const exported = entry(events) as unknown as ExportedEntry
  expect(ocsfOf({ entry: exported, line: '' })).toMatchObject({ class_uid: 3004, activity_name: 'Update' })
})
