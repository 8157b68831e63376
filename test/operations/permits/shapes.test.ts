import { system } from '../../../functions/domain/event.ts'
import type { HaltTarget } from '../../../functions/domain/halts/halt.ts'
import type { StandingPermit } from '../../../functions/domain/permits/permit.ts'
import { setbackIn } from '../../../functions/domain/permits/setback.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import { declareHalt, liftHalt } from '../../../functions/operations/halts/halt.ts'
import { foreseePermit, listPermits } from '../../../functions/operations/permits/read-permits.ts'
import { revokePermit } from '../../../functions/operations/permits/standing-permits.ts'
import { rowsOfSetback } from '../../../functions/operations/record/note-setback.ts'
import { sampleAsk } from '../../support/ask.ts'
import { withAgent, withGroups, withPolicy } from '../../support/bundles.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, flag, person, prodParameter, sampleBundle, type What, World } from '../../support/world.ts'

/** A standing permit by shape: the asks near the approved one, until an act after which people are asked again. */

const bundle = sampleBundle()
const flags = { environment: 'prod', flag: 'express-*', value: false }

class Shaping extends World {
  readonly halts = new MemoryHaltStore(this.requests, this.ledger)
  get all() {
    return { ...this.ports, permits: this.permits, halts: this.halts, targetRoles: [] }
  }

  async allowedOnce(what: What = flag()): Promise<ApprovalRequest> {
    const request = await this.submitted(what)
    await this.decide(request, 'ben')
    return this.state(request.ask.id)
  }

  async give(shape: JsonObject = flags, changes: object = {}) {
    return this.givePermit(await this.allowedOnce(), 'ben', { shape, ...changes })
  }

  given = async (shape?: JsonObject): Promise<StandingPermit> => unwrap(await this.give(shape))

  listed = async () => unwrap(await listPermits({ person: person('eve') }, this.all)).items
}

let world: Shaping
beforeEach(() => {
  world = new Shaping(bundle)
})
const isAsked = async (what: What = flag('express-lane')) =>
  expect(await world.submitted(what)).toMatchObject({ status: 'pending' })
const isDrawn = async (what: What = flag('express-lane')) =>
  expect(await world.submitted(what)).toMatchObject({ status: 'approved', tier: 1 })

test('two different asks of the shape are approved at once, and a neighbour asks people', async () => {
  const permit = await world.given()
  await isDrawn(flag('express-checkout-2'))
  await isDrawn()
  await isAsked(flag('expres-lane'))
  await isAsked(flag('express-lane', true))
  const { permit: stored } = (await world.permits.load(permit.id)) ?? {}
  expect(stored?.drawn).toHaveLength(2)
  expect(stored).toMatchObject({ shape: { arguments: { flag: { like: 'express-*' }, value: { is: false } } } })
  await world.expectReplay(stored?.drawn[0] as ApprovalRequest['ask']['id'])
})

test.each<[what: string, changes: object]>([
  ['more than 20 uses', { uses: 21 }],
  ['two days', { until: 4_000_000_000 }],
])('a permit by shape is refused for %s', async (_what, changes) => {
  expect(await world.give(flags, changes)).toMatchObject({ ok: false, code: 'permit_refused' })
})

test('a shape that the approved request does not have is refused with the argument, and on record', async () => {
  expect(await world.give({ ...flags, flag: 'express-lane' })).toMatchObject({
    code: 'invalid_shape',
    detail: expect.stringContaining('shape.flag'),
  })
  expect(await world.ledger.entries('person:ben')).toMatchObject([{ facts: { code: 'invalid_shape' } }])
})

test('a person who may not give a permit does not learn whether a shape fits', async () => {
  const request = await world.allowedOnce()
  expect(await world.givePermit(request, 'ana', { shape: { flag: 'x' } })).toMatchObject({ code: 'permit_refused' })
})

test('a permit by shape is refused where two must agree, and for a destructive action', async () => {
  const permitAll = (of: typeof bundle) =>
    withPolicy('allowStanding', 'any', 'permit (principal, action, resource);', of)
  world = new Shaping(permitAll(bundle))
  const two = await world.approved(prodParameter)
  expect(await world.givePermit(two, 'ana', { shape: two.ask.arguments })).toMatchObject({ code: 'permit_refused' })
  const setting = bundle.actions['flags:set'] as (typeof bundle.actions)[string]
  world = new Shaping(
    permitAll({ ...bundle, actions: { ...bundle.actions, 'flags:set': { ...setting, group: 'destructive' } } }),
  )
  expect(await world.give()).toMatchObject({ code: 'permit_refused' })
})

