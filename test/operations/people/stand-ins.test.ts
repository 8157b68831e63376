import { verifyStandIn } from '../../../functions/domain/ledger/ledger.ts'
import type { StandIn } from '../../../functions/domain/people/stand-in.ts'
import type { StandInId } from '../../../functions/domain/values.ts'
import { endStandIn, listStandIns } from '../../../functions/operations/people/stand-ins.ts'
import { withGroups, withPerson } from '../../support/bundles.ts'
import { unwrap } from '../../support/unwrap.ts'
import { person, prodParameter, sampleBundle, start, type What, World } from '../../support/world.ts'

const bundle = sampleBundle()
const _day = 86_400
const strong = { login: { acr: 'strong', at: start } }
/** Tier 3: an owner, then two of security. */
const stop: What = {
  action: 'lambda:PutFunctionConcurrency',
  arguments: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 0 },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
}

/** A world in which people may be away. The sample's owners are ana (also sre), ben and chloe. */
class Away extends World {
  override get ports() {
    return { ...super.ports, standIns: this.standIns }
  }

  async given(absent: string, by: string, changes = {}): Promise<StandIn> {
    return unwrap(await this.giveStandIn(absent, by, changes))
  }

  end = (id: StandInId, who: string) => endStandIn({ id, person: person(who) }, this.ports)

  halt(who: string, at = this.clock.now()) {
    this.putHalt({ kind: 'person', value: person(who) }, { at })
  }
}

/**
 * The sample, whose owners are ana and chloe: ben has a group with them, and no right of his own to the owner's stage.
 */
const ofTwoOwners = withGroups({
  'payments-owners': [person('ana'), person('chloe')],
  rota: [person('ana'), person('ben'), person('chloe'), person('dan'), person('lena')],
})

let world: Away
beforeEach(() => {
  world = new Away(ofTwoOwners)
})

test('a stand-in decides what the absent person may decide, and it says for which one', async () => {
  const request = await world.submitted(prodParameter)
  expect(await world.decide(request, 'ben')).toMatchObject({ code: 'not_eligible' })
  await world.given('chloe', 'ben')
  expect(await world.decide(request, 'ben')).toMatchObject({ ok: true })
  const state = await world.state(request.ask.id)
  expect(state.stages[0]?.decisions).toMatchObject([{ person: person('ben'), for: person('chloe'), as: 'owner' }])
  expect((await world.ledger.entries(request.ask.id)).at(-2)).toMatchObject({
    type: 'Decided',
    facts: { for: person('chloe') },
  })
  expect(await world.decide(state, 'eve')).toMatchObject({ value: { state: { status: 'approved' } } })
  expect(await world.issueToken(request)).toMatchObject({ ok: true })
})

test('a stand-in decides nothing that an agent asks for which they answer, also in its owner’s place', async () => {
  const agents = ofTwoOwners.agents.map((each) => ({ ...each, backupOwner: person('ben') }))
  world = new Away({ ...ofTwoOwners, agents })
  const request = await world.submitted(prodParameter)
  await world.given('chloe', 'ben')
  expect(await world.decide(request, 'ben')).toMatchObject({ ok: false, code: 'not_eligible' })
  expect(await world.decide(request, 'chloe')).toMatchObject({ ok: true })
})

test('a stand-in and the absent person who is back count once', async () => {
  const request = await world.submitted(prodParameter)
  await world.given('ana', 'ben')
  await world.decide(request, 'ben')
  // Ana is in sre as well, and would be the second pair of eyes after her own stand-in.
  expect(await world.decide(request, 'ana')).toMatchObject({ code: 'already_decided' })
  expect((await world.state(request.ask.id)).status).toBe('pending')
})

test('an absent person who decided before they left counts once with their stand-in', async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana')
  await world.given('ana', 'ben')
  expect(await world.decide(request, 'ben')).toMatchObject({ code: 'already_decided' })
})

