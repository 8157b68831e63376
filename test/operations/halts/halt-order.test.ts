import type { HaltTarget } from '../../../functions/domain/halts/halt.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { HaltId } from '../../../functions/domain/values.ts'
import { delegateRequest } from '../../../functions/operations/delegation/delegate-request.ts'
import { agent, agentKey, parameter, person, prodParameter, sampleBundle } from '../../support/world.ts'
import { everything, Halting, remediator, role } from './halt-world.ts'

/**
 * A halt stops what was there before it was lifted, and nothing that came after. All of this happens within one second of
 * the clock: the order decides, and not the time.
 */

const bundle = sampleBundle()
const owner: HaltTarget = { kind: 'owner', value: person('dan') }
const targets: [string, HaltTarget][] = [
  ['the agent', remediator],
  ['its owner', owner],
  ['the role', { kind: 'role', value: role }],
  ['everything', everything],
]

const world = () => new Halting(bundle)
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

describe.each(targets)('in the second in which a halt of %s was lifted', (_what, target) => {
  test('what is asked after that lives', async () => {
    const hotwork = world()
    await haltedAndLifted(hotwork, target)
    const request = await hotwork.approved()
    expect(request.status).toBe('approved')
    expect(await getsCredentials(hotwork, request)).toBe(true)
  })

  test('what was asked before it dies', async () => {
    const hotwork = world()
    const request = await hotwork.approved()
    await haltedAndLifted(hotwork, target)
    expect(await getsCredentials(hotwork, request)).toBe(false)
    expect((await hotwork.state(request.ask.id)).status).toBe('revoked')
  })

  test('what was asked between one halt and the next dies, and what is asked after both lives', async () => {
    const hotwork = world()
    await haltedAndLifted(hotwork, target)
    const between = await hotwork.approved(parameter('/prod/checkout/other'))
    await haltedAndLifted(hotwork, target)
    const after = await hotwork.approved(prodParameter)
    expect(await getsCredentials(hotwork, between)).toBe(false)
    expect(await getsCredentials(hotwork, after)).toBe(true)
  })
})

test('what is asked again after it, in the same words, is a new request, and not the one that it ended', async () => {
  const hotwork = world()
  const before = await hotwork.submitted(prodParameter)
  await haltedAndLifted(hotwork, remediator)
  const after = await hotwork.approved()
  expect(after.ask.id).not.toBe(before.ask.id)
  expect(await getsCredentials(hotwork, after)).toBe(true)
})

test('what is delegated after it lives, out of a grant that was asked for after it', async () => {
  const agents = bundle.agents.flatMap((it) =>
    it.id === agent('remediator') ? [it, { ...it, id: agent('other'), owner: person('gus') }] : [it],
  )
  const hotwork = new Halting({ ...bundle, agents })
  for (const target of [remediator, { kind: 'agent', value: agent('other') } as const])
    await haltedAndLifted(hotwork, target)
  const { ask } = await hotwork.approved()
  const delegated = await delegateRequest(
    {
      id: ask.id,
      agent: agent('remediator'),
      jkt: agentKey,
      once: hotwork.proof(),
      to: agent('other'),
      action: { name: ask.action, properties: ask.arguments },
      resource: ask.resource,
      idempotencyKey: 'one',
      body: {},
    },
    { ...hotwork.ports, targetRole: hotwork.targetRole },
    async () => {},
  )
  if (!delegated.ok) throw new Error(delegated.code)
  expect(await getsCredentials(hotwork, delegated.value.state)).toBe(true)
})

describe('in the second in which a halt of an approver was lifted', () => {
  const ana: HaltTarget = { kind: 'person', value: person('ana') }

  test('what they decide after that counts', async () => {
    const hotwork = world()
    await haltedAndLifted(hotwork, ana)
    const request = await hotwork.approved()
    expect(request.status).toBe('approved')
    expect(await getsCredentials(hotwork, request)).toBe(true)
  })

  test('what they decided before it does not', async () => {
    const hotwork = world()
    const request = await hotwork.approved()
    await haltedAndLifted(hotwork, ana)
    expect(await getsCredentials(hotwork, request)).toBe(false)
  })
})

test('a request that was asked for in an earlier second dies, whatever it kept', async () => {
  const hotwork = world()
  await haltedAndLifted(hotwork, remediator)
  const request = await hotwork.approved()
  hotwork.clock.advance(1)
  await haltedAndLifted(hotwork, remediator)
  expect(await getsCredentials(hotwork, request)).toBe(false)
})

describe.each(targets)('with Lambda clocks that differ, of two halts of %s within seconds', (_what, target) => {
  test('the second stops what was asked for between them, though a slower clock lifted it', async () => {
    const hotwork = world()
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
