import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { RequestFilter } from '../../../functions/domain/requests/request-facets.ts'
import { readOverview } from '../../../functions/operations/cards/read-overview.ts'
import type { Policy } from '../../../functions/operations/policy/ports.ts'
import type { Page } from '../../../functions/operations/ports.ts'
import type { Stored } from '../../../functions/operations/record/ports.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { findRequest } from '../../../functions/operations/requests/read-requests.ts'
import { setAside } from '../../../functions/operations/requests/set-aside.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { parameter, person, prodParameter, sampleBundle, stagingParameter, World } from '../../support/world.ts'

const bundle = sampleBundle()
let world: World
beforeEach(() => {
  world = new World(bundle)
})
const overview = (who: string) =>
  readOverview(person(who), {
    ...{ ...world.ports, permits: world.permits, standIns: world.standIns },
    halts: new MemoryHaltStore(world.requests, world.ledger),
  })
const owner = bundle.agents.find(({ id }) => id === 'agent:remediator')?.owner.replace('person:', '') as string

test('an overview has what waits for a person, and nothing of others', async () => {
  const { ask } = await world.submitted(prodParameter)
  expect((await overview('ben')).waiting.map((each) => each.ask.id)).toEqual([ask.id])
  expect(await overview('lena')).toEqual({
    person: 'person:lena',
    halted: { halts: [], whyNotHalt: 'not_permitted' },
    waiting: [],
    aside: 0,
    own: [],
    moreOwn: false,
    live: [],
    permits: [],
    standIns: { own: [], others: [] },
  })
})

test('an overview leaves out and counts what a person has set aside; others still see it', async () => {
  const { ask } = await world.submitted(prodParameter)
  const aside = { id: ask.id, person: person('ben'), choice: 'hour' } as const
  expect(await setAside(aside, world.ports)).toMatchObject({ ok: true })
  expect(await overview('ben')).toMatchObject({ waiting: [], aside: 1 })
  expect((await overview('ana')).aside).toBe(0)
  expect((await overview('ana')).waiting).toHaveLength(1)
  expect(await setAside({ ...aside, choice: 'back' }, world.ports)).toMatchObject({ ok: true })
  expect(await overview('ben')).toMatchObject({ waiting: [{ ask: { id: ask.id } }], aside: 0 })
})

test('an overview has what the person’s agents asked for, however it ended, as it is now', async () => {
  await world.submitted(prodParameter)
  await world.submitted(stagingParameter)
  world.clock.advance(86_400)
  expect((await overview(owner)).own.map(({ status }) => status)).toEqual(['expired', 'expired'])
})

test('an overview has the live grants of those who own them, and of those who may revoke them', async () => {
  const { ask } = await world.submitted(stagingParameter)
  const live = async (who: string) =>
    (await overview(who)).live.map(({ state, mayRevoke }) => [state.ask.id, mayRevoke])
  expect(await live('gus')).toEqual([[ask.id, true]])
  expect(await live(owner)).toEqual([[ask.id, false]])
  expect(await live('ana')).toEqual([])
  await revokeRequest({ id: ask.id, person: person('gus'), reason: 'over' }, world.ports)
  expect(await live('gus')).toEqual([])
})

test('an overview has no grant that ended a moment ago', async () => {
  await world.submitted(stagingParameter)
  world.clock.advance(86_400)
  expect((await overview('gus')).live).toEqual([])
})

describe('a request', () => {
  let request: ApprovalRequest
  beforeEach(async () => {
    request = await world.submitted(prodParameter)
  })
  const find = (given: string) => findRequest({ given, person: person('ben') }, world.ports)
  /** Stands in for a store that holds these ids. */
  const among = (ids: readonly string[], policy: Policy = world.policy) => ({
    ...{ policy, clock: world.clock },
    requests: {
      list: async ({ search = '' }: RequestFilter): Promise<Page<Stored>> => ({
        items: ids.filter((id) => id.startsWith(search)).map((id) => ({ state: { ask: { id } } }) as unknown as Stored),
      }),
    },
  })
  const [one, other] = [`req_${'a'.repeat(26)}`, `req_aaaab${'0'.repeat(21)}`]

  const findAmong = (given: string, ids: readonly string[]) => findRequest({ given, person: person('ben') }, among(ids))

  test('a request is found by its id, whether or not it exists', async () => {
    expect(await find(request.ask.id)).toEqual({ ok: true, value: request.ask.id })
    expect(await find(`req_${'z'.repeat(26)}`)).toMatchObject({ ok: true })
  })

  test('a request is found by the beginning of its id, with or without its kind', async () => {
    expect(await findAmong('req_aaaaa', [one, other])).toEqual({ ok: true, value: one })
    expect(await findAmong('aaaab', [one, other])).toEqual({ ok: true, value: other })
  })

  test('a request is not found by a beginning that two share, or one too short or unknown', async () => {
    expect(await findAmong('aaaa', [one, other])).toMatchObject({ code: 'ambiguous' })
    for (const given of ['aaa', 'req_', '', 'req_AAAAA', '*', '../x', `${one}x`])
      expect(await findAmong(given, [one, other])).toMatchObject({ code: 'unknown_request' })
    expect(await findAmong('bbbb', [one, other])).toMatchObject({ code: 'unknown_request' })
  })

  test('a request is found by people who may read alone: others get one answer for an id, two and none', async () => {
    const ask: Policy['ask'] = (question) => ({ ...world.policy.ask(question), permit: false })
    const ports = among([one, other], { ...world.policy, bundle, ask })
    for (const given of ['req_aaaaa', 'aaaa', 'bbbb', '*'])
      expect(await findRequest({ given, person: person('ben') }, ports)).toEqual({ ok: false, code: 'not_permitted' })
  })

  test('a request is found after it has ended, too', async () => {
    await world.decide(request, 'eve', 'deny')
    await world.submitted(parameter('/prod/checkout/payment-timeout-ms', '7'))
    expect(await find(request.ask.id.slice(0, -1))).toMatchObject({ code: 'ambiguous' })
    expect(await find(request.ask.id)).toMatchObject({ ok: true, value: request.ask.id })
  })
})

test('a delivery that revokes revokes once, and its copy is refused on the record', async () => {
  const { ask } = await world.submitted(stagingParameter)
  const once = { key: 'SEEN#one', value: ask.id, expiresAt: world.clock.now() + 300 }
  const revoke = () => revokeRequest({ id: ask.id, person: person('gus'), reason: 'over', once }, world.ports)
  expect(await revoke()).toMatchObject({ ok: true, value: { state: { status: 'revoked' } } })
  expect(await revoke()).toMatchObject({ ok: false, code: 'replayed' })
  expect((await world.story(ask.id)).filter((type) => type === 'Revoked')).toHaveLength(1)
})
