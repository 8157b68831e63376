import { CedarPolicy } from '../../../functions/adapters/cedar/cedar-policy.ts'
import type { McpTool } from '../../../functions/domain/policy/mcp-tool.ts'
import { grantOf } from '../../../functions/domain/record/request.ts'
import { advanceWorkflow } from '../../../functions/operations/requests/workflow.ts'
import { planRequest } from '../../../policy-tools/plan/plan-request.ts'
import { otherTools, writeFile as stranger } from '../../support/mcp-tool.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, flag, sampleBundle, type What } from '../../support/world.ts'
import { Clockwork } from './clockwork.ts'

/** Each request made of one for an MCP tool is for that tool: a repeat, a draw, a step, a delegated right. */

const bundle = sampleBundle()
const known = bundle.actions['files:WriteFile']?.mcp as McpTool
const changed: McpTool = { ...known, server: { ...known.server, version: '9.9.9' } }
const file = (path: string): What => ({
  action: 'files:WriteFile',
  arguments: { path, content: 'retries: 3' },
  resource: { type: 'files:file', id: path },
})
const prodFile = file('prod/checkout.yaml')

class Calling extends Clockwork {
  /** The agent's evaluation and submission, which name the tool. */
  async called(what: What, mcp?: McpTool, key?: string) {
    const named = mcp === undefined ? {} : { mcp }
    const evaluated = await this.evaluate(what, undefined, named)
    return this.submitted(what, { ...{ ...named, evaluation: evaluated.id, idempotencyKey: key ?? evaluated.id } })
  }
  /** Deploys another catalogue. */
  deploy(mcp: McpTool) {
    const actions = Object.fromEntries(
      Object.entries(bundle.actions).map(([name, entry]) => [
        name,
        name === 'files:WriteFile' ? { ...entry, mcp } : entry,
      ]),
    )
    this.policy = new CedarPolicy({ ...bundle, actions })
  }
}

let world: Calling
beforeEach(() => {
  world = new Calling()
})

test('a submission that names another tool than its evaluation is not bound to it', async () => {
  const evaluated = await world.evaluate(flag(), undefined, { mcp: stranger })
  for (const [, mcp] of otherTools)
    expect(await world.submit(flag(), { mcp, evaluation: evaluated.id })).toMatchObject({
      code: 'invalid_denial_binding',
    })
  expect(await world.submit(flag(), { evaluation: evaluated.id })).toMatchObject({ code: 'invalid_denial_binding' })
})

test('an approval covers the tool that was named, and no other', async () => {
  const request = await world.called(flag(), stranger)
  await world.decide(request, 'ben')
  const approval = grantOf(await world.state(request.ask.id))?.id as string
  expect(await world.evaluate(flag(), approval, { mcp: stranger })).toMatchObject({ decision: true })
  for (const [, mcp] of otherTools)
    expect(await world.evaluate(flag(), approval, { mcp })).toMatchObject({ reason: 'out_of_scope' })
  expect(await world.evaluate(flag(), approval)).toMatchObject({ reason: 'out_of_scope' })
})

test('a standing permit is drawn on for the same tool alone', async () => {
  const request = await world.called(flag(), stranger)
  await world.decide(request, 'ben')
  expect(await world.givePermit(request, 'ben')).toMatchObject({ ok: true, value: { mcp: stranger } })
  expect((await world.called(flag(), stranger, 'again')).status).toBe('approved')
  expect((await world.called(flag(), otherTools[0]?.[1], 'other')).status).toBe('pending')
  expect((await world.called(flag(), undefined, 'none')).status).toBe('pending')
})

const steps = (...all: object[]): What => ({
  agent: agent('planner'),
  action: 'plan',
  arguments: { steps: all } as never,
  resource: { type: 'plan', id: 'INC-1042' },
})
const step = { agent: agent('builder'), action: prodFile.action, arguments: prodFile.arguments }

test('each step is for the tool that people saw, and so is its request', async () => {
  const { ask } = await world.approved({ ...steps(step), purpose: 'release' })
  expect(ask.arguments).toMatchObject({ steps: [{ mcp: known }] })
  await advanceWorkflow(ask.id, world.ports)
  const [first] = ask.steps ?? []
  expect((first && (await world.stored(first.request)))?.ask.mcp).toEqual(known)
})

test('a step for another tool than was catalogued is refused by its number', async () => {
  const evaluated = await world.evaluate({ ...steps({ ...step, mcp: changed }), purpose: 'release' })
  expect(evaluated).toMatchObject({ reason: 'tool_changed', detail: expect.stringMatching(/^step 1: .*9\.9\.9/) })
})

test('the plan itself is for no tool', async () => {
  const what = { ...steps(step), purpose: 'release' }
  expect(await world.evaluate(what, undefined, { mcp: known })).toMatchObject({ reason: 'invalid_arguments' })
})

test('a delegated request is for the same tool', async () => {
  const parent = await world.approved(prodFile)
  await world.issueToken(parent)
  expect(unwrap(await world.delegate(parent, agent('builder'))).state.ask.mcp).toEqual(known)
})

test('a call of a removed tool is approved by no number of people', async () => {
  const request = await world.submitted(prodFile)
  world.deploy(changed)
  await world.decide(request, 'ana')
  await world.decide(request, 'eve')
  expect((await world.state(request.ask.id)).status).not.toBe('approved')
})

test('a call of a removed tool can still be denied', async () => {
  const request = await world.submitted(prodFile)
  world.deploy(changed)
  expect(await world.decide(request, 'ana', 'deny')).toMatchObject({ ok: true })
})

test('a plan of a request says which tool it is for', () => {
  const ask = {
    ...{ agent: agent('remediator'), recent: 0, justified: false, purpose: 'remediation' },
    action: { name: prodFile.action, properties: prodFile.arguments },
    resource: prodFile.resource,
  }
  const policy = new CedarPolicy(bundle)
  expect(planRequest(ask, policy, 1_800_000_000)).toMatchObject({ outcome: 'requestable', mcp: known })
  expect(planRequest({ ...ask, mcp: changed }, policy, 1_800_000_000)).toMatchObject({ reason: 'tool_changed' })
})
