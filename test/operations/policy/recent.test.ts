import type { AskerId } from '../../../functions/domain/values.ts'
import type { AskedLately, RequestReader } from '../../../functions/operations/record/ports.ts'
import { Lately } from '../../../functions/operations/requests/limits.ts'
import { requestId } from '../../support/ask.ts'
import { agent, parameter, sampleBundle, start, World } from '../../support/world.ts'

/**
 * The number of like requests that an agent made lately (`context.recent`), by which a policy can tell one change from
 * a large one that was cut into pieces.
 */

const bundle = sampleBundle()
const remediator = agent('remediator')
const now = start
const hour = 3600

/** One agent's requests, newest first: how many seconds ago, and which action. */
type Asked = readonly [ago: number, action: string]
const burst = (count: number, action: string, ago = 0): Asked[] =>
  Array.from({ length: count }, (_, index) => [ago + index, action] as const)

/** An agent's requests by the store's index, and how often it was asked. */
class Requests implements Pick<RequestReader, 'askedLately' | 'loadMany'> {
  reads = 0
  readonly #asked: readonly Asked[]
  constructor(asked: readonly Asked[]) {
    this.#asked = asked
  }
  async askedLately(_agent: AskerId, since: number, most: number): Promise<AskedLately> {
    this.reads += 1
    const lately = this.#asked.filter(([ago]) => now - ago > since)
    const asked = lately
      .slice(0, most)
      .map(([ago, action]) => ({ id: requestId(1), action, at: now - ago, status: 'denied' as const }))
    return { asked, isAll: lately.length <= most }
  }
  async loadMany() {
    return []
  }
}

test.each<[rule: string, asked: readonly Asked[], recent: number, reads: number]>([
  ['an agent that asked for nothing has none', [], 0, 1],
  ['requests of this action count, and no others', [...burst(3, 'a'), ...burst(4, 'b', 3)], 3, 1],
  ['ten of another kind do not hide a burst', [...burst(10, 'b'), ...burst(12, 'a', 10)], 12, 1],
  ['ninety of another kind do not hide one', [...burst(90, 'b'), ...burst(12, 'a', 90)], 12, 2],
  [
    'an hour-old request is not recent',
    [
      [hour - 1, 'a'],
      [hour, 'a'],
      [hour + 1, 'a'],
    ],
    1,
    1,
  ],
  ['older requests do not count', [...burst(9, 'a'), ...burst(500, 'a', hour)], 9, 1],
  ['fifty are as many as any number', burst(500, 'a'), 50, 1],
  ['an agent with more than are read is in a burst, of any action', burst(500, 'b'), 50, 2],
])('recent asks are counted: %s', async (_rule, asked, recent, reads) => {
  const requests = new Requests(asked)
  expect(await new Lately(requests).count(remediator, 'a', now)).toBe(recent)
  expect(requests.reads).toBe(reads)
})

test('a reading for one action is not repeated for another', async () => {
  const requests = new Requests([...burst(9, 'a'), ...burst(3, 'b', 9)])
  const lately = new Lately(requests)
  expect([await lately.count(remediator, 'a', now), await lately.count(remediator, 'b', now)]).toEqual([9, 3])
  expect(requests.reads).toBe(1)
})

test('a request is assessed with the burst that it is part of, though others came in between', async () => {
  const world = new World(bundle)
  const staging = (name: string) => parameter(`/staging/checkout/${name}`)
  const flag = (n: number) => ({
    action: 'flags:set',
    arguments: { environment: 'staging', flag: `flag-${n}`, value: true },
    resource: { type: 'flags:flag', id: `staging/flag-${n}` },
  })
  for (let n = 0; n < 12; n++) await world.submitted(staging(`one-${n}`))
  world.clock.advance(60)
  for (let n = 0; n < 11; n++) await world.submitted(flag(n))
  expect((await world.submitted(staging('last'))).ask.recent).toBe(12)
  world.clock.advance(hour)
  expect((await world.submitted(staging('later'))).ask.recent).toBe(0)
})
