import type { Halt } from '../../../functions/domain/halts/halt.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { AgentId, HaltId, RequestId, StandInId } from '../../../functions/domain/values.ts'
import { cancelRequest } from '../../../functions/operations/requests/end-request.ts'
import { mostLookedAt, waitingFor } from '../../../functions/operations/requests/waiting.ts'
import { stopCheckout } from '../../channels/slack/cards/states.ts'
import { agent, parameter, person, prodParameter, sampleBundle, stagingParameter, World } from '../../support/world.ts'

/** What waits for a person is what they could approve now: no more, so that nobody is called in vain, and no less. */

const bundle = sampleBundle()
let world: World
beforeEach(() => {
  world = new World(bundle)
})

const waits = async (who: string): Promise<RequestId[]> =>
  (await waitingFor(person(who), world.ports)).map(({ state }) => state.ask.id)

const owned = (by: string): Bundle => ({
  ...bundle,
  agents: bundle.agents.map((each) => ({ ...each, owner: person(by) })),
})
const halt = (target: Halt['target']): Halt => ({
  id: `hlt_${'0'.repeat(26)}` as HaltId,
  target,
  reason: 'an exercise',
  by: person('gus'),
  at: world.clock.now(),
})
const standIn = (by: string, whose: string) =>
  world.requests.putStandIns(person(by), [
    {
      id: `sti_${'0'.repeat(26)}` as StandInId,
      for: person(whose),
      by: person(by),
      from: world.clock.now(),
      until: world.clock.now() + 3600,
      at: world.clock.now(),
    },
  ])

test('a request waits for those who may decide its open stage, and for nobody else', async () => {
  const { ask } = await world.submitted(prodParameter)
  expect(await waits('ana')).toEqual([ask.id])
  expect(await waits('ben')).toEqual([ask.id])
  for (const who of ['eve', 'gus', 'jade', 'lena', 'nobody']) expect(await waits(who)).toEqual([])
})

test('once a stage has its quorum the request waits for those of the next', async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ben')
  expect(await waits('chloe')).toEqual([])
  expect(await waits('eve')).toEqual([request.ask.id])
})

test('nothing waits for somebody who has decided it', async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana')
  // She is in `sre` too, and counts once.
  expect(await waits('ana')).toEqual([])
})

test('silence widens for whom it waits, whether or not anybody has stored that yet', async () => {
  const { ask } = await world.submitted(prodParameter)
  world.clock.advance(31 * 60)
  expect(await waits('jade')).toEqual([ask.id])
  expect(await waits('ana')).toEqual([ask.id])
})

test('what has ended waits for nobody: by time, by withdrawal, by a decision', async () => {
  const denied = await world.submitted(prodParameter)
  await world.decide(denied, 'eve', 'deny')
  const withdrawn = await world.submitted(parameter('/prod/checkout/payment-timeout-ms', '2000'))
  await cancelRequest({ id: withdrawn.ask.id, agent: withdrawn.ask.agent.id }, world.ports)
  await world.submitted(stagingParameter)
  expect(await waits('ana')).toEqual([])
  await world.submitted(parameter('/prod/checkout/payment-timeout-ms', '1000'))
  world.clock.advance(86_400)
  expect(await waits('ana')).toEqual([])
})

test('what their own agents ask waits for others', async () => {
  world = new World(owned('ana'))
  const { ask } = await world.submitted(prodParameter)
  expect(await waits('ana')).toEqual([])
  expect(await waits('ben')).toEqual([ask.id])
})

test('a stage that asks for a stronger login waits like any other', async () => {
  const request = await world.submitted(stopCheckout)
  await world.decide(request, 'ana')
  expect(await waits('gus')).toEqual([request.ask.id])
})

test('the newest comes first', async () => {
  const ids: RequestId[] = []
  for (const value of ['1', '2', '3']) {
    ids.unshift((await world.submitted(parameter('/prod/checkout/payment-timeout-ms', value))).ask.id)
    world.clock.advance(1)
  }
  expect(await waits('ana')).toEqual(ids)
})

describe('who stands in for another', () => {
  test('is waited for in their stead', async () => {
    const { ask } = await world.submitted(prodParameter)
    standIn('lena', 'ana')
    expect(await waits('lena')).toEqual([ask.id])
    world.clock.advance(3600)
    standIn('lena', 'ana')
    world.clock.advance(3600)
    expect(await waits('lena')).toEqual([])
  })

  test('is not waited for where that one has decided', async () => {
    const request = await world.submitted(prodParameter)
    await world.decide(request, 'ana')
    standIn('lena', 'ana')
    expect(await waits('lena')).toEqual([])
  })

  test('is not waited for where that one owns the agent', async () => {
    world = new World(owned('ana'))
    await world.submitted(prodParameter)
    standIn('lena', 'ana')
    expect(await waits('lena')).toEqual([])
  })
})

test('a halt of one agent leaves what another asks waiting', async () => {
  const stopped = await world.submitted({ ...stagingParameter, agent: agent('builder') })
  const { ask } = await world.submitted(prodParameter)
  world.requests.putHalt(halt({ kind: 'agent', value: stopped.ask.agent.id as AgentId }))
  expect(await waits('ana')).toEqual([ask.id])
})

describe('nothing waits', () => {
  test('for somebody whose decisions do not count, or whose stead is stopped', async () => {
    const { ask } = await world.submitted(prodParameter)
    standIn('lena', 'ana')
    world.requests.putHalt(halt({ kind: 'person', value: person('ana') }))
    expect(await waits('ana')).toEqual([])
    expect(await waits('lena')).toEqual([])
    expect(await waits('ben')).toEqual([ask.id])
  })

  test('of an agent that is stopped', async () => {
    const { ask } = await world.submitted(prodParameter)
    world.requests.putHalt(halt({ kind: 'agent', value: ask.agent.id as AgentId }))
    expect(await waits('ana')).toEqual([])
  })

  test('for somebody who is not active', async () => {
    const people = bundle.directory.people.map((each) =>
      each.id === person('ana') ? { ...each, status: 'inactive' as const } : each,
    )
    world = new World({ ...bundle, directory: { ...bundle.directory, people } })
    await world.submitted(prodParameter)
    expect(await waits('ana')).toEqual([])
  })
})

test('what waits is exactly what could be approved: each of it is taken, and nothing else', async () => {
  const requests: ApprovalRequest[] = [await world.submitted(prodParameter), await world.submitted(stopCheckout)]
  for (const { id } of bundle.directory.people) {
    const ids = (await waitingFor(id, world.ports)).map(({ state }) => state.ask.id)
    for (const request of requests) {
      const probe = new World(bundle)
      const same = await probe.submitted(request.ask.action === stopCheckout.action ? stopCheckout : prodParameter)
      const decided = await probe.decide(same, id.replace('person:', ''))
      expect([id, request.ask.action, decided.ok]).toEqual([id, request.ask.action, ids.includes(request.ask.id)])
    }
  }
})

test('no more than the newest few hundred are read, however many are open', async () => {
  let read = 0
  const state = await world.submitted(prodParameter)
  const stored = await world.requests.load(state.ask.id)
  if (!stored) throw new Error('not stored')
  const requests = Object.assign(Object.create(world.requests), {
    dependencies: world.requests.dependencies.bind(world.requests),
    list: async (_: unknown, { limit }: { limit: number }) => {
      read += limit
      return { items: Array(limit).fill(stored), next: String(read) }
    },
  })
  expect(await waitingFor(person('ana'), { ...world.ports, requests })).toHaveLength(mostLookedAt)
  expect(read).toBe(mostLookedAt)
})
