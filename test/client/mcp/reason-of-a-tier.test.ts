import { World } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'
import { prod } from './support/people.ts'
import { permitIn, textIn, useGateRoom } from './support/raw-host.ts'

/** A tier that demands a reason, through the gate. */

const scene = useScene()
beforeEach(() => {
  const { bundle } = scene.api.world.policy
  const tiers = bundle.ladder.tiers.map((tier) =>
    tier.tier === 2 ? { ...tier, justification: 'required' as const } : tier,
  )
  scene.api.use(new World({ ...bundle, ladder: { ...bundle.ladder, tiers } }))
})
const room = useGateRoom(scene)
const why = { hotwork_why: 'checkout refuses payments' }

test('a call without a reason is told how to give one, and the same call with it is asked for and made', async () => {
  const host = await room.begun({ map: { task: 'call' }, hold: 0 })
  const refused = await host.call(prod)
  expect([permitIn(refused)?.['reason'], textIn(refused)]).toEqual([
    'justification_required',
    expect.stringMatching(/in `hotwork_why` say why in three words or more/),
  ])
  const short = await host.call({ ...prod, hotwork_why: 'ok' })
  expect(permitIn(short)?.['reason']).toBe('justification_required')
  const asked = await host.call({ ...prod, ...why })
  expect(permitIn(asked)?.['state']).toBe('pending')
  expect((await scene.state(permitIn(asked)?.['request'])).ask.justification).toBe(why.hotwork_why)
  await scene.decideAll()
  expect(textIn(await host.call(prod))).toBe('wrote prod/checkout.yaml')
  expect(room.calls).toEqual([`write_file ${JSON.stringify(prod)}`])
})

test('a call through a gate without such a member is told who can add it', async () => {
  const host = await room.begun({ hold: 0 })
  expect(textIn(await host.call(prod))).toMatch(/justification_required.*"task": "call"/)
  const unknown = await host.call({ ...prod, ...why })
  expect(permitIn(unknown)?.['reason']).toBe('invalid_arguments')
})