test('the giver’s right is asked at each draw', async () => {
  await world.given()
  await isDrawn(flag('express-1'))
  const rights = world.policy
  world.policy = new World(withGroups({ 'payments-owners': [person('ana'), person('chloe')] })).policy
  await isAsked(flag('express-2'))
  world.policy = rights
  await isDrawn(flag('express-3'))
})

test('a draw is refused for a resource that its giver may not approve today', async () => {
  await world.given()
  const rule = bundle.resources.find(({ id }) => id === 'prod/*')
  const theirs = { ...rule, type: 'flags:flag', id: 'prod/express-sre-*', group: 'group:sre' }
  world.policy = new World({ ...bundle, resources: [theirs, ...bundle.resources] } as typeof bundle).policy
  await isAsked(flag('express-sre-1'))
  await isDrawn(flag('express-1'))
})

test.each([
  ['classification', { classification: 'confidential' }],
  ['environment', { environment: 'staging' }],
])('a draw that today’s resources put in another %s is refused', async (_what, changes) => {
  await world.given()
  const resources = bundle.resources.map((each) =>
    each.type === 'flags:flag' && each.environment === 'prod' ? { ...each, ...changes } : each,
  )
  world.policy = new World({ ...bundle, resources }).policy
  const request = await world.submitted(flag('express-lane'))
  expect(request.ask.standing).toBeUndefined()
})

test('a draw that today’s policy puts in another tier is refused', async () => {
  await world.given()
  world.policy = new World(
    withPolicy('flags:set', 'floor', 'forbid (principal, action, resource) when { context.approval.tier < 2 };'),
  ).policy
  await isAsked()
})

test('a permit by shape covers no other key, under a registration that lets the key change too', async () => {
  world = new Shaping(withAgent(agent('remediator'), { rebind: true }))
  await world.given()
  expect(await world.submitted(flag('express-lane'), { jkt: 'k'.repeat(43) as never })).toMatchObject({
    status: 'pending',
  })
  await isDrawn()
})

const other = flag('new-basket')

test.each(['deny', 'revise'] as const)(
  'a %s of any request of the agent and action ends it, and the list says so',
  async (verdict) => {
    const permit = await world.given()
    await isDrawn(flag('express-1'))
    const request = await world.submitted(other)
    const words = verdict === 'revise' ? { toAgent: 'ask for less' } : {}
    expect(await world.decide(request, 'ana', verdict, words)).toMatchObject({ ok: true })
    await isAsked()
    expect(await world.listed()).toMatchObject([{ id: permit.id, ended: { request: request.ask.id, by: verdict } }])
  },
)

test.each([
  { kind: 'agent', value: 'agent:remediator' },
  { kind: 'action', value: 'flags:set' },
  { kind: 'environment', value: 'prod' },
  { kind: 'person', value: 'person:ben' },
  { kind: 'all', value: 'all' },
] as HaltTarget[])('a halt of $kind `$value` ends a standing permit, and the list says so', async (target) => {
  const permit = await world.given()
  world.clock.advance(5)
  const halt = world.putHalt(target, { until: world.clock.now() + 60 })
  expect(await world.listed()).toMatchObject([{ id: permit.id, halted: { id: halt.id } }])
  world.putHalt({ kind: 'agent', value: agent('builder') })
  expect(await world.listed()).toMatchObject([{ halted: { id: halt.id } }])
})

/** The calls of a request are compared minutes after its end: a second setback of one request. */
async function compareCalls(of: ApprovalRequest): Promise<void> {
  const common = { actor: system, policies: [], bundle: 'sha-256:bundle', at: world.clock.now() }
  const found = { approved: 1, refused: 0, extra: [], unused: false, complete: true, extraCalls: 3 }
  const event = { type: 'CallsCompared', ...common, ...found } as const
  for (const row of await rowsOfSetback([event], of.ask, world)) await world.requests.putOnce(row)
}

