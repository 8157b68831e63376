import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Entry, entryVersion, verify, verifyOther } from '../../../functions/domain/ledger/ledger.ts'
import { Event } from '../../../functions/domain/record/events.ts'
import type { Json } from '../../../functions/domain/values.ts'

type Chain = { aggregate: string; entries: readonly Entry[]; state?: Json }

const folder = join(import.meta.dirname, 'fixtures')
/** Chains as the code of each version wrote them. No file of an older version is ever changed. */
const chainsOf = (version: number): readonly Chain[] =>
  readFileSync(join(folder, `v${version}.ndjson`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
const versions = Array.from({ length: entryVersion }, (_, index) => index + 1)

test('there are chains of each version, the one that is written today included', () => {
  expect(readdirSync(folder).sort()).toEqual(versions.map((version) => `v${version}.ndjson`))
})

describe.each(versions)('a chain of version %i', (version) => {
  const chains = chainsOf(version)

  test('has that version in each entry', () => {
    const found = new Set(chains.flatMap(({ entries }) => entries.map(({ v = 1 }) => v)))
    expect([...found]).toEqual([version])
  })

  test('verifies, and replays to the state that was stored beside it', () => {
    for (const { aggregate, entries, state } of chains) {
      const { broken, state: replayed } = replayChain(aggregate, entries)
      expect([aggregate, broken]).toEqual([aggregate, undefined])
      if (state !== undefined) expect(JSON.parse(JSON.stringify(replayed))).toEqual(state)
    }
  })

  test('is broken where one text of it is another', () => {
    for (const { aggregate, entries } of chains) {
      const [first, ...rest] = entries
      const changed = { ...first, at: '2020-01-01T00:00:00Z' } as Entry
      expect(replayChain(aggregate, [changed, ...rest]).broken).toEqual({ at: `${aggregate}/1`, why: 'hash' })
    }
  })

  test('has events of each type that a request can have', () => {
    const types = new Set(chains.flatMap(({ entries }) => entries.map(({ type }) => type)))
    const missing = Event.options
      .map(({ shape }) => shape.type.value as string)
      .filter((type) => !types.has(type) && !newer.includes(type))
    expect(missing).toEqual([])
  })
})

/** Types that came with a later version than the fixtures that lack them. */
const newer: readonly string[] = ['StateChanged', 'CallsCompared', 'StepOpened', 'StepEnded']

const replayChain = (aggregate: string, entries: readonly Entry[]): { state: unknown; broken?: object } =>
  verifyOther(aggregate, entries) ?? verify(aggregate, entries)
