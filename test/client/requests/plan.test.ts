import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lessThan } from '../../../client/requests/steps.ts'
import type { Narrowable } from '../../../functions/domain/cards/wire/request.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { RequestId } from '../../../functions/domain/values.ts'
import { advanceWorkflow } from '../../../functions/operations/requests/workflow.ts'
import { planStates } from '../../channels/slack/cards/plan-states.ts'
import { requestId } from '../../support/ask.ts'
import { root } from '../../support/repository.ts'
import { prodParameter } from '../../support/world.ts'
import { AgentMachine, approve } from '../support/agent-machine.ts'
import { useScene } from '../support/scene.ts'

/** A plan in a shell: how it is asked for, read and narrowed, and that it is no command's right. */

const scene = useScene()
const example = join(root, 'examples/plan/change.json')
let planner: AgentMachine
beforeEach(() => {
  planner = new AgentMachine(scene, 'planner')
})
afterEach(() => planner.close())

test.each<[offer: Narrowable, prefix: string, option: string]>([
  [{ of: 'uses', name: 'uses', least: 1, most: 3 }, '', '--uses 2'],
  [{ of: 'argument', name: 'Timeout', least: 1, most: 9 }, '2.', '--set 2.Timeout=8'],
  [{ of: 'argument', name: 'Ratio', least: 0.25, most: 0.5, decimal: true }, '', '--set Ratio=0.25'],
  [{ of: 'items', name: 'Ids', least: 1, most: 2, items: ["it's", 'b'] }, '', `--set 'Ids=["it'\\''s"]'`],
])('a narrowing by %j is offered as a shell takes it', (offer, prefix, option) => {
  expect(lessThan(offer, prefix).option).toBe(option)
})

/** A plan in the named state, with the record of another request. */
async function kept(name: string): Promise<ApprovalRequest> {
  const { world } = scene.api
  const { ask } = await world.submitted(prodParameter)
  const stored = await world.requests.load(ask.id)
  const state = planStates().get(name)
  if (!state || !stored) throw new Error(`no state \`${name}\``)
  const plan = { ...state, ask: { ...state.ask, id: ask.id } }
  world.requests.forge({ ...stored, state: plan })
  return plan
}

function changed(change: (plan: { action: { properties: { steps: object[] | string } } }) => void): string {
  const plan = JSON.parse(readFileSync(example, 'utf8'))
  change(plan)
  const path = join(planner.home, 'plan.json')
  writeFileSync(path, JSON.stringify(plan, null, 2))
  return path
}

const withSteps = (steps: [] | string) => (plan: Plan) => {
  plan.action.properties.steps = steps
}

test.each([
  ['lacks steps', '`action.properties.steps` is not a list of steps', withSteps([])],
  ['has text as steps', '`action.properties.steps` is not a list', withSteps('all')],
  ['has a step without an agent', 'step 1: `agent` is missing', (plan: Plan) => delete step(plan, 0)['agent']],
  ['has a step whose action is no text', 'step 2: `action` is not text', (plan: Plan) => (step(plan, 1)['action'] = 7)],
  ['has a step without arguments', 'step 3: `arguments` is missing', (plan: Plan) => delete step(plan, 2)['arguments']],
])('a plan’s file that %s is wrong usage: the answer names the line and the step', async (_what, says, change) => {
  const { exit, err } = await planner.type('request', changed(change as never))
  expect(exit).toBe(2)
  expect(err).toContain(says)
  expect(err).toMatch(/plan\.json:\d+: /)
})

test('`exec` refuses a plan’s file before people are asked', async () => {
  const { exit, err } = await planner.type('exec', '--request', example, '--', 'true')
  expect(exit).toBe(2)
  expect(err).toContain('each step is done by its own agent')
  expect(scene.api.calls).toEqual([])
})

type Plan = { action: { properties: { steps: { [name: string]: unknown }[] | string } } }
const step = (plan: Plan, at: number) =>
  (plan.action.properties.steps as { [name: string]: unknown }[])[at] as { [name: string]: unknown }

test('a plan is of kind `plan` in a list, with the number of its steps', async () => {
  const { ask } = await kept('a plan that waits')
  const { out } = await scene.at('ana').type('ls')
  expect(out).toMatch(new RegExp(`^${ask.id} +plan +.*agent:planner +3 steps for INC-1042`, 'm'))
  expect((await scene.at('ana').json('ls')).body.requests[0]).toMatchObject({ kind: 'plan' })
})

