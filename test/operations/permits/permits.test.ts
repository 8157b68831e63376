import { verifyPermit } from '../../../functions/domain/ledger/ledger.ts'
import type { StandingPermit } from '../../../functions/domain/permits/permit.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { asOf } from '../../../functions/domain/requests/due.ts'
import type { Thumbprint } from '../../../functions/domain/values.ts'
import type { EndMessage } from '../../../functions/operations/credentials/ports.ts'
import { declareHalt, liftHalt } from '../../../functions/operations/halts/halt.ts'
import { listPermits } from '../../../functions/operations/permits/read-permits.ts'
import { endDrawn, revokePermit } from '../../../functions/operations/permits/standing-permits.ts'
import { handOnPermit } from '../../../functions/operations/requests/hand-on.ts'
import { withAgent, withGroups, withPolicy } from '../../support/bundles.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { MemoryFifoQueue } from '../../support/requests/memory-queue.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, flag, person, prodParameter, sampleBundle, type What, World, withTerms } from '../../support/world.ts'

/**
 * A standing permit: an approver of one request allows its agent a few more like it without another question. Requests
 * spend it, each with a record of its own, which rest on that one decision and die with it.
 */

const bundle = sampleBundle()
const otherKey = 'k'.repeat(43) as Thumbprint
function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it should be there')
  return value
}

class Permitting extends World {
  readonly halts = new MemoryHaltStore(this.requests, this.ledger)
  get all() {
    return { ...this.ports, permits: this.permits, halts: this.halts, targetRoles: [] }
  }

  /** A flag of prod that ben approved. */
  async allowedOnce(what: What = flag()): Promise<ApprovalRequest> {
    const request = await this.submitted(what)
    await this.decide(request, 'ben')
    return this.state(request.ask.id)
  }

  give({ ask }: ApprovalRequest, who = 'ben', changes: Partial<{ uses: number; until: number; digest: string }> = {}) {
    return this.givePermit({ ask } as ApprovalRequest, who, changes)
  }

  async given(what: What = flag(), changes: Partial<{ uses: number; until: number }> = {}): Promise<StandingPermit> {
    return unwrap(await this.give(await this.allowedOnce(what), 'ben', changes))
  }

  revoke({ id }: StandingPermit, who = 'ben') {
    return revokePermit({ id, person: person(who), reason: 'enough' }, this.all)
  }
}

let world: Permitting
beforeEach(() => {
  world = new Permitting(bundle)
})

test('a draw is approved at once, on the decision that is on record, and the record of both replays', async () => {
  const permit = await world.given()
  const request = await world.submitted(flag())
  expect(request).toMatchObject({ status: 'approved', tier: 1, ask: { standing: permit.id, uses: 1 } })
  expect(request.stages).toMatchObject([{ decisions: [{ person: 'person:ben', verdict: 'approve' }] }])
  expect(await world.issueToken(request)).toMatchObject({ ok: true })
  await world.expectReplay(request.ask.id)
  const entries = await world.ledger.entries(permit.id)
  expect(entries.map(({ type, actor }) => [type, actor.id])).toEqual([
    ['PermitGiven', 'person:ben'],
    ['PermitDrawn', 'agent:remediator'],
  ])
  expect(verifyPermit(permit.id, entries)).toEqual({ state: (await world.permits.load(permit.id))?.permit })
})

test('a spent permit has people asked again', async () => {
  await world.given(flag(), { uses: 2 })
  expect((await world.submitted(flag())).status).toBe('approved')
  expect((await world.submitted(flag())).status).toBe('approved')
  expect((await world.submitted(flag())).status).toBe('pending')
})

