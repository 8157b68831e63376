import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { evaluationAnswer } from '../../../functions/adapters/http/authzen.ts'
import { AccessTokenVerifier } from '../../../functions/adapters/jose/access-token.ts'
import { canonicalForm } from '../../../functions/domain/digest.ts'
import { grantOf } from '../../../functions/domain/record/request.ts'
import { asOf } from '../../../functions/domain/requests/due.ts'
import type { EvaluationId, Json } from '../../../functions/domain/values.ts'
import { signApproval } from '../../../functions/operations/credentials/statements.ts'
import { type EvaluationAsk, evaluateAccess } from '../../../functions/operations/requests/evaluate-access.ts'
import {
  agent,
  agentKey,
  issuer,
  parameter,
  prodParameter,
  sampleBundle,
  stagingParameter,
  World,
} from '../../support/world.ts'

/** ARAP: an approval counts for exactly its ask, and a denial can be answered only if an approval could help. */

const bundle = sampleBundle()
const remediator = { type: 'agent', id: agent('remediator') } as const

/** The whole ask: everything that an approval is bound to. */
const asked: EvaluationAsk = {
  caller: remediator,
  subject: { ...remediator, properties: { region: 'eu' } },
  action: { name: prodParameter.action, properties: prodParameter.arguments },
  resource: { ...prodParameter.resource, properties: { owner: 'payments', labels: ['a', null] } },
  purpose: 'remediation',
  parentTask: { id: 'INC-1042', url: 'https://tickets.example/INC-1042' },
}

/** A world in which that was submitted and approved. */
async function approvedWorld() {
  const world = new World(bundle)
  const { subject, resource, parentTask } = asked
  const denied = await evaluateAccess(asked, world.ports)
  const request = await world.submitted(prodParameter, {
    ...{ subject, resource, evaluation: denied.id, idempotencyKey: 'one' },
    ...(parentTask ? { parentTask } : {}),
  })
  await world.decide(request, 'ana')
  await world.decide(request, 'eve')
  const approval = grantOf(await world.state(request.ask.id))?.id as string
  return { world, id: request.ask.id, approval }
}

let world: World
beforeEach(() => {
  world = new World(bundle)
})

describe('an approval', () => {
  test('an approval permits the same again', async () => {
    const { world, approval } = await approvedWorld()
    expect(await evaluateAccess({ ...asked, approval }, world.ports)).toMatchObject({ decision: true })
  })

  const { purpose: _p, ...withoutPurpose } = asked
  const { parentTask: _t, ...withoutTask } = asked
  test.each<[what: string, changed: EvaluationAsk]>([
    ['another property of the subject', { ...asked, subject: { ...remediator, properties: { region: 'us' } } }],
    ['no properties of the subject', { ...asked, subject: remediator }],
    ['another subject property', { ...asked, subject: { ...remediator, properties: { region: 'eu', more: null } } }],
    ['no properties of the resource', { ...asked, resource: prodParameter.resource }],
    [
      'its list in another order',
      { ...asked, resource: { ...prodParameter.resource, properties: { owner: 'payments', labels: [null, 'a'] } } },
    ],
    ['another argument', { ...asked, action: { ...asked.action, properties: parameter('/prod/x', '1').arguments } }],
    ['another purpose', { ...asked, purpose: 'maintenance' }],
    ['no purpose', withoutPurpose],
    ['another parent task', { ...asked, parentTask: { id: 'INC-1043' } }],
    ['its parent task without the address', { ...asked, parentTask: { id: 'INC-1042' } }],
    ['no parent task', withoutTask],
  ])('%s is out of scope', async (_what, changed) => {
    const { world, approval } = await approvedWorld()
    expect(await evaluateAccess({ ...changed, approval }, world.ports)).toMatchObject({
      decision: false,
      reason: 'out_of_scope',
    })
  })

  test('the actor may be left out of the subject, since it is not bound', async () => {
    const { world, approval } = await approvedWorld()
    const acting = { ...remediator, properties: { region: 'eu', act: { sub: 'x' } } }
    expect(await evaluateAccess({ ...asked, subject: acting, approval }, world.ports)).toMatchObject({ decision: true })
  })

  test('a request keeps no more than was evaluated for it', async () => {
    const plain = await new World(bundle).submitted(prodParameter)
    expect(plain.ask).not.toHaveProperty('bound')
    const { world, id } = await approvedWorld()
    expect((await world.state(id)).ask.bound).toMatch(/^sha-256:/)
  })
})

type Answered = { context: { [member: string]: unknown; evaluation_id: EvaluationId } }
const context = (evaluated: Awaited<ReturnType<typeof evaluateAccess>>) =>
  (evaluationAnswer(evaluated, issuer) as unknown as Answered).context

