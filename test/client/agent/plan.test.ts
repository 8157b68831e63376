import { ApprovedPlan, type Plan, type PlanCall } from '../../../client/index.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { endChildren } from '../../../functions/operations/delegation/delegate-request.ts'
import { advanceWorkflow } from '../../../functions/operations/requests/workflow.ts'
import { askedOnBehalf } from '../../support/asked-on-behalf.ts'
import { prodParameter } from '../../support/world.ts'
import { hotworkIn } from '../support/agent-client.ts'
import { useFolder } from '../support/folder.ts'
import { useScene } from '../support/scene.ts'

/** A planner that asks for steps, and the agents that take them, over the deployed handlers. */

const scene = useScene()
const folder = useFolder()

/** Runs at each pause of a client. */
let meanwhile: () => Promise<unknown>
beforeEach(() => {
  meanwhile = async () => {
    throw new Error('a client paused, and the test set no `meanwhile`')
  }
})

const as = (who: string) => hotworkIn(scene, folder(who), `agent-${who}`, async () => void (await meanwhile()))

const set = (agent: string, name: string) => ({
  agent: `agent:${agent}`,
  action: 'ssm:PutParameter',
  arguments: { Name: name, Value: '3000', Overwrite: true },
})
const call = (changes: Partial<PlanCall> = {}): PlanCall => ({
  steps: [
    set('remediator', '/prod/checkout/a'),
    set('builder', '/prod/checkout/b'),
    set('remediator', '/prod/checkout/c'),
  ],
  purpose: 'maintenance',
  parentTask: { id: 'CHG-78' },
  ...changes,
})

async function approve(id: string): Promise<void> {
  await scene.decideAll()
  await move(id)
}

/** Moves the workflow after a change, and ends the children of an ended plan. */
async function move(id: string): Promise<void> {
  const { ports } = scene.api.world
  await advanceWorkflow(id as RequestId, ports)
  await endChildren(id as RequestId, ports)
}

async function begun(changes: Partial<PlanCall> = {}): Promise<ApprovedPlan> {
  const asked = await as('planner').plan(call({ wait: 0, ...changes }))
  if (asked.outcome !== 'pending') throw new Error(JSON.stringify(asked))
  await approve(asked.request)
  return approvedPlan(await asked.resume())
}

function approvedPlan(plan: Plan): ApprovedPlan {
  if (plan instanceof ApprovedPlan) return plan
  throw new Error(JSON.stringify(plan))
}

const requestOf = (plan: ApprovedPlan, step: number): string => plan.steps[step - 1]?.request ?? ''

/** The agent takes its step in turn, and reports the outcome. */
async function takeStep(plan: ApprovedPlan, step: number, who: string, outcome: 'succeeded' | 'failed') {
  const permit = await as(who).step(requestOf(plan, step))
  if (permit.outcome !== 'approved') throw new Error(JSON.stringify(permit))
  expect(await permit.token()).toMatch(/^ey/)
  await permit.complete(outcome)
  await move(plan.request)
  return permit.arguments
}

test('a planner asks once, and each agent takes its own step in turn, until all are done', async () => {
  const plan = await begun()
  expect(plan.steps.map(({ step, agent, status }) => [step, agent, status])).toEqual([
    [1, 'agent:remediator', 'open'],
    [2, 'agent:builder', 'waiting'],
    [3, 'agent:remediator', 'waiting'],
  ])
  expect(await takeStep(plan, 1, 'remediator', 'succeeded')).toEqual(set('remediator', '/prod/checkout/a').arguments)
  await takeStep(plan, 2, 'builder', 'succeeded')
  expect(await plan.finished({ wait: 0 })).toMatchObject({ outcome: 'open' })
  await takeStep(plan, 3, 'remediator', 'succeeded')
  const end = await plan.finished()
  expect([end.outcome, ...end.steps.map(({ status }) => status)]).toEqual(Array(4).fill('succeeded'))
})

test('a step that failed ends the plan, and the step after it is refused', async () => {
  const plan = await begun()
  await takeStep(plan, 1, 'remediator', 'succeeded')
  await takeStep(plan, 2, 'builder', 'failed')
  const end = await plan.finished()
  expect([end.outcome, ...end.steps.map(({ status }) => status)]).toEqual(['failed', 'succeeded', 'failed', 'ended'])
  expect(await as('remediator').step(requestOf(plan, 3), { wait: 0 })).toMatchObject({ outcome: 'denied' })
})

test('a step waits for its turn, and is taken again by the same key in another process', async () => {
  const plan = await begun()
  expect((await as('builder').step(requestOf(plan, 2), { wait: 0 })).outcome).toBe('pending')
  await takeStep(plan, 1, 'remediator', 'succeeded')
  for (let process = 0; process < 2; process++) {
    const permit = await as('builder').step(requestOf(plan, 2))
    if (permit.outcome !== 'approved') throw new Error(permit.outcome)
    expect(await permit.token()).toMatch(/^ey/)
  }
})

test('a plan fails once its planner gives it up', async () => {
  const plan = await begun()
  await plan.giveUp('the change was called off')
  await move(plan.request)
  expect((await plan.finished()).outcome).toBe('failed')
})

test('two equal calls with one `callId` are one plan', async () => {
  const [one, other] = [
    await as('planner').plan(call({ callId: 'x', wait: 0 })),
    await as('planner').plan(call({ callId: 'x', wait: 0 })),
  ]
  expect(other).toMatchObject({ outcome: 'pending', request: 'request' in one ? one.request : '' })
})

test('the refusal of a plan by policy names the step', async () => {
  const refused = await as('planner').plan(call({ purpose: 'remediation' }))
  expect(refused).toMatchObject({
    outcome: 'refused',
    reason: 'policy_denied',
    detail: expect.stringContaining('step 2'),
  })
})

test('a denied plan resolves with the outcome `denied`', async () => {
  const asked = await as('planner').plan(call({ wait: 0 }))
  if (asked.outcome !== 'pending') throw new Error(asked.outcome)
  await scene.decideAll('deny')
  expect(await asked.resume()).toMatchObject({ outcome: 'denied', request: asked.request })
})

test.each([
  ['no steps', { steps: [] }, '`steps` is empty'],
  ['a step without an agent', { steps: [{ ...set('builder', '/a'), agent: '' }] }, 'step 1: `agent` is missing'],
  [
    'a step without arguments',
    { steps: [set('builder', '/a'), { agent: 'agent:x', action: 'a' }] },
    'step 2: `arguments` is missing',
  ],
])('a plan with %s is refused before anything is asked', async (_what, changes, title) => {
  await expect(as('planner').plan(call(changes as never))).rejects.toThrow(title)
  expect(scene.api.calls).toEqual([])
})

test('a step of another agent is refused', async () => {
  const plan = await begun()
  await expect(as('builder').step(requestOf(plan, 1))).rejects.toMatchObject({ told: { code: 'unknown_task' } })
})

test('a request that a person made on behalf of an agent is taken like a step, by that agent alone', async () => {
  const { world } = scene.api
  const id = await askedOnBehalf(world, prodParameter)
  expect(await as('remediator').step(id, { wait: 0 })).toMatchObject({ outcome: 'pending' })
  await scene.decideAll()
  await expect(as('builder').step(id)).rejects.toMatchObject({ told: { code: 'unknown_task' } })
  const permit = await as('remediator').step(id)
  if (permit.outcome !== 'approved') throw new Error(permit.outcome)
  expect(permit.arguments).toEqual(prodParameter.arguments)
  expect(await permit.token()).toMatch(/^ey/)
})
