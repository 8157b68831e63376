import type { HaltTarget } from '../../../functions/domain/halts/halt.ts'
import { verify } from '../../../functions/domain/ledger/ledger.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { Follow } from '../../../functions/domain/policy/follow.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { followRun } from '../../../functions/operations/uses/follow-run.ts'
import { makeCall } from '../../../functions/operations/uses/make-call.ts'
import type { CallMaker, RunFollower, RunSeen } from '../../../functions/targets/reach.ts'
import { automation } from '../../support/runs.ts'
import { person, World } from '../../support/world.ts'
import { bundle, configure } from './mediated-world.ts'

/** Looks at a run until it has ended, as often as it takes. */

const running: RunSeen = { seen: 'running' }
const entry = bundle.actions[configure.action]
const followedBy = (cancel: Follow['cancel']) =>
  ({
    ...bundle,
    actions: { ...bundle.actions, [configure.action]: { ...entry, follow: { ...automation, cancel } } },
  }) as Bundle

/** A call that started a run. `see` is the next answers of the target; the last one stays. */
const started = (...see: readonly (RunSeen | Error)[]) => stoppedBy(automation.cancel, ...see)
async function stoppedBy(cancel: Follow['cancel'], ...see: readonly (RunSeen | Error)[]) {
  const world = new World(followedBy(cancel))
  const request = await world.submitted(configure)
  const { id } = request.ask
  const token = world.accessToken(request, await world.claim(request))
  const reach: CallMaker = {
    kind: 'aws',
    make: async () => ({ outcome: 'started', run: 'run-1', output: {} }),
    lookUp: async () => ({ found: 'unknown' }),
  }
  const called = await makeCall(token, world.proof(), { ...world.ports, targetRole: world.targetRole, reach })
  const cancelled: string[] = []
  const answers = [...see]
  const follower: RunFollower = {
    kind: 'aws',
    look: async () => {
      const next = (answers.length > 1 ? answers.shift() : answers[0]) ?? running
      if (next instanceof Error) throw next
      return next
    },
    cancel: async (_, run) => {
      cancelled.push(run)
      return 'sent'
    },
  }
  const follow = (by = follower) => followRun(id, { ...world.ports, targetRole: world.targetRole, follower: by })
  const run = async () => (await world.state(id)).run
  const revoke = () => revokeRequest({ id, person: person('gus'), reason: 'enough' }, world.ports)
  return { world, id, called, cancelled, follower, follow, run, revoke }
}

test('a call that starts a run is answered with its target output, and that it runs', async () => {
  const { called, world } = await started()
  expect(called).toEqual({ ok: true, value: { output: {}, run: { status: 'running', since: world.clock.now() } } })
})

test('a run is looked at less and less often until it has ended, which completes the request', async () => {
  const { world, id, follow } = await started(running, running, { seen: 'ended', succeeded: true })
  expect(await follow()).toEqual({ seconds: 10 })
  world.clock.advance(120)
  expect(await follow()).toEqual({ seconds: 24 })
  world.clock.advance(24)
  expect(await follow()).toEqual({})
  expect(await follow()).toEqual({})
  expect(await world.state(id)).toMatchObject({
    status: 'completed',
    outcome: 'succeeded',
    run: { status: 'succeeded' },
  })
  expect(verify(id, await world.ledger.entries(id))).toEqual({ state: await world.state(id) })
})

test('a run that failed has the words of its target on record, cut', async () => {
  const { follow, run } = await started({ seen: 'ended', succeeded: false, note: 'x'.repeat(9000) })
  expect(await follow()).toEqual({})
  expect(await run()).toMatchObject({ status: 'failed', note: 'x'.repeat(500) })
})

test('a run that cannot be read goes on, and is looked at again', async () => {
  const { world, follow, run } = await started(new Error('ThrottlingException'), { seen: 'ended', succeeded: true })
  expect(await follow()).toEqual({ seconds: 10 })
  expect(await run()).toMatchObject({ status: 'running' })
  expect(world.log.lines).toContainEqual(expect.objectContaining({ message: 'run_not_read' }))
  expect(await follow()).toEqual({})
})

