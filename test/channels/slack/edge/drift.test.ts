import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { refusals } from '../../../../functions/domain/refusals.ts'
import { prodParameter, World } from '../../../support/world.ts'
import { Door } from './door.ts'

/** A resource that changes while people decide in Slack. */

let door: Door
let world: World
let request: ApprovalRequest
beforeEach(async () => {
  world = new World()
  door = new Door(world)
  world.reader.preview(prodParameter.action)
  world.reader.set(prodParameter.resource.id, { Value: '300' })
  request = await world.submitted(prodParameter)
  world.reader.set(prodParameter.resource.id, { Value: '320' })
})
const now = () => world.state(request.ask.id)

test('a click that would open the next stage on a changed state is not counted, and the person is told', async () => {
  expect(await door.click(request, 'U0BEN')).toMatchObject({ statusCode: 200, body: '' })
  expect(door.told.map(({ text }) => text)).toEqual([expect.stringMatching(refusals.state_changed.so)])
  const reopened = await now()
  expect(reopened).toMatchObject({ status: 'pending', round: 2, preview: { before: { Value: '320' } } })
  expect(reopened.stages.flatMap(({ decisions }) => decisions)).toEqual([])
})

test('a click on the earlier card is refused, and a click on the new card is counted', async () => {
  await door.click(request, 'U0BEN')
  await door.click(request, 'U0ANA')
  expect(door.told.at(-1)?.text).toMatch(refusals.stale_round.so)
  await door.click(await now(), 'U0ANA')
  await door.click(await now(), 'U0EVE')
  expect(await now()).toMatchObject({ status: 'approved', round: 2 })
})

test('a click that denies settles the request in any state of the resource', async () => {
  await door.click(request, 'U0BEN', 'deny')
  expect([door.told, await now()]).toMatchObject([[], { status: 'denied', round: 1 }])
})

test('an approval with a comment on a changed state is not counted, and the form says why', async () => {
  const form = await door.open(request, 'U0BEN', 'approve_comment')
  const answer = JSON.stringify(await door.submit(form, 'U0BEN', { comment: 'a larger page than before' }))
  expect(answer).toContain(refusals.state_changed.so)
  expect(await now()).toMatchObject({ status: 'pending', round: 2 })
})
