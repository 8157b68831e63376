import type { Halt } from '../../../functions/domain/halts/halt.ts'
import type { StandIn } from '../../../functions/domain/people/stand-in.ts'
import type { Answer, Question } from '../../../functions/domain/policy/question.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { HaltId, PersonId } from '../../../functions/domain/values.ts'
import {
  authorityOf,
  findEnding,
  lookAtAgents,
  silence,
  unhaltedStandIns,
  withStandIns,
} from '../../../functions/operations/policy/authority.ts'
import type { Policy } from '../../../functions/operations/policy/ports.ts'
import { agent, person, prodParameter, stagingParameter, World } from '../../support/world.ts'

/** An act on a request: what it rests on now. */

const [ana, ben, eve, gus] = [person('ana'), person('ben'), person('eve'), person('gus')]
const haltOfPerson = (id: PersonId, at: number, changes: Partial<Halt> = {}): Halt => ({
  ...{ id: `hlt_${'0'.repeat(26)}` as HaltId, target: { kind: 'person', value: id } },
  ...{ reason: 'an exercise', by: gus, at },
  ...changes,
})
const standIn = (world: World, changes: Partial<StandIn> = {}): StandIn => ({
  ...({ id: `sti_${'0'.repeat(26)}`, by: ben, for: ana } as StandIn),
  ...{ at: world.clock.now(), from: world.clock.now(), until: world.clock.now() + 3600 },
  ...changes,
})
/** The sample's policies, with the answer to each question about a person given by `of`. */
const answering = (world: World, of: (question: Question & { kind: 'person' }) => boolean): Policy => ({
  bundle: world.policy.bundle,
  ask: (question): Answer =>
    question.kind === 'person'
      ? { permit: of(question), policies: [`of-${question.person.id}`] }
      : world.policy.ask(question),
})

describe('stand-ins', () => {
  async function pending() {
    const world = new World()
    return { world, state: await world.submitted(prodParameter), now: world.clock.now() }
  }
  const hers = { [ana]: ['owner'], [ben]: [] as string[] }
  const about = { decider: ben, absent: [ana], said: {} }

  test('decide what the absent person may decide, by the policies that let them', async () => {
    const { world, state, now } = await pending()
    const policy = answering(world, ({ person: who, inSteadBy }) => who.id === ana && inSteadBy === ben)
    expect(withStandIns(state, hers, { ...about, now }, { policy })).toEqual({
      eligible: { [ana]: ['owner'], [ben]: ['owner'] },
      standsFor: { owner: ana },
      permittedBy: { owner: [`of-${ana}`] },
    })
  })

  test('decide nothing that policy does not hand on, and nothing that they may decide themselves', async () => {
    const { world, state, now } = await pending()
    const nothing = { standsFor: {}, permittedBy: {} }
    const refusing = withStandIns(state, hers, { ...about, now }, { policy: answering(world, () => false) })
    expect(refusing).toEqual({ eligible: hers, ...nothing })
    const both = { [ana]: ['owner'], [ben]: ['owner'] }
    const own = withStandIns(state, both, { ...about, now }, { policy: answering(world, () => true) })
    expect(own).toEqual({ eligible: both, ...nothing })
  })

  test('who are not active, or own the agent that asks, decide for no one', async () => {
    const { world, state, now } = await pending()
    const policy = answering(world, () => true)
    const owner = state.ask.owner
    const ofOwner = withStandIns(state, { [ana]: ['owner'] }, { ...about, decider: owner, now }, { policy })
    expect(ofOwner).toMatchObject({ eligible: { [ana]: ['owner'] }, standsFor: {} })
    const people = world.policy.bundle.directory.people.map((each) =>
      each.id === ben ? { ...each, status: 'inactive' as const } : each,
    )
    const bundle = { ...policy.bundle, directory: { ...policy.bundle.directory, people } }
    const gone = withStandIns(state, hers, { ...about, now }, { policy: { ...policy, bundle } })
    expect(gone).toEqual({ eligible: hers, standsFor: {}, permittedBy: {} })
    expect(withStandIns(state, hers, { ...about, decider: undefined, now }, { policy })).toMatchObject({
      standsFor: {},
    })
  })

  test('bring the right of a person who has not decided yet before that of one who has', async () => {
    const { world, now } = await pending()
    const state = await world.submitted({ ...prodParameter, arguments: { ...prodParameter.arguments, Value: '7' } })
    await world.decide(state, 'ana')
    const decided = await world.state(state.ask.id)
    const eligible = { [ana]: ['owner'], [eve]: ['owner'] }
    const policy = answering(world, () => true)
    const of = (absent: PersonId[]) => withStandIns(decided, eligible, { ...about, absent, now }, { policy }).standsFor
    expect([of([ana, eve]), of([eve, ana]), of([ana])]).toEqual([{ owner: eve }, { owner: eve }, { owner: ana }])
  })

  test('who approved for another count as long as the right is there and they are active', async () => {
    const { world, now } = await pending()
    const state = await world.submitted({ ...prodParameter, arguments: { ...prodParameter.arguments, Value: '8' } })
    await world.decide(state, 'ana')
    const decided = await world.state(state.ask.id)
    const stages = decided.stages.map((stage) => ({
      ...stage,
      decisions: stage.decisions.map((each) => ({ ...each, person: ben, for: ana })),
    }))
    const forAna = { ...decided, stages } as ApprovalRequest
    const none = { decider: undefined, absent: [], said: {}, now }
    const counted = (may: boolean) =>
      withStandIns(forAna, { [ana]: ['owner'], [ben]: [] }, none, { policy: answering(world, () => may) }).eligible[ben]
    expect([counted(true), counted(false)]).toEqual([['owner'], []])
    expect(withStandIns(forAna, {}, none, { policy: answering(world, () => true) }).eligible).toEqual({ [ben]: [] })
  })

  test('given before a halt of their giver are dead, also once it is lifted', async () => {
    const { world, now } = await pending()
    const given = standIn(world)
    expect(unhaltedStandIns([given], [])).toEqual([given])
    expect(unhaltedStandIns([given], [haltOfPerson(ben, now)])).toEqual([given])
    expect(unhaltedStandIns([given], [haltOfPerson(ana, now)])).toEqual([])
    const lifted = haltOfPerson(ana, now, { lifted: { by: gus, at: now } })
    expect(unhaltedStandIns([given], [lifted])).toEqual([])
    expect(unhaltedStandIns([{ ...given, at: now + 1 }], [lifted])).toHaveLength(1)
  })
})