test('a plan shows each step with its agent, request, resource, arguments and changes', async () => {
  const { ask } = await kept('a plan that waits')
  const { exit, out } = await scene.at('ana').type('show', ask.id)
  expect(exit).toBe(0)
  expect(out).toMatch(/^step 1 {3}ssm:PutParameter by agent:remediator, for person:dan, in prod$/m)
  expect(out).toContain('changes Value  "1800" -> "3000"')
  expect(out).toContain('not read: step 1 changes it first')
  expect(out).toContain(`waits for its turn  ${requestId(12)}`)
  expect(out).toMatch(/narrow req_\S+ --strike 3 {2}# 1\|2\|3$/m)
  expect(out).toMatch(/narrow req_\S+ --set 2\.MemorySize=2047 {2}# 128\.\.2047$/m)
})

test('a narrowed plan says which step is struck out, without both whole plans', async () => {
  const { ask } = await kept('a plan with a step struck out')
  const { out } = await scene.at('ana').type('show', ask.id)
  expect(out).toMatch(/^narrowed by person:\w+ at .*: \S+ by agent:\S+ on \S+ struck out/m)
  expect(out).not.toContain('[{')
})

test('an ended plan says which step ended it, and which was not done', async () => {
  const { ask } = await kept('a plan whose second step failed')
  const { out } = await scene.at('ana').type('show', ask.id)
  expect(out).toMatch(/^COMPLETED, failed/)
  expect(out).toContain('succeeded at')
  expect(out).toMatch(/failed at .*: not_permitted/)
  expect(out).toContain(`is not taken  ${requestId(13)}`)
})

test('a plan in progress says how far it is', async () => {
  const { ask } = await kept('a plan in progress')
  expect((await scene.at('ana').type('show', ask.id)).out).toMatch(/^IN PROGRESS, 1 of 3 steps done/)
})

/** An approved plan, whose first step is open. */
async function approved(): Promise<{ id: string; steps: { step: number; agent: string; request: string }[] }> {
  const { exit, out, err } = await planner.type('request', example)
  expect([exit, err]).toEqual([3, ''])
  const [, id = ''] = /^id +(req_\w+)$/m.exec(out) ?? []
  await approve(scene, id)
  await move(id)
  const { body } = await planner.json('wait', id)
  return { id, steps: body.steps }
}
const move = async (id: string) => advanceWorkflow(RequestId.parse(id), scene.api.world.ports)

test('a plan has a request for each step, which its agent runs in its turn', async () => {
  const { id, steps } = await approved()
  const [first, second] = steps.map(({ request }) => request) as [string, string]
  const remediator = new AgentMachine(scene, 'remediator')
  const builder = new AgentMachine(scene, 'builder')
  const early = await builder.type('exec', second, '--wait', '0s', '--', 'true')
  expect([early.exit, early.err]).toEqual([3, expect.stringContaining(`its turn as step 2 of ${id}`)])
  expect((await remediator.type('exec', first, '--', process.execPath, '-e', '0')).exit).toBe(0)
  await move(id)
  expect((await builder.type('exec', second, '--', process.execPath, '-e', 'process.exit(9)')).exit).toBe(9)
  await move(id)
  const { body } = await planner.json('wait', id)
  expect(body.steps.map(({ status }: { status: string }) => status)).toEqual(['succeeded', 'failed', 'ended'])
  const { out: listed } = await scene.at('ana').type('ls')
  expect(listed).toMatch(new RegExp(`${id} +plan .* failed `))
  remediator.close()
  builder.close()
})

test('`exec` of a plan starts nothing, and names the request of each step', async () => {
  const { id, steps } = await approved()
  const { exit, err } = await planner.type('exec', id, '--', 'true')
  expect(exit).toBe(2)
  for (const { step, agent, request } of steps)
    expect(err).toContain(`step ${step}, as ${agent}: \`npx --no-install hotwork exec ${request} -- CMD...\``)
})

test('`narrow` without a change is wrong usage, and the answer names the options', async () => {
  const { exit, err } = await scene.at('ana').type('narrow', requestId())
  expect([exit, err]).toEqual([2, expect.stringContaining('--strike N')])
})
