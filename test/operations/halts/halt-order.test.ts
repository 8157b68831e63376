import type { HaltTarget } from '../../../functions/domain/halts/halt.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { HaltId } from '../../../functions/domain/values.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, parameter, person, prodParameter, sampleBundle } from '../../support/world.ts'
import { everything, Halting, remediator, role } from './halt-world.ts'

/**
 * A halt stops everything from before its lifting, and nothing after. All of this happens within one second of the
 * clock: the order decides, and not the time.
 */

const bundle = sampleBundle()
const owner: HaltTarget = { kind: 'owner', value: person('dan') }
const targets: [string, HaltTarget][] = [
  ['the agent', remediator],
  ['its owner', owner],
  ['the role', { kind: 'role', value: role }],
  ['everything', everything],
]

async function haltedAndLifted(hotwork: Halting, target: HaltTarget): Promise<HaltId> {
  const { id } = await hotwork.halted(target)
  await hotwork.lifted(id)
  return id
}
async function getsCredentials(hotwork: Halting, request: ApprovalRequest): Promise<boolean> {
  const issued = await hotwork.issueToken(request)
  if (!issued.ok) return false
  return (await hotwork.issueAws(request, await hotwork.claim(request))).ok
}

let hotwork: Halting
beforeEach(() => {
  hotwork = new Halting(bundle)
})

describe.each(targets)('in the second in which a halt of %s was lifted', (_what, target) => {
  test('a request from after the lifting lives', async () => {
    await haltedAndLifted(hotwork, target)
    const request = await hotwork.approved()
    expect(request.status).toBe('approved')
    expect(await getsCredentials(hotwork, request)).toBe(true)
  })

  test('a request from before the lifting dies', async () => {
    const request = await hotwork.approved()
    await haltedAndLifted(hotwork, target)
    expect(await getsCredentials(hotwork, request)).toBe(false)
    expect((await hotwork.state(request.ask.id)).status).toBe('revoked')
  })

  test('a request from between one halt and the next dies, and one from after both lives', async () => {
    await haltedAndLifted(hotwork, target)
    const between = await hotwork.approved(parameter('/prod/checkout/other'))
    await haltedAndLifted(hotwork, target)
    const after = await hotwork.approved(prodParameter)
    expect(await getsCredentials(hotwork, between)).toBe(false)
    expect(await getsCredentials(hotwork, after)).toBe(true)
  })
})

test('a request that is asked again after it, in the same words, is a new one', async () => {
  const before = await hotwork.submitted(prodParameter)
  await haltedAndLifted(hotwork, remediator)
  const after = await hotwork.approved()
  expect(after.ask.id).not.toBe(before.ask.id)
  expect(await getsCredentials(hotwork, after)).toBe(true)
})

test('a delegation after it lives, out of a grant that was asked for after it', async () => {
  const agents = bundle.agents.flatMap((it) =>
    it.id === agent('remediator') ? [it, { ...it, id: agent('other'), owner: person('gus') }] : [it],
  )
  hotwork = new Halting({ ...bundle, agents })
  for (const target of [remediator, { kind: 'agent', value: agent('other') } as const])
    await haltedAndLifted(hotwork, target)
  const delegated = unwrap(await hotwork.delegate(await hotwork.approved(), agent('other')))
  expect(await getsCredentials(hotwork, delegated.state)).toBe(true)
})

const ana: HaltTarget = { kind: 'person', value: person('ana') }

test('a decision from after the lifting counts', async () => {
  await haltedAndLifted(hotwork, ana)
  const request = await hotwork.approved()
  expect(request.status).toBe('approved')
  expect(await getsCredentials(hotwork, request)).toBe(true)
})

test('a decision from before the lifting does not count', async () => {
  const request = await hotwork.approved()
  await haltedAndLifted(hotwork, ana)
  expect(await getsCredentials(hotwork, request)).toBe(false)
})

test('a request from an earlier second dies, though it remembers the lifted halt', async () => {
  await haltedAndLifted(hotwork, remediator)
  const request = await hotwork.approved()
  hotwork.clock.advance(1)
  await haltedAndLifted(hotwork, remediator)
  expect(await getsCredentials(hotwork, request)).toBe(false)
})

describe.each(targets)('with Lambda clocks that differ, of two halts of %s within seconds', (_what, target) => {
  test('the second stops what was asked for between them, though a slower clock lifted it', async () => {
    const first = await hotwork.halted(target)
    hotwork.clock.advance(3)
    await hotwork.lifted(first.id)
    hotwork.clock.advance(-3)
    const between = await hotwork.approved(parameter('/prod/checkout/other'))
    hotwork.clock.advance(1)
    const second = await hotwork.halted(target)
    hotwork.clock.advance(1)
    await hotwork.lifted(second.id)
    const after = await hotwork.approved(prodParameter)
    expect(await getsCredentials(hotwork, between)).toBe(false)
    expect(await getsCredentials(hotwork, after)).toBe(true)
  })
})
