import {
  actsOf,
  askAboutAsker,
  askAboutPerson,
  askAboutStandIn,
  assessAgain,
  mayDecideAsMember,
  mayInspect,
  mayRead,
} from '../../../functions/domain/deciding/questions.ts'
import { countedApprovers, eligibilityOf } from '../../../functions/domain/deciding/rights.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { Answer, Question } from '../../../functions/domain/policy/question.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { Policy } from '../../../functions/operations/policy/ports.ts'
import { preview } from '../../support/ask.ts'
import { withPerson } from '../../support/bundles.ts'
import { repairPlan, samplePlan, sampleStep } from '../../support/plan.ts'
import { agent, person, prodParameter, World } from '../../support/world.ts'

/** The questions to policy, and their facts. */

const [ana, dan, eve, gus] = [person('ana'), person('dan'), person('eve'), person('gus')]
type Person = Question & { kind: 'person' }

/** A policy that answers each question about a person by `of`, and keeps the questions. */
function recorded(bundle: Bundle, of: (question: Person) => Partial<Answer> = () => ({})) {
  const asked: Person[] = []
  const policy: Policy = {
    bundle,
    ask(question) {
      if (question.kind !== 'person') throw new Error(`asked about ${question.kind}`)
      asked.push(question)
      return { permit: true, policies: ['by-policy'], ...of(question) }
    },
  }
  return { policy, asked }
}
async function pending() {
  const world = new World()
  const state = await world.submitted(prodParameter)
  return { world, state, bundle: world.policy.bundle, now: world.clock.now() }
}

test('a question about a person has their groups, the stage and the facts of the request', async () => {
  const { state, bundle, now } = await pending()
  const { policy, asked } = recorded(bundle)
  const answer = askAboutPerson(policy, 'approve', ana, now, { state, stage: 'owner' })
  expect(answer).toEqual({ permit: true, policies: ['by-policy'] })
  expect(asked).toMatchObject([{ action: 'approve', stage: 'owner', now, request: { tier: state.tier } }])
  expect(asked[0]?.person.groups).toEqual(expect.arrayContaining(['payments-owners', 'sre']))
  expect(asked[0]).not.toHaveProperty('inSteadBy')
})

test('an inspection names the agent and whether the person answers for it; without an agent it is about all', async () => {
  const { bundle, now } = await pending()
  const { policy, asked } = recorded(bundle, ({ answersForIt = false }) => ({ permit: answersForIt }))
  expect(mayInspect(policy, dan, agent('remediator'), now)).toBe(true)
  expect(mayInspect(policy, dan, agent('builder'), now)).toBe(false)
  expect(mayInspect(policy, dan, undefined, now)).toBe(false)
  expect(asked.map(({ subject, answersForIt }) => [subject, answersForIt])).toEqual([
    ['agent:remediator', true],
    ['agent:builder', false],
    ['agent:*', false],
  ])
})

test('a question without a request is asked once, without facts', async () => {
  const { bundle, now } = await pending()
  const { policy, asked } = recorded(bundle)
  expect(askAboutPerson(policy, 'read', ana, now).permit).toBe(true)
  expect(asked).toHaveLength(1)
  expect(asked[0]).not.toHaveProperty('request')
  expect(mayRead(recorded(bundle, () => ({ permit: false })).policy, ana, now)).toBe(false)
})

test('a question about an inactive or unknown person is denied without policy', async () => {
  const { bundle, now } = await pending()
  const { policy, asked } = recorded(withPerson(ana, { status: 'inactive' }, bundle))
  expect(askAboutPerson(policy, 'read', ana, now)).toEqual({ permit: false, policies: [] })
  expect(askAboutPerson(policy, 'read', person('stranger'), now)).toEqual({ permit: false, policies: [] })
  expect(asked).toEqual([])
})

