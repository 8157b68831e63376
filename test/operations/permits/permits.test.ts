import { verify, verifyPermit } from '../../../functions/domain/ledger/ledger.ts'
import type { StandingPermit } from '../../../functions/domain/permits/permit.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { asOf } from '../../../functions/domain/requests/due.ts'
import type { Thumbprint } from '../../../functions/domain/values.ts'
import type { EndMessage } from '../../../functions/operations/credentials/ports.ts'
import { declareHalt, liftHalt } from '../../../functions/operations/halts/halt.ts'
import {
  endDrawn,
  givePermit,
  listPermits,
  revokePermit,
} from '../../../functions/operations/permits/standing-permits.ts'
import { handOnPermit } from '../../../functions/operations/requests/hand-on.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { MemoryFifoQueue } from '../../support/requests/memory-queue.ts'
import { agent, agentKey, person, prodParameter, sampleBundle, type What, World } from '../../support/world.ts'

/**
 * A standing permit: whoever approved one request lets its agent have a few more like it without asking anew. It is spent
 * by requests, each with a record of its own, that stand on that one decision, and die with it.
 */

const bundle = sampleBundle()
const otherKey = 'k'.repeat(43) as Thumbprint
function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it should be there')
  return value
}
const flag = (name = 'express-checkout', value = false): What => ({
  action: 'flags:set',
  arguments: { environment: 'prod', flag: name, value },
  resource: { type: 'flags:flag', id: `prod/${name}` },
})

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

  give({ ask }: ApprovalRequest, who = 'ben', changes: Partial<{ uses: number; until: number }> = {}) {
    const terms = { uses: 3, until: this.clock.now() + 3600, ...changes }
    return givePermit({ request: ask.id, person: person(who), login: {}, ...terms }, this.all)
  }

  async given(what: What = flag(), changes: Partial<{ uses: number; until: number }> = {}): Promise<StandingPermit> {
    const permit = await this.give(await this.allowedOnce(what), 'ben', changes)
    if (!permit.ok) throw new Error(permit.code)
    return permit.value
  }

  revoke({ id }: StandingPermit, who = 'ben') {
    return revokePermit({ id, person: person(who), reason: 'enough' }, this.all)
  }
}

let world: Permitting
beforeEach(() => {
  world = new Permitting(bundle)
})

describe('what a permit covers', () => {
  test('is approved at once, on the decision that is on record, and the record of both replays', async () => {
    const permit = await world.given()
    const request = await world.submitted(flag())
    expect(request).toMatchObject({ status: 'approved', tier: 1, ask: { standing: permit.id, uses: 1 } })
    expect(request.stages).toMatchObject([{ decisions: [{ person: 'person:ben', verdict: 'approve' }] }])
    expect(await world.issueToken(request)).toMatchObject({ ok: true })
    const stored = await world.state(request.ask.id)
    expect(verify(request.ask.id, await world.ledger.entries(request.ask.id))).toEqual({ state: stored })
    const entries = await world.ledger.entries(permit.id)
    expect(entries.map(({ type, actor }) => [type, actor.id])).toEqual([
      ['PermitGiven', 'person:ben'],
      ['PermitDrawn', 'agent:remediator'],
    ])
    expect(verifyPermit(permit.id, entries)).toEqual({ state: (await world.permits.load(permit.id))?.permit })
  })

  test('is spent: after the last use people are asked again', async () => {
    await world.given(flag(), { uses: 2 })
    expect((await world.submitted(flag())).status).toBe('approved')
    expect((await world.submitted(flag())).status).toBe('approved')
    expect((await world.submitted(flag())).status).toBe('pending')
  })

  test('of twenty who draw at once three get it where three uses are left', async () => {
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
  ])('is no %s', async (_what, other) => {
    await world.given()
    expect(await world.submitted(other)).toMatchObject({ status: 'pending' })
  })

  test('is no other key’s, so that a stolen workload token asks people', async () => {
    await world.given()
    expect(await world.submitted(flag(), { jkt: otherKey })).toMatchObject({ status: 'pending' })
    expect(await world.submitted(flag())).toMatchObject({ status: 'approved' })
  })

  test('is another key’s where the agent’s registration lets its key change', async () => {
    const agents = bundle.agents.map((it) => (it.id === agent('remediator') ? { ...it, rebind: true } : it))
    world = new Permitting({ ...bundle, agents })
    await world.given()
    expect(await world.submitted(flag(), { jkt: otherKey })).toMatchObject({
      status: 'approved',
      ask: { jkt: otherKey },
    })
  })

  test('ends when the permit does, however long the ladder would have let it live', async () => {
    const permit = await world.given(flag(), { until: world.clock.now() + 300 })
    const request = await world.submitted(flag())
    expect(request).toMatchObject({ grant: { notAfter: permit.until } })
    world.clock.advance(301)
    expect(asOf(await world.state(request.ask.id), world.clock.now()).status).toBe('expired')
    expect((await world.submitted(flag())).status).toBe('pending')
  })

  test('is asked about again, with the tier that one decision satisfies: a floor that has risen asks people', async () => {
    await world.given()
    const slices = Object.fromEntries(
      Object.entries(bundle.policies).map(([name, slice]) => [
        name,
        name === 'flags:set'
          ? { ...slice, floor: '@id("floor") forbid (principal, action, resource) when { context.approval.tier < 2 };' }
          : slice,
      ]),
    )
    world.policy = new World({ ...bundle, policies: slices }).policy
    expect(await world.submitted(flag())).toMatchObject({ status: 'pending', tier: 2 })
  })

  test('cannot be handed on', async () => {
    await world.given()
    const request = await world.submitted(flag())
    const { delegateRequest } = await import('../../../functions/operations/delegation/delegate-request.ts')
    const to = {
      to: agent('builder'),
      action: { name: 'flags:set', properties: flag().arguments },
      resource: flag().resource,
    }
    const proven = { agent: agent('remediator'), jkt: agentKey, once: world.proof() }
    const asked = { id: request.ask.id, ...proven, ...to, idempotencyKey: 'one', body: {} }
    expect(
      await delegateRequest(asked, { ...world.ports, targetRole: world.targetRole }, async () => {}),
    ).toMatchObject({
      ok: false,
      code: 'not_permitted',
    })
  })
})

