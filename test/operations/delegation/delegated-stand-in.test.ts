import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { AgentId } from '../../../functions/domain/values.ts'
import { delegateRequest } from '../../../functions/operations/delegation/delegate-request.ts'
import { giveStandIn } from '../../../functions/operations/people/stand-ins.ts'
import { agent, agentKey, person, prodParameter, sampleBundle, World } from '../../support/world.ts'

/** A grant that a stand-in approved is delegated like any other, and the one who was away counts as having approved it. */

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
  const until = world.clock.now() + 86_400
  const given = await giveStandIn(
    { person: person('chloe'), by: person('ben'), login: {}, until },
    { ...world.ports, standIns: world.standIns },
  )
  if (!given.ok) throw new Error(given.code)
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

const delegateTo = (to: AgentId, { ask }: ApprovalRequest, world: World) =>
  delegateRequest(
    {
      id: ask.id,
      agent: agent('remediator'),
      jkt: agentKey,
      once: world.proof(),
      to,
      action: { name: ask.action, properties: ask.arguments },
      resource: ask.resource,
      idempotencyKey: `for-${to}`,
      body: {},
    },
    { ...world.ports, targetRole: world.targetRole },
    async () => {},
  )

test('a child of a grant that a stand-in approved is alive', async () => {
  const { world, parent } = await approvedByStandIn()
  const child = await delegateTo(agent('other'), parent, world)
  if (!child.ok) throw new Error(`${child.code}: ${child.detail}`)
  expect(await world.issueToken(child.value.state)).toMatchObject({ ok: true })
})

test('it is dead once the one who was away may not approve it', async () => {
  const { world, parent } = await approvedByStandIn()
  const child = await delegateTo(agent('other'), parent, world)
  if (!child.ok) throw new Error(child.code)
  const groups = { ...bundle.directory.groups, 'payments-owners': [person('ana')] }
  world.policy = new World({ ...bundle, directory: { ...bundle.directory, groups } }).policy
  expect(await world.issueToken(child.value.state)).toMatchObject({ ok: false })
  expect(await world.state(child.value.state.ask.id)).toMatchObject({ status: 'revoked' })
})

test.each([
  ['owner', 'hers'],
  ['backup owner', 'backed'],
])('what a stand-in approved for the %s of the next agent does not count for that agent', async (_who, next) => {
  const { world, parent } = await approvedByStandIn()
  expect(await delegateTo(agent(next), parent, world)).toMatchObject({ ok: false, code: 'policy_denied' })
})