describe('a stopped person', () => {
  test('may decide nothing while they are stopped, and what they decided before it does not count', async () => {
    const world = new World()
    const state = await world.submitted(prodParameter)
    const eligible = { [ana]: ['owner'], [eve]: ['sre'] }
    const now = world.clock.now()
    expect(silence(eligible, state, [], now)).toEqual(eligible)
    expect(silence(eligible, state, [haltOfPerson(ana, now)], now)).toEqual({ [ana]: [], [eve]: ['sre'] })
    const lifted = haltOfPerson(ana, now, { lifted: { by: gus, at: now + 5 } })
    expect(silence(eligible, state, [lifted], now + 6)).toEqual(eligible)
    await world.decide(state, 'ana')
    const decided = await world.state(state.ask.id)
    expect(silence(eligible, decided, [lifted], now + 6)).toEqual({ [ana]: [], [eve]: ['sre'] })
    const stages = decided.stages.map((stage) => ({
      ...stage,
      decisions: stage.decisions.map((each) => ({ ...each, person: eve, for: ana })),
    }))
    expect(silence(eligible, { ...decided, stages } as ApprovalRequest, [lifted], now + 6)[ana]).toEqual([])
  })
})

describe('an ending', () => {
  test('is found for a halt of what the request is of, or of a person on whom its approval rests', async () => {
    const world = new World()
    const pending = await world.submitted(prodParameter)
    const ending = async (of: ApprovalRequest, role?: string) =>
      findEnding(await world.state(of.ask.id), world.clock.now(), world.ports, role)
    expect(await ending(pending)).toBeUndefined()
    await world.decide(pending, 'ana')
    await world.decide(pending, 'eve')
    expect(await ending(pending)).toBeUndefined()
    const dependencies = world.requests.dependencies.bind(world.requests)
    const halted = (halt: Halt) => ({
      requests: {
        dependencies: async (...of: Parameters<typeof dependencies>) => ({
          ...(await dependencies(...of)),
          halts: [halt],
        }),
      },
    })
    const now = world.clock.now()
    const approved = await world.state(pending.ask.id)
    const byAna = haltOfPerson(ana, now + 1)
    expect(await findEnding(approved, now, halted(byAna))).toEqual({ by: 'halt', id: byAna.id })
    expect(await findEnding(pending, now, halted(byAna))).toBeUndefined()
    const ofRole: Halt = { ...byAna, target: { kind: 'role', value: world.targetRole } }
    expect(await findEnding(approved, now, halted(ofRole), world.targetRole)).toEqual({ by: 'halt', id: byAna.id })
  })

  test('is found for an ancestor that is gone, and for a standing permit that is', async () => {
    const world = new World()
    const state = await world.submitted(stagingParameter)
    const child = { ...state, ask: { ...state.ask, ancestors: ['req_gone' as never] } }
    const now = world.clock.now()
    expect(await findEnding(child, now, world.ports)).toEqual({ by: 'ancestor', id: 'req_gone' })
    const parent = { ...state, ask: { ...state.ask, ancestors: [state.ask.id] } }
    expect(await findEnding(parent, now, world.ports)).toBeUndefined()
    const permitted = { ...state, ask: { ...state.ask, standing: 'per_gone' as never } }
    expect(await findEnding(permitted, now, world.ports)).toEqual({ by: 'standing_permit', id: 'per_gone' })
  })
})