test('twenty concurrent draws on three uses get three', async () => {
  const permit = await world.given()
  // Each for a task of its own, so that none is answered with another's.
  const submitted = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const evaluated = await world.evaluate(flag())
      return world.submit(flag(), {
        evaluation: evaluated.id,
        idempotencyKey: `key-${n}`,
        requestedUntil: world.clock.now() + 600 + n,
      })
    }),
  )
  const states = submitted.map((each) => (each.ok ? each.value.stored.state : undefined))
  const drawn = states.filter((state) => state?.status === 'approved')
  expect(drawn).toHaveLength(3)
  expect(states.filter((state) => state?.status === 'pending')).toHaveLength(17)
  const stored = await world.permits.load(permit.id)
  expect(stored?.permit.drawn.toSorted()).toEqual(drawn.map((state) => state?.ask.id).toSorted())
  expect(await world.story(permit.id)).toEqual(['PermitGiven', 'PermitDrawn', 'PermitDrawn', 'PermitDrawn'])
})

test('the same key and body draws once', async () => {
  const permit = await world.given()
  const evaluated = await world.evaluate(flag())
  const again = { evaluation: evaluated.id, idempotencyKey: 'once', body: { same: true } }
  const [one, other] = [await world.submitted(flag(), again), await world.submitted(flag(), again)]
  expect(one.ask.id).toBe(other.ask.id)
  expect((await world.permits.load(permit.id))?.permit.drawn).toEqual([one.ask.id])
})

test.each<[what: string, other: What]>([
  ['another value', flag('express-checkout', true)],
  ['another flag', flag('new-basket')],
  ['another purpose', { ...flag(), purpose: 'maintenance' }],
  ['another agent', { ...flag(), agent: agent('builder') }],
])('a permit covers no %s', async (_what, other) => {
  await world.given()
  expect(await world.submitted(other)).toMatchObject({ status: 'pending' })
})

test('a permit covers no other key, so that a stolen workload token asks people', async () => {
  await world.given()
  expect(await world.submitted(flag(), { jkt: otherKey })).toMatchObject({ status: 'pending' })
  expect(await world.submitted(flag())).toMatchObject({ status: 'approved' })
})

test('a permit covers another key where the agent’s registration lets its key change', async () => {
  world = new Permitting(withAgent(agent('remediator'), { rebind: true }))
  await world.given()
  expect(await world.submitted(flag(), { jkt: otherKey })).toMatchObject({ status: 'approved', ask: { jkt: otherKey } })
})

test('a draw ends with its permit, however long the ladder would have let it live', async () => {
  const permit = await world.given(flag(), { until: world.clock.now() + 300 })
  const request = await world.submitted(flag())
  expect(request).toMatchObject({ grant: { notAfter: permit.until } })
  world.clock.advance(301)
  expect(asOf(await world.state(request.ask.id), world.clock.now()).status).toBe('expired')
  expect((await world.submitted(flag())).status).toBe('pending')
})

test('a draw is asked about again at the tier that one decision satisfies: a raised floor asks people', async () => {
  await world.given()
  const floor = 'forbid (principal, action, resource) when { context.approval.tier < 2 };'
  world.policy = new World(withPolicy('flags:set', 'floor', floor)).policy
  expect(await world.submitted(flag())).toMatchObject({ status: 'pending', tier: 2 })
})

test('a draw cannot be delegated', async () => {
  await world.given()
  const request = await world.submitted(flag())
  expect(await world.delegate(request, agent('builder'))).toMatchObject({ ok: false, code: 'not_permitted' })
})

