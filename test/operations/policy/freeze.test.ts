import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { agent, parameter, prodParameter, sampleBundle, start, World } from '../../support/world.ts'
import { Night } from '../break-glass/night.ts'
import { claimedFlag } from '../uses/claimed-flag.ts'

/** A freeze refuses what it forbids while it holds, ends nothing, and is told with its end. */

const sample = sampleBundle()
const [begins, ends] = [start + 120, start + 300]

const frozen = (until = ends): Bundle => ({
  ...sample,
  calendar: {
    windows: sample.calendar?.windows ?? {},
    freezes: { 'black-friday': [{ zone: 'Europe/Berlin', from: begins, until, reason: 'the shop is full' }] },
  },
})
const told = 'the freeze `black-friday` holds until 15 January 2027, 09:05 Europe/Berlin: the shop is full'

const at = (world: World, time: number) => world.clock.advance(time - world.clock.now())

test('an earlier approval is not issued while it holds, stays approved, and is issued after it', async () => {
  const world = new World(frozen())
  const request = await world.approved()
  at(world, begins)
  const refused = await world.issueToken(request)
  expect(refused).toEqual({ ok: false, code: 'policy_denied', detail: told, stored: expect.anything() })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'approved' })
  at(world, ends)
  expect(await world.issueToken(request)).toMatchObject({ ok: true })
})

test('a credential that was issued before is not used while it holds, and can be used after it', async () => {
  const world = new World(frozen())
  const { request, begin } = await claimedFlag(world)
  at(world, begins)
  expect(await begin('k')).toMatchObject({ code: 'policy_denied', detail: told })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'approved', grant: { uses: [] } })
  at(world, ends)
  expect(await begin('k')).toMatchObject({ ok: true })
})

test('a token that was claimed before gets no AWS credentials while it holds, and gets them after it', async () => {
  const world = new World(frozen())
  const request = await world.approved()
  const jti = await world.claim(request)
  at(world, begins)
  expect(await world.issueAws(request, jti)).toMatchObject({ code: 'policy_denied', detail: told })
  at(world, ends)
  expect(await world.issueAws(request, jti)).toMatchObject({ ok: true })
})

test('a grant whose time is over before the freeze is stays over', async () => {
  const world = new World(frozen(start + 86_400))
  const request = await world.approved()
  at(world, begins)
  expect(await world.issueToken(request)).toMatchObject({ code: 'policy_denied' })
  at(world, start + 86_400)
  expect(await world.issueToken(request)).toMatchObject({ code: 'expired' })
})

test('a request while it holds is refused, with its name and end, and elsewhere goes on as before', async () => {
  const world = new World(frozen())
  at(world, begins)
  expect(await world.evaluate(prodParameter)).toMatchObject({ decision: false, reason: 'policy_denied', detail: told })
  expect(await world.evaluate(parameter('/staging/checkout/color'))).toMatchObject({ reason: 'approval_required' })
})

test('an agent that policy forbids anyway is not told of the freeze', async () => {
  const world = new World(frozen())
  at(world, begins)
  const never = await world.evaluate({ ...prodParameter, agent: agent('planner') })
  expect(never).toMatchObject({ reason: 'policy_denied' })
  expect(never).not.toHaveProperty('detail')
})

test('an approved request that is evaluated again is told of it too', async () => {
  const world = new World(frozen())
  const request = await world.approved()
  if (request.status !== 'approved') throw new Error(request.status)
  at(world, begins)
  expect(await world.evaluate(prodParameter, request.grant.id)).toMatchObject({ reason: 'policy_denied', detail: told })
})

test('the last approval that comes while it holds grants nothing', async () => {
  const world = new World(frozen())
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana')
  at(world, begins)
  await world.decide(request, 'eve')
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'denied', reason: 'policy_denied' })
})

test('the person on call opens by break-glass while it holds', async () => {
  const night = new Night(frozen())
  at(night, begins)
  expect(await night.opened()).toMatchObject({ status: 'approved' })
})
