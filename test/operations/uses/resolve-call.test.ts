import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { StoreUnavailable } from '../../../functions/operations/faults.ts'
import { completeRequest, revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import type { AwsCredentialBroker } from '../../../functions/targets/aws/ports.ts'
import { MemoryCaller } from '../../support/credentials/memory-caller.ts'
import { agent, person, World } from '../../support/world.ts'
import { brokerThat, bundle, claimed, configure } from './mediated-world.ts'

/** A lost call gets an outcome on the record without its agent, and is never repeated. */

/** Past the minute in which it may be under way, and the sweep's grace. Seconds. */
const over = 67
const hour = 3600
const targetRole = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'

/** A call that was begun, and whose maker died. */
async function lost(fate: 'answer_lost' | 'call_lost', caller = new MemoryCaller()) {
  const one = await claimed(configure, caller)
  caller.next(fate)
  const down: AwsCredentialBroker = brokerThat(({ policy }) => {
    if (policy.includes('GetFunctionConfiguration')) throw new Error('STS fell over')
  }, one.world.broker)
  expect(await one.call({ broker: down })).toMatchObject({ code: 'outcome_unknown' })
  const ended = async () => (await one.uses())[0]?.ended
  return { ...one, caller, down, ended }
}

test.each([
  ['answer_lost', 'succeeded', 1],
  ['call_lost', 'failed', 0],
] as const)(
  'a lost call is looked up without the agent, and its end recorded: %s is %s',
  async (fate, outcome, calls) => {
    const { world, request, caller, sweep, ended } = await lost(fate)
    world.clock.advance(over)
    expect(await sweep()).toBe(1)
    expect(await ended()).toMatchObject({ outcome, note: expect.stringContaining('reading') })
    expect(caller.done).toHaveLength(calls)
    const entries = await world.ledger.entries(request.ask.id)
    expect(entries.at(-1)).toMatchObject({ type: 'UseEnded', actor: { type: 'system' } })
    expect(verify(request.ask.id, entries)).toEqual({ state: await world.state(request.ask.id) })
    expect(await sweep()).toBe(0)
  },
)

test.each(['expired', 'revoked', 'completed'] as const)(
  'a lost call is looked up also after its grant has %s',
  async (how) => {
    const { world, request, sweep, ended } = await lost('answer_lost')
    const { id } = request.ask
    if (how === 'revoked') await revokeRequest({ id, person: person('gus'), reason: 'enough' }, world.ports)
    if (how === 'completed') await completeRequest({ id, agent: request.ask.agent.id, outcome: 'failed' }, world.ports)
    world.clock.advance(how === 'expired' ? 2 * hour : over)
    await sweep()
    expect(await ended()).toMatchObject({ outcome: 'succeeded' })
    expect(await world.state(id)).toMatchObject({ status: how })
    expect(await sweep()).toBe(0)
  },
)

test('a lost call is left for a minute to the run that makes it', async () => {
  const { world, sweep, ended } = await lost('call_lost')
  world.clock.advance(60)
  expect(await sweep()).toBe(0)
  expect(await ended()).toBeUndefined()
})

test('a lost call is unknown where reading cannot tell: once, for good, and a person is told', async () => {
  const { world, request, call, sweep, ended } = await lost('answer_lost', new MemoryCaller({ readable: false }))
  world.clock.advance(over)
  expect(await sweep()).toBe(1)
  expect(await ended()).toMatchObject({ outcome: 'unknown', note: expect.stringContaining('cannot tell') })
  expect(world.log.lines).toContainEqual({
    level: 'error',
    message: 'outcome_unknown',
    fields: { request: request.ask.id },
  })
  expect(await sweep()).toBe(0)
  expect(await call()).toMatchObject({ code: 'outcome_unknown', detail: expect.stringContaining('cannot tell') })
})

test('a lost call is unknown where the catalogue does not say how to read it, and no session is made', async () => {
  const entry = bundle.actions[configure.action]
  if (!entry) throw new Error('no such action')
  const { resolve: _, ...blind } = entry
  const world = new World({ ...bundle, actions: { ...bundle.actions, [configure.action]: blind } })
  const caller = new MemoryCaller()
  const { call, uses, sweep } = await claimed(configure, caller, world)
  caller.next('answer_lost')
  await call()
  world.clock.advance(over)
  const sessions: string[] = []
  await sweep({ broker: brokerThat(({ policy }) => sessions.push(policy), world.broker) })
  expect([sessions, (await uses())[0]?.ended?.outcome]).toEqual([[], 'unknown'])
})

test('a lost call that cannot be read now is read by a later sweep', async () => {
  const { world, down, sweep, ended } = await lost('answer_lost')
  world.clock.advance(over)
  expect([await sweep({ broker: down }), await ended()]).toEqual([1, undefined])
  world.clock.advance(60)
  expect(await sweep()).toBe(1)
  expect(await ended()).toMatchObject({ outcome: 'succeeded' })
})

test('a lost call that cannot be read is tried for an hour, and then unknown, so that none is swept for ever', async () => {
  const { world, down, sweep, ended } = await lost('answer_lost')
  world.clock.advance(hour)
  expect([await sweep({ broker: down }), await ended()]).toEqual([1, undefined])
  world.clock.advance(1)
  expect(await sweep({ broker: down })).toBe(1)
  expect(await ended()).toMatchObject({ outcome: 'unknown', note: expect.stringContaining('could not be read') })
  expect(await sweep()).toBe(0)
})

test.each([
  { kind: 'role', value: targetRole },
  { kind: 'all', value: 'all' },
] as const)('a lost call is not read while its role is stopped, and is once that is lifted ($kind)', async (target) => {
  const { world, sweep, ended } = await lost('answer_lost')
  const halt = world.putHalt(target)
  world.clock.advance(over)
  const sessions: string[] = []
  const broker = brokerThat(({ policy }) => sessions.push(policy), world.broker)
  await sweep({ broker })
  expect([sessions, await ended()]).toEqual([[], undefined])
  world.requests.putHalt({ ...halt, lifted: { by: person('hana'), at: world.clock.now() } })
  await sweep({ broker })
  expect([sessions.length, (await ended())?.outcome]).toEqual([1, 'succeeded'])
})

test('a lost call is read though its agent is stopped: Hotwork reads, so that a person knows what was done', async () => {
  const { world, sweep, ended } = await lost('answer_lost')
  world.putHalt({ kind: 'agent', value: agent('remediator') })
  world.clock.advance(over)
  await sweep()
  expect(await ended()).toMatchObject({ outcome: 'succeeded' })
})

test('a lost call is read with a session that can do nothing else, and is tagged as its call was', async () => {
  const { world, request, token, sweep } = await lost('answer_lost')
  world.clock.advance(over)
  const asked: unknown[] = []
  await sweep({ broker: brokerThat((ask) => asked.push(ask), world.broker) })
  expect(asked).toMatchObject([
    {
      policy: expect.stringContaining('lambda:GetFunctionConfiguration'),
      tags: { 'hotwork:request': request.ask.id, 'hotwork:credential': token.jti },
    },
  ])
  expect(JSON.stringify(asked)).not.toContain(configure.action)
})

test('a lost call has one end, also where the agent asks and Hotwork looks at once', async () => {
  const { world, request, call, sweep } = await lost('answer_lost')
  world.clock.advance(over)
  await Promise.all([call(), sweep(), call(), sweep()])
  const ends = (await world.story(request.ask.id)).filter((type) => type === 'UseEnded')
  expect(ends).toHaveLength(1)
})

test('a lost call whose end the store did not hear of is resolved by the next sweep', async () => {
  const { world, sweep, ended } = await lost('answer_lost')
  world.clock.advance(over)
  const failing = brokerThat(() => world.requests.failNextCommit('unheard'), world.broker)
  await expect(sweep({ broker: failing })).rejects.toThrow(StoreUnavailable)
  expect(await ended()).toBeUndefined()
  await sweep()
  expect(await ended()).toMatchObject({ outcome: 'succeeded' })
})

test('a value that was read of a lost call is in no log and no entry', async () => {
  const { world, request, caller, sweep } = await lost('answer_lost')
  const secret = 'canary-output-77e1'
  caller.output = { Timeout: 60, Note: secret }
  world.clock.advance(over)
  await sweep()
  expect(JSON.stringify([world.log.lines, await world.ledger.entries(request.ask.id)])).not.toContain(secret)
})
