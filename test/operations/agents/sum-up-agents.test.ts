import { noCounts } from '../../../functions/domain/agents/activity.ts'
import type { Counts } from '../../../functions/domain/agents/agent-file.ts'
import { chainEntries, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { Event } from '../../../functions/domain/record/events.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { AgentId } from '../../../functions/domain/values.ts'
import { sumUpAgent, sumUpAgents } from '../../../functions/operations/agents/sum-up-agents.ts'
import { recordRefusal } from '../../../functions/operations/record/refuse.ts'
import { evaluateAccess } from '../../../functions/operations/requests/evaluate-access.ts'
import { requestId } from '../../support/ask.ts'
import { agent, parameter, person, prodParameter, stagingParameter, World } from '../../support/world.ts'
import { flagService } from '../uses/claimed-flag.ts'

/** An agent's record is summed up once a day: policy and people judge its declared class by it. */

const day = 86_400
const [remediator, assistant] = [agent('remediator'), agent('assistant')]
const night = 3 * 3600

/** Three o'clock at night, and noon of that day. */
function nightWorld() {
  const world = new World()
  world.clock.advance(day - (world.clock.now() % day) + night)
  const ports = { ...world.ports, agents: world.agents, ledger: world.ledger }
  return { world, ports, noon: () => world.clock.advance(9 * 3600), sumUp: () => sumUpAgent(remediator, ports) }
}
const counts = (some: Partial<Counts>): Counts => ({ ...noCounts, ...some })

test('the record counts an agent’s requests, and how they ended', async () => {
  const { world, noon, sumUp } = nightWorld()
  expect(await world.issueToken(await world.submitted(stagingParameter))).toMatchObject({ ok: true })
  const claimed = world.clock.now()
  noon()
  await world.decide(await world.submitted(prodParameter), 'ana', 'deny', { comment: 'not today' })
  expect(await sumUp()).toMatchObject({
    days30: counts({ asked: 2, approved: 1, denied: 1, tierZero: 1, night: 1 }),
    lastSeen: world.clock.now(),
    lastUse: { 'ssm:PutParameter': claimed },
    complete: true,
  })
})

test('refused attempts are counted, also those that share an entry', async () => {
  const { world, sumUp } = nightWorld()
  const actor = { type: 'agent', id: remediator } as const
  for (let attempt = 0; attempt < 3; attempt++) await recordRefusal(actor, 'submit', 'not_requestable', world.ports)
  world.clock.advance(3601)
  await recordRefusal(actor, 'submit', 'not_requestable', world.ports)
  expect((await sumUp()).days30.refused).toBe(4)
})

test('refusals of a tool that asked about an agent count neither as its own nor as seen, nor do those of older versions', async () => {
  const { world, sumUp } = nightWorld()
  const tool = { type: 'tool', id: flagService } as const
  const about = { subject: { type: 'agent', id: remediator }, action: { name: 'no:Such', properties: {} } }
  await evaluateAccess({ caller: tool, ...about, resource: prodParameter.resource }, world.ports)
  const head = await world.ledger.head(remediator)
  const refused: Event = {
    ...{ type: 'Refused', at: world.clock.now(), actor: tool, policies: [], bundle: world.policy.bundle.hash },
    ...{ attempted: 'evaluate', code: 'unknown_action', count: 7 },
  }
  const older = chainEntries(remediator, head, [refused], undefined)
  await world.ledger.append(remediator, head, older.entries, older.head)
  const seen = await sumUp()
  expect(seen.days30).toEqual(noCounts)
  expect(seen.lastSeen).toBeUndefined()
})

test('a step or delegated request counts as asked by the agent that passed it on, and its extra calls by the agent that ran it', async () => {
  const { world, noon, sumUp } = nightWorld()
  const { ask } = await world.submitted(parameter('/staging/checkout/own'))
  noon()
  const stored = await world.requests.load(ask.id)
  const [chain, ancestors] = [[{ ...ask.agent, id: agent('planner'), owner: person('lena') }], [ask.id]]
  const passed = async (n: number, more: object) => {
    const state = {
      ...stored?.state,
      ask: { ...ask, id: requestId(90 + n), chain, ancestors },
      ...more,
    } as ApprovalRequest
    world.requests.forge({ state: { ...state, submittedAt: world.clock.now() }, head: noEntries })
  }
  await passed(1, {})
  const [approved, refused, extra] = [1, 0, ['ssm:DeleteParameter']]
  const calls = { at: ask.recent, approved, refused, extraCalls: 2, extra, unused: false, complete: true }
  await passed(2, { calls })
  const seen = await sumUp()
  expect(seen.days30).toEqual(counts({ asked: 1, approved: 1, tierZero: 1, night: 1, extraCalls: 2 }))
  expect(seen.lastSeen).toBe(world.clock.now() - 9 * 3600)
})

test('steps of plans that the agent proposed and does itself count as asked by it', async () => {
  const { world, noon, sumUp } = nightWorld()
  noon()
  const { ask } = await world.submitted(parameter('/staging/checkout/own'))
  const stored = await world.requests.load(ask.id)
  const delegator = { ...ask.agent, owner: ask.owner }
  for (const [n, chain] of [[delegator], [delegator, { ...delegator, id: agent('planner') }]].entries()) {
    const own = { ...ask, id: requestId(90 + n), chain, ancestors: chain.map(() => ask.id) }
    world.requests.forge({ state: { ...stored?.state, ask: own } as ApprovalRequest, head: noEntries })
  }
  expect((await sumUp()).days30).toEqual(counts({ asked: 2, approved: 2, tierZero: 2 }))
})

test('an act that is thirty days old counts for ninety days, and then no longer', async () => {
  const { world, sumUp } = nightWorld()
  await world.submitted(prodParameter)
  world.clock.advance(30 * day + 1)
  expect(await sumUp()).toMatchObject({ days30: noCounts, days90: counts({ asked: 1, night: 1 }) })
  world.clock.advance(60 * day)
  expect(await sumUp()).toMatchObject({ days30: noCounts, days90: noCounts, lastUse: {} })
})

test('an agent that never did anything has zeros, and was never seen', async () => {
  const { ports } = nightWorld()
  const seen = await sumUpAgent(agent('planner'), ports)
  expect(seen).toMatchObject({ days30: noCounts, days90: noCounts, complete: true })
  expect(seen.lastSeen).toBeUndefined()
})

test('more than can be read in a day is said to be cut', async () => {
  const { world, ports } = nightWorld()
  const { state, head } = (await world.requests.load((await world.submitted(stagingParameter)).ask.id)) ?? {}
  if (!state || !head) throw new Error('it was submitted')
  const endless = { list: async () => ({ items: Array.from({ length: 100 }, () => ({ state, head })), next: 'more' }) }
  expect(await sumUpAgent(remediator, { ...ports, requests: endless })).toMatchObject({
    complete: false,
    days30: { asked: 2000 },
  })
})

test('each agent is activity once a day, and those that wait longest first where the time is short', async () => {
  const { world, ports } = nightWorld()
  const seen: AgentId[] = []
  const agents = {
    files: (ids: readonly AgentId[]) => world.agents.files(ids),
    saveActivity: async (...[id, activity]: Parameters<typeof world.agents.saveActivity>) => {
      seen.push(id)
      world.clock.advance(10)
      return world.agents.saveActivity(id, activity)
    },
  }
  const all = ports.policy.bundle.agents.map(({ id }) => id)
  const run = (seconds: number) => sumUpAgents({ ...ports, agents }, { until: world.clock.now() + seconds })
  expect(await run(15)).toBe(2)
  expect(await run(1000)).toBe(all.length - 2)
  expect(seen).toEqual(all)
  expect(await run(1000)).toBe(0)
  world.clock.advance(day)
  await run(5)
  expect(seen.at(-1)).toBe(all[0])
})

test('an assistant that kept asking at night is asked of more people from then on', async () => {
  const { world, ports } = nightWorld()
  const ask = (at: number) => ({
    ...{ agent: assistant, purpose: 'maintenance', action: 'flags:set' },
    arguments: { environment: 'staging', flag: `flag-${at}`, value: true },
    resource: { type: 'flags:flag', id: `staging/flag-${at}` },
  })
  const tier = async () => {
    const evaluated = await world.evaluate(ask(99))
    return 'requestable' in evaluated ? evaluated.requestable?.tier : undefined
  }
  for (let at = 0; at < 10; at++) await world.submitted(ask(at))
  expect(await tier()).toBe(1)
  await sumUpAgents(ports, { until: world.clock.now() + 100 })
  expect(await tier()).toBe(2)
})
