import type { HaltTarget } from '../../../functions/domain/halts/halt.ts'
import { sweepDenies } from '../../../functions/operations/requests/sweep-overdue.ts'
import { MemoryRolePolicies } from '../../support/credentials/memory-role-policies.ts'
import { agent, parameter, person, sampleBundle } from '../../support/world.ts'
import { everything, Halting, remediator, role } from './halt-world.ts'

/** A halt ends what asks no one: AWS sessions, and requests that no person looks at. */

const bundle = sampleBundle()
/** Later than any session made before a halt. */
const margin = 6

async function withSession(name = '/prod/checkout/a') {
  const request = await hotwork.approved(parameter(name))
  const session = await hotwork.session(request, await hotwork.claim(request))
  return { request, session, madeAt: hotwork.clock.now() }
}

/** Declares a halt, and works off all that follows from it. */
async function haltAndFollow(target: HaltTarget) {
  const halt = await hotwork.halted(target)
  await hotwork.see(target)
  await hotwork.work()
  return halt
}

let hotwork: Halting
beforeEach(() => {
  hotwork = new Halting(bundle)
})

test.each([
  ['its agent', remediator],
  ["its agent's owner", { kind: 'owner', value: person('dan') }],
  ['its role', { kind: 'role', value: role }],
  ['everything', everything],
] as const)(
  'sessions are denied when %s is halted, and stay so when it is lifted; those made after work',
  async (_what, target) => {
    const { session, madeAt } = await withSession()
    expect(hotwork.isDenied(session, madeAt)).toBe(false)
    const { id } = await haltAndFollow(target)
    expect(hotwork.isDenied(session, madeAt)).toBe(true)
    hotwork.clock.advance(margin)
    await hotwork.lifted(id)
    await hotwork.see(target)
    await hotwork.work()
    expect(hotwork.isDenied(session, madeAt)).toBe(true)
    hotwork.clock.advance(1)
    const later = await withSession('/prod/checkout/b')
    expect(hotwork.isDenied(later.session, later.madeAt)).toBe(false)
  },
)

test.each([
  ['another agent', { kind: 'agent', value: agent('builder') }],
  ['another owner', { kind: 'owner', value: person('lena') }],
] as const)('sessions are left alone when %s is halted', async (_what, target) => {
  const { session, madeAt } = await withSession()
  await haltAndFollow(target as HaltTarget)
  expect(hotwork.isDenied(session, madeAt)).toBe(false)
})

test('sessions that a person approved are denied when that person is stopped, by ending the grant', async () => {
  const { request, session, madeAt } = await withSession()
  const halt = await haltAndFollow({ kind: 'person', value: person('ana') })
  expect(await hotwork.state(request.ask.id)).toMatchObject({ status: 'revoked', reason: `halted by ${halt.id}` })
  await hotwork.see(request)
  await hotwork.work()
  expect(hotwork.isDenied(session, madeAt)).toBe(true)
})

test('requests that a halt covers are ended on their own records, live and pending ones, and no others', async () => {
  const [approved, pending] = [await hotwork.approved(), await hotwork.submitted(parameter('/prod/checkout/b'))]
  const other = await hotwork.submitted({
    agent: agent('builder'),
    action: 'flags:set',
    arguments: { environment: 'prod', flag: 'express-checkout', value: true },
    resource: { type: 'flags:flag', id: 'prod/express-checkout' },
    purpose: 'release',
  })
  await haltAndFollow(remediator)
  const statuses = [approved, pending, other].map(async ({ ask }) => (await hotwork.state(ask.id)).status)
  expect(await Promise.all(statuses)).toEqual(['revoked', 'denied', 'pending'])
})

test('a halt of a role covers the requests that have a session of it', async () => {
  const { request } = await withSession()
  const unclaimed = await hotwork.approved(parameter('/prod/checkout/b'))
  const halt = await haltAndFollow({ kind: 'role', value: role })
  expect(await hotwork.state(request.ask.id)).toMatchObject({ status: 'revoked', reason: `halted by ${halt.id}` })
  expect(await hotwork.state(unclaimed.ask.id)).toMatchObject({ status: 'approved' })
  expect(await hotwork.issueAws(unclaimed, await hotwork.claim(unclaimed))).toMatchObject({ code: 'halted' })
})

