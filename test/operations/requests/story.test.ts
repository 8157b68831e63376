import { decodeJwt } from 'jose'
import { grantOf } from '../../../functions/domain/record/request.ts'
import { asOf } from '../../../functions/domain/requests/due.ts'
import type { CredentialId } from '../../../functions/domain/values.ts'
import { cancelRequest, completeRequest, revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { frozen, withGroups } from '../../support/bundles.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, parameter, person, prodParameter, sampleBundle, stagingParameter, World } from '../../support/world.ts'

const bundle = sampleBundle()
/** The sample as it is deployed later, when Eve has left `sre`. */
const policyWithoutEve = () => new World(withGroups({ sre: [person('ana'), person('dan'), person('finn')] })).policy

let world: World
beforeEach(() => {
  world = new World(bundle)
})

/** A submission that can be repeated under one key. */
async function keyed() {
  const { id } = await world.evaluate(prodParameter)
  return { idempotencyKey: 'k', body: { n: 1 }, evaluation: id }
}

test('two stages approve, the agent claims, acts and completes, and the record replays to what is stored', async () => {
  const request = await world.submitted(prodParameter)
  expect(request).toMatchObject({ status: 'pending', tier: 2 })
  expect(await world.decide(request, 'ben')).toMatchObject({ ok: true, value: { state: { status: 'pending' } } })
  expect(await world.decide(request, 'eve')).toMatchObject({ ok: true, value: { state: { status: 'approved' } } })

  const { token } = unwrap(await world.issueToken(request))
  expect(decodeJwt(token)).toMatchObject({
    aud: 'https://hotwork.example/aws',
    sub: 'agent:remediator',
    txn: request.ask.id,
    cnf: { jkt: request.ask.jkt },
    authorization_details: [
      { type: 'hotwork_action', action: 'ssm:PutParameter', digest: request.ask.digest, uses: 1 },
    ],
  })
  const aws = unwrap(await world.issueAws(request, decodeJwt(token).jti as CredentialId))
  const session = world.broker.session(aws.accessKeyId)
  expect(session).toMatchObject({ sessionName: request.ask.id, sourceIdentity: request.ask.id, durationSeconds: 900 })
  expect(JSON.parse(session?.policy ?? '')).toMatchObject({
    Statement: [{ Action: ['ssm:PutParameter'], Resource: [prodParameter.resource.id] }, { Effect: 'Deny' }],
  })
  await completeRequest({ id: request.ask.id, agent: agent('remediator'), outcome: 'succeeded' }, world.ports)

  expect(await world.state(request.ask.id)).toMatchObject({ status: 'completed', outcome: 'succeeded' })
  expect(await world.story(request.ask.id)).toEqual([
    ...['Submitted', 'StageOpened', 'Decided', 'StageOpened', 'Decided', 'Approved'],
    ...['CredentialIntended', 'CredentialIssued', 'CredentialIntended', 'CredentialIssued', 'UseBegun', 'Completed'],
  ])
  await world.expectReplay(request.ask.id)
})

test('a request that no policy holds back is approved at once, and still needs its credential claimed', async () => {
  const request = await world.submitted(stagingParameter)
  expect(request).toMatchObject({ status: 'approved', tier: 0 })
  expect(await world.issueToken(request)).toMatchObject({ ok: true })
})

test('a second mint revokes the first in the same transaction', async () => {
  const request = await world.approved()
  const [first, second] = [await world.claim(request), await world.claim(request)]
  expect(await world.issueAws(request, first)).toMatchObject({ code: 'credential_superseded' })
  expect(await world.issueAws(request, second)).toMatchObject({ ok: true })
})

test('asking again for AWS credentials replaces them and begins no second use', async () => {
  const request = await world.approved()
  const token = await world.claim(request)
  await world.issueAws(request, token)
  await world.issueAws(request, token)
  const grant = grantOf(await world.state(request.ask.id))
  expect(grant?.uses).toHaveLength(1)
  expect(grant?.sessions).toHaveLength(2)
})

test('an access token outlives neither the grant nor what was asked for', async () => {
  const until = world.clock.now() + 20
  const request = await world.submitted(stagingParameter, { requestedUntil: until })
  const issued = await world.issueToken(request)
  expect(issued.ok && decodeJwt(issued.value.token).exp).toBe(until)
  world.clock.advance(21)
  expect(await world.issueToken(request)).toMatchObject({ code: 'expired' })
})

test('a broker that does not answer leaves the grant as it was, and the next claim gives one live credential', async () => {
  const request = await world.approved()
  const token = await world.claim(request)
  world.broker.setDown(true)
  await expect(world.issueAws(request, token)).rejects.toThrow('STS did not answer')
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'approved' })
  world.broker.setDown(false)
  expect(await world.issueAws(request, token)).toMatchObject({ ok: true })
  expect(grantOf(await world.state(request.ask.id))?.credentials.aws).toBeDefined()
})

