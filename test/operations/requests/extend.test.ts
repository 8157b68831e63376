import { taskAnswer } from '../../../functions/adapters/http/authzen.ts'
import { describeRequest } from '../../../functions/domain/cards/request-view.ts'
import { nowOf } from '../../../functions/domain/cards/request-words.ts'
import { textOf } from '../../../functions/domain/cards/sentence.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { endsSoon, warningAt } from '../../../functions/domain/requests/extend.ts'
import { linesOfEnd } from '../../../functions/operations/cards/card-lines.ts'
import type { EndMessage } from '../../../functions/operations/credentials/ports.ts'
import { type ExtensionAsk, extendRequest } from '../../../functions/operations/requests/extend-request.ts'
import { handOn } from '../../../functions/operations/requests/hand-on.ts'
import { setReminders } from '../../../functions/operations/requests/sweep-overdue.ts'
import { peopleToTell } from '../../../functions/operations/requests/waiting.ts'
import { renderLine } from '../../channels/slack/cards/rendering.ts'
import { withAgent } from '../../support/bundles.ts'
import { MemoryTimers } from '../../support/cards/memory-timers.ts'
import { MemoryFifoQueue, MemoryQueue } from '../../support/requests/memory-queue.ts'
import { unwrap } from '../../support/unwrap.ts'
import {
  agent,
  agentKey,
  issuer,
  person,
  prodParameter,
  sampleBundle,
  stagingParameter,
  World,
} from '../../support/world.ts'

/** A grant that is nearly over: who is told, and how its agent asks once for more time. */

const bundle = sampleBundle()
const quarter = 900

const extend = (world: World, { ask }: ApprovalRequest, changes: Partial<ExtensionAsk> = {}) => {
  const by = { id: ask.id, agent: agent('remediator'), jkt: agentKey, minutes: 10 }
  const own = { body: { minutes: 10 }, once: world.proof(), ...changes }
  return extendRequest({ ...by, ...own }, { ...world.ports, permits: world.permits, targetRole: world.targetRole })
}

async function inUse(world: World, what = prodParameter): Promise<ApprovalRequest> {
  const request = what === prodParameter ? await world.approved() : await world.submitted(what)
  expect(await world.issueToken(request)).toMatchObject({ ok: true })
  return world.state(request.ask.id)
}

async function extended(world: World, request: ApprovalRequest, changes: Partial<ExtensionAsk> = {}) {
  return world.state(unwrap(await extend(world, request, changes)).stored.state.ask.id)
}

async function extendedInUse(world: World): Promise<ApprovalRequest> {
  const more = await extended(world, await inUse(world, stagingParameter))
  await world.claim(more)
  return more
}

let world: World
beforeEach(() => {
  world = new World(bundle)
})

test('a warning is due in the last fifth of a grant, once it is claimed', async () => {
  expect(warningAt(await world.approved())).toBeUndefined()
  const request = await inUse(new World(bundle))
  const end = world.clock.now() + quarter
  expect(warningAt(request)).toBe(end - 180)
  expect([end - 181, end - 180].map((at) => endsSoon(request, at))).toEqual([false, true])
})

test.each([
  [599, undefined],
  [600, 480],
  [3600, 2880],
])('a warning of a grant of %d seconds comes after %s', async (lifetime, after) => {
  const request = await inUse(new World(bundle))
  if (request.status !== 'approved') throw new Error(request.status)
  const claimedAt = request.grant.claimedAt ?? 0
  const at = warningAt({ ...request, grant: { ...request.grant, notAfter: claimedAt + lifetime } })
  expect(at).toBe(after === undefined ? undefined : claimedAt + after)
})

test('a warning is on the task of the agent, and not on that of a grant that has ended', async () => {
  const request = await inUse(world)
  const grantOf = (state: ApprovalRequest, now: number) =>
    (taskAnswer(state, issuer, undefined, now)['task'] as { display: { [ns: string]: { grant: object } } }).display[
      `${issuer}/ns/hotwork`
    ]?.grant
  const soon = world.clock.now() + quarter - 60
  expect(grantOf(request, world.clock.now())).not.toHaveProperty('ends_soon')
  expect(grantOf(request, soon)).toHaveProperty('ends_soon', true)
  await world.complete(request)
  expect(grantOf(await world.state(request.ask.id), soon)).not.toHaveProperty('ends_soon')
})

test.each([
  ['one timer where people were asked', prodParameter, 1],
  ['no timer where none were', stagingParameter, 0],
])('a claimed grant’s warning has %s', async (_what, what, timers) => {
  const state = await inUse(world, what)
  const reminders = new MemoryQueue()
  const { grant: _, ...before } = { ...state, status: 'pending', decideBy: 0 } as never as { grant: never }
  const others = { cards: new MemoryFifoQueue(), denies: new MemoryFifoQueue<EndMessage>(), changes: new MemoryQueue() }
  await handOn([{ state, before: before as never, version: 9 }], world.clock.now(), { ...others, reminders })
  expect(reminders.take()).toHaveLength(timers)
  const set = new MemoryTimers()
  await setReminders(state.ask.id, { ...world.ports, timers: set })
  expect(set.waiting.map(({ at }) => at)).toEqual(timers === 0 ? [] : [(warningAt(state) as number) + 2])
})

