import type { StandIn } from '../../../functions/domain/people/stand-in.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { gather, lookAtAgents } from '../../../functions/operations/policy/gather.ts'
import type { Policy } from '../../../functions/operations/policy/ports.ts'
import { agent, person, prodParameter, stagingParameter, World } from '../../support/world.ts'

/** An act reads all that it rests on once. */

const [ana, ben, gus] = [person('ana'), person('ben'), person('gus')]

test('one read finds everything, beside the reading of the resource; a stand-in costs a second', async () => {
  const world = new World()
  const state = await world.submitted(prodParameter)
  const now = world.clock.now()
  const begun: string[] = []
  const read = async (given: readonly StandIn[]) => {
    world.requests.putStandIns(ben, given)
    begun.length = 0
    const requests = {
      dependencies: (...of: Parameters<typeof world.requests.dependencies>) => {
        begun.push('dependencies')
        return world.requests.dependencies(...of)
      },
    }
    const policy = {
      ...world.policy,
      bundle: world.policy.bundle,
      ask: world.policy.ask,
      look: async () => void begun.push('look'),
    }
    const present = new Promise<undefined>((seen) => setImmediate(() => seen(void begun.push('seen'))))
    const gathered = await gather(state, { now, decider: ben }, { policy, requests }, present)
    return { begun, absent: gathered.standIns.map((each) => each.for) }
  }
  const standIn = { id: `sti_${'0'.repeat(26)}`, by: ben, for: ana, at: now, from: now, until: now + 3600 } as StandIn
  expect(await read([])).toEqual({ begun: ['dependencies', 'look', 'seen'], absent: [] })
  expect(await read([{ ...standIn, until: now }])).toEqual({ begun: ['dependencies', 'look', 'seen'], absent: [] })
  expect(await read([standIn])).toEqual({ begun: ['dependencies', 'look', 'dependencies', 'seen'], absent: [ana] })
})

test('the dates of every agent that the answer rests on are looked at', async () => {
  const world = new World()
  const state = await world.submitted(stagingParameter)
  const looked: string[][] = []
  const look = async (of: readonly string[]) => void looked.push([...of])
  const blind: Policy = { bundle: world.policy.bundle, ask: (each) => world.policy.ask(each) }
  const chain = [{ id: agent('planner'), owner: gus }] as ApprovalRequest['ask']['chain']
  await lookAtAgents({ ask: { ...state.ask, chain } }, { policy: { ...blind, look } })
  expect(looked).toEqual([[agent('remediator'), agent('planner')]])
  await lookAtAgents(state, { policy: blind })
})