describe('the authority of an act', () => {
  test('without a decider has no stage of anyone, no halts to remember and no stand-in', async () => {
    const world = new World()
    const state = await world.submitted(prodParameter)
    const found = await authorityOf(state, 'issue', world.clock.now(), world.ports)
    expect(Object.keys(found).toSorted()).toEqual(['answer', 'eligible', 'permittedBy'])
    expect(found).toMatchObject({ eligible: {}, permittedBy: {} })
  })

  test('of a decider has their stages, and the policies that let them', async () => {
    const world = new World()
    const state = await world.submitted(prodParameter)
    const found = await authorityOf(state, 'request', world.clock.now(), world.ports, { decider: ana })
    expect(found.eligible[ana]).toEqual(['owner', 'sre'])
    expect(found.permittedBy['owner']).not.toEqual([])
    expect(found).not.toHaveProperty('standsFor')
    expect(found).not.toHaveProperty('wouldBe')
    expect(found.answer.permit).toBe(false)
  })

  test('reads stand-ins and halts of the absent only where a person stands in for one', async () => {
    const world = new World()
    const state = await world.submitted(prodParameter)
    let reads = 0
    const requests = {
      dependencies: (...of: Parameters<typeof world.requests.dependencies>) => {
        reads += 1
        return world.requests.dependencies(...of)
      },
    }
    const now = world.clock.now()
    const ports = { ...world.ports, requests }
    await authorityOf(state, 'request', now, ports, { decider: ben })
    expect(reads).toBe(1)
    world.requests.putStandIns(ben, [standIn(world)])
    await authorityOf(state, 'request', now, ports, { decider: ben })
    expect(reads).toBe(3)
    world.requests.putStandIns(ben, [standIn(world, { until: now })])
    await authorityOf(state, 'request', now, ports, { decider: ben })
    expect(reads).toBe(4)
  })

  test('ends with the first of its ancestors', async () => {
    const world = new World()
    const parent = await world.submitted(stagingParameter)
    const state = await world.submitted({
      ...stagingParameter,
      arguments: { ...stagingParameter.arguments, Value: '9' },
    })
    const child = { ...state, ask: { ...state.ask, ancestors: [parent.ask.id] } }
    const now = world.clock.now()
    const found = await authorityOf(child, 'issue', now, world.ports)
    if (parent.status !== 'approved') throw new Error('not approved')
    expect(found.bound).toBe(parent.grant.claimBy)
    expect((await authorityOf(state, 'issue', now, world.ports)).bound).toBeUndefined()
  })

  test('looks at the dates of every agent that the answer rests on', async () => {
    const world = new World()
    const state = await world.submitted(stagingParameter)
    const looked: string[][] = []
    const policy: Policy = {
      ...world.policy,
      bundle: world.policy.bundle,
      ask: (each) => world.policy.ask(each),
      look: async (of) => void looked.push([...of]),
    }
    const chain = [{ id: agent('planner'), owner: gus }] as ApprovalRequest['ask']['chain']
    await lookAtAgents({ ask: { ...state.ask, chain } }, { policy })
    expect(looked).toEqual([[agent('remediator'), agent('planner')]])
    const { look: _, ...blind } = policy
    await lookAtAgents(state, { policy: blind })
  })
})