test('a question whose facts are gone is denied to approve, and still asked to revoke', async () => {
  const { state, bundle, now } = await pending()
  const { policy, asked } = recorded({ ...bundle, agents: [] })
  expect(askAboutPerson(policy, 'approve', ana, now, { state, stage: 'owner' })).toEqual({
    ...{ permit: false, policies: [], detail: 'the facts are gone' },
  })
  expect(askAboutPerson(policy, 'revoke', ana, now, { state }).permit).toBe(true)
  expect(asked).toMatchObject([{ action: 'revoke' }])
  expect(mayDecideAsMember(policy, state, 'owner', { example: ana, group: 'sre' }, now)).toBe(false)
})

test('a person who answers for the agent may neither approve nor allow standing, also through a stand-in', async () => {
  const { state, bundle, now } = await pending()
  const { policy, asked } = recorded(bundle)
  const no = { permit: false, policies: [], detail: 'who answers for the agent does not decide what it asks' }
  for (const action of ['approve', 'allowStanding'] as const)
    expect(askAboutPerson(policy, action, dan, now, { state, stage: 'owner' })).toEqual(no)
  expect(askAboutPerson(policy, 'approve', ana, now, { state, stage: 'owner', inSteadBy: dan })).toEqual(no)
  expect(asked).toEqual([])
  expect(askAboutPerson(policy, 'revoke', dan, now, { state }).permit).toBe(true)
  const asker = { ...state, ask: { ...state.ask, askedBy: ana } }
  expect(askAboutPerson(policy, 'approve', ana, now, { state: asker, stage: 'owner' })).toEqual(no)
  const delegator = { id: agent('planner'), issuer: 'i', subject: 's', owner: eve }
  const delegated = { ...state, ask: { ...state.ask, chain: [delegator] } } as unknown as ApprovalRequest
  expect(askAboutPerson(policy, 'approve', eve, now, { state: delegated, stage: 'owner' })).toEqual(no)
})

test('a plan is asked about once for each step that is left, and one denial denies it', async () => {
  const world = new World()
  const { bundle } = world.policy
  const state = await world.submitted(repairPlan)
  const steps = state.ask.steps?.length ?? 0
  expect(steps).toBeGreaterThan(1)
  const values = (of: (question: Person) => Partial<Answer>) => {
    const { policy, asked } = recorded(bundle, of)
    return { answer: askAboutPerson(policy, 'approve', ana, world.clock.now(), { state, stage: 'owner' }), asked }
  }
  const yes = values(({ request }) => ({ policies: [`for-${request?.agent}`] }))
  expect(yes.asked).toHaveLength(steps)
  expect(yes.answer.permit).toBe(true)
  let n = 0
  const no = values(() => ({ permit: ++n < 2, policies: ['second'] }))
  expect(no.answer).toEqual({ permit: false, policies: ['second'] })
})

test('a step of a plan is asked about for its own agent and for the one that proposed it', () => {
  const { bundle } = new World().policy
  const ask = samplePlan({
    steps: [sampleStep(1, 'agent:remediator', 'dan'), sampleStep(2, 'agent:builder', 'lena', { after: 1 as never })],
  })
  const [first, second, ...rest] = actsOf(bundle, { ask, preview: preview() })
  expect(rest).toEqual([])
  expect(first).toMatchObject({
    number: 1,
    asked: { agent: agent('remediator'), delegators: [ask.owner], action: 'ssm:PutParameter' },
    proposal: { agent: ask.agent.id },
  })
  expect(first?.proposal).not.toHaveProperty('delegators')
  expect(second).toMatchObject({ number: 2, asked: { agent: agent('builder') } })
})

test('only people who answer for an agent ask on its behalf, by policy', async () => {
  const { state, bundle, now } = await pending()
  const { policy, asked } = recorded(bundle)
  expect(askAboutAsker(policy, state, dan, now)).toMatchObject({ permit: true })
  expect(asked).toMatchObject([{ action: 'ask', person: { id: dan } }])
  const only = { permit: false, policies: [], detail: 'only a person who answers for the agent asks on its behalf' }
  expect(askAboutAsker(policy, state, ana, now)).toEqual(only)
  expect(askAboutAsker({ ...policy, bundle: { ...bundle, agents: [] } }, state, dan, now)).toEqual(only)
  expect(asked).toHaveLength(1)
})

