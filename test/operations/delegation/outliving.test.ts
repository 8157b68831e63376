import { decodeJwt } from 'jose'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { grantOf } from '../../../functions/domain/record/request.ts'
import type { AgentId, HaltId, Thumbprint } from '../../../functions/domain/values.ts'
import { delegateRequest } from '../../../functions/operations/delegation/delegate-request.ts'
import { agent, agentKey, person, prodParameter, sampleBundle, World } from '../../support/world.ts'

/** What was handed on outlives what it was taken from in no engine: not here, and not where AWS judges alone. */

const bundle = sampleBundle()
const builder = agent('builder')
const key = 'k'.repeat(43) as Thumbprint

/** A grant of the remediator that nobody claims, and what the builder was given of it. */
async function handedOn() {
  const world = new World(bundle)
  const parent = await world.approved({ ...prodParameter, purpose: 'maintenance' })
  world.clock.advance(10)
  const { action, arguments: properties, resource } = parent.ask
  const done = await delegateRequest(
    {
      id: parent.ask.id,
      agent: parent.ask.agent.id as AgentId,
      jkt: agentKey,
      once: world.proof(),
      to: builder as AgentId,
      action: { name: action, properties },
      resource,
      idempotencyKey: 'k',
      body: {},
    },
    { ...world.ports, targetRole: world.targetRole },
    async () => {},
  )
  if (!done.ok) throw new Error(`${done.code}: ${done.detail}`)
  return { world, parent, child: done.value.state }
}

test('a child’s credentials end with its parent, though the parent ends sooner than it might have', async () => {
  const { world, parent, child } = await handedOn()
  const claimBy = grantOf(parent)?.claimBy ?? 0
  world.clock.advance(claimBy - world.clock.now() - 10)
  const issued = await world.issueToken(child, { jkt: key })
  if (!issued.ok) throw new Error(issued.code)
  expect(decodeJwt(issued.value.token).exp).toBe(claimBy)
  expect(grantOf(await world.state(child.ask.id))?.notAfter).toBe(claimBy)
  world.clock.advance(10)
  expect(await world.issueToken(child, { jkt: key })).toMatchObject({ code: 'expired' })
})

test('a child may not do what its parent may not do any more', async () => {
  const { world, child } = await handedOn()
  const agents = bundle.agents.map((it) =>
    it.id === agent('remediator') ? { ...it, status: 'suspended' as const } : it,
  )
  world.policy = new World({ ...bundle, hash: 'sha-256:suspended' as never, agents } as Bundle).policy
  expect(await world.issueToken(child, { jkt: key })).toMatchObject({ code: 'policy_denied' })
})

test('a child of what a halt ended is dead, though it was made after the halt was lifted', async () => {
  const { world, parent, child } = await handedOn()
  const lifted = parent.submittedAt + 5
  expect(child.submittedAt).toBeGreaterThan(lifted)
  world.requests.putHalt({
    id: 'hlt_00000000000000000000000001' as HaltId,
    target: { kind: 'agent', value: agent('remediator') },
    reason: 'odd behaviour',
    by: person('gus'),
    at: lifted - 2,
    lifted: { by: person('hana'), at: lifted },
  })
  expect(await world.issueToken(child, { jkt: key })).toMatchObject({ code: 'ancestor_ended' })
})
