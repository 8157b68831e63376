import { readFileSync } from 'node:fs'
import { troubles } from '../../infra/troubles.ts'
import { read } from '../support/repository.ts'
import { filesOf } from './support/words.ts'

/** The events that functions log, read from the source: alarms, runbooks and searches match on them. */

const call = /\blog\??\.(info|warn|error)\(\s*(?:'(?<event>[^']*)'|(?<other>[^,)\n]*))/g
const logged = filesOf('functions')
  .filter((file) => file.endsWith('.ts') && file !== 'functions/adapters/powertools/log.ts')
  .flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(call)].map(([, level, event, other]) => ({ file, level, event, other })),
  )
const events = new Set(logged.map(({ event }) => event))

test('a logged event is a literal in snake_case', () => {
  expect(events.size).toBeGreaterThan(100)
  const wrong = logged.filter(({ event }) => !/^[a-z]+(_[a-z]+)*$/.test(event ?? ''))
  expect(wrong.map(({ file, event, other }) => `${file}: ${event ?? other}`)).toEqual([])
})

test('each event that raises an alarm or is measured is logged somewhere', () => {
  const measured = [...read('infra/constructs/alarms.ts').matchAll(/(?:line: |saying\()'(\w+)'/g)]
  expect(measured.length).toBeGreaterThan(3)
  const awaited = [...Object.values(troubles).flat(), ...measured.map(([, event]) => event)]
  expect(awaited.filter((event) => !events.has(event))).toEqual([])
})