describe('a dead permit', () => {
  let drawn: ApprovalRequest
  let permit: StandingPermit
  beforeEach(async () => {
    permit = await world.given()
    drawn = await world.submitted(flag())
  })
  const isDead = async (code: string) => {
    expect(await world.issueToken(drawn)).toMatchObject({ ok: false, code })
    expect(await world.submitted(flag())).toMatchObject({ status: 'pending' })
  }

  test('a permit is dead once its giver takes it back', async () => {
    expect(await world.revoke(permit)).toMatchObject({ ok: true, value: { revoked: { by: 'person:ben' } } })
    await isDead('revoked')
  })

  test('a draw is `revoked` also where its giver takes the permit back while the token is being signed: no token is told', async () => {
    const sign = world.signer.sign.bind(world.signer)
    world.signer.sign = async (typ, claims) => {
      await world.revoke(permit)
      return sign(typ, claims)
    }
    await isDead('revoked')
    expect((await world.story(drawn.ask.id)).slice(-3)).toEqual(['CredentialIntended', 'CredentialIssued', 'Revoked'])
  })

  test('a permit is dead once a person who may revoke takes it back', async () => {
    expect(await world.revoke(permit, 'gus')).toMatchObject({ ok: true })
    await isDead('revoked')
  })

  test('a permit outlives the wish of any other person, and the attempt is on their record', async () => {
    expect(await world.revoke(permit, 'eve')).toMatchObject({ ok: false, code: 'not_permitted' })
    expect(await world.ledger.entries('person:eve')).toMatchObject([{ type: 'Refused' }])
    expect(await world.submitted(flag())).toMatchObject({ status: 'approved' })
  })

  test('a permit is dead once its giver may no longer approve', async () => {
    world.policy = new World(withGroups({ 'payments-owners': [person('ana'), person('chloe')] })).policy
    await isDead('approver_not_eligible')
  })

  test.each([
    ['its agent', { kind: 'agent', value: agent('remediator') }],
    ['the owner', { kind: 'owner', value: person('dan') }],
    ['its giver', { kind: 'person', value: person('ben') }],
    ['everything', { kind: 'all', value: 'all' }],
  ] as const)('a permit is dead once %s is halted, also when that has been lifted since', async (_what, target) => {
    const halt = unwrap(await declareHalt({ target, reason: 'wild', person: person('gus') }, world.all))
    expect(await world.issueToken(drawn)).toMatchObject({ ok: false })
    world.clock.advance(1)
    expect(await liftHalt({ id: halt.id, person: person('hana') }, world.all)).toMatchObject({ ok: true })
    world.clock.advance(1)
    expect(await world.submitted(flag())).toMatchObject({ status: 'pending' })
  })

  test('a draw of a dead permit is ended on its own record too, by the queue of ends', async () => {
    const denies = new MemoryFifoQueue<EndMessage>()
    const stored = async () => must(await world.permits.load(permit.id))
    const handOn = async () => {
      const { permit: now, head } = await stored()
      await handOnPermit({ permit: now, version: head.sequence }, { denies })
    }
    await handOn()
    expect(denies.take()).toEqual([])
    await world.revoke(permit)
    await handOn()
    expect(denies.take()).toMatchObject([{ end: permit.id, group: permit.id }])
    await endDrawn(permit.id, world.all)
    await endDrawn(permit.id, world.all)
    expect(await world.state(drawn.ask.id)).toMatchObject({ status: 'revoked', revokedBy: 'system' })
    expect((await world.story(drawn.ask.id)).filter((type) => type === 'Revoked')).toHaveLength(1)
  })

  test('a draw of a live permit is left as it is', async () => {
    await endDrawn(permit.id, world.all)
    expect(await world.state(drawn.ask.id)).toMatchObject({ status: 'approved' })
  })

  test('a permit taken back twice is taken back once', async () => {
    await world.revoke(permit)
    expect(await world.revoke(permit, 'gus')).toMatchObject({ ok: true, value: { revoked: { by: 'person:ben' } } })
    expect(await world.story(permit.id)).toEqual(['PermitGiven', 'PermitDrawn', 'PermitRevoked'])
  })
})

const refusals = async (who: string) => (await world.ledger.entries(`person:${who}`)).map(({ facts }) => facts['code'])

test('a permit is given only by an approver of the request', async () => {
  expect(await world.give(await world.allowedOnce(), 'ana')).toMatchObject({ code: 'permit_refused' })
  expect(await refusals('ana')).toEqual(['permit_refused'])
})

test('a permit is not given by an approver that policy does not let', async () => {
  const request = await world.allowedOnce()
  const { allowStanding: _, ...others } = bundle.policies
  world.policy = new World({ ...bundle, policies: { ...others, allowStanding: {} } }).policy
  expect(await world.give(request)).toMatchObject({ code: 'not_permitted' })
})

