import type { HaltTarget } from '../../../functions/domain/halts/halt.ts'
import { sweepDenies } from '../../../functions/operations/requests/sweep-overdue.ts'
import { MemoryRolePolicies } from '../../support/credentials/memory-role-policies.ts'
import { agent, parameter, person, sampleBundle } from '../../support/world.ts'
import { everything, Halting, remediator, role } from './halt-world.ts'

/** What follows from a halt for what asks nobody: AWS sessions, and requests that nobody looks at. */

const bundle = sampleBundle()
const world = () => new Halting(bundle)
/** Later than anything that was made when a halt came. */
const margin = 6

async function withSession(hotwork = world(), name = '/prod/checkout/a') {
  const request = await hotwork.approved(parameter(name))
  const session = await hotwork.session(request, await hotwork.claim(request))
  return { hotwork, request, session, madeAt: hotwork.clock.now() }
}

/** The halt is thrown, and all that follows from it is done, until nothing waits. */
async function haltAndFollow(hotwork: Halting, target: HaltTarget) {
  const halt = await hotwork.halted(target)
  await hotwork.see(target)
  await hotwork.work()
  return halt
}

describe('the AWS sessions from before a halt', () => {
  test.each([
    ['its agent', remediator],
    ["its agent's owner", { kind: 'owner', value: person('dan') }],
    ['its role', { kind: 'role', value: role }],
    ['everything', everything],
  ] as const)(
    'are denied when %s is halted, and stay so when it is lifted; those made after work',
    async (_what, target) => {
      const { hotwork, session, madeAt } = await withSession()
      expect(hotwork.isDenied(session, madeAt)).toBe(false)
      const { id } = await haltAndFollow(hotwork, target)
      expect(hotwork.isDenied(session, madeAt)).toBe(true)
      hotwork.clock.advance(margin)
      await hotwork.lifted(id)
      await hotwork.see(target)
      await hotwork.work()
      expect(hotwork.isDenied(session, madeAt)).toBe(true)
      hotwork.clock.advance(1)
      const anew = await withSession(hotwork, '/prod/checkout/b')
      expect(hotwork.isDenied(anew.session, anew.madeAt)).toBe(false)
    },
  )

  test.each([
    ['another agent', { kind: 'agent', value: agent('builder') }],
    ['another owner', { kind: 'owner', value: person('lena') }],
  ] as const)('are left alone when %s is halted', async (_what, target) => {
    const { hotwork, session, madeAt } = await withSession()
    await haltAndFollow(hotwork, target as HaltTarget)
    expect(hotwork.isDenied(session, madeAt)).toBe(false)
  })

  test('that somebody approved are denied when that person is stopped, by ending the grant', async () => {
    const { hotwork, request, session, madeAt } = await withSession()
    const halt = await haltAndFollow(hotwork, { kind: 'person', value: person('ana') })
    expect(await hotwork.state(request.ask.id)).toMatchObject({ status: 'revoked', reason: `halted by ${halt.id}` })
    await hotwork.see(request)
    await hotwork.work()
    expect(hotwork.isDenied(session, madeAt)).toBe(true)
  })
})

describe('the requests that a halt covers', () => {
  test('are ended on their own records, live and pending ones, and no others', async () => {
    const hotwork = world()
    const [approved, pending] = [await hotwork.approved(), await hotwork.submitted(parameter('/prod/checkout/b'))]
    const other = await hotwork.submitted({
      agent: agent('builder'),
      action: 'flags:set',
      arguments: { environment: 'prod', flag: 'express-checkout', value: true },
      resource: { type: 'flags:flag', id: 'prod/express-checkout' },
      purpose: 'release',
    })
    await haltAndFollow(hotwork, remediator)
    const statuses = [approved, pending, other].map(async ({ ask }) => (await hotwork.state(ask.id)).status)
    expect(await Promise.all(statuses)).toEqual(['revoked', 'denied', 'pending'])
  })

  test('of a role are those that have a session of it', async () => {
    const { hotwork, request } = await withSession()
    const unclaimed = await hotwork.approved(parameter('/prod/checkout/b'))
    const halt = await haltAndFollow(hotwork, { kind: 'role', value: role })
    expect(await hotwork.state(request.ask.id)).toMatchObject({ status: 'revoked', reason: `halted by ${halt.id}` })
    expect(await hotwork.state(unclaimed.ask.id)).toMatchObject({ status: 'approved' })
    const token = await hotwork.claim(unclaimed)
    expect(await hotwork.issueAws(unclaimed, token)).toMatchObject({ code: 'halted' })
  })

  test('are ended once, however often that is done', async () => {
    const hotwork = world()
    const request = await hotwork.approved()
    const halt = await haltAndFollow(hotwork, remediator)
    await hotwork.see(remediator)
    await hotwork.work()
    await hotwork.lifted(halt.id)
    await hotwork.see(remediator)
    await hotwork.work()
    expect((await hotwork.story(request.ask.id)).filter((type) => type === 'Revoked')).toHaveLength(1)
  })

  test('a stopped person ends no pending request: others decide it', async () => {
    const hotwork = world()
    const request = await hotwork.submitted(parameter('/prod/checkout/a'))
    await hotwork.decide(request, 'ana')
    await haltAndFollow(hotwork, { kind: 'person', value: person('ana') })
    expect(await hotwork.state(request.ask.id)).toMatchObject({ status: 'pending' })
  })
})

describe('the writer of denies', () => {
  test('takes what waits for a role as one write', async () => {
    const hotwork = world()
    const all = []
    for (const name of ['a', 'b', 'c']) all.push(await withSession(hotwork, `/prod/checkout/${name}`))
    for (const { request } of all) {
      await hotwork.complete(request)
      await hotwork.see(request)
    }
    await hotwork.work()
    expect(all.map(({ session, madeAt }) => hotwork.isDenied(session, madeAt))).toEqual([true, true, true])
    expect(hotwork.roles.writes).toBe(1)
  })

  test('ends every session of a role that has no room for a deny of each, and says so; agents ask again', async () => {
    const hotwork = world()
    hotwork.roles = new MemoryRolePolicies(2)
    const all = []
    for (const name of ['a', 'b', 'c', 'd']) all.push(await withSession(hotwork, `/prod/checkout/${name}`))
    const survivor = all.pop()
    for (const { request } of all) {
      await hotwork.complete(request)
      await hotwork.see(request)
    }
    await hotwork.work()
    expect(hotwork.log.lines).toContainEqual({
      level: 'error',
      message: 'deny_overflow',
      fields: { role, sessions: 3 },
    })
    for (const { session, madeAt } of all) expect(hotwork.isDenied(session, madeAt)).toBe(true)
    expect(survivor && hotwork.isDenied(survivor.session, survivor.madeAt)).toBe(true)

    hotwork.clock.advance(margin)
    if (!survivor) throw new Error('none')
    const again = await hotwork.session(survivor.request, await hotwork.claim(survivor.request))
    expect(hotwork.isDenied(again, hotwork.clock.now())).toBe(false)
    // What is denied one by one from here on has room again, and those who were ended stay so.
    await hotwork.complete(survivor.request)
    await hotwork.see(survivor.request)
    await hotwork.work()
    expect(hotwork.isDenied(again, hotwork.clock.now())).toBe(true)
    for (const { session, madeAt } of all) expect(hotwork.isDenied(session, madeAt)).toBe(true)
  })

  test('takes a deny from its role when the sweep finds that its time is over, and then finds none', async () => {
    const { hotwork, request } = await withSession()
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

  test('is told of a role by its halt alone, and of a person by none', async () => {
    const hotwork = world()
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
})