test('a signing key that is disabled denies, and the approval stays', async () => {
  const request = await world.approved()
  world.signer.disable()
  await expect(world.issueToken(request)).rejects.toMatchObject({ name: 'KeyUnavailable' })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'approved' })
})

test('the owner of the agent that asks decides nothing, and the attempt is on the record', async () => {
  const request = await world.submitted(prodParameter)
  expect(await world.decide(request, 'dan')).toMatchObject({ code: 'self_approval' })
  expect(await world.story(request.ask.id)).toContain('Refused')
})

test('a person counts in one stage only', async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana')
  expect(await world.decide(request, 'ana')).toMatchObject({ code: 'already_decided' })
})

test('an approver of a later stage cannot approve the open one, and can deny at once', async () => {
  const request = await world.submitted(prodParameter)
  expect(await world.decide(request, 'eve')).toMatchObject({ code: 'stage_not_open' })
  expect(await world.decide(request, 'eve', 'deny')).toMatchObject({ value: { state: { status: 'denied' } } })
})

test('a stage that wants a stronger login takes no click', async () => {
  const arguments_ = { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 0 }
  const id = 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker'
  const request = await world.submitted({
    action: 'lambda:PutFunctionConcurrency',
    arguments: arguments_,
    resource: { type: 'lambda:function', id },
  })
  expect(request.tier).toBe(3)
  await world.decide(request, 'ana')
  expect(await world.decide(request, 'gus')).toMatchObject({ code: 'insufficient_login' })
  const login = { acr: 'strong', at: world.clock.now() - 60 }
  expect(await world.decide(request, 'gus', 'approve', { login })).toMatchObject({ ok: true })
  const stale = { acr: 'strong', at: world.clock.now() - 3600 }
  expect(await world.decide(request, 'hana', 'approve', { login: stale })).toMatchObject({ code: 'insufficient_login' })
  expect(await world.decide(request, 'hana', 'approve', { login })).toMatchObject({
    value: { state: { status: 'approved' } },
  })
})

test('another agent is told that there is no such request, and the attempt is on its own record', async () => {
  const request = await world.approved()
  expect(await world.issueToken(request, { agent: agent('builder') })).toMatchObject({ code: 'unknown_request' })
  const ask = { id: request.ask.id, agent: agent('builder'), outcome: 'succeeded' as const }
  expect(await completeRequest(ask, world.ports)).toMatchObject({ code: 'unknown_request' })
  expect(await world.story('agent:builder')).toEqual(['Refused', 'Refused'])
})

test('a revocation is for people that policy lets revoke, and then nothing is issued', async () => {
  const request = await world.approved()
  const revoke = (who: string) =>
    revokeRequest({ id: request.ask.id, person: person(who), reason: 'changed our minds' }, world.ports)
  expect(await revoke('ben')).toMatchObject({ code: 'not_permitted' })
  expect(await revoke('gus')).toMatchObject({ value: { state: { status: 'revoked' } } })
  expect(await revoke('gus')).toMatchObject({ ok: true })
  expect(await world.issueToken(request)).toMatchObject({ code: 'revoked' })
})

test('an approver who has lost their group ends the grant', async () => {
  const request = await world.approved()
  world.policy = policyWithoutEve()
  expect(await world.issueToken(request)).toMatchObject({ code: 'approver_not_eligible' })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'revoked', reason: 'approver_not_eligible' })
})

test('a policy that has become stricter refuses the attempt and leaves the grant', async () => {
  const request = await world.approved()
  world.policy = new World(frozen('ssm:PutParameter')).policy
  expect(await world.issueToken(request)).toMatchObject({ code: 'policy_denied' })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'approved' })
})