test('requests are ended once, however often the halt is followed', async () => {
  const request = await hotwork.approved()
  const halt = await haltAndFollow(remediator)
  await hotwork.see(remediator)
  await hotwork.work()
  await hotwork.lifted(halt.id)
  await hotwork.see(remediator)
  await hotwork.work()
  expect((await hotwork.story(request.ask.id)).filter((type) => type === 'Revoked')).toHaveLength(1)
})

test('a stopped person ends no pending request: others decide it', async () => {
  const request = await hotwork.submitted(parameter('/prod/checkout/a'))
  await hotwork.decide(request, 'ana')
  await haltAndFollow({ kind: 'person', value: person('ana') })
  expect(await hotwork.state(request.ask.id)).toMatchObject({ status: 'pending' })
})

test('the writer of denies takes what waits for a role as one write', async () => {
  const all = []
  for (const name of ['a', 'b', 'c']) all.push(await withSession(`/prod/checkout/${name}`))
  for (const { request } of all) {
    await hotwork.complete(request)
    await hotwork.see(request)
  }
  await hotwork.work()
  expect(all.map(({ session, madeAt }) => hotwork.isDenied(session, madeAt))).toEqual([true, true, true])
  expect(hotwork.roles.writes).toBe(1)
})

test('the writer of denies ends all sessions of a role without room for one deny each, and says so; agents ask again', async () => {
  hotwork.roles = new MemoryRolePolicies(2)
  const all = []
  for (const name of ['a', 'b', 'c', 'd']) all.push(await withSession(`/prod/checkout/${name}`))
  const survivor = all.pop()
  for (const { request } of all) {
    await hotwork.complete(request)
    await hotwork.see(request)
  }
  await hotwork.work()
  expect(hotwork.log.lines).toContainEqual({ level: 'error', message: 'deny_overflow', fields: { role, sessions: 3 } })
  for (const { session, madeAt } of all) expect(hotwork.isDenied(session, madeAt)).toBe(true)
  expect(survivor && hotwork.isDenied(survivor.session, survivor.madeAt)).toBe(true)

  hotwork.clock.advance(margin)
  if (!survivor) throw new Error('none')
  const again = await hotwork.session(survivor.request, await hotwork.claim(survivor.request))
  expect(hotwork.isDenied(again, hotwork.clock.now())).toBe(false)
  // Single denies have room again from here on, and ended sessions stay ended.
  await hotwork.complete(survivor.request)
  await hotwork.see(survivor.request)
  await hotwork.work()
  expect(hotwork.isDenied(again, hotwork.clock.now())).toBe(true)
  for (const { session, madeAt } of all) expect(hotwork.isDenied(session, madeAt)).toBe(true)
})

test('the writer of denies removes a deny when the sweep finds it expired, and then finds none', async () => {
  const { request } = await withSession()
  const sweep = () => sweepDenies({ denies: hotwork.denies, deny: hotwork.queue, clock: hotwork.clock })
  await hotwork.complete(request)
  await hotwork.see(request)
  await hotwork.work()
  expect([await sweep(), hotwork.roles.roles]).toEqual([0, [role]])
  hotwork.clock.advance(7200)
  expect(await sweep()).toBe(1)
  await hotwork.work()
  expect([await sweep(), hotwork.roles.roles]).toEqual([0, []])
})

test('the writer of denies is told of a role by its halt alone, and of a person by none', async () => {
  await hotwork.halted({ kind: 'person', value: person('ana') })
  await hotwork.see({ kind: 'person', value: person('ana') })
  expect(hotwork.queue.take().map((message) => Object.keys(message).includes('deny'))).toEqual([false])
  const halt = await hotwork.halted(everything)
  await hotwork.see(everything)
  expect(hotwork.queue.take()).toMatchObject([
    { deny: halt.id, role, group: role },
    { end: halt.id, group: halt.id },
  ])
})