test('a stand-in decides nothing before it begins, after it is over, or once it is ended', async () => {
  const request = await world.submitted(prodParameter)
  const ahead = await world.given('chloe', 'ben', { from: start + 60, until: start + 120 })
  expect(await world.decide(request, 'ben')).toMatchObject({ code: 'not_eligible' })
  world.clock.advance(60)
  expect(await world.decide(request, 'ben', 'approve', { round: 9 })).toMatchObject({ code: 'stale_round' })
  await world.end(ahead.id, 'chloe')
  expect(await world.decide(request, 'ben')).toMatchObject({ code: 'not_eligible' })
  await world.given('chloe', 'ben', { until: world.clock.now() + 60 })
  world.clock.advance(60)
  expect(await world.decide(request, 'ben')).toMatchObject({ code: 'not_eligible' })
})

test('a stand-in hands on no right that they have from another', async () => {
  const request = await world.submitted(prodParameter)
  await world.given('chloe', 'ben')
  await world.given('ben', 'lena')
  expect(await world.decide(request, 'lena')).toMatchObject({ code: 'not_eligible' })
  expect(await world.decide(request, 'ben')).toMatchObject({ ok: true })
})

test('a stand-in decides nothing while either of the two is stopped', async () => {
  for (const stopped of ['chloe', 'ben']) {
    world = new Away(ofTwoOwners)
    const request = await world.submitted(prodParameter)
    await world.given('chloe', 'ben')
    world.halt(stopped)
    expect(await world.decide(request, 'ben')).toMatchObject({ code: 'not_eligible' })
    expect(await world.decide(request, 'ben', 'deny')).toMatchObject({ code: 'not_eligible' })
  }
})

test('a stand-in’s approval is void once the absent person is stopped', async () => {
  const request = await world.submitted(prodParameter)
  await world.given('chloe', 'ben')
  await world.decide(request, 'ben')
  await world.decide(await world.state(request.ask.id), 'eve')
  world.clock.advance(1)
  world.halt('chloe')
  expect(await world.issueToken(request)).toMatchObject({ ok: false })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'revoked' })
})

test('a stand-in’s approval is void once the absent person has lost the right', async () => {
  const request = await world.submitted(prodParameter)
  await world.given('chloe', 'ben')
  await world.decide(request, 'ben')
  await world.decide(await world.state(request.ask.id), 'eve')
  world.policy = new World(withGroups({ 'payments-owners': [person('ana')] }, ofTwoOwners)).policy
  expect(await world.issueToken(request)).toMatchObject({ code: 'approver_not_eligible' })
})

test('a stand-in’s approval holds after the stand-in has ended', async () => {
  const request = await world.submitted(prodParameter)
  const { id } = await world.given('chloe', 'ben')
  await world.decide(request, 'ben')
  await world.end(id, 'chloe')
  expect(await world.decide(await world.state(request.ask.id), 'eve')).toMatchObject({ ok: true })
  expect(await world.issueToken(request)).toMatchObject({ ok: true })
})

test('a stand-in never decides what the owner asks through an agent, whichever of the two that is', async () => {
  const request = await world.submitted(prodParameter)
  expect(request.ask.owner.replace('person:', '')).toBe('dan')
  // Dan is in sre, which decides the second stage, and answers for the agent.
  await world.given('dan', 'lena')
  await world.decide(request, 'ana')
  const state = await world.state(request.ask.id)
  expect((await world.decide(state, 'lena')).ok).toBe(false)
  await world.given('ana', 'dan')
  expect(await world.decide(state, 'dan')).toMatchObject({ code: 'self_approval' })
  expect((await world.state(request.ask.id)).status).toBe('pending')
})

test('a stand-in decides no stage that policy wants decided in person', async () => {
  world.policy = new World(withGroups({ guards: [person('gus'), person('lena')] }, ofTwoOwners)).policy
  const request = await world.submitted(stop)
  await world.decide(request, 'ana')
  await world.given('gus', 'lena')
  expect(await world.decide(await world.state(request.ask.id), 'lena', 'approve', strong)).toMatchObject({
    code: 'not_eligible',
  })
})

test('a stand-in with a right of their own decides by it, and leaves that of the other to another', async () => {
  world = new Away(bundle)
  const request = await world.submitted(stop)
  await world.given('chloe', 'ben')
  await world.decide(request, 'ben')
  expect((await world.state(request.ask.id)).stages[0]?.decisions[0]).not.toHaveProperty('for')
})