test('a permit is not given by a stopped person', async () => {
  const request = await world.allowedOnce()
  const target = { kind: 'person', value: person('ben') } as const
  await declareHalt({ target, reason: 'lost phone', person: person('gus') }, world.all)
  expect(await world.give(request)).toMatchObject({ ok: false, code: 'halted' })
})

/** Policy permits everything, so only the rules that it cannot lift are left. */
const lenient = (of = bundle) => withPolicy('allowStanding', 'anything', 'permit (principal, action, resource);', of)

const setting = must(bundle.actions['flags:set'])
const destructive = { ...bundle, actions: { ...bundle.actions, 'flags:set': { ...setting, group: 'destructive' } } }

test('a permit is not given where two must agree, under the most lenient policy', async () => {
  world = new Permitting(lenient())
  expect(await world.give(await world.approved(prodParameter), 'ana')).toMatchObject({
    code: 'permit_refused',
    detail: expect.stringContaining('more than one'),
  })
})

test('a permit is not given for a destructive action, under the most lenient policy', async () => {
  world = new Permitting(lenient(destructive))
  expect(await world.give(await world.allowedOnce())).toMatchObject({
    code: 'permit_refused',
    detail: expect.stringContaining('destructive action'),
  })
})

test('a permit for an action that became destructive since is not drawn', async () => {
  await world.given()
  world.policy = new World(destructive).policy
  expect(await world.submitted(flag())).toMatchObject({ status: 'pending' })
})

test.each<[what: string, changes: { uses?: number; until?: (now: number) => number }]>([
  ['more than fifty uses', { uses: 51 }],
  ['no use at all', { uses: 0 }],
  ['longer than a day', { until: (now) => now + 86_401 }],
  ['what is over', { until: (now) => now }],
])(
  'a permit is not given for %s, under the most lenient policy',
  async (_what, { uses = 3, until = (now) => now + 60 }) => {
    world = new Permitting(lenient())
    const request = await world.allowedOnce()
    expect(await world.give(request, 'ben', { uses, until: until(world.clock.now()) })).toMatchObject({
      code: 'permit_refused',
    })
  },
)

test('a permit for a tier that asks for the name of the resource since is not drawn: people are asked', async () => {
  const permit = await world.given()
  world.policy = new World(withTerms(bundle, 'owner', { typeTheName: true })).policy
  expect(await world.submitted(flag())).toMatchObject({ status: 'pending' })
  expect((await world.permits.load(permit.id))?.permit.drawn).toEqual([])
})

test('a permit is not given out of a draw, since it would never end', async () => {
  await world.given()
  expect(await world.give(await world.submitted(flag()))).toMatchObject({ code: 'permit_refused' })
})

test('a permit is given once for each request: two of fifty would be a hundred', async () => {
  const request = await world.allowedOnce()
  const given = await Promise.all([world.give(request), world.give(request), world.give(request)])
  expect(given.filter(({ ok }) => ok)).toHaveLength(1)
  expect(await world.give(request)).toMatchObject({ code: 'permit_refused' })
})

test('a permit is not given on another digest than was shown', async () => {
  expect(await world.give(await world.allowedOnce(), 'ben', { digest: 'sha-256:other-di' })).toMatchObject({
    code: 'stale_digest',
  })
})

test.each(['pending', 'denied', 'expired'])('a permit is not given while the request is %s', async (status) => {
  const request = await world.submitted(flag())
  if (status === 'denied') await world.decide(request, 'ben', 'deny')
  if (status === 'expired') world.clock.advance(86_400)
  expect(await world.give(request, 'ben', { until: world.clock.now() + 60 })).toMatchObject({ code: 'permit_refused' })
})

test('people who read requests read permits, newest first, ended ones too', async () => {
  const one = await world.given()
  world.clock.advance(10)
  const other = await world.given(flag('new-basket'))
  await world.revoke(one)
  const listed = await listPermits({ person: person('eve') }, world.all)
  expect(listed).toMatchObject({ ok: true, value: { items: [{ id: other.id }, { id: one.id, revoked: {} }] } })
})