test.each([
  ['an action that is not in the catalogue', { ...prodParameter, action: 'iam:CreateUser' }, 'unknown_action'],
  [
    'an argument that the action does not take',
    { ...prodParameter, arguments: { ...prodParameter.arguments, Tier: 'x' } },
    'invalid_arguments',
  ],
  ['a resource besides the derived', { ...prodParameter, resource: stagingParameter.resource }, 'invalid_arguments'],
  ['what policy forbids at every rung', parameter('/prod/hotwork/x'), 'policy_denied'],
  ['a mutating credential for a planner', { ...prodParameter, agent: agent('planner') }, 'policy_denied'],
])('%s is refused at once, saying why', async (_rule, what, reason) => {
  expect(await new World(bundle).evaluate(what)).toMatchObject({ decision: false, reason })
})

test('the same key and body is the same request, and another body under that key is refused', async () => {
  const same = await keyed()
  const [first, again] = [await world.submit(prodParameter, same), await world.submit(prodParameter, same)]
  expect(first.ok && again.ok && again.value.stored.state.ask.id).toBe(first.ok && first.value.stored.state.ask.id)
  expect(await world.submit(prodParameter, { ...same, body: { n: 2 } })).toMatchObject({ code: 'duplicate_request' })
})

test('two submits with one key at once are one request', async () => {
  const same = await keyed()
  const submitted = await Promise.all(Array.from({ length: 5 }, () => world.submit(prodParameter, same)))
  const ids = submitted.map((each) => each.ok && each.value.stored.state.ask.id)
  expect(new Set(ids).size).toBe(1)
  expect((await world.requests.list({}, { limit: 10 })).items).toHaveLength(1)
})

test('an identical ask that is still pending is answered with its request, and after its end makes a new one', async () => {
  const first = await world.submitted(prodParameter)
  expect((await world.submitted(prodParameter)).ask.id).toBe(first.ask.id)
  await cancelRequest({ id: first.ask.id, agent: agent('remediator') }, world.ports)
  expect((await world.submitted(prodParameter)).ask.id).not.toBe(first.ask.id)
})

test('a submission must repeat its evaluation to the letter, in time, and be the evaluated agent', async () => {
  const evaluated = await world.evaluate(prodParameter)
  const other = parameter('/prod/checkout/payment-timeout-ms', '1')
  expect(await world.submit(other, { evaluation: evaluated.id })).toMatchObject({ code: 'invalid_denial_binding' })
  world.clock.advance(601)
  expect(await world.submit(prodParameter, { evaluation: evaluated.id })).toMatchObject({ code: 'expired_denial' })
})

test('a proof that was used before is refused, and nothing is made of it', async () => {
  const once = world.proof()
  await world.submitted(prodParameter, { once })
  expect(await world.submit(parameter('/prod/checkout/other'), { once })).toMatchObject({ code: 'replayed' })
  expect((await world.requests.list({}, { limit: 10 })).items).toHaveLength(1)
})

test('a proof is spent also where an identical ask is pending, and on the record where it comes again', async () => {
  await world.submitted(prodParameter)
  const once = world.proof()
  expect(await world.submit(prodParameter, { once })).toMatchObject({ ok: true, value: { created: false } })
  expect(await world.submit(prodParameter, { once })).toMatchObject({ code: 'replayed' })
  expect(await world.story('agent:remediator')).toEqual(['Refused'])
})

test('twins with one key are one request also where an identical ask is pending', async () => {
  const same = await keyed()
  const first = await world.submitted(prodParameter)
  const twins = await Promise.all(
    Array.from({ length: 4 }, () => world.submit(prodParameter, { ...same, once: world.proof() })),
  )
  for (const twin of twins)
    expect(twin).toMatchObject({ ok: true, value: { stored: { state: { ask: { id: first.ask.id } } } } })
})

test('the same key with another DPoP key is refused: that one could never claim it', async () => {
  const same = await keyed()
  await world.submit(prodParameter, same)
  expect(await world.submit(prodParameter, { ...same, jkt: 'b'.repeat(43) as never })).toMatchObject({
    code: 'key_mismatch',
  })
})

test('a property that was not evaluated is a mismatch', async () => {
  const evaluated = await world.evaluate(prodParameter)
  const subject = { type: 'agent', id: 'agent:remediator' }
  const submit = (properties: { [name: string]: string }) =>
    world.submit(prodParameter, { evaluation: evaluated.id, subject: { ...subject, properties } })
  expect(await submit({ team: 'blue' })).toMatchObject({ code: 'invalid_denial_binding' })
})

