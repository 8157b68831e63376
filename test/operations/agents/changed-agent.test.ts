import type { GovernedRegistry } from '../../../functions/domain/agents/governed-registry.ts'
import { isFromBefore, nothingGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import type { Agent } from '../../../functions/domain/people/organisation.ts'
import type { AgentId, Digest } from '../../../functions/domain/values.ts'
import { endSuspended } from '../../../functions/operations/agents/end-suspended.ts'
import { introspectToken } from '../../../functions/operations/credentials/tokens.ts'
import { listPermits, statusOfPermit } from '../../../functions/operations/permits/read-permits.ts'
import { unwrap } from '../../support/unwrap.ts'
import {
  agent,
  flag,
  parameter,
  person,
  prodParameter,
  sampleBundle,
  stagingParameter,
  type What,
  World,
} from '../../support/world.ts'

/** A change of an agent's identities, owner or autonomy ends what the agent asked and held before it. */

const [remediator, builder, planner, second] = ['remediator', 'builder', 'planner', 'second'].map(agent) as [
  AgentId,
  AgentId,
  AgentId,
  AgentId,
]
const said = 'agent:remediator was retired, or has other identities, another owner or another autonomy now'

let world: World
beforeEach(() => {
  world = new World()
})

function changeRegistry(next: Partial<GovernedRegistry>): void {
  const { governed } = world.ledger
  world.ledger.governed = { ...governed, ...next, version: governed.version + 1 }
}

/** The change, after which any reader has the new registry. */
function change(id: AgentId = remediator): void {
  world.clock.advance(1)
  changeRegistry({ changed: { [id]: world.clock.now() } })
  world.clock.advance(3)
}

test('a decision on an open ask from before the change ends it', async () => {
  const request = await world.submitted(prodParameter)
  change()
  expect(await world.decide(request, 'ana')).toMatchObject({ ok: false, code: 'revoked' })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'denied', reason: said })
  await world.expectReplay(request.ask.id)
})

test('no token is issued on a grant from before the change, and the grant ends', async () => {
  const request = await world.approved()
  change()
  expect(await world.issueToken(request)).toMatchObject({ ok: false, code: 'revoked' })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'revoked', reason: said })
})

test('a token from before the change is dead at its gate and at its introspection', async () => {
  const request = await world.approved(flag())
  await world.decide(request, 'ben')
  const jti = await world.claim(request)
  const token = world.accessToken(request, jti, 'https://flags.example')
  const known = { ...token, claims: {} } as never
  const holder = { type: 'agent', id: request.ask.agent.id as AgentId } as const
  expect(await introspectToken(known, holder, world.ports)).toBeDefined()
  change()
  expect(await introspectToken(known, holder, world.ports)).toBeUndefined()
  expect(await world.gate(request, token)).toMatchObject({ ok: false, code: 'revoked' })
})

test('an ask from after the change is decided and claimed as ever', async () => {
  change()
  const request = await world.approved()
  expect(request.status).toBe('approved')
  expect(await world.issueToken(request)).toMatchObject({ ok: true })
})

test('an ask that a reader may have taken under the registry from before the change ends too', async () => {
  await world.policy.look?.([])
  changeRegistry({ changed: { [remediator]: world.clock.now() } })
  world.clock.advance(1)
  const late = await world.submitted(prodParameter)
  world.clock.advance(3)
  expect(await world.decide(late, 'ana')).toMatchObject({ ok: false, code: 'revoked' })
  const bundle = { registry: { version: 1, changed: { [remediator]: 10 } } }
  expect([10, 12, 13].map((at) => isFromBefore(bundle, remediator, at))).toEqual([true, true, false])
  expect(isFromBefore(bundle, builder, 0)).toBe(false)
})

test('a standing permit from before the change covers no ask, and the list shows that it ended', async () => {
  const first = await world.submitted(flag())
  await world.decide(first, 'ben')
  const permit = unwrap(await world.givePermit(await world.state(first.ask.id), 'ben'))
  const again = await world.submitted(flag())
  expect(again.status).toBe('approved')
  change(first.ask.agent.id as AgentId)
  expect((await world.submitted(flag())).status).toBe('pending')
  expect(await world.issueToken(again)).toMatchObject({ ok: false, code: 'revoked' })
  const ports = { ...world.ports, permits: world.permits }
  const { items } = unwrap(await listPermits({ person: person('gus') }, ports))
  expect(items.map((each) => [each.id, statusOfPermit(each, world.clock.now())])).toEqual([[permit.id, 'expired']])
})

