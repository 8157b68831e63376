import { type Halt, haltKey } from '../../../functions/domain/halts/halt.ts'
import { verifyStandIn } from '../../../functions/domain/ledger/ledger.ts'
import type { StandIn } from '../../../functions/domain/people/stand-in.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { HaltId, StandInId } from '../../../functions/domain/values.ts'
import { endStandIn, giveStandIn, listStandIns } from '../../../functions/operations/people/stand-ins.ts'
import { person, prodParameter, sampleBundle, start, type What, World } from '../../support/world.ts'

const bundle = sampleBundle()
const day = 86_400
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

  give(absent: string, by: string, changes: { until?: number; from?: number } = {}) {
    return giveStandIn(
      { person: person(absent), by: person(by), login: {}, until: this.clock.now() + day, ...changes },
      this.ports,
    )
  }

  async given(absent: string, by: string, changes = {}): Promise<StandIn> {
    const given = await this.give(absent, by, changes)
    if (!given.ok) throw new Error(`${given.code}: ${given.detail}`)
    return given.value
  }

  end = (id: StandInId, who: string) => endStandIn({ id, person: person(who) }, this.ports)

  halt(who: string, at = this.clock.now()) {
    const target = { kind: 'person', value: person(who) } as const
    const halt: Halt = { id: `hlt_${haltKey(target)}` as HaltId, target, reason: 'lost laptop', by: person('gus'), at }
    this.requests.putHalt(halt)
  }
}

/** The sample, whose owners are ana and chloe: ben has a group with them, and no right of his own to the owner's stage. */
const ofTwoOwners: Bundle = {
  ...bundle,
  directory: {
    ...bundle.directory,
    groups: {
      ...bundle.directory.groups,
      'payments-owners': [person('ana'), person('chloe')],
      rota: [person('ana'), person('ben'), person('chloe'), person('dan'), person('lena')],
    },
  },
}

