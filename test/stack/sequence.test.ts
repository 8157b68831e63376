import type { TimedCall } from '../../tools/meter/calls-in-sequence.ts'
import { chainsOfLives } from './support/chains.ts'
import { deployed } from './support/deployment.ts'
import { Meter } from './support/usage.ts'

/**
 * The number of sequential calls of AWS that each verb waits for, which a caller feels when AWS is slow. Times of an
 * emulator say nothing. Runs before all other tests of its deployment, so that nothing else calls the same functions.
 */
const hotwork = deployed()
const meter = new Meter(hotwork.local)

/**
 * L1. `wanted`: the target of a verb that misses it. Each verb but the evaluation first reads the registry of agents, if
 * its process has not in the last two seconds.
 */
const bounds: { [verb: string]: { most: number; wanted?: number } } = {
  // One, and the signature of the denial: a Lambda that may sign, and KMS.
  evaluate: { most: 3, wanted: 1 },
  submit: { most: 4, wanted: 3 },
  'click that is not the last': { most: 4, wanted: 3 },
  'click that is the last': { most: 4, wanted: 3 },
  token: { most: 4, wanted: 3 },
  'AWS credentials': { most: 6, wanted: 4 },
  'begin a use': { most: 3, wanted: 2 },
  'end a use': { most: 3, wanted: 2 },
  complete: { most: 3, wanted: 2 },
}

describe('calls in sequence', () => {
  const found: { [verb: string]: (readonly TimedCall[])[] } = {}
  beforeAll(async () => {
    // Long enough that concurrent calls overlap.
    await meter.hold(80)
    // The first life of a process also fills its caches.
    for (let lives = 0; lives < 4; lives++)
      for (const [verb, chain] of Object.entries(await chainsOfLives(hotwork, meter)))
        found[verb] = [...(found[verb] ?? []), chain]
    process.stdout.write(`\n${tableOf(found)}\n`)
  })
  afterAll(() => meter.hold(0))

  test.each(Object.entries(bounds).map(([verb, { most }]) => ({ verb, most })))(
    '$verb waits for at most $most calls in sequence',
    ({ verb, most }) => {
      expect(Math.min(...(found[verb] ?? []).map((chain) => chain.length))).toBeLessThanOrEqual(most)
    },
  )

  test('every verb was seen to call', () => {
    for (const verb of Object.keys(bounds)) expect(found[verb]?.map((chain) => chain.length)).not.toContain(0)
  })
})

/** The shortest chain of each verb, as text. */
const tableOf = (found: { [verb: string]: (readonly TimedCall[])[] }): string =>
  Object.entries(found)
    .map(([verb, chains]) => {
      const [shortest = []] = chains.toSorted((one, other) => one.length - other.length)
      const calls = shortest.map(({ service, operation, invoked }) => `${service} ${invoked ?? operation}`)
      return `${verb}: ${shortest.length} (lives: ${chains.map((chain) => chain.length).join(', ')})\n  ${calls.join(', ')}`
    })
    .join('\n')