test('a refused agent is told to `request`, with all that a new request takes, once the approval is over or does not cover this', async () => {
  const { world, approval } = await approvedWorld()
  const wider = { ...asked, purpose: 'maintenance', approval }
  world.clock.advance(1)
  expect(context(await evaluateAccess(wider, world.ports))).toMatchObject({
    reason: 'out_of_scope',
    next_action: 'request',
    access_request: { template: 'tier2' },
  })
  world.clock.advance(86_400)
  const over = context(await evaluateAccess({ ...asked, approval }, world.ports))
  expect(over).toMatchObject({ reason: 'approval_expired', next_action: 'request' })
  const { subject, resource } = asked
  const again = await world.submit(prodParameter, {
    ...{ subject, resource, evaluation: over.evaluation_id, idempotencyKey: 'two' },
    parentTask: asked.parentTask as { id: string },
  })
  expect(again).toMatchObject({ ok: true, value: { stored: { state: { status: 'pending' } } } })
})

test('a refused agent is told `none` without an approval, or where a new one could not help either', async () => {
  const { world, approval } = await approvedWorld()
  const unknown = context(await evaluateAccess({ ...asked, approval: 'grt_' }, world.ports))
  expect(unknown).toMatchObject({ reason: 'approval_unverifiable', next_action: 'none' })
  const forbidden = parameter('/prod/hotwork/x')
  const elsewhere = {
    ...{ ...asked, approval, resource: forbidden.resource },
    action: { name: forbidden.action, properties: forbidden.arguments },
  }
  const refused = context(await evaluateAccess(elsewhere, world.ports))
  expect(refused).toMatchObject({ reason: 'out_of_scope', next_action: 'none' })
  expect(refused).not.toHaveProperty('access_request')
})

test('a refused agent is never told by which policies: those are for people', async () => {
  const { world, approval } = await approvedWorld()
  const forbidden = parameter('/prod/hotwork/x')
  for (const evaluated of [
    await evaluateAccess({ ...asked, approval }, world.ports),
    await world.evaluate(prodParameter),
    await world.evaluate(forbidden),
  ]) {
    expect(evaluated.policies.length).toBeGreaterThan(0)
    expect(JSON.stringify(evaluationAnswer(evaluated, issuer))).not.toContain('polic'.concat('ies'))
    for (const id of evaluated.policies) expect(JSON.stringify(evaluationAnswer(evaluated, issuer))).not.toContain(id)
  }
})

test('a submission of an evaluation that no approval could help is not requestable', async () => {
  for (const what of [
    parameter('/prod/hotwork/x'),
    { ...stagingParameter, action: 'no:Such' },
    { ...stagingParameter, arguments: { Name: '/staging/a' } },
  ])
    expect(await world.submit(what)).toMatchObject({ ok: false, code: 'not_requestable' })
})

test('a submission on another agent’s evaluation is refused, however that ended', async () => {
  for (const what of [prodParameter, parameter('/prod/hotwork/x')]) {
    const { id: evaluation } = await world.evaluate({ ...what, agent: agent('builder') })
    expect(await world.submit(what, { evaluation, idempotencyKey: evaluation })).toMatchObject({
      ok: false,
      code: 'invalid_denial_binding',
    })
  }
})

test('a submission without an idempotency key is the same request when the same key sends the same body again', async () => {
  const { id: evaluation } = await world.evaluate(stagingParameter)
  const send = (changes: object = {}) =>
    world.submit(stagingParameter, {
      ...{ evaluation, idempotencyKey: undefined, body: { evaluation } },
      ...{ once: world.proof(), ...changes },
    })
  const first = await send()
  expect(await send()).toMatchObject({ ok: true, value: { created: false } })
  expect(first).toMatchObject({ ok: true, value: { created: true } })
  expect(await send({ body: { evaluation, more: true } })).toMatchObject({ ok: true, value: { created: true } })
  expect(await send({ jkt: agentKey.replace(/^./, 'b') as typeof agentKey })).toMatchObject({
    value: { created: true },
  })
})