describe('who stands in for somebody who is away', () => {
  test('decides what that one may decide, and it says in whose stead', async () => {
    const world = new Away(ofTwoOwners)
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

  test('decides nothing that an agent asks for which they answer, also in its owner’s place', async () => {
    const agents = ofTwoOwners.agents.map((each) => ({ ...each, backupOwner: person('ben') }))
    const world = new Away({ ...ofTwoOwners, agents })
    const request = await world.submitted(prodParameter)
    await world.given('chloe', 'ben')
    expect(await world.decide(request, 'ben')).toMatchObject({ ok: false, code: 'not_eligible' })
    expect(await world.decide(request, 'chloe')).toMatchObject({ ok: true })
  })

  test('makes one of the two: whoever is back counts no second time', async () => {
    const world = new Away(ofTwoOwners)
    const request = await world.submitted(prodParameter)
    await world.given('ana', 'ben')
    await world.decide(request, 'ben')
    // Ana is in sre as well, and would make the second pair of eyes out of the first.
    expect(await world.decide(request, 'ana')).toMatchObject({ code: 'already_decided' })
    expect((await world.state(request.ask.id)).status).toBe('pending')
  })

  test('nor does the one who decided before they left', async () => {
    const world = new Away(ofTwoOwners)
    const request = await world.submitted(prodParameter)
    await world.decide(request, 'ana')
    await world.given('ana', 'ben')
    expect(await world.decide(request, 'ben')).toMatchObject({ code: 'already_decided' })
  })

  test('decides nothing before it begins, after it is over, or once it is ended', async () => {
    const world = new Away(ofTwoOwners)
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

  test('hands on no further what they have from another', async () => {
    const world = new Away(ofTwoOwners)
    const request = await world.submitted(prodParameter)
    await world.given('chloe', 'ben')
    await world.given('ben', 'lena')
    expect(await world.decide(request, 'lena')).toMatchObject({ code: 'not_eligible' })
    expect(await world.decide(request, 'ben')).toMatchObject({ ok: true })
  })

  test('decides nothing while either of the two is stopped', async () => {
    for (const stopped of ['chloe', 'ben']) {
      const world = new Away(ofTwoOwners)
      const request = await world.submitted(prodParameter)
      await world.given('chloe', 'ben')
      world.halt(stopped)
      expect(await world.decide(request, 'ben')).toMatchObject({ code: 'not_eligible' })
      expect(await world.decide(request, 'ben', 'deny')).toMatchObject({ code: 'not_eligible' })
    }
  })

  test('has decided for nothing once the one whose right it was is stopped', async () => {
    const world = new Away(ofTwoOwners)
    const request = await world.submitted(prodParameter)
    await world.given('chloe', 'ben')
    await world.decide(request, 'ben')
    await world.decide(await world.state(request.ask.id), 'eve')
    world.clock.advance(1)
    world.halt('chloe')
    expect(await world.issueToken(request)).toMatchObject({ ok: false })
    expect(await world.state(request.ask.id)).toMatchObject({ status: 'revoked' })
  })

  test('and once that one has lost the right', async () => {
    const world = new Away(ofTwoOwners)
    const request = await world.submitted(prodParameter)
    await world.given('chloe', 'ben')
    await world.decide(request, 'ben')
    await world.decide(await world.state(request.ask.id), 'eve')
    const groups = { ...ofTwoOwners.directory.groups, 'payments-owners': [person('ana')] }
    world.policy = new World({ ...ofTwoOwners, directory: { ...ofTwoOwners.directory, groups } }).policy
    expect(await world.issueToken(request)).toMatchObject({ code: 'approver_not_eligible' })
  })

  test('keeps what was decided when it has ended', async () => {
    const world = new Away(ofTwoOwners)
    const request = await world.submitted(prodParameter)
    const { id } = await world.given('chloe', 'ben')
    await world.decide(request, 'ben')
    await world.end(id, 'chloe')
    expect(await world.decide(await world.state(request.ask.id), 'eve')).toMatchObject({ ok: true })
    expect(await world.issueToken(request)).toMatchObject({ ok: true })
  })

  test('never decides what the owner asks through an agent, whichever of the two that is', async () => {
    const world = new Away(ofTwoOwners)
    const request = await world.submitted(prodParameter)
    const owner = request.ask.owner.replace('person:', '')
    expect(owner).toBe('dan')
    // Dan is in sre, which decides the second stage, and answers for the agent.
    await world.given('dan', 'lena')
    await world.decide(request, 'ana')
    const state = await world.state(request.ask.id)
    expect((await world.decide(state, 'lena')).ok).toBe(false)
    await world.given('ana', 'dan')
    expect(await world.decide(state, 'dan')).toMatchObject({ code: 'self_approval' })
    expect((await world.state(request.ask.id)).status).toBe('pending')
  })

  test('decides no stage that policy wants decided in person', async () => {
    const world = new Away(ofTwoOwners)
    const groups = { ...ofTwoOwners.directory.groups, guards: [person('gus'), person('lena')] }
    world.policy = new World({ ...ofTwoOwners, directory: { ...ofTwoOwners.directory, groups } }).policy
    const request = await world.submitted(stop)
    await world.decide(request, 'ana')
    await world.given('gus', 'lena')
    expect(await world.decide(await world.state(request.ask.id), 'lena', 'approve', strong)).toMatchObject({
      code: 'not_eligible',
    })
  })

  test('decides by their own right where they have one, and leaves that of the other to another', async () => {
    const world = new Away(bundle)
    const request = await world.submitted(stop)
    await world.given('chloe', 'ben')
    await world.decide(request, 'ben')
    expect((await world.state(request.ask.id)).stages[0]?.decisions[0]).not.toHaveProperty('for')
  })

  test('brings the right of one who has not decided, where they stand in for several', async () => {
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
})

describe('a stand-in is given', () => {
  test('on the record, in a chain of its own that replays to it', async () => {
    const world = new Away(bundle)
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
    ['by nobody to whom they have no group', 'ben', 'gus', 'stand_in_refused'],
    ['to nobody who is not there', 'ben', 'nobody', 'stand_in_refused'],
    ['to nobody themselves', 'ben', 'ben', 'stand_in_refused'],
  ])('%s, and the attempt is on the record', async (_rule, absent, by, code) => {
    const world = new Away(bundle)
    expect(await world.give(absent, by)).toMatchObject({ ok: false, code })
    expect((await world.ledger.entries(person(absent))).at(-1)).toMatchObject({
      type: 'Refused',
      facts: { attempted: 'give_stand_in', code },
    })
  })

  test('to nobody who is not active', async () => {
    const people = bundle.directory.people.map((each) =>
      each.id === person('ben') ? { ...each, status: 'inactive' as const } : each,
    )
    const world = new Away({ ...bundle, directory: { ...bundle.directory, people } })
    expect(await world.give('chloe', 'ben')).toMatchObject({ code: 'stand_in_refused' })
  })

  test('to nobody by one who is stopped, nor to one who is', async () => {
    const world = new Away(bundle)
    world.halt('ben')
    expect(await world.give('chloe', 'ben')).toMatchObject({ code: 'stand_in_refused' })
    expect(await world.give('ben', 'chloe')).toMatchObject({ code: 'not_permitted' })
  })

  test('once for a time, also where ten come in the same instant', async () => {
    const world = new Away(bundle)
    const all = await Promise.all(Array.from({ length: 10 }, (_, n) => world.give('chloe', n % 2 ? 'ana' : 'ben')))
    expect(all.filter(({ ok }) => ok)).toHaveLength(1)
    expect(all.filter((each) => !each.ok && each.code === 'stand_in_refused')).toHaveLength(9)
  })

  test('and seen by everybody who reads: who, for whom, until when, and that it has ended', async () => {
    const world = new Away(bundle)
    const first = await world.given('chloe', 'ben')
    await world.end(first.id, 'chloe')
    world.clock.advance(60)
    await world.given('chloe', 'ana')
    const listed = await listStandIns({ person: person('lena') }, world.ports)
    expect(listed).toMatchObject({
      value: { items: [{ by: 'person:ana' }, { by: 'person:ben', ended: { by: 'person:chloe' } }] },
    })
  })
})

describe('a stand-in is ended', () => {
  test.each([
    ['who is away', 'chloe', true],
    ['who stands in', 'ben', true],
    ['whoever may revoke', 'gus', true],
    ['nobody else', 'lena', false],
  ])('by %s', async (_who, who, may) => {
    const world = new Away(bundle)
    const { id } = await world.given('chloe', 'ben')
    expect(await world.end(id, who)).toMatchObject(may ? { ok: true } : { code: 'not_permitted' })
    expect(await world.end(id, 'ben')).toMatchObject({ ok: true })
    expect((await world.ledger.entries(id)).length).toBe(2)
  })

  test('only where there is one', async () => {
    const world = new Away(bundle)
    expect(await world.end(`sin_${'0'.repeat(26)}` as StandInId, 'gus')).toMatchObject({ code: 'unknown_stand_in' })
  })
})
