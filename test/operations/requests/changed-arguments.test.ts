import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { grantOf } from '../../../functions/domain/record/request.ts'
import { parameter, prodParameter, sampleBundle, World } from '../../support/world.ts'

const bundle = sampleBundle()
const changed = parameter('/prod/checkout/payment-timeout-ms', '1')

const stageOne = async (world: World, request: ApprovalRequest) => void (await world.decide(request, 'ana'))
const stageTwo = async (world: World, request: ApprovalRequest) => {
  await stageOne(world, request)
  await world.decide(request, 'eve')
}
/** Approved by both stages and claimed. @returns the access token's id */
const issued = async (world: World, request: ApprovalRequest) => {
  await stageTwo(world, request)
  return world.claim(request)
}

/** A request has one set of arguments for ever. Other arguments are another request, without an approval. */
test.each<[when: string, reach: (world: World, request: ApprovalRequest) => Promise<unknown>]>([
  ['after the first stage', stageOne],
  ['after the second stage', stageTwo],
  ['after the token was issued', issued],
])('arguments %s are asked about from the beginning, and the approved ones stay as they were', async (_when, reach) => {
  const world = new World(bundle)
  const request = await world.submitted(prodParameter)
  await reach(world, request)
  const before = await world.state(request.ask.id)

  const other = await world.submitted(changed)
  expect(other.ask.id).not.toBe(request.ask.id)
  expect(other.ask.digest).not.toBe(request.ask.digest)
  expect(await world.story(other.ask.id)).toEqual(['Submitted', 'StageOpened'])
  expect(await world.issueToken(other)).toMatchObject({ ok: false, code: 'pending' })
  expect(await world.state(request.ask.id)).toEqual(before)
})

test('a decision on the old arguments does not decide the new ones', async () => {
  const world = new World(bundle)
  const request = await world.submitted(prodParameter)
  const other = await world.submitted(changed)
  for (const verdict of ['approve', 'deny'] as const)
    expect(await world.decide(other, 'ana', verdict, { digest: request.ask.digest })).toMatchObject({
      code: 'stale_digest',
    })
  expect(await world.state(other.ask.id)).toMatchObject({ status: 'pending', round: other.round })
})

test('an approval and a credential for the old arguments do not reach the new ones', async () => {
  const world = new World(bundle)
  const request = await world.submitted(prodParameter)
  const token = await issued(world, request)
  const other = await world.submitted(changed)
  const approval = grantOf(await world.state(request.ask.id))?.id
  expect(await world.evaluate(prodParameter, approval)).toMatchObject({ decision: true })
  expect(await world.evaluate(changed, approval)).toMatchObject({ decision: false, reason: 'out_of_scope' })
  expect(await world.issueAws(other, token)).toMatchObject({ ok: false, code: 'pending' })
  await stageTwo(world, other)
  expect(await world.issueAws(other, token)).toMatchObject({ ok: false, code: 'credential_superseded' })
  expect(await world.issueAws(request, token)).toMatchObject({ ok: true })
})