describe('a statement that an agent carries', () => {
  const { subject, resource } = asked
  const bound = { subject, resource, parentTask: asked.parentTask as { id: string } }
  /** A denied evaluation, with its statement. */
  async function denied(world: World) {
    const evaluated = await evaluateAccess(asked, world.ports)
    const { bindingToken, expiresAt } = evaluated.decision ? ({} as never) : (evaluated.requestable as never as Denied)
    return { evaluation: evaluated.id, bindingToken, denialExpiresAt: expiresAt }
  }
  type Denied = { bindingToken: string; expiresAt: number }
  const submit = (world: World, changes: object) => world.submit(prodParameter, { ...bound, ...changes })

  test('a statement binds a submission with the id of its evaluation, and without', async () => {
    const { evaluation, bindingToken, denialExpiresAt } = await denied(world)
    for (const named of [evaluation, undefined])
      expect(
        await submit(world, { evaluation: named, bindingToken, denialExpiresAt, idempotencyKey: `${named}` }),
      ).toMatchObject({ ok: true })
  })

  test('a statement of another ask, agent, end or evaluation, of another kind, or changed, binds nothing', async () => {
    const one = await denied(world)
    const [head, claims, signature] = one.bindingToken.split('.') as [string, string, string]
    const other = Buffer.from(claims, 'base64url').toString().replace('remediator', 'builder')
    const asApproval = await world.signer.sign('hotwork-approval+jwt', decodeJwt(one.bindingToken) as never)
    const elsewhere = await world.signer.sign('hotwork-denial+jwt', {
      ...(decodeJwt(one.bindingToken) as object),
      aud: 'https://other.example',
    } as never)
    for (const changes of [
      { parentTask: { id: 'INC-1' } },
      { resource: prodParameter.resource },
      { agent: { id: agent('builder'), issuer: 'x', subject: 'x' } },
      { denialExpiresAt: one.denialExpiresAt + 1 },
      { evaluation: (await denied(world)).evaluation },
      { bindingToken: (await denied(world)).bindingToken },
      { bindingToken: `${head}.${Buffer.from(other).toString('base64url')}.${signature}` },
      { bindingToken: asApproval },
      { bindingToken: elsewhere },
      { bindingToken: 'what is this' },
    ])
      expect([changes, await submit(world, { ...one, ...changes })]).toMatchObject([
        changes,
        { ok: false, code: 'invalid_denial_binding' },
      ])
    world.clock.advance(601)
    expect(await submit(world, one)).toMatchObject({ ok: false, code: 'expired_denial' })
  })

  test('a statement hashes what ARAP says, over the form that any verifier can make', async () => {
    const claims = decodeJwt((await denied(new World(bundle))).bindingToken)
    const said = {
      ...{ subject, resource, action: asked.action },
      context: { purpose: 'remediation', parent_task: asked.parentTask },
    }
    const hash = createHash('sha256')
      .update(canonicalForm(said as never))
      .digest('base64url')
    expect(claims).toMatchObject({
      ...{ iss: issuer, aud: issuer, sub: 'agent:remediator', binding_hash: hash },
      binding_context_members: ['purpose', 'parent_task'],
      denial_expires_at: '2027-01-15T08:10:00Z',
    })
  })

  test('a statement is left out where it cannot be signed, and the id of the evaluation is enough', async () => {
    world.statements.answers = false
    const { evaluation, bindingToken } = await denied(world)
    expect(bindingToken).toBeUndefined()
    expect(await submit(world, { evaluation })).toMatchObject({ ok: true })
  })

  test('a statement of a live approval is verified whenever it is shown, and is no approval by itself', async () => {
    const { world, id, approval } = await approvedWorld()
    const state = (await signApproval(await world.state(id), world.statements)) as string
    const shown = (approvalState: Json, shownId = approval) =>
      evaluateAccess({ ...asked, approval: shownId, approvalState }, world.ports)
    expect(await shown(state)).toMatchObject({ decision: true })
    const another = await world.approved(parameter('/prod/checkout/retries'))
    const foreign = (await signApproval(another, world.statements)) as string
    const { bindingToken } = await denied(world)
    for (const wrong of [foreign, bindingToken, `${state}x`, 'x', '', null, 7, { state }])
      expect([wrong, await shown(wrong)]).toMatchObject([wrong, { decision: false, reason: 'approval_unverifiable' }])
    expect(await shown(state, grantOf(another)?.id)).toMatchObject({ reason: 'approval_unverifiable' })
    world.clock.advance(86_400)
    expect(await shown(state)).toMatchObject({ reason: 'approval_expired' })
    expect(await signApproval(asOf(await world.state(id), world.clock.now()), world.statements)).toBeUndefined()
  })

  test('an expired statement of another approval does not fit this one either', async () => {
    const { world, id, approval } = await approvedWorld()
    const another = await world.approved(parameter('/prod/checkout/retries'))
    const [own, foreign] = await Promise.all(
      [await world.state(id), another].map((state) => signApproval(state, world.statements)),
    )
    world.clock.advance(86_400)
    const shown = (approvalState: string | undefined) =>
      evaluateAccess({ ...asked, approval, ...(approvalState && { approvalState }) }, world.ports)
    expect(await shown(own)).toMatchObject({ reason: 'approval_expired' })
    expect(await shown(foreign)).toMatchObject({ reason: 'approval_unverifiable' })
  })

  test('a statement is no access token, with any key that signed it', async () => {
    const { world, id } = await approvedWorld()
    const tokens = new AccessTokenVerifier(issuer, world.signer, world.clock)
    const state = (await signApproval(await world.state(id), world.statements)) as string
    for (const token of [state, (await denied(world)).bindingToken])
      expect(await tokens.recognise(token)).toMatchObject({ ok: false })
  })
})
