import { decodeJwt } from 'jose'
import { hotworkMembers } from '../../../functions/adapters/http/authzen.ts'
import { narrowRequest } from '../../../functions/domain/deciding/narrow-request.ts'
import { verify } from '../../../functions/domain/ledger/ledger.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { type ApprovalRequest, grantOf } from '../../../functions/domain/record/request.ts'
import { requestDigest } from '../../../functions/domain/record/request-digest.ts'
import type { Narrow } from '../../../functions/domain/requests/narrow.ts'
import { withAgent, withGroups } from '../../support/bundles.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, person, prodParameter, sampleBundle, start, type What, World } from '../../support/world.ts'

const sample = sampleBundle()

/** The sample with another catalogue entry for the function's concurrency. */
const withEntry = (change: Partial<Bundle['actions'][string]>, of: Bundle = sample): Bundle => {
  const name = 'lambda:PutFunctionConcurrency'
  return {
    ...of,
    actions: { ...of.actions, [name]: { ...(of.actions[name] as Bundle['actions'][string]), ...change } },
  }
}
/** Hotwork makes the call itself, so that the number holds. */
const bundle = withEntry({ credential: 'mediated' })

/** Reserves executions for a function of the checkout service: tier 2, and tier 3 for none. */
const reserve = (ReservedConcurrentExecutions: number, FunctionName = 'checkout-worker'): What => ({
  action: 'lambda:PutFunctionConcurrency',
  arguments: { FunctionName, ReservedConcurrentExecutions },
  resource: { type: 'lambda:function', id: `arn:aws:lambda:us-east-1:000000000000:function:${FunctionName}` },
})
const leave = (ReservedConcurrentExecutions: number): Narrow => ({ arguments: { ReservedConcurrentExecutions } })
const strong = { login: { acr: 'strong', at: start } }

/** A narrowing of a request as it now stands. */
const narrow = (world: World, request: ApprovalRequest, who: string, left: Narrow, changes = {}) =>
  world.decide(request, who, 'approve', { narrow: left, ...changes })
/** Reads the request again, as the next decider does. */
const now = (world: World, { ask }: ApprovalRequest) => world.state(ask.id)

let world: World
beforeEach(() => {
  world = new World(bundle)
})

test('a narrowing makes another digest, approves that, and has the others asked about it', async () => {
  const request = await world.submitted(reserve(10))
  expect(await narrow(world, request, 'ana', leave(5))).toMatchObject({ ok: true })
  const left = await now(world, request)
  expect(left).toMatchObject({ status: 'pending', round: 2, tier: 2 })
  expect(left.ask.arguments).toEqual({ FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 5 })
  expect(left.ask.digest).toBe(requestDigest(left.ask))
  expect(left.ask.digest).not.toBe(request.ask.digest)
  expect(left.ask.resource).toEqual(request.ask.resource)
  const story = ['Submitted', 'StageOpened', 'Narrowed', 'Decided', 'StageOpened']
  expect(await world.story(request.ask.id)).toEqual(story)
  expect(await world.decide(left, 'eve')).toMatchObject({ value: { state: { status: 'approved' } } })
})

test('a narrowed request has each entry name its digest, and the record replays to the state', async () => {
  const request = await world.submitted(reserve(10))
  await narrow(world, request, 'ana', leave(5))
  const left = await now(world, request)
  const entries = await world.ledger.entries(request.ask.id)
  const [before, after] = [request.ask.digest, left.ask.digest]
  expect(entries.map(({ digest }) => digest)).toEqual([before, before, after, after, after])
  expect(verify(request.ask.id, entries)).toEqual({ state: left })
})

test('a narrowing leaves fewer minutes, and the grant has them from its claim on', async () => {
  const request = await world.submitted({ ...prodParameter })
  await narrow(world, request, 'ana', { minutes: 5 })
  await world.decide(await now(world, request), 'eve')
  expect(await world.issueToken(request)).toMatchObject({ ok: true })
  expect(grantOf(await now(world, request))?.notAfter).toBe(start + 300)
})

test('a narrowing raises the tier where the rest needs more scrutiny, and that rung is climbed', async () => {
  const request = await world.submitted(reserve(10))
  await narrow(world, request, 'ana', leave(0))
  const left = await now(world, request)
  expect(left).toMatchObject({ tier: 3, round: 2, policies: ['prod-remediation'] })
  expect(left.stages.map(({ terms, decisions }) => [terms.name, decisions.length])).toEqual([
    ['owner', 1],
    ['security', 0],
  ])
  // The higher rung gives less than the lower one would have given.
  expect([left.ask.claimWithin, left.ask.lifetime]).toEqual([1800, 600])
  expect(await world.decide(left, 'eve')).toMatchObject({ code: 'not_eligible' })
  await world.decide(left, 'gus', 'approve', strong)
  expect(await world.decide(left, 'hana', 'approve', strong)).toMatchObject({
    value: { state: { status: 'approved' } },
  })
})

