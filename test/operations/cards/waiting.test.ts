import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { AgentId, RequestId, StandInId } from '../../../functions/domain/values.ts'
import { cancelRequest } from '../../../functions/operations/requests/end-request.ts'
import { mostLookedAt, waitingFor } from '../../../functions/operations/requests/waiting.ts'
import { stopCheckout } from '../../channels/slack/cards/states.ts'
import { withPerson } from '../../support/bundles.ts'
import { agent, parameter, person, prodParameter, sampleBundle, stagingParameter, World } from '../../support/world.ts'

/** A request waits for exactly the people who could approve it now. */

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
const standIn = (by: string, whose: string) => {
  const [id, from] = [`sti_${'0'.repeat(26)}` as StandInId, world.clock.now()]
  const times = { from, until: from + 3600, at: from }
  world.requests.putStandIns(person(by), [{ id, for: person(whose), by: person(by), ...times }])
}

test('a request waits for those who may decide its open stage, and for no others', async () => {
  const { ask } = await world.submitted(prodParameter)
  expect(await waits('ana')).toEqual([ask.id])
  expect(await waits('ben')).toEqual([ask.id])
  for (const who of ['eve', 'gus', 'jade', 'lena', 'stranger']) expect(await waits(who)).toEqual([])
})

test('a request whose stage has its quorum waits for those of the next', async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ben')
  expect(await waits('chloe')).toEqual([])
  expect(await waits('eve')).toEqual([request.ask.id])
})

test('a request does not wait for a person who has decided it', async () => {
  await world.decide(await world.submitted(prodParameter), 'ana')
  // She is in `sre` too, and counts once.
  expect(await waits('ana')).toEqual([])
})

test('silence widens the people it waits for, before any reader has stored it', async () => {
  const { ask } = await world.submitted(prodParameter)
  world.clock.advance(31 * 60)
  expect(await waits('jade')).toEqual([ask.id])
  expect(await waits('ana')).toEqual([ask.id])
})

test('an ended request waits for no person: by time, by withdrawal, by a decision', async () => {
  await world.decide(await world.submitted(prodParameter), 'eve', 'deny')
  const withdrawn = await world.submitted(parameter('/prod/checkout/payment-timeout-ms', '2000'))
  await cancelRequest({ id: withdrawn.ask.id, agent: withdrawn.ask.agent.id }, world.ports)
  await world.submitted(stagingParameter)
  expect(await waits('ana')).toEqual([])
  await world.submitted(parameter('/prod/checkout/payment-timeout-ms', '1000'))
  world.clock.advance(86_400)
  expect(await waits('ana')).toEqual([])
})

test('a request of a person’s own agent waits for others', async () => {
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

test('a stand-in is waited for in place of the absent person', async () => {
  const { ask } = await world.submitted(prodParameter)
  standIn('lena', 'ana')
  expect(await waits('lena')).toEqual([ask.id])
  world.clock.advance(3600)
  standIn('lena', 'ana')
  world.clock.advance(3600)
  expect(await waits('lena')).toEqual([])
})

test('a stand-in is not waited for once the absent person has decided', async () => {
  await world.decide(await world.submitted(prodParameter), 'ana')
  standIn('lena', 'ana')
  expect(await waits('lena')).toEqual([])
})

test('a stand-in is not waited for where the absent person owns the agent', async () => {
  world = new World(owned('ana'))
  await world.submitted(prodParameter)
  standIn('lena', 'ana')
  expect(await waits('lena')).toEqual([])
})

test('a halt of one agent leaves what another asks waiting', async () => {
  const stopped = await world.submitted({ ...stagingParameter, agent: agent('builder') })
  const { ask } = await world.submitted(prodParameter)
  world.putHalt({ kind: 'agent', value: stopped.ask.agent.id as AgentId })
  expect(await waits('ana')).toEqual([ask.id])
})

test('nothing waits for a stopped person, or for the stand-in of one', async () => {
  const { ask } = await world.submitted(prodParameter)
  standIn('lena', 'ana')
  world.putHalt({ kind: 'person', value: person('ana') })
  expect(await waits('ana')).toEqual([])
  expect(await waits('lena')).toEqual([])
  expect(await waits('ben')).toEqual([ask.id])
})

test('no request of a stopped agent waits', async () => {
  const { ask } = await world.submitted(prodParameter)
  world.putHalt({ kind: 'agent', value: ask.agent.id as AgentId })
  expect(await waits('ana')).toEqual([])
})

test('nothing waits for an inactive person', async () => {
  world = new World(withPerson(person('ana'), { status: 'inactive' }))
  await world.submitted(prodParameter)
  expect(await waits('ana')).toEqual([])
})

test('each waiting request could be approved now, and no other', async () => {
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
  const stored = await world.requests.load((await world.submitted(prodParameter)).ask.id)
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
