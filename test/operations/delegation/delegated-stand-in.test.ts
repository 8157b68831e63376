import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { withGroups } from '../../support/bundles.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, person, prodParameter, sampleBundle, World } from '../../support/world.ts'

/** A grant that a stand-in approved is delegated like any other, and the absent person counts as its approver. */

const sample = sampleBundle()
/** The owners are ana and chloe: ben decides for them only while he stands in. Gus and chloe have an agent each. */
const bundle: Bundle = {
  ...sample,
  directory: {
    ...sample.directory,
    groups: {
      ...sample.directory.groups,
      'payments-owners': [person('ana'), person('chloe')],
      rota: [person('ana'), person('ben'), person('chloe')],
    },
  },
  agents: sample.agents.flatMap((it) =>
    it.id === agent('remediator')
      ? [
          it,
          { ...it, id: agent('other'), owner: person('gus') },
          { ...it, id: agent('hers'), owner: person('chloe') },
          { ...it, id: agent('backed'), owner: person('gus'), backupOwner: person('chloe') },
        ]
      : [it],
  ),
}

/** Approved by ben in the place of chloe, and by eve for sre. */
async function approvedByStandIn() {
  const world = new World(bundle)
  unwrap(await world.giveStandIn('chloe', 'ben'))
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ben')
  await world.decide(request, 'eve')
  const parent = await world.state(request.ask.id)
  expect(parent).toMatchObject({
    status: 'approved',
    stages: [{ decisions: [{ person: person('ben'), for: person('chloe') }] }, {}],
  })
  return { world, parent }
}

test('a child of a grant that a stand-in approved is alive', async () => {
  const { world, parent } = await approvedByStandIn()
  const child = unwrap(await world.delegate(parent, agent('other')))
  expect(await world.issueToken(child.state)).toMatchObject({ ok: true })
})

test('it is dead once the one who was away may not approve it', async () => {
  const { world, parent } = await approvedByStandIn()
  const child = unwrap(await world.delegate(parent, agent('other')))
  world.policy = new World(withGroups({ 'payments-owners': [person('ana')] }, bundle)).policy
  expect(await world.issueToken(child.state)).toMatchObject({ ok: false })
  expect(await world.state(child.state.ask.id)).toMatchObject({ status: 'revoked' })
})

test.each([
  ['owner', 'hers'],
  ['backup owner', 'backed'],
])('an approval by a stand-in for the %s of the next agent does not count for that agent', async (_who, next) => {
  const { world, parent } = await approvedByStandIn()
  expect(await world.delegate(parent, agent(next))).toMatchObject({ ok: false, code: 'policy_denied' })
})
