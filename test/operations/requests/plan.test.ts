import { CedarPolicy } from '../../../functions/adapters/cedar/cedar-policy.ts'
import { hotworkMembers } from '../../../functions/adapters/http/authzen.ts'
import { askAboutPerson } from '../../../functions/domain/deciding/questions.ts'
import { statusOfStep, stepsOf } from '../../../functions/domain/record/plan-step.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { AgentId, JsonObject, RequestId } from '../../../functions/domain/values.ts'
import { endChildren } from '../../../functions/operations/delegation/delegate-request.ts'
import { declareHalt } from '../../../functions/operations/halts/halt.ts'
import { advancePlan } from '../../../functions/operations/requests/advance-plan.ts'
import { completeRequest, revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { advanceWorkflow } from '../../../functions/operations/requests/workflow.ts'
import { withAgent } from '../../support/bundles.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, parameter, person, type What } from '../../support/world.ts'
import { Clockwork } from './clockwork.ts'

type Part = { agent: AgentId; action: string; arguments: JsonObject }

const set = (name: string, who = 'remediator'): Part => {
  const { action, arguments: args } = parameter(name)
  return { agent: agent(who), action, arguments: args }
}
const flag = (environment: string): Part => ({
  agent: agent('builder'),
  action: 'flags:set',
  arguments: { environment, flag: 'new-basket', value: false },
})

const plan = (...steps: readonly Part[]): What => ({
  agent: agent('planner'),
  action: 'plan',
  arguments: { steps },
  resource: { type: 'plan', id: 'INC-1042' },
})

/** Two by the remediator and one by the builder, in prod: tier 2. */
const repair = plan(set('/prod/checkout/color'), flag('prod'), set('/prod/checkout/size'))
/** All of tier 0. */
const quick = plan(set('/staging/checkout/color'), set('/staging/checkout/size'))

class Plans extends Clockwork {
  readonly halts = new MemoryHaltStore(this.requests, this.ledger)

  /** Approved by ana for the owners and by eve for sre, and then moved on. */
  async begun(what: What = repair): Promise<ApprovalRequest> {
    const { ask } = await this.approved(what)
    return this.move(ask.id)
  }

  async move(id: RequestId): Promise<ApprovalRequest> {
    await advanceWorkflow(id, this.ports)
    return this.stored(id)
  }

  /** The request of step n. */
  child({ ask }: ApprovalRequest, n: number): Promise<ApprovalRequest> {
    const step = ask.steps?.[n - 1]
    if (!step) throw new Error(`no step ${n}`)
    return this.stored(step.request)
  }

  async completeStep(state: ApprovalRequest, n: number, outcome: 'succeeded' | 'failed' = 'succeeded') {
    const { ask } = await this.child(state, n)
    return completeRequest({ id: ask.id, agent: ask.agent.id, outcome }, this.ports)
  }

  async statuses({ ask }: ApprovalRequest): Promise<string[]> {
    const state = await this.stored(ask.id)
    return stepsOf(state).map((each) => statusOfStep(each, state))
  }

  async children(state: ApprovalRequest): Promise<string[]> {
    return Promise.all((state.ask.steps ?? []).map(async (_, index) => (await this.child(state, index + 1)).status))
  }
}

let world: Plans
beforeEach(() => {
  world = new Plans()
})

test('a plan needs what its strictest step needs, and is one request', async () => {
  const { ask, tier, status } = await world.submitted(repair)
  expect({ tier, status, steps: ask.steps?.length, credential: ask.credential }).toEqual({
    tier: 2,
    status: 'pending',
    steps: 3,
    credential: 'none',
  })
  expect(await world.story(ask.id)).toEqual(['Submitted', 'StageOpened'])
})

test('a refused plan says which step is refused, and why', async () => {
  const found = await world.evaluate(plan(set('/prod/checkout/color'), set('/prod/checkout/size', 'builder')))
  expect(found).toMatchObject({
    decision: false,
    reason: 'policy_denied',
    detail: 'step 2: policy does not let `agent:builder` do it',
  })
  const unknown = await world.evaluate(plan(set('/prod/checkout/color'), { ...flag('prod'), action: 'flags:burn' }))
  expect(unknown).toMatchObject({ reason: 'unknown_action', detail: 'step 2: `flags:burn` is not in the catalogue' })
})

test.each([
  ['no steps', [], /steps/],
  ['more than twenty', Array.from({ length: 21 }, () => set('/staging/checkout/color')), /steps/],
  ['a step without an agent', [{ action: 'flags:set', arguments: {} }], /agent/],
])('a plan takes one to twenty whole steps: not %s', async (_, steps, says) => {
  const found = await world.evaluate({ ...repair, arguments: { steps: steps as never } })
  expect(found).toMatchObject({ reason: 'invalid_arguments', detail: expect.stringMatching(says) })
})

test('a plan is bound to its parent task', async () => {
  const found = await world.evaluate({ ...repair, resource: { type: 'plan', id: 'INC-1' } })
  expect(found).toMatchObject({ reason: 'invalid_arguments', detail: expect.stringContaining('INC-1042') })
})

test('a plan asks only people who may decide every step', async () => {
  const request = await world.submitted(repair)
  // Lena owns the builder and the planner, dan the remediator.
  for (const who of ['lena', 'dan']) expect(await world.decide(request, who)).toMatchObject({ code: 'self_approval' })
})

test('a plan asks none of those who answer for the planner in its owner’s place, neither of it nor of a step by itself', async () => {
  world.policy = new CedarPolicy(withAgent(agent('planner'), { backupOwner: person('ben') }))
  const begun = await world.begun()
  expect(await world.decide(await world.submitted(plan(flag('prod'))), 'ben')).toMatchObject({ code: 'not_eligible' })
  const first = await world.child(begun, 1)
  const asked = (who: string) =>
    askAboutPerson(world.policy, 'approve', person(who), world.clock.now(), { state: first, stage: 'owner' }).permit
  expect([asked('ben'), asked('chloe')]).toEqual([false, true])
})

test('a plan names a halt of a step', async () => {
  await halted(world, { kind: 'agent', value: agent('builder') })
  expect(await world.evaluate(repair)).toMatchObject({
    reason: 'agent_suspended',
    detail: expect.stringMatching(/^step 2: stopped by the halt/),
  })
})

test('a plan counts earlier steps of the same agent and action as recent', async () => {
  const { ask } = await world.submitted(repair)
  expect(ask.steps?.map(({ recent }) => recent)).toEqual([0, 0, 1])
})

test('a plan counts the steps alike of earlier plans of the same planner, denied ones too', async () => {
  const { ask } = await world.submitted(plan(set('/prod/checkout/one'), set('/prod/checkout/two'), flag('prod')))
  const second = await world.submitted(plan(set('/prod/checkout/three'), set('/prod/checkout/four')))
  expect(second.ask.steps?.map(({ recent }) => recent)).toEqual([2, 3])
  await world.submitted(parameter('/prod/checkout/five'))
  await world.decide(await world.stored(ask.id), 'ana', 'deny', { comment: 'no' })
  const third = await world.submitted(plan(set('/prod/checkout/six'), flag('prod')))
  expect(third.ask.steps?.map(({ recent }) => recent)).toEqual([5, 1])
  world.clock.advance(3600)
  const later = await world.submitted(plan(set('/prod/checkout/seven')))
  expect(later.ask.steps?.map(({ recent }) => recent)).toEqual([0])
})

test('a plan counts as a burst where more plans were proposed than are read', async () => {
  const { ask } = await world.submitted(plan(set('/prod/checkout/one')))
  world.requests.askedLately = async () => ({
    asked: Array.from({ length: 50 }, () => ({
      id: ask.id,
      action: 'plan',
      at: world.clock.now(),
      status: 'approved' as const,
    })),
    isAll: false,
  })
  const { ask: last } = await world.submitted(plan(set('/staging/checkout/two')))
  expect(last.steps?.map(({ recent }) => recent)).toEqual([50])
})

test('a plan marks a step whose resource an earlier one changes', async () => {
  const { ask } = await world.submitted(plan(set('/prod/checkout/color'), set('/prod/checkout/color')))
  expect(ask.steps?.map(({ after }) => after)).toEqual([undefined, 1])
})

test('a plan that repeats a pending one is answered with the same request', async () => {
  const [one, other] = [await world.submitted(repair), await world.submitted(repair)]
  expect(other.ask.id).toBe(one.ask.id)
})

test('an approved plan opens its first step, and the others wait', async () => {
  const state = await world.begun()
  expect([await world.statuses(state), await world.children(state)]).toEqual([
    ['open', 'waiting', 'waiting'],
    ['approved', 'pending', 'pending'],
  ])
})

test('an approved plan takes no room of the agents that will run its steps, and raises nothing that they ask for themselves', async () => {
  const limits = { openPerAgent: 3, openPerOwner: 3, burst: 1 }
  const { bundle } = world.policy
  world.policy = new CedarPolicy({ ...bundle, ladder: { ...bundle.ladder, limits } })
  for (let n = 0; n < 4; n++)
    await world.begun(plan(flag('prod'), set(`/prod/checkout/a-${n}`), set(`/prod/checkout/b-${n}`)))
  expect((await world.submitted(parameter('/prod/checkout/repair'))).ask.recent).toBe(0)
  expect(await world.submit({ ...parameter('/prod/checkout/two') })).toMatchObject({ ok: true })
})

test('an approved plan lets only the agent of the step in turn have a token', async () => {
  const state = await world.begun()
  expect(await world.issueToken(await world.child(state, 1))).toMatchObject({ ok: true })
  expect(await world.issueToken(await world.child(state, 2))).toMatchObject({ code: 'pending' })
  expect(await world.issueToken(state)).toMatchObject({ code: 'wrong_credential_kind' })
})

test('an approved plan has succeeded when each step has, one after the other', async () => {
  const state = await world.begun()
  for (const n of [1, 2, 3]) {
    await world.completeStep(state, n)
    await world.move(state.ask.id)
  }
  expect(await world.stored(state.ask.id)).toMatchObject({ status: 'completed', outcome: 'succeeded' })
  expect(await world.story(state.ask.id)).toEqual([
    ...['Submitted', 'StageOpened', 'Decided', 'StageOpened', 'Decided', 'Approved'],
    ...['StepOpened', 'StepEnded', 'StepOpened', 'StepEnded', 'StepOpened', 'StepEnded', 'Completed'],
  ])
})

test('a plan at tier 0 needs no people, and begins at once', async () => {
  const state = await world.submitted(quick)
  expect(state.status).toBe('approved')
  await world.move(state.ask.id)
  expect(await world.children(state)).toEqual(['approved', 'pending'])
})

test('a plan ends with a step that fails, and so do the later steps', async () => {
  const state = await world.begun()
  await world.completeStep(state, 1)
  await world.move(state.ask.id)
  await world.completeStep(state, 2, 'failed')
  await world.move(state.ask.id)
  expect([await world.statuses(state), (await world.stored(state.ask.id)).status]).toEqual([
    ['succeeded', 'failed', 'ended'],
    'completed',
  ])
  await endChildren(state.ask.id, world.ports)
  expect(await world.child(state, 3)).toMatchObject({ status: 'denied', reason: `${state.ask.id} has ended` })
})

test('a plan ends with a step that is revoked', async () => {
  const state = await world.begun()
  const { ask } = await world.child(state, 1)
  await revokeRequest({ id: ask.id, person: person('gus'), reason: 'wrong one' }, world.ports)
  await world.move(state.ask.id)
  expect(stepsOf(await world.stored(state.ask.id))[0]?.progress.ended).toMatchObject({
    outcome: 'revoked',
    because: 'revoked by person:gus',
  })
})

test('the agent of a plan is not told who stopped a step', async () => {
  const state = await world.begun()
  const { ask } = await world.child(state, 1)
  await revokeRequest({ id: ask.id, person: person('gus'), reason: 'wrong one' }, world.ports)
  await world.move(state.ask.id)
  const { steps } = hotworkMembers(await world.stored(state.ask.id))
  expect(steps?.[0]).toMatchObject({ because: 'revoked by a person' })
})

test('a plan ends with a step that is late', async () => {
  const state = await world.begun()
  world.clock.advance((state.ask.steps?.[0]?.claimWithin ?? 0) + 1)
  await world.move(state.ask.id)
  expect(await world.statuses(state)).toEqual(['late', 'ended', 'ended'])
})

test('a plan ends with a step that is late on its own record first', async () => {
  const state = await world.begun()
  world.clock.advance((state.ask.steps?.[0]?.claimWithin ?? 0) + 1)
  await world.move(state.ask.id)
  expect((await world.child(state, 1)).status).toBe('expired')
})

test('a plan ends with a step whose agent was retired between approval and turn', async () => {
  const state = await world.begun()
  await world.completeStep(state, 1)
  world.policy = new CedarPolicy(withAgent(agent('builder'), { status: 'retired' }))
  await world.move(state.ask.id)
  expect(await world.statuses(state)).toEqual(['succeeded', 'revoked', 'ended'])
  expect(stepsOf(await world.stored(state.ask.id))[1]?.progress.ended?.because).toBe('agent_retired')
})

test('a plan ends with a step that a halt between two steps stops, also one that is lifted by its turn', async () => {
  const state = await world.begun()
  await halted(world, { kind: 'action', value: 'flags:set' })
  expect((await world.stored(state.ask.id)).status).toBe('approved')
  await world.completeStep(state, 1)
  await world.move(state.ask.id)
  expect(await world.statuses(state)).toEqual(['succeeded', 'revoked', 'ended'])
  expect(stepsOf(await world.stored(state.ask.id))[1]?.progress.ended?.because).toMatch(/^halted by hlt_/)
})

test('a plan is given up by the agent that asked, and its steps end', async () => {
  const state = await world.begun()
  const no = { id: state.ask.id, agent: agent('planner'), outcome: 'succeeded' } as const
  expect(await completeRequest(no, world.ports)).toMatchObject({ code: 'invalid_task_state' })
  await completeRequest({ ...no, outcome: 'failed' }, world.ports)
  await endChildren(state.ask.id, world.ports)
  expect(await world.children(state)).toEqual(['revoked', 'denied', 'denied'])
})

test('a plan is revoked by a person, and none of its steps is issued', async () => {
  const state = await world.begun()
  await revokeRequest({ id: state.ask.id, person: person('gus'), reason: 'stop' }, world.ports)
  expect(await world.issueToken(await world.child(state, 1))).toMatchObject({ code: 'ancestor_ended' })
})

test('a plan goes on in the next run after one that died at any write', async () => {
  const state = await world.begun()
  await world.completeStep(state, 1)
  const commit = world.requests.commit.bind(world.requests)
  // All writes of each run but the first are lost.
  for (let run = 0; run < 6; run++) {
    let left = 1
    world.requests.commit = (change) => {
      if (left-- > 0) return commit(change)
      throw new Error('died')
    }
    await advancePlan(state.ask.id, world.ports).catch(() => undefined)
  }
  world.requests.commit = commit
  expect([await world.statuses(state), await world.children(state)]).toEqual([
    ['succeeded', 'open', 'waiting'],
    ['completed', 'approved', 'pending'],
  ])
  expect((await world.story(state.ask.id)).filter((type) => type === 'StepOpened')).toHaveLength(2)
})

test('a plan is moved by two runs at once as by one', async () => {
  const state = await world.begun()
  await world.completeStep(state, 1)
  await Promise.all([1, 2, 3].map(() => advancePlan(state.ask.id, world.ports)))
  expect(await world.statuses(state)).toEqual(['succeeded', 'open', 'waiting'])
  expect((await world.story(state.ask.id)).filter((type) => type === 'StepEnded')).toHaveLength(1)
})

test('a plan gives only one of two steps that are claimed at once', async () => {
  const state = await world.begun()
  const claims = await Promise.all([1, 2, 3].map(async (n) => (await world.issueToken(await world.child(state, n))).ok))
  expect(claims).toEqual([true, false, false])
})

test('a wait of a plan ends when there is something to do, and not before', async () => {
  const state = await world.approved(repair)
  const first = world.enter(state, 'AwaitStep')
  await world.runTask(first)
  expect(world.endOf(first)).toBe('Moved')
  await world.move(state.ask.id)
  const second = world.enter(state, 'AwaitStep', '2')
  await world.runTask(second)
  expect(world.endOf(second)).toBe('open')
  await world.follow(await world.child(state, 1))
  expect(world.endOf(second)).toBe('open')
  await world.completeStep(state, 1)
  await world.follow(await world.child(state, 1))
  expect(world.endOf(second)).toBe('Moved')
})

test('a wait of a plan ends with the plan', async () => {
  const state = await world.begun()
  const wait = world.enter(state, 'AwaitStep')
  await world.runTask(wait)
  await completeRequest({ id: state.ask.id, agent: agent('planner'), outcome: 'failed' }, world.ports)
  await world.follow(state)
  expect(world.endOf(wait)).toBe('succeeded')
})

test('a plan has the only execution: its steps have none', async () => {
  const state = await world.begun()
  await world.follow(state, { created: true })
  const child = await world.child(state, 2)
  await world.follow(child, { created: true })
  expect([state, child].map(({ ask }) => world.workflow.startedIn(ask.id))).toEqual(['Tier2 owner', undefined])
})

const narrowed = async (steps: NonNullable<Parameters<World['decide']>[3]>['narrow']) => {
  const request = await world.submitted(repair)
  return { request, done: await world.decide(request, 'ana', 'approve', { narrow: steps ?? {} }) }
}
type World = Plans

test('a narrowing strikes out a step, which is never done', async () => {
  const { request, done } = await narrowed({ steps: [{ step: 2, strike: true }] })
  expect(done).toMatchObject({ ok: true })
  await world.decide(await world.state(request.ask.id), 'eve')
  const state = await world.move(request.ask.id)
  expect(await world.statuses(state)).toEqual(['open', 'struck', 'waiting'])
  expect((state.ask.arguments as { steps: unknown[] }).steps).toHaveLength(2)
  for (const n of [1, 3]) {
    await world.completeStep(state, n)
    await world.move(request.ask.id)
  }
  expect(await world.stored(request.ask.id)).toMatchObject({ status: 'completed', outcome: 'succeeded' })
})

test.each([
  ['narrows to nothing', { steps: [1, 2, 3].map((step) => ({ step, strike: true as const })) }],
  ['changes what the catalogue lets no one narrow', { steps: [{ step: 1, arguments: { Value: '1' } }] }],
  ['names a step that is not there', { steps: [{ step: 4, strike: true as const }] }],
  ['changes no step', {}],
  ['changes the minutes', { minutes: 1 }],
])('a narrowing is refused where it %s', async (_, narrow) => {
  const { done } = await narrowed(narrow)
  expect(done).toMatchObject({ ok: false, code: 'not_narrower' })
})

async function halted(on: Plans, target: Parameters<typeof declareHalt>[0]['target']) {
  return unwrap(
    await declareHalt(
      { person: person('gus'), target, reason: 'a test' },
      { ...on.ports, halts: on.halts, targetRoles: [] },
    ),
  )
}