test('a stand-in for several brings the right of one who has not decided', async () => {
  const ladder = structuredClone(ofTwoOwners.ladder)
  for (const stage of ladder.tiers[2]?.stages ?? []) if (stage.name === 'owner') stage.quorum = 2
  const twice = new Away({ ...ofTwoOwners, ladder })
  const other = await twice.submitted(prodParameter)
  await twice.given('ana', 'ben')
  await twice.given('chloe', 'ben')
  await twice.decide(other, 'ana')
  expect(await twice.decide(other, 'ben')).toMatchObject({ ok: true })
  expect((await twice.state(other.ask.id)).stages[0]?.decisions.map((each) => each.for)).toEqual([
    undefined,
    person('chloe'),
  ])
})

test('a stand-in is given on the record, in a chain of its own that replays to it', async () => {
  world = new Away(bundle)
  const standIn = await world.given('chloe', 'ben')
  await world.end(standIn.id, 'ben')
  const entries = await world.ledger.entries(standIn.id)
  expect(entries.map(({ type, actor }) => [type, actor.id])).toEqual([
    ['StandInGiven', 'person:chloe'],
    ['StandInEnded', 'person:ben'],
  ])
  expect(entries[0]).toMatchObject({ policies: ['colleagues-stand-in'] })
  expect(verifyStandIn(standIn.id, entries)).toMatchObject({ state: { id: standIn.id, ended: { by: 'person:ben' } } })
})

test.each<[rule: string, absent: string, by: string, code: string]>([
  ['to a person without a group of theirs', 'ben', 'gus', 'stand_in_refused'],
  ['to an unknown person', 'ben', 'stranger', 'stand_in_refused'],
  ['to themselves', 'ben', 'ben', 'stand_in_refused'],
])('a stand-in given %s is refused, and the attempt is on the record', async (_rule, absent, by, code) => {
  world = new Away(bundle)
  expect(await world.giveStandIn(absent, by)).toMatchObject({ ok: false, code })
  expect((await world.ledger.entries(person(absent))).at(-1)).toMatchObject({
    type: 'Refused',
    facts: { attempted: 'give_stand_in', code },
  })
})

test('a stand-in is not given to an inactive person', async () => {
  world = new Away(withPerson(person('ben'), { status: 'inactive' }))
  expect(await world.giveStandIn('chloe', 'ben')).toMatchObject({ code: 'stand_in_refused' })
})

test('a stand-in is given neither by a stopped person nor to one', async () => {
  world = new Away(bundle)
  world.halt('ben')
  expect(await world.giveStandIn('chloe', 'ben')).toMatchObject({ code: 'stand_in_refused' })
  expect(await world.giveStandIn('ben', 'chloe')).toMatchObject({ code: 'not_permitted' })
})

test('a stand-in is given once for a time, also where ten come in the same instant', async () => {
  world = new Away(bundle)
  const all = await Promise.all(Array.from({ length: 10 }, (_, n) => world.giveStandIn('chloe', n % 2 ? 'ana' : 'ben')))
  expect(all.filter(({ ok }) => ok)).toHaveLength(1)
  expect(all.filter((each) => !each.ok && each.code === 'stand_in_refused')).toHaveLength(9)
})

test('a stand-in is seen by all readers: who, for which person, until when, and that it has ended', async () => {
  world = new Away(bundle)
  await world.end((await world.given('chloe', 'ben')).id, 'chloe')
  world.clock.advance(60)
  await world.given('chloe', 'ana')
  expect(await listStandIns({ person: person('lena') }, world.ports)).toMatchObject({
    value: { items: [{ by: 'person:ana' }, { by: 'person:ben', ended: { by: 'person:chloe' } }] },
  })
})

test.each([
  ['the absent person', 'chloe', true],
  ['the stand-in', 'ben', true],
  ['a person who may revoke', 'gus', true],
  ['no other person', 'lena', false],
])('a stand-in is ended by %s', async (_who, who, may) => {
  world = new Away(bundle)
  const { id } = await world.given('chloe', 'ben')
  expect(await world.end(id, who)).toMatchObject(may ? { ok: true } : { code: 'not_permitted' })
  expect(await world.end(id, 'ben')).toMatchObject({ ok: true })
  expect((await world.ledger.entries(id)).length).toBe(2)
})

test('a missing stand-in cannot be ended', async () => {
  world = new Away(bundle)
  expect(await world.end(`sin_${'0'.repeat(26)}` as StandInId, 'gus')).toMatchObject({ code: 'unknown_stand_in' })
})