test.each([
  ['goes on', running],
  ['cannot be read', new Error('AccessDenied')],
])('a run that %s past its last time is unknown, with what to look at', async (_how, seen) => {
  const { world, follow, run } = await started(seen)
  world.clock.advance(3600)
  expect(await follow()).toEqual({ seconds: 1 })
  world.clock.advance(1)
  expect(await follow()).toEqual({})
  expect(await run()).toMatchObject({ status: 'unknown', note: expect.stringContaining('ssm:GetAutomationExecution') })
  expect(world.log.lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'run_unknown' }))
})

test('a run that ended in time counts, although it is seen late', async () => {
  const { world, follow, run } = await started({ seen: 'ended', succeeded: true })
  world.clock.advance(86_400)
  await follow()
  expect(await run()).toMatchObject({ status: 'succeeded' })
})

test('a run whose request was revoked is stopped, at each look until it has ended', async () => {
  const { world, id, follow, revoke, cancelled } = await started(running, running, { seen: 'ended', succeeded: false })
  await revoke()
  expect(await follow()).toEqual({ seconds: 10 })
  await follow()
  expect(cancelled).toEqual(['run-1', 'run-1'])
  expect(await follow()).toEqual({})
  expect(await world.state(id)).toMatchObject({ status: 'revoked', run: { status: 'cancelled' } })
})

test.each([
  ['the run', { AutomationExecutionId: '{run}' }, ['run-1']],
  ['a stack, whose next update it may be', { StackName: 'checkout' }, []],
])('a run that cannot be read is stopped by a way that names %s: %j', async (_what, args, stopped) => {
  const way = { action: 'ssm:StopAutomationExecution', arguments: args } as const
  const { world, follow, revoke, cancelled } = await stoppedBy(way, new Error('ThrottlingException'))
  await revoke()
  // It is found so late that this look is the last.
  world.clock.advance(7200)
  expect(await follow()).toEqual({})
  expect(cancelled).toEqual(stopped)
})

test('a run that acts as another role is stopped, alarms, and has failed even if it succeeded', async () => {
  const other = 'it acts as `arn:aws:iam::000000000000:role/other`'
  const { world, follow, run, cancelled } = await started(
    { seen: 'running', other },
    { seen: 'ended', succeeded: true, other },
  )
  expect(await follow()).toEqual({ seconds: 10 })
  expect(cancelled).toEqual(['run-1'])
  expect(world.log.lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'run_not_as_approved' }))
  expect(await follow()).toEqual({})
  expect(await run()).toMatchObject({
    status: 'failed',
    note: expect.stringMatching(/^run_not_as_approved: .*role\/other/),
  })
})

const place = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
test.each<HaltTarget>([
  { kind: 'action', value: configure.action },
  { kind: 'role', value: place },
])('a run is stopped at its next look by a halt: $kind', async (target) => {
  const { world, id, follow, cancelled } = await started(running)
  world.putHalt(target)
  await follow()
  expect(cancelled).toEqual(['run-1'])
  expect(await world.state(id)).toMatchObject({ status: 'revoked', run: { status: 'running' } })
})

test.each([
  ['has no way', async () => 'none' as const, 'run_not_stoppable'],
  ['fails', () => Promise.reject(new Error('AccessDenied')), 'run_not_stopped'],
])('a run goes on being followed where stopping it %s', async (_how, cancel, logged) => {
  const { world, follow, follower, revoke } = await started(running)
  await revoke()
  expect(await follow({ ...follower, cancel })).toEqual({ seconds: 10 })
  expect(world.log.lines).toContainEqual(expect.objectContaining({ message: logged }))
})

test('a request without a run is not followed', async () => {
  const world = new World(followedBy(automation.cancel))
  const { ask } = await world.submitted(configure)
  const follower: RunFollower = { kind: 'aws', look: () => Promise.reject(), cancel: () => Promise.reject() }
  expect(await followRun(ask.id, { ...world.ports, targetRole: world.targetRole, follower })).toEqual({})
})