test('a grant that was delegated ends with the change of its delegator, and with that of its holder', async () => {
  const sample = sampleBundle()
  const [known] = sample.agents.filter(({ id }) => id === remediator)
  const identities = known?.identities.map((each) => ({ ...each, subject: 'agent-second' })) ?? []
  const other = { ...(known as Agent), id: second, owner: person('gus'), identities }
  const agents = [...sample.agents, other]
  const ladder = { tiers: sample.ladder.tiers.map((tier) => ({ ...tier, grant: { ...tier.grant, uses: 3 } })) }
  for (const changed of [remediator, second]) {
    world = new World({ ...sample, hash: 'sha-256:delegating' as Digest, ladder, agents })
    const parent = await world.approved()
    const child = unwrap(await world.delegate(parent, second)).state
    change(changed)
    expect(await world.issueToken(child)).toMatchObject({ ok: false })
    expect(await world.state(child.ask.id)).toMatchObject({ status: 'revoked' })
  }
})

test('an approved plan ends with the change of the agent of a step', async () => {
  const { action, arguments: args } = parameter('/prod/checkout/color')
  const steps = [remediator, builder].map((doer) =>
    doer === builder
      ? { agent: doer, action: 'flags:set', arguments: { environment: 'prod', flag: 'new-basket', value: false } }
      : { agent: doer, action, arguments: args },
  )
  const plan: What = {
    agent: planner,
    action: 'plan',
    arguments: { steps },
    resource: { type: 'plan', id: 'INC-1042' },
  }
  const request = await world.submitted(plan)
  change(builder)
  expect(await world.decide(request, 'ana')).toMatchObject({ ok: false, code: 'revoked' })
  expect(await world.state(request.ask.id)).toMatchObject({
    status: 'denied',
    reason: said.replace('remediator', 'builder'),
  })
})

describe('the message that ends what an agent held', () => {
  test('open asks and live grants from before the change end, and no other', async () => {
    const [open, live] = [await world.submitted(prodParameter), await world.approved(parameter('/prod/checkout/other'))]
    const others = await world.submitted({ ...flag(), agent: builder })
    change()
    const later = await world.submitted(parameter('/prod/checkout/later'))
    await endSuspended(remediator, world.ports)
    const statuses = await Promise.all([open, live, others, later].map(({ ask }) => world.state(ask.id)))
    expect(statuses.map(({ status }) => status)).toEqual(['denied', 'revoked', 'pending', 'pending'])
    expect(statuses[0]).toMatchObject({ reason: said })
  })

  test('the worker sees a change that was made this moment', async () => {
    const open = await world.submitted(prodParameter)
    await world.policy.look?.([])
    changeRegistry({ changed: { [remediator]: world.clock.now() } })
    await endSuspended(remediator, world.ports)
    expect(await world.state(open.ask.id)).toMatchObject({ status: 'denied', reason: said })
  })

  test('the open asks and live grants of an agent that was retired end', async () => {
    const [open, live] = [await world.submitted(prodParameter), await world.approved(stagingParameter)]
    changeRegistry({ retired: [{ id: remediator, at: world.clock.now() }] })
    await endSuspended(remediator, world.ports)
    const states = [await world.state(open.ask.id), await world.state(live.ask.id)]
    expect(states).toMatchObject([
      { status: 'denied', reason: 'agent:remediator is retired' },
      { status: 'revoked', reason: 'agent:remediator is retired' },
    ])
  })

  test('an agent without a change keeps what it asked', async () => {
    const open = await world.submitted(prodParameter)
    world.ledger.governed = { ...nothingGoverned, version: 4, changed: { [builder]: world.clock.now() } }
    await endSuspended(remediator, world.ports)
    expect(await world.state(open.ask.id)).toMatchObject({ status: 'pending' })
  })
})
