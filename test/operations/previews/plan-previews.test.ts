import { previewOfStep, stateOf } from '../../../functions/domain/record/preview.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { JsonObject, RequestId } from '../../../functions/domain/values.ts'
import { advancePlan } from '../../../functions/operations/requests/advance-plan.ts'
import { agent, parameter, type What, World } from '../../support/world.ts'

/** The states of a plan's steps as people see them, and a plan whose resources change. */

const set = (name: string) => {
  const { action, arguments: args, resource } = parameter(name)
  return { agent: agent('remediator'), action, arguments: args, resource }
}
const [color, size] = [set('/prod/checkout/color'), set('/prod/checkout/size')]

const plan = (
  ...steps: readonly { agent: string; action: string; arguments: JsonObject; resource: object }[]
): What => ({
  agent: agent('planner'),
  action: 'plan',
  arguments: { steps } as never,
  resource: { type: 'plan', id: 'INC-1042' },
})

let world: World
beforeEach(() => {
  world = new World()
  world.reader.preview('ssm:PutParameter')
  world.reader.set(color.resource.id, { Value: '1' })
  world.reader.set(size.resource.id, { Value: '2' })
})

const child = ({ ask }: ApprovalRequest, n: number) => world.stored(ask.steps?.[n - 1]?.request as RequestId)

test('each step is read, and all together are one state', async () => {
  const { preview, ask } = await world.submitted(plan(color, size))
  expect([1, 2].map((n) => previewOfStep(preview, n))).toMatchObject([
    { before: { Value: '1' } },
    { before: { Value: '2' } },
  ])
  expect(stateOf(preview)).toMatch(/^sha-256:/)
  expect(world.reader.asked.map(({ request }) => request)).toEqual([ask.id, ask.id])
})

test('a step whose resource an earlier one changes is not read', async () => {
  const { preview } = await world.submitted(plan(color, color))
  expect([1, 2].map((n) => previewOfStep(preview, n)?.outcome)).toEqual(['matched', undefined])
})

test('policy hears that it was not read, at the submission and at the last decision', async () => {
  const heard: string[] = []
  const { policy } = world
  world.policy = {
    bundle: policy.bundle,
    ask: (question) => {
      if (question.kind === 'action' && question.moment === 'request') heard.push(question.preview)
      return policy.ask(question)
    },
  }
  const request = await world.submitted(plan(color, color))
  expect(heard.slice(-2)).toEqual(['matched', 'failed'])
  await world.decide(request, 'ana')
  await world.decide(await world.state(request.ask.id), 'eve')
  expect(heard.slice(-2)).toEqual(['matched', 'failed'])
})

test('a step that cannot be read fails the reading of the plan, and the others are shown', async () => {
  world.reader.next(undefined, 'denied')
  const { preview } = await world.submitted(plan(color, size))
  expect([preview?.outcome, ...[1, 2].map((n) => previewOfStep(preview, n)?.outcome)]).toEqual([
    'failed',
    'matched',
    'failed',
  ])
})

test('a change while people decide begins a new round of the whole plan', async () => {
  const request = await world.submitted(plan(color, size))
  world.reader.set(size.resource.id, { Value: '9' })
  expect(await world.decide(request, 'ana')).toMatchObject({ code: 'state_changed' })
  const state = await world.state(request.ask.id)
  expect([state.round, previewOfStep(state.preview, 2)]).toMatchObject([2, { before: { Value: '9' } }])
})

test('a change of a struck out step is none', async () => {
  const request = await world.submitted(plan(color, size))
  await world.decide(request, 'ana', 'approve', { narrow: { steps: [{ step: 2, strike: true }] } })
  world.reader.set(size.resource.id, { Value: '9' })
  const less = await world.state(request.ask.id)
  expect(await world.decide(less, 'eve')).toMatchObject({ ok: true })
})

test('a step that finds another state at its claim asks people again, and the plan waits', async () => {
  const approved = await world.approved(plan(color, size))
  await advancePlan(approved.ask.id, world.ports)
  const first = await child(approved, 1)
  world.reader.set(color.resource.id, { Value: '9' })
  expect(await world.issueAws(first, await world.claim(first))).toMatchObject({ code: 'state_changed' })
  await advancePlan(approved.ask.id, world.ports)
  const again = await child(approved, 1)
  expect([again.status, again.round, (await world.stored(approved.ask.id)).status]).toEqual(['pending', 2, 'approved'])
  await world.decide(again, 'ana')
  await world.decide(await world.state(again.ask.id), 'eve')
  expect((await child(approved, 1)).status).toBe('approved')
})