describe('a permit is gone, and nothing more is drawn, issued or used of it,', () => {
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

  test('once its giver takes it back', async () => {
    expect(await world.revoke(permit)).toMatchObject({ ok: true, value: { revoked: { by: 'person:ben' } } })
    await isDead('revoked')
  })

  test('as `revoked` too where its giver takes it back while the token is being signed: no token is told', async () => {
    const sign = world.signer.sign.bind(world.signer)
    world.signer.sign = async (typ, claims) => {
      await world.revoke(permit)
      return sign(typ, claims)
    }
    await isDead('revoked')
    expect((await world.story(drawn.ask.id)).slice(-3)).toEqual(['CredentialIntended', 'CredentialIssued', 'Revoked'])
  })

  test('once whoever may revoke does', async () => {
    expect(await world.revoke(permit, 'gus')).toMatchObject({ ok: true })
    await isDead('revoked')
  })

  test('and not because anybody else would like it: the attempt is on their record', async () => {
    expect(await world.revoke(permit, 'eve')).toMatchObject({ ok: false, code: 'not_permitted' })
    expect(await world.ledger.entries('person:eve')).toMatchObject([{ type: 'Refused' }])
    expect(await world.submitted(flag())).toMatchObject({ status: 'approved' })
  })

  test('once its giver may not approve any more', async () => {
    const { groups, ...directory } = bundle.directory
    const without = {
      ...groups,
      'payments-owners': (groups['payments-owners'] ?? []).filter((id) => id !== 'person:ben'),
    }
    world.policy = new World({ ...bundle, directory: { ...directory, groups: without } }).policy
    await isDead('approver_not_eligible')
  })

  test.each([
    ['its agent', { kind: 'agent', value: agent('remediator') }],
    ['the owner', { kind: 'owner', value: person('dan') }],
    ['its giver', { kind: 'person', value: person('ben') }],
    ['everything', { kind: 'all', value: 'all' }],
  ] as const)('once %s is halted, also when that has been lifted since', async (_what, target) => {
    const halt = await declareHalt({ target, reason: 'wild', person: person('gus') }, world.all)
    if (!halt.ok) throw new Error(halt.code)
    expect(await world.issueToken(drawn)).toMatchObject({ ok: false })
    world.clock.advance(1)
    expect(await liftHalt({ id: halt.value.id, person: person('hana') }, world.all)).toMatchObject({ ok: true })
    world.clock.advance(1)
    expect(await world.submitted(flag())).toMatchObject({ status: 'pending' })
  })

  test('and what was drawn is ended on its own record too, by the queue that ends what must follow', async () => {
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

  test('and what is over is left as it ended', async () => {
    await endDrawn(permit.id, world.all)
    expect(await world.state(drawn.ask.id)).toMatchObject({ status: 'approved' })
  })

  test('twice taken back is once', async () => {
    await world.revoke(permit)
    expect(await world.revoke(permit, 'gus')).toMatchObject({ ok: true, value: { revoked: { by: 'person:ben' } } })
    expect(await world.story(permit.id)).toEqual(['PermitGiven', 'PermitDrawn', 'PermitRevoked'])
  })
})

describe('who may give one', () => {
  const refusals = async (who: string) =>
    (await world.ledger.entries(`person:${who}`)).map(({ facts }) => facts['code'])

  test('only who approved the request', async () => {
    const request = await world.allowedOnce()
    expect(await world.give(request, 'ana')).toMatchObject({ code: 'permit_refused' })
    expect(await refusals('ana')).toEqual(['permit_refused'])
  })

  test('not who policy does not let, though they approved', async () => {
    const request = await world.allowedOnce()
    const { allowStanding: _, ...others } = bundle.policies
    world.policy = new World({ ...bundle, policies: { ...others, allowStanding: {} } }).policy
    expect(await world.give(request)).toMatchObject({ code: 'not_permitted' })
  })

  test('not who is stopped, nor for what is', async () => {
    const request = await world.allowedOnce()
    const target = { kind: 'person', value: person('ben') } as const
    await declareHalt({ target, reason: 'lost phone', person: person('gus') }, world.all)
    expect(await world.give(request)).toMatchObject({ ok: false, code: 'halted' })
  })

  /** Policy permits anything to anybody: what is left are the rules that it cannot lift. */
  const lenient = (changes: Partial<Bundle> = {}): Bundle => ({
    ...bundle,
    ...changes,
    policies: {
      ...bundle.policies,
      allowStanding: { anything: '@id("anything") permit (principal, action, resource);' },
    },
  })

  test('not where two must agree, whatever policy says', async () => {
    world = new Permitting(lenient())
    const request = await world.approved(prodParameter)
    expect(await world.give(request, 'ana')).toMatchObject({
      code: 'permit_refused',
      detail: expect.stringContaining('more than one'),
    })
  })

  test('not for what destroys, whatever policy says', async () => {
    const entry = must(bundle.actions['flags:set'])
    world = new Permitting(lenient({ actions: { ...bundle.actions, 'flags:set': { ...entry, group: 'destructive' } } }))
    expect(await world.give(await world.allowedOnce())).toMatchObject({
      code: 'permit_refused',
      detail: expect.stringContaining('destroys'),
    })
  })

  test('and an action that came to destroy since is not drawn', async () => {
    await world.given()
    const entry = must(bundle.actions['flags:set'])
    const actions = { ...bundle.actions, 'flags:set': { ...entry, group: 'destructive' } }
    world.policy = new World({ ...bundle, actions }).policy
    expect(await world.submitted(flag())).toMatchObject({ status: 'pending' })
  })

  test.each<[what: string, changes: { uses?: number; until?: (now: number) => number }]>([
    ['more than fifty uses', { uses: 51 }],
    ['no use at all', { uses: 0 }],
    ['longer than a day', { until: (now) => now + 86_401 }],
    ['what is over', { until: (now) => now }],
  ])('not %s, whatever policy says', async (_what, { uses = 3, until = (now) => now + 60 }) => {
    world = new Permitting(lenient())
    const request = await world.allowedOnce()
    expect(await world.give(request, 'ben', { uses, until: until(world.clock.now()) })).toMatchObject({
      code: 'permit_refused',
    })
  })

  test('not out of what was drawn from another: nobody would ever be asked again', async () => {
    await world.given()
    const drawn = await world.submitted(flag())
    expect(await world.give(drawn)).toMatchObject({ code: 'permit_refused' })
  })

  test('once for each request: two of fifty would be a hundred', async () => {
    const request = await world.allowedOnce()
    const given = await Promise.all([world.give(request), world.give(request), world.give(request)])
    expect(given.filter(({ ok }) => ok)).toHaveLength(1)
    expect(await world.give(request)).toMatchObject({ code: 'permit_refused' })
  })

  test('not for what was not shown', async () => {
    const { ask } = await world.allowedOnce()
    const other = {
      request: ask.id,
      person: person('ben'),
      login: {},
      uses: 1,
      until: world.clock.now() + 60,
      digest: 'sha-256:other-di',
    }
    expect(await givePermit(other, world.all)).toMatchObject({ code: 'stale_digest' })
  })

  test.each(['pending', 'denied', 'expired'])('not while the request is %s', async (status) => {
    const request = await world.submitted(flag())
    if (status === 'denied') await world.decide(request, 'ben', 'deny')
    if (status === 'expired') world.clock.advance(86_400)
    expect(await world.give(request, 'ben', { until: world.clock.now() + 60 })).toMatchObject({
      code: 'permit_refused',
    })
  })
})

test('whoever reads requests reads permits, newest first, also those that are over', async () => {
  const one = await world.given()
  world.clock.advance(10)
  const other = await world.given(flag('new-basket'))
  await world.revoke(one)
  const listed = await listPermits({ person: person('eve') }, world.all)
  expect(listed).toMatchObject({ ok: true, value: { items: [{ id: other.id }, { id: one.id, revoked: {} }] } })
})
