import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Entry, entryVersion, verify, verifyOther } from '../../../functions/domain/ledger/ledger.ts'
import { Event } from '../../../functions/domain/record/events.ts'
import type { Json } from '../../../functions/domain/values.ts'

type Chain = { aggregate: string; entries: readonly Entry[]; state?: Json }

const folder = join(import.meta.dirname, 'fixtures')
/** Chains by the code of each version. Files of older versions are never changed. */
const chainsOf = (version: number): readonly Chain[] =>
  readFileSync(join(folder, `v${version}.ndjson`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
const versions = Array.from({ length: entryVersion }, (_, index) => index + 1)

test("each version has fixtures, today's too", () => {
  expect(readdirSync(folder).sort()).toEqual(versions.map((version) => `v${version}.ndjson`))
})

describe.each(versions)('a chain of version %i', (version) => {
  const chains = chainsOf(version)

  test('a chain of version %i has that version in each entry', () => {
    const found = new Set(chains.flatMap(({ entries }) => entries.map(({ v = 1 }) => v)))
    expect([...found]).toEqual([version])
  })

  test('a chain of version %i verifies, and replays to its stored state', () => {
    for (const { aggregate, entries, state } of chains) {
      const { broken, state: replayed } = replayChain(aggregate, entries)
      expect([aggregate, broken]).toEqual([aggregate, undefined])
      if (state !== undefined) expect(JSON.parse(JSON.stringify(replayed))).toEqual(state)
    }
  })

  test('a chain of version %i with a changed member is broken', () => {
    for (const { aggregate, entries } of chains) {
      const [first, ...rest] = entries
      const changed = { ...first, at: '2020-01-01T00:00:00Z' } as Entry
      expect(replayChain(aggregate, [changed, ...rest]).broken).toEqual({ at: `${aggregate}/1`, why: 'hash' })
    }
  })

  test('a chain of version %i has events of each type of a request', () => {
    const types = new Set(chains.flatMap(({ entries }) => entries.map(({ type }) => type)))
    const missing = Event.options
      .map(({ shape }) => shape.type.value as string)
      .filter((type) => !types.has(type) && !newer.includes(type))
    expect(missing).toEqual([])
  })
})

/** Types that are newer than the fixtures without them. */
const newer: readonly string[] = [
  'TransferAccepted',
  ...['StateChanged', 'CallsCompared', 'StepOpened', 'StepEnded'],
  ...['Asked', 'Answered', 'ColleagueAsked'],
  ...['RunStarted', 'RunEnded'],
]

const replayChain = (aggregate: string, entries: readonly Entry[]): { state: unknown; broken?: object } =>
  verifyOther(aggregate, entries) ?? verify(aggregate, entries)