test('an answer lost after the commit is found again by the same key', async () => {
  const same = await keyed()
  world.requests.failNextCommit('answer_lost')
  await expect(world.submit(prodParameter, same)).rejects.toMatchObject({ name: 'StoreUnavailable' })
  expect(await world.submit(prodParameter, same)).toMatchObject({ ok: true, value: { created: false } })
})

test('AWS credentials that could not be confined in a session policy are refused before anyone is asked', async () => {
  const action = bundle.actions['ssm:PutParameter']
  const [resource = ''] = action?.statement?.resources ?? []
  const statement = { actions: ['ssm:PutParameter'], resources: [resource, `${resource}-copy`] }
  const actions = { ...bundle.actions, 'ssm:PutParameter': { ...action, statement } } as typeof bundle.actions
  world = new World({ ...bundle, hash: 'sha-256:twice' as never, actions })
  const long = parameter(`/prod/checkout/${'a'.repeat(600)}`)
  expect(await world.evaluate(long)).toMatchObject({ decision: false, reason: 'invalid_arguments' })
  expect(await world.evaluate(prodParameter)).toMatchObject({ decision: false, reason: 'approval_required' })
})

test('an approval covers exactly its request, while its grant is live', async () => {
  const request = await world.approved()
  const approval = grantOf(request)?.id ?? ''
  expect(await world.evaluate(prodParameter, approval)).toMatchObject({ decision: true })
  const changed = parameter('/prod/checkout/payment-timeout-ms', '1')
  expect(await world.evaluate(changed, approval)).toMatchObject({ decision: false, reason: 'out_of_scope' })
  const other = { ...prodParameter, agent: agent('builder') }
  expect(await world.evaluate(other, approval)).toMatchObject({ decision: false, reason: 'approval_unverifiable' })
  await completeRequest({ id: request.ask.id, agent: agent('remediator'), outcome: 'succeeded' }, world.ports)
  expect(await world.evaluate(prodParameter, approval)).toMatchObject({ decision: false, reason: 'approval_expired' })
})

test('an approver who may no longer approve ends a re-evaluation’s yes', async () => {
  const request = await world.approved()
  world.policy = policyWithoutEve()
  const again = await world.evaluate(prodParameter, grantOf(request)?.id)
  expect(again).toMatchObject({ decision: false, reason: 'approval_expired' })
})

test('AWS credentials are told to expire no later than their session does', async () => {
  const ladder = { tiers: bundle.ladder.tiers.map((tier) => ({ ...tier, grant: { ...tier.grant, lifetime: 7200 } })) }
  world = new World({ ...bundle, hash: 'sha-256:long' as never, ladder })
  const request = await world.approved()
  const aws = unwrap(await world.issueAws(request, await world.claim(request)))
  expect(world.broker.session(aws.accessKeyId)?.durationSeconds).toBe(3600)
  expect(aws.expiresAt).toBe(world.clock.now() + 3600)
})

test('twenty approvals for a quorum of one are one approval', async () => {
  const request = await world.submitted(prodParameter)
  const names = ['ana', 'ben', 'chloe']
  const all = await Promise.all(Array.from({ length: 20 }, (_, n) => world.decide(request, names[n % 3] ?? 'ana')))
  expect(all.filter(({ ok }) => ok)).toHaveLength(1)
  expect((await world.state(request.ask.id)).stages[0]?.decisions).toHaveLength(1)
  await world.expectReplay(request.ask.id)
})

test('a deadline that passed while no function ran has passed all the same', async () => {
  const request = await world.submitted(prodParameter)
  world.clock.advance(45 * 60)
  expect(asOf(await world.state(request.ask.id), world.clock.now())).toMatchObject({ status: 'expired' })
  expect(await world.decide(request, 'ana')).toMatchObject({ code: 'already_settled' })
})

test('silence widens who may decide, once', async () => {
  const request = await world.submitted(prodParameter)
  expect(await world.decide(request, 'jade')).toMatchObject({ code: 'stage_not_open' })
  world.clock.advance(31 * 60)
  expect(await world.decide(request, 'jade')).toMatchObject({ ok: true })
  expect(await world.story(request.ask.id)).toContain('StageEscalated')
})
