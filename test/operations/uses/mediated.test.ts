import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { StoreUnavailable } from '../../../functions/operations/faults.ts'
import type { RequestStore } from '../../../functions/operations/record/ports.ts'
import type { AwsCaller, AwsCredentialBroker } from '../../../functions/targets/aws/ports.ts'
import { frozen } from '../../support/bundles.ts'
import { MemoryBroker } from '../../support/credentials/memory-broker.ts'
import { MemoryCaller } from '../../support/credentials/memory-caller.ts'
import { stagingParameter, World } from '../../support/world.ts'
import { claimed, configure, secretArgument, type Worldly } from './mediated-world.ts'

/**
 * A mediated call is made once or not at all, at any crash; its outcome is on the record, and AWS's answer goes to the
 * agent alone.
 */

test('a halt stops even the look-up of a call that has begun and whose outcome is unknown', async () => {
  const caller = new MemoryCaller()
  const { world, request, call } = await claimed(configure, caller)
  caller.next('call_lost')
  expect(await call()).toMatchObject({ code: 'outcome_unknown' })
  world.putHalt({ kind: 'all', value: 'all' })
  expect(await call()).toMatchObject({ code: 'halted' })
  expect(caller.done).toEqual([])
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'revoked', revokedBy: 'system' })
})

test('a mediated call is made as it was approved, on the record before it is made and after, and answered once', async () => {
  const { world, request, caller, call, uses } = await claimed()
  expect(await call()).toEqual({ ok: true, value: { output: { Timeout: 60 } } })
  expect(caller.done).toEqual([{ action: configure.action, arguments: configure.arguments, region: 'us-east-1' }])
  expect(await uses()).toMatchObject([{ tool: 'aws', key: 'call', ended: { outcome: 'succeeded' } }])
  expect((await world.story(request.ask.id)).slice(-2)).toEqual(['UseBegun', 'UseEnded'])
  expect(await call()).toMatchObject({ code: 'uses_exhausted', detail: 'the call was made, and succeeded' })
  expect(caller.done).toHaveLength(1)
})

test('a mediated call has a session for it alone: its action and resource, for a minute, tagged like any other', async () => {
  const { world, request, token, call } = await claimed()
  const policies: string[] = []
  const broker: AwsCredentialBroker = {
    assume: async (ask) => {
      policies.push(ask.policy)
      expect(ask).toMatchObject({
        sessionName: request.ask.id,
        tags: { 'hotwork:request': request.ask.id, 'hotwork:credential': token.jti },
        durationSeconds: 900,
      })
      return world.broker.assume(ask)
    },
  }
  await call({ broker })
  const [allow, deny] = JSON.parse(policies[0] as string).Statement
  expect(allow).toMatchObject({ Action: [configure.action], Resource: [configure.resource.id] })
  expect(Date.parse(allow.Condition.DateLessThan['aws:CurrentTime']) / 1000).toBe(world.clock.now() + 60)
  expect(deny).toMatchObject({ Effect: 'Deny', Resource: '*' })
  expect(policies).toHaveLength(1)
})