test('a request is at the highest rung from the beginning where IAM holds no session to the number', async () => {
  world = new World(sample)
  for (const count of [10, 0]) expect(await world.submitted(reserve(count))).toMatchObject({ tier: 3 })
})

test('a narrowing never lowers the tier', async () => {
  const { ask } = await world.submitted(reserve(10))
  const made = narrowRequest(world.policy, { ask, tier: 3 }, leave(5), start)
  expect(made).toMatchObject({ ok: true, tier: 3, stages: bundle.ladder.tiers[3]?.stages })
})

test('an approver who narrows is asked for a stronger login where the next rung asks for one at their stage', async () => {
  const ladder = structuredClone(bundle.ladder)
  for (const stage of ladder.tiers[3]?.stages ?? []) stage.acr = 'strong'
  world = new World({ ...bundle, ladder })
  const request = await world.submitted(reserve(10))
  expect(await narrow(world, request, 'ana', leave(0))).toMatchObject({ code: 'insufficient_login' })
  expect(await narrow(world, request, 'ana', leave(0), strong)).toMatchObject({ ok: true })
})

test('a tier raised without a narrowing asks one who cannot narrow twice, and the others not at all', async () => {
  const request = await world.submitted(reserve(10))
  await narrow(world, request, 'ana', leave(5))
  expect(await narrow(world, await now(world, request), 'ana', leave(4))).toMatchObject({ code: 'already_decided' })
  expect(await narrow(world, request, 'eve', leave(4))).toMatchObject({ code: 'stale_round' })
  expect(await narrow(world, await now(world, request), 'eve', leave(4))).toMatchObject({ ok: true })
})

const many = Array.from({ length: 30 }, (_, at) => `${reserve(1).resource.id}-${at}`)
const derived = {
  type: 'lambda:function',
  id: 'arn:{partition}:lambda:{region}:{account}:function:checkout-{arguments.ReservedConcurrentExecutions}',
}

test.each<[when: string, left: Narrow, code: string]>([
  ['where it is more', leave(11), 'not_narrower'],
  ['where it is the same', leave(10), 'not_narrower'],
  ['where the catalogue does not let it be narrowed', { arguments: { FunctionName: 'other' } }, 'not_narrower'],
  ['where the argument was not asked for', { arguments: { Qualifier: 1 } }, 'not_narrower'],
  ['where it is less than the schema has', leave(-1), 'invalid_arguments'],
  ['where it is no whole number', leave(2.5), 'invalid_arguments'],
  ['where it is of another type', { arguments: { ReservedConcurrentExecutions: null } }, 'not_narrower'],
  ['where it leaves more uses', { uses: 2 }, 'not_narrower'],
  ['where it leaves more minutes', { minutes: 16 }, 'not_narrower'],
])('a narrowing is refused %s, and changes nothing', async (_when, left, code) => {
  const request = await world.submitted(reserve(10))
  expect(await narrow(world, request, 'ana', left)).toMatchObject({ ok: false, code })
  expect(await now(world, request)).toMatchObject({ round: 1, ask: request.ask })
  expect((await world.ledger.entries(request.ask.id)).at(-1)).toMatchObject({ type: 'Refused', facts: { code } })
})

test.each<[when: string, after: Bundle, code: string]>([
  [
    'where policy forbids what is left',
    withAgent(agent('remediator'), { autonomy: 'orchestrator' }, bundle),
    'policy_denied',
  ],
  ['where too few people could decide what is left', withGroups({ sre: [] }, bundle), 'no_eligible_approvers'],
  [
    'where the session policy for what is left would be too large',
    withEntry({ statement: { actions: ['lambda:PutFunctionConcurrency'], resources: many } } as never, bundle),
    'invalid_arguments',
  ],
  [
    'where the arguments would be of another resource',
    withEntry({ narrowable: ['ReservedConcurrentExecutions'], resource: derived } as never, bundle),
    'invalid_arguments',
  ],
  ['where the action is gone', { ...bundle, actions: {} }, 'unknown_action'],
])('a narrowing is refused, and changes nothing, %s', async (_when, after, code) => {
  const request = await world.submitted(reserve(10))
  world.policy = new World(after).policy
  // Eligibility is another question, which would be refused here as well.
  const { policy } = world
  expect(narrowRequest(policy, request, leave(5), start)).toMatchObject({ ok: false, code })
  expect(await narrow(world, request, 'ana', leave(5))).toMatchObject({ ok: false })
  expect(await now(world, request)).toMatchObject({ round: 1, ask: request.ask })
})