test('a second setback of the request of an earlier one ends it, and a later one does not revive it', async () => {
  const first = await world.submitted(other)
  await world.decide(first, 'ana', 'deny')
  await world.given()
  await isDrawn()
  world.clock.advance(900)
  const second = await world.submitted(flag('older-basket'))
  await world.decide(second, 'ana', 'deny')
  await isAsked()
  await compareCalls(first)
  await isAsked(flag('express-2'))
  expect(await world.listed()).toMatchObject([{ ended: { request: first.ask.id, by: 'extra_calls' } }])
})

test('extra calls of a request that was denied before it was given end it', async () => {
  const first = await world.submitted(other)
  await world.decide(first, 'ana', 'deny')
  await world.given()
  world.clock.advance(900)
  await compareCalls(first)
  await isAsked()
})

test.each([
  [1, '"by":"extra_calls"'],
  [0, undefined],
])('an agent with %i extra calls gets a row of setbacks with %s', (extraCalls, written) => {
  const common = { actor: system, policies: [], bundle: 'sha-256:bundle', at: 1_800_000_000 }
  const found = { approved: 1, refused: 0, extra: [], unused: false, complete: true }
  const event = { type: 'CallsCompared', ...common, ...found, extraCalls } as const
  const setback = setbackIn([event], sampleAsk())
  expect(setback?.keys).toEqual(written && ['SETBACK#agent:remediator#ssm:PutParameter'])
  expect(JSON.stringify(setback?.setback)).toEqual(written && expect.stringContaining(written))
})

test('a denial of another action or of another agent leaves it', async () => {
  await world.given()
  const parameter = await world.submitted(prodParameter)
  await world.decide(parameter, 'ana', 'deny')
  await isDrawn()
})

test('an approval, and a denial from before it was given, leave it', async () => {
  const denied = await world.submitted(other)
  await world.decide(denied, 'ana', 'deny')
  await world.given()
  await world.allowedOnce(flag('slow-basket'))
  await isDrawn()
})

test('a denial beside a draw is not passed over: one of the two is tried again', async () => {
  await world.given()
  const denied = await world.submitted(other)
  const commit = world.requests.commit.bind(world.requests)
  let isFirst = true
  world.requests.commit = async (change) => {
    if (isFirst && change.draw) {
      isFirst = false
      await world.decide(denied, 'ana', 'deny')
    }
    return commit(change)
  }
  await isAsked()
  expect(isFirst).toBe(false)
})

test('a halt ends it, also once it is lifted', async () => {
  await world.given()
  const target = { kind: 'agent', value: agent('remediator') } as const
  const halt = unwrap(await declareHalt({ target, reason: 'odd', person: person('gus') }, world.all))
  world.clock.advance(1)
  await liftHalt({ id: halt.id, person: person('hana') }, world.all)
  world.clock.advance(1)
  await isAsked()
})

test('a revoked permit by shape draws nothing', async () => {
  const { id } = await world.given()
  await revokePermit({ id, person: person('ben'), reason: 'enough' }, world.all)
  await isAsked()
})

test('a permit for the same ask alone outlives a denial', async () => {
  const request = await world.allowedOnce()
  unwrap(await world.givePermit(request, 'ben'))
  await world.decide(await world.submitted(other), 'ana', 'deny')
  await isDrawn(flag())
})

test('the form shows what a shape would have covered in 30 days, and how much of it with the same key', async () => {
  await world.submitted(flag('express-old'))
  world.clock.advance(31 * 86_400)
  await world.submitted(flag('express-1'))
  await world.submitted(flag('express-2'), { jkt: 'k'.repeat(43) as never })
  await world.submitted(flag('express-3', true))
  const { ask } = await world.allowedOnce()
  const about = { request: ask.id, person: person('eve') }
  const foreseen = unwrap(await foreseePermit({ ...about, shape: flags }, world.all))
  expect(foreseen).toMatchObject({ asked: 4, sameKey: 2, isAll: true })
  expect(foreseen.covered.map(({ ask: each }) => each.arguments['flag']).sort()).toEqual([
    ...['express-1', 'express-2', 'express-checkout'],
  ])
  expect(unwrap(await foreseePermit(about, world.all)).covered).toHaveLength(1)
  expect(await foreseePermit({ ...about, shape: { flag: 'x' } }, world.all)).toMatchObject({ code: 'invalid_shape' })
})
