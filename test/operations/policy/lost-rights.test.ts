import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { CredentialId } from '../../../functions/domain/values.ts'
import { cancelRequest, completeRequest, revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { readTask } from '../../../functions/operations/requests/read-requests.ts'
import { withAgent, withPerson } from '../../support/bundles.ts'
import { agent, person, prodParameter, sampleBundle, stagingParameter, World } from '../../support/world.ts'

/**
 * The rights left to an agent that is suspended or retired, whose owner has left, or whose recertification is overdue.
 * It gets nothing new: no evaluation helps it, nothing is submitted, approved, issued or used. It may still read and
 * end its own, since a request that its agent cannot give back would be open for longer.
 */

const sample = sampleBundle()
const id = agent('remediator')
const remediator = sample.agents.find((each) => each.id === id) as Bundle['agents'][number]

const agents = (change: Partial<typeof remediator>): Bundle => withAgent(id, change, sample)
const withoutOwner = withPerson(remediator.owner, { status: 'inactive' }, sample)

let world: World
beforeEach(() => {
  world = new World(sample)
})

describe.each<[why: string, bundle: (now: number) => Bundle, reason: string]>([
  ['suspended', () => agents({ status: 'suspended' }), 'agent_suspended'],
  ['retired', () => agents({ status: 'retired' }), 'agent_retired'],
  ['past its date', (now) => agents({ recertifyBy: now }), 'agent_suspended'],
  ['without its owner', () => withoutOwner, 'owner_inactive'],
])('an agent that is %s', (_why, changed, reason) => {
  /** The world, once the agent has lost its rights in it. */
  const fall = (world: World) => {
    world.policy = new World(changed(world.clock.now())).policy
  }
  const tokenId = (token: string) => JSON.parse(atob(token.split('.')[1] as string)).jti as CredentialId

  test('the agent is told that no approval would help', async () => {
    fall(world)
    expect(await world.evaluate(stagingParameter)).toMatchObject({ decision: false, reason })
  })

  test('the agent submits nothing, not even what was evaluated before', async () => {
    const evaluated = await world.evaluate(stagingParameter)
    fall(world)
    expect(await world.submit(stagingParameter, { evaluation: evaluated.id })).toMatchObject({ ok: false })
    expect(await world.requests.list({}, { limit: 10 })).toMatchObject({ items: [] })
  })

  test('the agent gets no approval of what was pending', async () => {
    const request = await world.submitted(prodParameter)
    await world.decide(request, 'ana')
    fall(world)
    expect(await world.decide(request, 'eve')).toMatchObject({ ok: true, value: { state: { status: 'denied' } } })
    expect(await world.state(request.ask.id)).toMatchObject({ deniedBy: 'system', reason: 'policy_denied' })
  })

  test('a person can still deny what the agent has pending', async () => {
    const request = await world.submitted(prodParameter)
    fall(world)
    const denied = await world.decide(request, 'eve', 'deny')
    expect(denied).toMatchObject({ ok: true, value: { state: { status: 'denied', deniedBy: 'person:eve' } } })
  })

  test('the agent claims nothing that was approved, neither token nor AWS credentials, and uses no approval', async () => {
    const request = await world.submitted(stagingParameter)
    const issued = await world.issueToken(request)
    if (!issued.ok || request.status !== 'approved') throw new Error('not approved')
    fall(world)
    expect(await world.evaluate(stagingParameter, request.grant.id)).toMatchObject({ decision: false })
    expect(await world.issueToken(request)).toMatchObject({ ok: false, code: 'policy_denied' })
    expect(await world.issueAws(request, tokenId(issued.value.token))).toMatchObject({
      ok: false,
      code: 'policy_denied',
    })
  })

  test('the agent may read its own, take back what is pending, and complete what is done', async () => {
    const pending = await world.submitted(prodParameter)
    const approved = await world.submitted(stagingParameter)
    fall(world)
    const { requests, policy, clock } = world
    const pause = () => Promise.reject(new Error('nothing to wait for'))
    expect(await readTask({ id: pending.ask.id, agent: id, wait: 0 }, { requests, policy, clock, pause })).toBeDefined()
    expect(await cancelRequest({ id: pending.ask.id, agent: id }, world.ports)).toMatchObject({
      value: { state: { status: 'withdrawn' } },
    })
    const done = { id: approved.ask.id, agent: id, outcome: 'failed' as const }
    expect(await completeRequest(done, world.ports)).toMatchObject({ value: { state: { status: 'completed' } } })
  })

  test('a person who may revoke the grant can still do so', async () => {
    const request = await world.submitted(stagingParameter)
    fall(world)
    const revoked = await revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'gone' }, world.ports)
    expect(revoked).toMatchObject({ value: { state: { status: 'revoked' } } })
  })
})
