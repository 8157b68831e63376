import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { cancelRequest } from '../../../functions/operations/requests/end-request.ts'
import { withAgent } from '../../support/bundles.ts'
import { agent, parameter, person, sampleBundle, World } from '../../support/world.ts'

/** How much may wait for people at once: people who are asked too often stop reading. */

const sample = sampleBundle()
const limited = (limits: Bundle['ladder']['limits']): Bundle => ({
  ...sample,
  ladder: { ...sample.ladder, ...(limits ? { limits } : {}) },
})
const few = limited({ openPerAgent: 3, openPerOwner: 4, burst: 1 })
const prod = (n: number) => parameter(`/prod/checkout/setting-${n}`)

test('an agent with as many open as it may have is told to wait, and its attempt is on its record', async () => {
  const world = new World(few)
  for (let n = 0; n < 3; n++) await world.submitted(prod(n))
  expect(await world.submit(prod(3))).toMatchObject({ ok: false, code: 'too_many_open' })
  expect(await world.ledger.entries('agent:remediator')).toMatchObject([
    { type: 'Refused', facts: { attempted: 'submit', code: 'too_many_open' } },
  ])
})

test('a request that asks no person is not counted, and not held up', async () => {
  const world = new World(few)
  for (let n = 0; n < 3; n++) await world.submitted(prod(n))
  for (let n = 0; n < 5; n++)
    expect(await world.submitted(parameter(`/staging/checkout/setting-${n}`))).toMatchObject({ status: 'approved' })
})

test('an identical ask that is still pending is answered with its task, however many are open', async () => {
  const world = new World(few)
  const asked = []
  for (let n = 0; n < 3; n++) asked.push(await world.submitted(prod(n)))
  expect(await world.submit(prod(0))).toMatchObject({
    ok: true,
    value: { created: false, stored: { state: { ask: { id: asked[0]?.ask.id } } } },
  })
})

test('an agent has room again once one is decided, withdrawn or over', async () => {
  const world = new World(few)
  const [first, second] = [
    await world.submitted(prod(0)),
    await world.submitted(prod(1)),
    await world.submitted(prod(2)),
  ]
  await world.decide(first, 'eve', 'deny')
  await world.submitted(prod(3))
  expect(await world.submit(prod(4))).toMatchObject({ code: 'too_many_open' })
  await cancelRequest({ id: second.ask.id, agent: agent('remediator') }, world.ports)
  await world.submitted(prod(4))
})

test('the agents of one owner have a cap together', async () => {
  const world = new World(withAgent(agent('builder'), { owner: person('dan') }, few))
  const build = (n: number) => ({ ...prod(n), agent: agent('builder'), purpose: 'release' })
  for (let n = 0; n < 2; n++) await world.submitted(prod(n))
  for (let n = 2; n < 4; n++) await world.submitted(build(n))
  expect(await world.submit(build(5))).toMatchObject({ code: 'too_many_open' })
  expect(await world.submit(prod(6))).toMatchObject({ code: 'too_many_open' })
})

test('a ladder that names no limits has some', async () => {
  const world = new World({ ...sample, ladder: { tiers: sample.ladder.tiers } })
  for (let n = 0; n < 100; n++) await world.submitted(prod(n))
  expect(await world.submit(prod(100))).toMatchObject({ code: 'too_many_open' })
})
