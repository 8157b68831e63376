import type { ApprovalRequest } from '../../../functions/domain/requests/request.ts'
import type { AgentId } from '../../../functions/domain/values.ts'
import type { Page } from '../../../functions/operations/ports.ts'
import { Lately } from '../../../functions/operations/requests/limits.ts'
import type { RequestStore, Stored } from '../../../functions/operations/requests/ports.ts'
import { agent, parameter, sampleBundle, start, World } from '../../support/world.ts'

/**
 * How many requests like it an agent made lately (`context.recent`), by which a policy can tell one change from a large
 * one that was cut into pieces.
 */

const bundle = sampleBundle()
const remediator = agent('remediator')
const now = start
const hour = 3600

/** What one agent asked for, newest first: how many seconds ago, and which action. */
type Asked = readonly [ago: number, action: string]
const burst = (count: number, action: string, ago = 0): Asked[] =>
  Array.from({ length: count }, (_, index) => [ago + index, action] as const)

/** An agent's requests, in pages as the store gives them, and how many pages were read. */
class Requests implements Pick<RequestStore, 'list'> {
  pages = 0
  readonly #asked: readonly Asked[]
  constructor(asked: readonly Asked[]) {
    this.#asked = asked
  }
  async list(_filter: { agent?: AgentId }, { limit, after = '0' }: { limit: number; after?: string }) {
    this.pages += 1
    const from = Number(after)
    const items = this.#asked
      .slice(from, from + limit)
      .map(([ago, action]) => ({ state: { submittedAt: now - ago, ask: { action } } as ApprovalRequest }) as Stored)
    const next = from + limit < this.#asked.length ? { next: String(from + limit) } : {}
    return { items, ...next } satisfies Page<Stored>
  }
}

test.each<[rule: string, asked: readonly Asked[], recent: number, pages: number]>([
  ['nobody who asked for nothing is in a hurry', [], 0, 1],
  ['those of this action count, and no others', [...burst(3, 'a'), ...burst(4, 'b', 3)], 3, 1],
  ['ten of another kind do not hide a burst', [...burst(10, 'b'), ...burst(12, 'a', 10)], 12, 2],
  ['nor do ninety', [...burst(90, 'b'), ...burst(12, 'a', 90)], 12, 3],
  [
    'what was asked an hour ago is not lately',
    [
      [hour - 1, 'a'],
      [hour, 'a'],
      [hour + 1, 'a'],
    ],
    1,
    1,
  ],
  ['and nothing is read beyond it', [...burst(9, 'a'), ...burst(500, 'a', hour)], 9, 1],
  ['fifty are as many as any number', burst(500, 'a'), 50, 2],
  ['so many that nobody can read them through are a burst, whatever they are', burst(500, 'b'), 50, 4],
])('%s', async (_rule, asked, recent, pages) => {
  const requests = new Requests(asked)
  expect(await new Lately(requests).count(remediator, 'a', now)).toBe(recent)
  expect(requests.pages).toBe(pages)
})

test('a page that the store cut short is not the end', async () => {
  const pages = new Map<string | undefined, Page<Stored>>([
    [undefined, { items: [], next: 'one' }],
    ['one', { items: [{ state: { submittedAt: now, ask: { action: 'a' } } } as Stored] }],
  ])
  const list = async (_: unknown, { after }: { after?: string }) => pages.get(after) ?? { items: [] }
  expect(await new Lately({ list }).count(remediator, 'a', now)).toBe(1)
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
