import type { RequestId } from '../../../functions/domain/values.ts'
import { commentDecision } from '../../../functions/operations/requests/decide-request.ts'
import { person, prodParameter, sampleBundle, World } from '../../support/world.ts'

const bundle = sampleBundle()
const say = (world: World, id: RequestId, who: string, comment = 'there is a freeze', more = {}) =>
  commentDecision({ id, person: person(who), comment, ...more }, world.ports)

let world: World
beforeEach(() => {
  world = new World(bundle)
})

/** A person's reason for their decision, given afterwards. */
test('a comment is committed with its entry, and is why the request was denied', async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana', 'deny')
  expect(await say(world, request.ask.id, 'ana')).toMatchObject({ ok: true })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'denied', reason: 'there is a freeze' })
  expect(await world.story(request.ask.id)).toEqual(['Submitted', 'StageOpened', 'Decided', 'Denied', 'Commented'])
})

test('a comment is not told to the log', async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana', 'deny')
  await say(world, request.ask.id, 'ana')
  expect(JSON.stringify(world.log)).not.toContain('freeze')
})

test('a comment of another person, or a second one, is refused on the record, and changes nothing', async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana', 'deny')
  await say(world, request.ask.id, 'ana')
  expect(await say(world, request.ask.id, 'ben')).toMatchObject({ code: 'not_decided' })
  expect(await say(world, request.ask.id, 'ana', 'another')).toMatchObject({ code: 'already_commented' })
  expect((await world.story(request.ask.id)).slice(-2)).toEqual(['Refused', 'Refused'])
  expect(await world.state(request.ask.id)).toMatchObject({ reason: 'there is a freeze' })
})

test('a comment an hour and a second later is refused', async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana', 'deny')
  world.clock.advance(3601)
  expect(await say(world, request.ask.id, 'ana')).toMatchObject({ code: 'comment_too_late' })
})

test('a comment counts once, however often it is sent', async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana', 'deny')
  const once = world.proof()
  expect(await say(world, request.ask.id, 'ana', 'there is a freeze', { once })).toMatchObject({ ok: true })
  expect(await say(world, request.ask.id, 'ana', 'there is a freeze', { once })).toMatchObject({ code: 'replayed' })
})

test('a comment on no request is on the record of its author', async () => {
  expect(await say(world, `req_${'0'.repeat(26)}` as RequestId, 'ana')).toMatchObject({ code: 'unknown_request' })
  expect((await world.ledger.entries(person('ana'))).at(-1)).toMatchObject({ facts: { attempted: 'comment' } })
})