test('a stand-in is asked about with the groups of both people, who must be active', async () => {
  const { bundle, now } = await pending()
  const { policy, asked } = recorded(bundle)
  expect(askAboutStandIn(policy, { absent: ana, by: eve }, now).permit).toBe(true)
  expect(asked).toMatchObject([{ action: 'standIn', person: { id: eve }, absent: { id: ana } }])
  for (const gone of [ana, eve]) {
    const without = recorded(withPerson(gone, { status: 'inactive' }, bundle))
    expect(askAboutStandIn(without.policy, { absent: ana, by: eve }, now)).toEqual({ permit: false, policies: [] })
    expect(without.asked).toEqual([])
  }
})

test("eligibility is asked under each name of the stages, an escalation's too", async () => {
  const { state, bundle, now } = await pending()
  const names = new Set(
    state.stages.flatMap(({ terms: { name, onSilence } }) => [
      name,
      onSilence === 'expire' ? name : onSilence.escalateTo,
    ]),
  )
  expect(names.size).toBeGreaterThan(state.stages.length)
  const { policy } = recorded(bundle, ({ stage }) => ({ permit: stage !== 'sre', policies: [`of-${stage}`] }))
  const { eligible, permittedBy } = eligibilityOf(policy, state, [ana, gus], now)
  expect(eligible[gus]?.toSorted()).toEqual([...names].filter((name) => name !== 'sre').toSorted())
  expect(Object.keys(permittedBy[ana] ?? {}).toSorted()).toEqual([...names].toSorted())
  expect(permittedBy[ana]?.['sre']).toEqual(['of-sre'])
})

test('eligibility of approvers is asked under the names by which they approved, of absent people too', async () => {
  const { world, state, bundle, now } = await pending()
  await world.decide(state, 'ana')
  const decided = await world.state(state.ask.id)
  const { policy, asked } = recorded(bundle)
  expect(eligibilityOf(policy, decided, undefined, now).eligible).toEqual({ [ana]: ['owner'] })
  expect(asked).toHaveLength(1)
  const stages = decided.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.map((each) => ({ ...each, for: gus })),
  }))
  const forGus = { ...decided, stages } as ApprovalRequest
  expect(eligibilityOf(policy, forGus, undefined, now).eligible).toEqual({ [ana]: ['owner'], [gus]: ['owner'] })
  expect(countedApprovers(forGus)).toEqual([ana, gus])
  expect(countedApprovers(decided)).toEqual([ana])
})

test('eligibility by one group is asked with that group alone', async () => {
  const { state, bundle, now } = await pending()
  const { policy, asked } = recorded(bundle)
  expect(mayDecideAsMember(policy, state, 'sre', { example: ana, group: 'sre' }, now)).toBe(true)
  expect(asked).toMatchObject([{ action: 'approve', stage: 'sre', person: { id: ana, groups: ['sre'] }, now }])
  const refusing = recorded(bundle, () => ({ permit: false })).policy
  expect(mayDecideAsMember(refusing, state, 'sre', { example: ana, group: 'sre' }, now)).toBe(false)
})

test('a tier that is asked for again follows the present reading, and is at least the demanded one', async () => {
  const { world, state, now } = await pending()
  const again = (atLeast: number) => assessAgain(world.policy, state, { preview: undefined, atLeast }, now)
  expect([again(0), again(2), again(3)].map((each) => each.outcome === 'requestable' && each.tier)).toEqual([2, 2, 3])
})

test('a refused step has the number from before others were struck out', () => {
  const { policy } = new World()
  const steps = [sampleStep(1, 'agent:remediator', 'dan', { struck: true }), sampleStep(2, 'agent:stranger', 'dan')]
  const found = assessAgain(policy, { ask: samplePlan({ steps }) }, { preview: undefined, atLeast: 0 }, 1_800_000_000)
  expect(found).toMatchObject({ outcome: 'refused', detail: expect.stringMatching(/^step 2/) })
})