test('a warning is said once, in words of ours', async () => {
  const request = await inUse(world)
  const at = warningAt(request) ?? 0
  const [due] = linesOfEnd(request, { told: [], fresh: false, now: at })
  expect(due).toMatchObject({ line: { line: 'ends_soon' } })
  expect(linesOfEnd(request, { told: due?.keys ?? [], fresh: false, now: at })).toEqual([])
  expect(linesOfEnd(request, { told: [], fresh: false, now: at - 1 })).toEqual([])
  const line = JSON.stringify(renderLine({ line: 'ends_soon' }, request, bundle))
  expect(line).toContain('agent:remediator may ask for more time, once')
})

test('an extension is a request of its own, for the same by the same key, that the same people are told of and named in', async () => {
  const first = await inUse(world)
  const more = await extended(world, first)
  const { action, arguments: args, resource, parentTask, purpose, jkt } = first.ask
  expect(more).toMatchObject({
    status: 'pending',
    tier: first.tier,
    ask: { action, arguments: args, resource, parentTask, purpose, jkt, lifetime: 600, extends: first.ask.id },
  })
  expect(more.ask.approvedBefore).toEqual([person('ana'), person('eve')])
  expect(peopleToTell(more as never, { policy: world.policy, now: world.clock.now(), readings: {} })).toContain(
    person('ana'),
  )
  const words = textOf(nowOf(describeRequest(more, bundle)))
  expect(words).toContain(`Asked again: 10 min more of “${first.ask.id}”, approved by`)
  expect(words).toContain('(person:eve)')
})

test('an extension gives a grant of its own, and the first ends at its time', async () => {
  const first = await inUse(world)
  const more = await extended(world, first)
  for (const who of ['ana', 'eve']) await world.decide(await world.state(more.ask.id), who)
  expect(await world.issueToken(more)).toMatchObject({ ok: true })
  world.clock.advance(quarter)
  expect(await world.issueToken(first)).toMatchObject({ code: 'expired' })
})

test('an extension that policy lets pass is approved at once', async () => {
  expect(await extended(world, await inUse(world, stagingParameter))).toMatchObject({ status: 'approved', tier: 0 })
})

test('an extension is asked for once: a second is told of the first, and a repeat is the first', async () => {
  const first = await inUse(world)
  const more = await extended(world, first)
  const again = await extend(world, first)
  expect(again).toMatchObject({ ok: true, value: { created: false, stored: { state: { ask: { id: more.ask.id } } } } })
  const other = await extend(world, first, { minutes: 5, body: { minutes: 5 } })
  expect(other).toMatchObject({ ok: false, code: 'already_extended', detail: more.ask.id })
  await world.decide(more, 'ana', 'deny')
  expect(await extend(world, first, { minutes: 5, body: { minutes: 5 } })).toMatchObject({ code: 'already_extended' })
})

test('an extension with a proof that was shown before is refused as a replay', async () => {
  const request = await inUse(world)
  const once = world.proof()
  await world.requests.putOnce(once)
  expect(await extend(world, request, { once })).toMatchObject({ ok: false, code: 'replayed' })
})

test('two concurrent extensions are one', async () => {
  const first = await inUse(world)
  const both = await Promise.all([5, 6].map((minutes) => extend(world, first, { minutes, body: { minutes } })))
  expect(both.map(({ ok }) => ok).sort()).toEqual([false, true])
  expect((await world.requests.list({ status: 'pending' }, { limit: 10 })).items).toHaveLength(1)
})

test.each<
  [what: string, make: (world: World) => Promise<ApprovalRequest>, changes: Partial<ExtensionAsk>, code: string]
>([
  ['what is not claimed', (world) => world.approved(), {}, 'not_extendable'],
  ['what waits', (world) => world.submitted(prodParameter), {}, 'not_extendable'],
  ['an extension', extendedInUse, {}, 'not_extendable'],
  ['longer than the first', inUse, { minutes: 16 }, 'extension_too_long'],
  ['by another key', inUse, { jkt: 'b'.repeat(43) as never }, 'key_mismatch'],
  ['by another agent', inUse, { agent: agent('builder') }, 'unknown_request'],
])('an extension %s is refused', async (_what, make, changes, code) => {
  expect(await extend(world, await make(world), changes)).toMatchObject({ ok: false, code })
})

test('an extension of an expired grant is refused', async () => {
  const first = await inUse(world)
  world.clock.advance(quarter)
  expect(await extend(world, first)).toMatchObject({ code: 'not_extendable', detail: 'it is expired' })
})

test('an extension is asked of policy as ever: an agent that is suspended gets none', async () => {
  const first = await inUse(world)
  world.policy = new World(withAgent(agent('remediator'), { status: 'suspended' })).policy
  expect(await extend(world, first)).toMatchObject({ ok: false, code: 'not_requestable' })
})
