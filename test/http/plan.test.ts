import { taskAnswer } from '../../functions/adapters/http/authzen.ts'
import { endpoint } from '../../functions/adapters/http/endpoint.ts'
import { completeAsk, evaluations } from '../../functions/handlers/agents/evaluate.ts'
import { advancePlan } from '../../functions/operations/requests/advance-plan.ts'
import { jsonCall } from '../support/api-event.ts'
import { agent, issuer, parameter, sampleBundle, World } from '../support/world.ts'

/** A plan on the wire: its submission by an agent, and the task that the agent reads. */

let world: World
beforeEach(() => {
  world = new World(sampleBundle())
})
const planner = agent('planner')
const step = (name: string, who = 'agent:remediator') => {
  const { action, arguments: args } = parameter(name)
  return { agent: who, action, arguments: args }
}
const plan = {
  kind: 'plan',
  purpose: 'remediation',
  parent_task: { id: 'INC-1042' },
  steps: [step('/staging/checkout/color'), step('/prod/checkout/color')],
}

async function send(route: string, body: object) {
  const ports = { ...world.ports, issuer }
  const door = endpoint(ports, (call) =>
    route === 'POST /v1/asks'
      ? completeAsk(call, planner, ports)
      : evaluations(ports)(call, { type: 'agent', id: planner }),
  )
  const answer = await door(jsonCall(route, world.clock.now(), body))
  return { status: answer.statusCode, body: JSON.parse(answer.body ?? '') }
}

test("`POST /v1/asks` returns the whole body of a plan's evaluation, which is requestable", async () => {
  const { body } = await send('POST /v1/asks', plan)
  expect(body).toEqual({
    subject: { type: 'agent', id: planner },
    action: {
      name: 'plan',
      properties: {
        steps: plan.steps.map((each) => ({ ...each, resource: parameter(each.arguments['Name'] as string).resource })),
      },
    },
    resource: { type: 'plan', id: 'INC-1042' },
    context: { purpose: 'remediation', parent_task: { id: 'INC-1042' } },
  })
  const { body: decision } = await send('POST /access/v1/evaluation', body)
  expect(decision).toMatchObject({
    decision: false,
    context: {
      reason: 'approval_required',
      access_request: { template: 'tier2', display: { title: 'Plan of 2 steps' } },
    },
  })
})

test.each([
  ['an action that the catalogue lacks', { ...step('/staging/x'), action: 'no:Such' }, /step 2: /],
  ['arguments that the action does not take', { ...step('/staging/x'), arguments: { Nmae: 'x' } }, /step 2: /],
])('an error names the step: %s', async (_, wrong, says) => {
  const { status, body } = await send('POST /v1/asks', { ...plan, steps: [plan.steps[0], wrong] })
  expect([status, body.detail]).toEqual([expect.any(Number), expect.stringMatching(says)])
  expect(status).toBeLessThan(500)
})

test('a plan of no steps, or of more than twenty, names the field', async () => {
  for (const steps of [[], Array.from({ length: 21 }, () => plan.steps[0])]) {
    const { status, body } = await send('POST /v1/asks', { ...plan, steps })
    expect([status, body.detail]).toEqual([400, expect.stringContaining('steps')])
  }
})

test('an invalid step is named by its number in an evaluation', async () => {
  const { body } = await send('POST /v1/asks', plan)
  const [first, second] = body.action.properties.steps
  body.action.properties.steps = [first, { ...second, agent: 'person:ana' }]
  const { body: decision } = await send('POST /access/v1/evaluation', body)
  expect(decision.context).toMatchObject({
    reason: 'invalid_arguments',
    detail: expect.stringContaining('step 2: `agent`: '),
  })
})

test('an evaluation with a refused step names the step', async () => {
  const { body } = await send('POST /v1/asks', { ...plan, steps: [plan.steps[0], step('/prod/x', 'agent:builder')] })
  const { body: decision } = await send('POST /access/v1/evaluation', body)
  expect(decision).toMatchObject({
    context: {
      reason: 'policy_denied',
      next_action: 'none',
      detail: 'step 2: policy does not let `agent:builder` do it',
    },
  })
})

test('the task of a plan has the request and status of each step', async () => {
  const { action, arguments: args } = step('/staging/checkout/color')
  const other = step('/staging/checkout/size')
  const submitted = await world.submitted({
    agent: planner,
    action: 'plan',
    arguments: { steps: [{ agent: agent('remediator'), action, arguments: args }, other] },
    resource: { type: 'plan', id: 'INC-1042' },
  })
  await advancePlan(submitted.ask.id, world.ports)
  const state = await world.stored(submitted.ask.id)
  const task = taskAnswer(state, issuer)['task'] as { display: { [namespace: string]: { steps: unknown } } }
  expect(task.display[`${issuer}/ns/hotwork`]?.steps).toEqual(
    state.ask.steps?.map(({ request }, index) => ({
      step: index + 1,
      request,
      agent: 'agent:remediator',
      action: 'ssm:PutParameter',
      status: index === 0 ? 'open' : 'waiting',
    })),
  )
})