test('twenty asks at once are one call', async () => {
  const { caller, call } = await claimed()
  const answers = await Promise.all(Array.from({ length: 20 }, () => call()))
  expect(caller.done).toHaveLength(1)
  expect(answers.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(1)
  for (const answer of answers) if (!answer.ok) expect(answer.code).toMatch(/^(?:outcome_unknown|uses_exhausted)$/)
})

test('one proof is one ask', async () => {
  const { world, caller, call } = await claimed()
  const once = world.proof()
  expect(await call({}, once)).toMatchObject({ ok: true })
  expect(await call({}, once)).toMatchObject({ code: 'replayed' })
  expect(caller.done).toHaveLength(1)
})

test('a mediated call asks policy again, and is not made once it is forbidden', async () => {
  const { world, caller, call } = await claimed()
  world.policy = new World(frozen(configure.action)).policy
  expect(await call()).toMatchObject({ code: 'policy_denied' })
  expect(caller.done).toEqual([])
})

test('an agent’s own action has no mediated call, and a mediated action gives out no credentials', async () => {
  const own = await claimed(stagingParameter)
  expect(await own.call()).toMatchObject({ code: 'wrong_credential_kind' })
  expect(own.caller.done).toEqual([])
  const { world, request, token } = await claimed()
  expect(await world.issueAws(request, token.jti)).toMatchObject({ code: 'wrong_credential_kind' })
})

test('a refusal by AWS is recorded by its name and told, and the call is not tried again', async () => {
  const { caller, call, uses } = await claimed()
  caller.next({ refuses: 'ResourceNotFoundException' })
  expect(await call()).toEqual({ ok: false, code: 'call_failed', detail: 'ResourceNotFoundException' })
  expect(await uses()).toMatchObject([{ ended: { outcome: 'failed', note: 'ResourceNotFoundException' } }])
  expect(await call()).toMatchObject({ code: 'uses_exhausted', detail: 'the call was made, and failed' })
  expect(caller.done).toEqual([])
})

test('a call without a session, which STS refuses, is not made, and that is on the record', async () => {
  const { caller, call, uses } = await claimed()
  expect(await call({ broker: new MemoryBroker({}) })).toMatchObject({ code: 'call_failed', detail: 'BrokerRefused' })
  expect(caller.done).toEqual([])
  expect(await uses()).toMatchObject([{ ended: { outcome: 'failed' } }])
})

test.each<[why: string, fault: string, worldly: (world: World, caller: MemoryCaller) => Worldly]>([
  [
    'STS does not answer',
    'BrokerUnavailable',
    (world) => {
      world.broker.setDown(true)
      return {}
    },
  ],
  [
    'no session can be made',
    'TypeError',
    () => ({ broker: { assume: () => Promise.reject(new TypeError('what is this?')) } }),
  ],
  [
    'AWS finds another state than the one that was read last',
    'CallOutdated',
    (_world, caller) => {
      caller.next('outdated')
      return {}
    },
  ],
  [
    'no connection to AWS comes about',
    'CallNotSent',
    (_world, caller) => {
      caller.next('not_sent')
      return {}
    },
  ],
])('a call that was not sent costs no use: %s', async (_why, fault, worldly) => {
  const { world, request, caller, call, uses } = await claimed()
  expect(await call(worldly(world, caller))).toEqual({ ok: false, code: 'call_not_sent', detail: fault })
  expect([caller.done, await uses()]).toEqual([[], []])
  world.broker.setDown(false)
  expect(await call()).toMatchObject({ ok: true })
  expect(await call()).toMatchObject({ code: 'uses_exhausted' })
  expect(caller.done).toHaveLength(1)
  const story = await world.story(request.ask.id)
  expect(story.slice(-5)).toEqual(['UseBegun', 'UseReturned', 'UseBegun', 'UseEnded', 'Refused'])
  const entries = await world.ledger.entries(request.ask.id)
  expect(entries.find(({ type }) => type === 'UseReturned')?.facts).toMatchObject({ reason: fault })
  expect(verify(request.ask.id, entries)).toEqual({ state: await world.state(request.ask.id) })
})

test('a call is begun on the record before a session is asked for, each time', async () => {
  const { world, request, call } = await claimed()
  const before: string[] = []
  const broker: AwsCredentialBroker = {
    assume: async () => {
      before.push((await world.story(request.ask.id)).at(-1) ?? '')
      throw new Error('down')
    },
  }
  await call({ broker })
  await call({ broker })
  expect(before).toEqual(['UseBegun', 'UseBegun'])
})

test('a call that was not sent is not given back to a grant that has ended meanwhile, and asked for again in vain', async () => {
  const { world, request, caller, call, uses } = await claimed()
  const broker: AwsCredentialBroker = {
    assume: async () => {
      world.clock.advance(5000)
      throw new Error('down')
    },
  }
  expect(await call({ broker })).toMatchObject({ code: 'call_not_sent' })
  expect(await uses()).toEqual([])
  expect(await call()).toMatchObject({ code: 'expired' })
  expect((await world.story(request.ask.id)).slice(-3)).toEqual(['Expired', 'UseReturned', 'Refused'])
  expect(caller.done).toEqual([])
})

test('a call whose return is not recorded stays unknown, until it is looked up', async () => {
  const { world, caller, call, uses } = await claimed()
  const broker: AwsCredentialBroker = {
    assume: async () => {
      world.requests.failNextCommit('unheard')
      throw new Error('down')
    },
  }
  await expect(call({ broker })).rejects.toThrow(StoreUnavailable)
  expect(await call()).toMatchObject({ code: 'outcome_unknown' })
  world.clock.advance(61)
  expect(await call()).toMatchObject({ code: 'call_failed', detail: 'not_done' })
  expect(await uses()).toMatchObject([{ ended: { outcome: 'failed' } }])
  expect(caller.done).toEqual([])
})

test('twenty asks at once while STS comes and goes are one call at most', async () => {
  const { world, caller, call } = await claimed()
  let asked = 0
  const broker: AwsCredentialBroker = {
    assume: async (ask) => {
      asked += 1
      if (asked % 2 === 1) throw new Error('down')
      return world.broker.assume(ask)
    },
  }
  await Promise.all(Array.from({ length: 20 }, () => call({ broker })))
  await call({ broker })
  await call({ broker })
  expect(caller.done).toHaveLength(1)
})

test('a lost answer is found by reading, at once where it can be, and answered', async () => {
  const { caller, call, uses } = await claimed()
  caller.next('answer_lost')
  expect(await call()).toMatchObject({ ok: true })
  expect(await uses()).toMatchObject([{ ended: { outcome: 'succeeded', note: expect.stringContaining('reading') } }])
  expect(caller.done).toHaveLength(1)
})

test('a call that is not found may still be under way for a minute; then it is known to have failed', async () => {
  const { world, caller, call, uses } = await claimed()
  caller.next('call_lost')
  expect(await call()).toMatchObject({ code: 'outcome_unknown' })
  world.clock.advance(60)
  expect(await call()).toMatchObject({ code: 'outcome_unknown' })
  expect((await uses())[0]?.ended).toBeUndefined()
  world.clock.advance(1)
  expect(await call()).toMatchObject({ code: 'call_failed', detail: 'not_done' })
  expect(await uses()).toMatchObject([{ ended: { outcome: 'failed' } }])
  expect(caller.done).toEqual([])
})

test.each(['answer_lost', 'call_lost'] as const)(
  'a lost answer stays unknown where reading cannot tell (%s)',
  async (fate) => {
    const caller = new MemoryCaller({ readable: false })
    const { world, call, uses } = await claimed(configure, caller)
    caller.next(fate)
    expect(await call()).toEqual({ ok: false, code: 'outcome_unknown' })
    world.clock.advance(200)
    const forGood = { ok: false, code: 'outcome_unknown', detail: 'its answer was lost; reading cannot tell' }
    expect([await call(), await call()]).toEqual([forGood, forGood])
    expect(await uses()).toMatchObject([{ ended: { outcome: 'unknown' } }])
    expect(caller.done).toHaveLength(fate === 'answer_lost' ? 1 : 0)
  },
)

test('a lost answer is read with a session that can do nothing but read, and stays unknown while there is none', async () => {
  const { world, caller, call } = await claimed()
  caller.next('answer_lost')
  const actions: string[] = []
  const broker: AwsCredentialBroker = {
    assume: async (ask) => {
      actions.push(JSON.parse(ask.policy).Statement[0].Action.join())
      if (actions.length === 2) throw new Error('STS fell over')
      return world.broker.assume(ask)
    },
  }
  expect(await call({ broker })).toMatchObject({ code: 'outcome_unknown' })
  // The run that began it may still be under way: for a minute its outcome stays open, and nothing is read.
  expect(await call({ broker })).toMatchObject({ code: 'outcome_unknown' })
  expect(actions).toHaveLength(2)
  world.clock.advance(61)
  expect(await call({ broker })).toMatchObject({ ok: true })
  expect(actions).toEqual([configure.action, 'lambda:GetFunctionConfiguration', 'lambda:GetFunctionConfiguration'])
})

/** The same store with another commit. */
const withCommit = (store: RequestStore, commit: RequestStore['commit']): RequestStore =>
  new Proxy(store, {
    get: (target, member) => {
      if (member === 'commit') return commit
      const own: unknown = Reflect.get(target, member)
      return typeof own === 'function' ? own.bind(target) : own
    },
  })

class Killed extends Error {}
type Gap =
  | 'before the beginning is recorded'
  | 'after it'
  | 'before the session'
  | 'after it is there'
  | 'before the call'
  | 'after the call'
  | 'before the end is recorded'
  | 'before the answer'

/** The same world, in which the process dies at one place. */
function dyingAt(gap: Gap, { world, caller }: { world: World; caller: MemoryCaller }): Worldly {
  let commits = 0
  let dead = false
  /** A killed process does nothing more. */
  const die = () => {
    dead = true
    throw new Killed()
  }
  const requests = withCommit(world.requests, async (change) => {
    if (dead) throw new Killed()
    commits += 1
    if (commits === 1 && gap === 'before the beginning is recorded') die()
    if (commits === 2 && gap === 'before the end is recorded') die()
    const done = await world.requests.commit(change)
    if (commits === 1 && gap === 'after it') throw new StoreUnavailable('killed')
    if (commits === 2 && gap === 'before the answer') die()
    return done
  })
  const broker: AwsCredentialBroker = {
    assume: async (ask) => {
      if (gap === 'before the session') die()
      const credentials = await world.broker.assume(ask)
      if (gap === 'after it is there') die()
      return credentials
    },
  }
  const dying: AwsCaller = {
    lookUp: (call) => caller.lookUp(call),
    call: async (call) => {
      if (gap === 'before the call') die()
      const output = await caller.call(call)
      if (gap === 'after the call') die()
      return output
    },
  }
  return { requests, broker, caller: dying }
}

test.each<[gap: Gap, calls: number, outcome: string]>([
  // Nothing had begun, so the next ask makes the call.
  ['before the beginning is recorded', 1, 'succeeded'],
  ['after it', 0, 'failed'],
  ['before the session', 0, 'failed'],
  ['after it is there', 0, 'failed'],
  ['before the call', 0, 'failed'],
  ['after the call', 1, 'succeeded'],
  ['before the end is recorded', 1, 'succeeded'],
  ['before the answer', 1, 'succeeded'],
])('a Lambda killed %s: %i call is made, the record says that it %s', async (gap, calls, outcome) => {
  const one = await claimed()
  const { world, request, caller, call, uses } = one
  await expect(call(dyingAt(gap, one))).rejects.toThrow()
  await call()
  world.clock.advance(61)
  await call()
  expect(caller.done).toHaveLength(calls)
  expect(await uses()).toMatchObject([{ ended: { outcome } }])
  // The record alone gives the same state.
  const entries = await world.ledger.entries(request.ask.id)
  expect(verify(request.ask.id, entries)).toMatchObject({ state: await world.state(request.ask.id) })
})

test('a call’s arguments and AWS’s answer are in no log and, the answer, in no entry', async () => {
  const { world, request, caller, call } = await claimed()
  const secretOutput = 'canary-output-91c0'
  caller.output = { Timeout: 60, Note: secretOutput }
  caller.next('answer_lost')
  expect(await call()).toMatchObject({ ok: true, value: { output: { Note: secretOutput } } })
  await call()
  const log = JSON.stringify(world.log.lines)
  const entries = JSON.stringify(await world.ledger.entries(request.ask.id))
  expect([log, entries].filter((text) => text.includes(secretOutput))).toEqual([])
  expect(log).not.toContain(secretArgument)
  expect(JSON.stringify(await world.state(request.ask.id))).not.toContain(secretOutput)
})
