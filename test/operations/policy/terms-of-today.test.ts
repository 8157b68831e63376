import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { Stage } from '../../../functions/domain/policy/ladder.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { CredentialId, UseId } from '../../../functions/domain/values.ts'
import { flag, prodParameter, sampleBundle, start, World, withTerms } from '../../support/world.ts'

/** An approval counts at each issue and use by the terms that its stage has then. */

const sample = sampleBundle()
const policyOf = (bundle: Bundle) => new World(bundle).policy

/** Approved by ana for the owners, by her login; and by eve for sre, by hers and with a reason. */
async function approved(login = {}, comment?: string, typed?: string) {
  const world = new World(sample)
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana', 'approve', { login })
  await world.decide(request, 'eve', 'approve', {
    login,
    ...(comment === undefined ? {} : { comment }),
    ...(typed === undefined ? {} : { typed }),
  })
  const state = await world.state(request.ask.id)
  expect(state.status).toBe('approved')
  return { world, state }
}

test.each<[rule: string, terms: Partial<Stage>]>([
  ['a stronger login than the approvals had', { acr: 'strong' }],
  ['a fresher login than the approvals had', { maxAge: 600 }],
  ['a reason that an approver has not given', { comment: 'required' }],
  ['the name of the resource, which an approver has not typed', { typeTheName: true }],
])('a ladder that now asks for %s issues nothing, and the grant stays', async (_rule, terms) => {
  const { world, state } = await approved({ acr: 'weak', at: start - 3600 })
  world.policy = policyOf(withTerms(sample, 'sre', terms))
  expect(await world.issueToken(state)).toMatchObject({ ok: false, code: 'policy_denied' })
  expect(await world.state(state.ask.id)).toMatchObject({ status: 'approved' })
  world.policy = policyOf(sample)
  expect(await world.issueToken(state)).toMatchObject({ ok: true })
})

test('approvals that meet what the ladder now asks for count', async () => {
  const { world, state } = await approved(
    { acr: 'strong', at: start - 60 },
    'looked at the graphs',
    'payment-timeout-ms',
  )
  world.policy = policyOf(
    withTerms(sample, 'sre', { acr: 'strong', maxAge: 600, comment: 'required', typeTheName: true }),
  )
  expect(await world.issueToken(state)).toMatchObject({ ok: true })
})

test('an approval under a removed stage does not count', async () => {
  const world = new World(sample)
  const request = await world.submitted(prodParameter)
  const [{ terms, deadline = 0 } = {}] = request.stages
  if (terms?.onSilence === 'expire' || terms === undefined) throw new Error('the owners’ stage escalates')
  world.clock.advance(deadline - world.clock.now())
  const person = sample.directory.groups[terms.onSilence.escalateTo]?.[0]?.replace('person:', '') ?? ''
  await world.decide(request, person)
  await world.decide(request, 'eve')
  const state = await world.state(request.ask.id)
  expect(state).toMatchObject({ status: 'approved', stages: [{ decisions: [{ as: terms.onSilence.escalateTo }] }, {}] })
  world.policy = policyOf(withTerms(sample, terms.name, { onSilence: 'expire' }))
  expect(await world.issueToken(state)).toMatchObject({ ok: false, code: 'policy_denied' })
})

const use = (world: World, request: ApprovalRequest, jti: CredentialId) =>
  world.gate(request, world.accessToken(request, jti, 'https://flags.example'))

test('a use is refused too', async () => {
  const world = new World(sample)
  const request = await world.submitted(flag())
  await world.decide(request, 'ben')
  const jti = await world.claim(request)
  world.policy = policyOf(withTerms(sample, 'owner', { acr: 'strong' }))
  expect(await use(world, request, jti)).toMatchObject({ ok: false, code: 'policy_denied' })
  world.policy = policyOf(sample)
  expect(await use(world, request, jti)).toMatchObject({ ok: true, value: { use: expect.any(String) as UseId } })
})
