import type { TimedCall } from './support/calls-in-sequence.ts'
import { chainsOfLives } from './support/chains.ts'
import { Deployment } from './support/deployment.ts'
import { Meter } from './support/usage.ts'

/**
 * How many calls of AWS in sequence each verb waits for: what a caller feels, wherever AWS is slow. Counts, since the
 * times of an emulator say nothing. Runs before all other tests of its deployment, so that nothing else calls the same
 * functions meanwhile.
 */
jest.setTimeout(300_000)
const url = process.env['HOTWORK_METER']
if (!url) throw new Error('these counts need a metered stack: run `npm test`, or `node test/support/run.ts`')
const hotwork = new Deployment()
const meter = new Meter(hotwork.local, url)

/** L1. `wanted` where a verb does not hold it yet. */
const bounds: { [verb: string]: { most: number; wanted?: number } } = {
  // One, and the signature of what may be asked: a Lambda that may sign, and KMS.
  evaluate: { most: 3, wanted: 1 },
  submit: { most: 3 },
  'click that is not the last': { most: 3 },
  'click that is the last': { most: 3 },
  token: { most: 3 },
  'AWS credentials': { most: 5, wanted: 4 },
  'begin a use': { most: 2 },
  'end a use': { most: 2 },
  complete: { most: 2 },
}

describe('calls in sequence', () => {
  const found: { [verb: string]: (readonly TimedCall[])[] } = {}
  beforeAll(async () => {
    // So long that calls which are made side by side overlap.
    await meter.hold(80)
    // What a process asks once and keeps is in the first life of that process alone.
    for (let lives = 0; lives < 4; lives++)
      for (const [verb, chain] of Object.entries(await chainsOfLives(hotwork, meter)))
        found[verb] = [...(found[verb] ?? []), chain]
    process.stdout.write(`\n${tableOf(found)}\n`)
  })
  afterAll(() => meter.hold(0))

  test.each(Object.entries(bounds).map(([verb, { most }]) => ({ verb, most })))(
    '$verb: $most at most',
    ({ verb, most }) => {
      expect(Math.min(...(found[verb] ?? []).map((chain) => chain.length))).toBeLessThanOrEqual(most)
    },
  )

  test('every verb was seen to call', () => {
    for (const verb of Object.keys(bounds)) expect(found[verb]?.map((chain) => chain.length)).not.toContain(0)
  })
})

/** The shortest chain of each verb, for a person to read. */
const tableOf = (found: { [verb: string]: (readonly TimedCall[])[] }): string =>
  Object.entries(found)
    .map(([verb, chains]) => {
      const [shortest = []] = chains.toSorted((one, other) => one.length - other.length)
      const calls = shortest.map(({ service, operation, invoked }) => `${service} ${invoked ?? operation}`)
      return `${verb}: ${shortest.length} (lives: ${chains.map((chain) => chain.length).join(', ')})\n  ${calls.join(', ')}`
    })
    .join('\n')
