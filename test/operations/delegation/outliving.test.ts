import { decodeJwt } from 'jose'
import { grantOf } from '../../../functions/domain/record/request.ts'
import type { Thumbprint } from '../../../functions/domain/values.ts'
import { withAgent } from '../../support/bundles.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, person, prodParameter, sampleBundle, World } from '../../support/world.ts'

/** No child outlives its parent in any engine: not in Hotwork, and not where AWS judges alone. */

const bundle = sampleBundle()
const builder = agent('builder')
const key = 'k'.repeat(43) as Thumbprint

/** An unclaimed grant of the remediator, and the builder's part of it. */
async function handedOn() {
  const world = new World(bundle)
  const parent = await world.approved({ ...prodParameter, purpose: 'maintenance' })
  world.clock.advance(10)
  const { state } = unwrap(await world.delegate(parent, builder))
  return { world, parent, child: state }
}

test('a child’s credentials end with its parent, though the parent ends sooner than it might have', async () => {
  const { world, parent, child } = await handedOn()
  const claimBy = grantOf(parent)?.claimBy ?? 0
  world.clock.advance(claimBy - world.clock.now() - 10)
  expect(decodeJwt(unwrap(await world.issueToken(child, { jkt: key })).token).exp).toBe(claimBy)
  expect(grantOf(await world.state(child.ask.id))?.notAfter).toBe(claimBy)
  world.clock.advance(10)
  expect(await world.issueToken(child, { jkt: key })).toMatchObject({ code: 'expired' })
})

test('a child loses each right that its parent loses', async () => {
  const { world, child } = await handedOn()
  world.policy = new World(withAgent(agent('remediator'), { status: 'suspended' })).policy
  expect(await world.issueToken(child, { jkt: key })).toMatchObject({ code: 'policy_denied' })
})

test('a child of a halted parent is dead, though it was made after the halt was lifted', async () => {
  const { world, parent, child } = await handedOn()
  const lifted = parent.submittedAt + 5
  expect(child.submittedAt).toBeGreaterThan(lifted)
  const halt = { at: lifted - 2, lifted: { by: person('hana'), at: lifted } }
  world.putHalt({ kind: 'agent', value: agent('remediator') }, halt)
  expect(await world.issueToken(child, { jkt: key })).toMatchObject({ code: 'ancestor_ended' })
})
