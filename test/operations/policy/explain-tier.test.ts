import { explanationLines } from '../../../functions/domain/cards/explanation-words.ts'
import type { Explainer } from '../../../functions/domain/policy/condition.ts'
import type { Digest } from '../../../functions/domain/values.ts'
import { explainRequest } from '../../../functions/operations/policy/explain-tier.ts'
import type { Policy } from '../../../functions/operations/policy/ports.ts'
import { prodParameter, sampleBundle, type What, World } from '../../support/world.ts'

/** When a request is explained, and by which facts. */

const repair: What = {
  action: 'dynamodb:UpdateItem',
  arguments: {
    TableName: 'checkout-orders',
    Key: { id: { S: 'o-1' } },
    UpdateExpression: 'SET state = :s',
    ExpressionAttributeValues: { ':s': { S: 'paid' } },
  },
  resource: { type: 'dynamodb:table', id: 'arn:aws:dynamodb:us-east-1:000000000000:table/checkout-orders' },
}

test('nothing is explained on the way to a decision, a credential or AWS credentials', async () => {
  const world = new World()
  const { policy } = world
  const unasked: Policy = {
    bundle: policy.bundle,
    ask: (question) => policy.ask(question),
    get explainer(): Explainer {
      throw new Error('an explanation was asked for')
    },
  }
  world.policy = unasked
  const request = await world.approved()
  expect(await world.issueAws(request, await world.claim(request))).toMatchObject({ ok: true })
  expect(() => explainRequest(unasked, request)).toThrow('an explanation was asked for')
})

test('a request is explained by the facts that stand in it, not by those of today', async () => {
  const world = new World()
  const state = await world.submitted(repair)
  const [asItWas] = explainRequest(world.policy, state)
  const [ofMany] = explainRequest(world.policy, { ...state, ask: { ...state.ask, recent: 30 } })
  expect([asItWas?.explanation.tier, ofMany?.explanation.tier]).toEqual([2, 3])
  expect(ofMany?.explanation.forbids.map(({ id }) => id)).toEqual(['many-small-repairs-are-one-large-one'])
  expect(ofMany?.explanation.alternatives).toContainEqual({
    tier: 2,
    facts: [{ kind: 'compared', fact: ['context', 'recent'], by: '<', to: 30 }],
  })
})

test('a request whose agent was suspended since is explained all the same', async () => {
  const world = new World()
  const state = await world.submitted(prodParameter)
  const bundle = sampleBundle()
  const agents = bundle.agents.map((each) => ({ ...each, status: 'suspended' as const }))
  expect(explainRequest(new World({ ...bundle, agents }).policy, state)).toMatchObject([{ explanation: { tier: 2 } }])
})

test('a policy without an engine has no explanation', async () => {
  const world = new World()
  const state = await world.submitted(prodParameter)
  const { bundle } = world.policy
  expect(explainRequest({ bundle, ask: () => ({ permit: true, policies: [] }) }, state)).toEqual([])
})

test('values of a resource are in no explanation: policy hears whether it could be read', async () => {
  const policies = { only: 'permit (principal, action, resource) when { context.preview == "matched" };' }
  const bundle = sampleBundle()
  const world = new World({ ...bundle, policies: { ...bundle.policies, 'ssm:PutParameter': policies } })
  const state = await new World().submitted(prodParameter)
  const digest = `sha-256:${'k'.repeat(43)}` as Digest
  const preview = {
    outcome: 'matched' as const,
    before: { Value: 'hunter2' },
    after: { Value: '3000' },
    observedAt: state.submittedAt,
    state: digest,
  }
  const [explained] = explainRequest(world.policy, { ...state, preview })
  const lines = JSON.stringify(explained && explanationLines(explained.explanation))
  expect(lines).toContain('the reading of the present state')
  expect(lines).not.toContain('hunter2')
})