test('a fourth narrowing is refused, and changes nothing', async () => {
  const request = await world.submitted(reserve(10))
  for (const [at, who] of ['ana', 'eve', 'ana', 'eve'].entries()) {
    const told = await narrow(world, await now(world, request), who, leave(9 - at))
    expect(told).toMatchObject(at === 3 ? { code: 'narrowed_too_often' } : { ok: true })
  }
  expect(await now(world, request)).toMatchObject({ round: 4, ask: { arguments: leave(7).arguments } })
})

test('a narrowing by the agent’s owner, or by a person who may not decide, is refused', async () => {
  const request = await world.submitted(reserve(10))
  expect(await narrow(world, request, 'dan', leave(5))).toMatchObject({ code: 'self_approval' })
  expect(await narrow(world, request, 'lena', leave(5))).toMatchObject({ code: 'not_eligible' })
  expect(await now(world, request)).toMatchObject({ round: 1 })
})

/** C1: arguments that change drop every approval; C2: a click names the digest that it was about. */
test('arguments that change after the first stage drop its approval, and are asked again (C1)', async () => {
  const request = await world.submitted(reserve(10))
  await world.decide(request, 'ben')
  expect(await narrow(world, await now(world, request), 'eve', leave(5))).toMatchObject({ ok: true })
  const left = await now(world, request)
  expect(left.stages.map(({ decisions }) => decisions.map((each) => each.person))).toEqual([[], [person('eve')]])
  expect(await world.issueToken(request)).toMatchObject({ ok: false, code: 'pending' })
  expect(await world.decide(left, 'ben')).toMatchObject({ value: { state: { status: 'approved' } } })
})

test('arguments cannot change after the last stage (C1)', async () => {
  const request = await world.approved(reserve(10))
  for (const who of ['ben', 'finn'])
    expect(await narrow(world, request, who, leave(5))).toMatchObject({ code: 'already_settled' })
  expect((await now(world, request)).ask).toEqual(request.ask)
})

test('arguments that change between the card and the click refuse the click, an approval and a denial (C2)', async () => {
  const request = await world.submitted(reserve(10))
  await narrow(world, request, 'ana', leave(5))
  for (const verdict of ['approve', 'deny'] as const)
    for (const digest of [request.ask.digest, request.ask.digest.slice(0, 16)])
      expect(await world.decide(request, 'eve', verdict, { digest })).toMatchObject({ code: 'stale_round' })
  expect(await world.decide(request, 'eve', 'approve', { round: 2 })).toMatchObject({ code: 'stale_digest' })
  expect(await now(world, request)).toMatchObject({ status: 'pending', round: 2 })
})

test('the old approval and the old token are not for the new arguments (C1)', async () => {
  const request = await world.submitted(reserve(10))
  await narrow(world, request, 'ana', leave(5))
  await world.decide(await now(world, request), 'eve')
  const approval = grantOf(await now(world, request))?.id
  expect(await world.evaluate(reserve(5), approval)).toMatchObject({ decision: true })
  expect(await world.evaluate(reserve(10), approval)).toMatchObject({ decision: false, reason: 'out_of_scope' })
  expect(await world.evaluate(reserve(4), approval)).toMatchObject({ decision: false, reason: 'out_of_scope' })
})

test('the agent reads the rest in its task, and what it is to be held to', async () => {
  const request = await world.submitted(reserve(10))
  expect(hotworkMembers(request)).not.toHaveProperty('narrowed')
  await narrow(world, request, 'ana', { ...leave(5), minutes: 5 })
  const left = await now(world, request)
  expect(hotworkMembers(left)).toMatchObject({
    round: 2,
    digest: left.ask.digest,
    arguments_digest: left.ask.argumentsDigest,
    narrowed: {
      arguments: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 5 },
      uses: 1,
      lifetime: 300,
    },
  })
})

test('the agent has a token for the rest, and for nothing else', async () => {
  const request = await world.submitted(reserve(10))
  await narrow(world, request, 'ana', leave(5))
  await world.decide(await now(world, request), 'eve')
  const left = await now(world, request)
  const { authorization_details: details } = decodeJwt(unwrap(await world.issueToken(left)).token)
  expect(details).toMatchObject([{ digest: left.ask.digest, arguments_digest: left.ask.argumentsDigest, uses: 1 }])
  expect(JSON.stringify(details)).not.toContain(request.ask.argumentsDigest)
})

test('an agent that asks for the same again while it is pending is told of the rest', async () => {
  await narrow(world, await world.submitted(reserve(10)), 'ana', leave(5))
  const again = await world.submit(reserve(10))
  expect(again).toMatchObject({ ok: true, value: { created: false, stored: { state: { round: 2 } } } })
})
