import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import type { Person } from '../../functions/domain/people/organisation.ts'
import { type Asked, askAgain, assess } from '../../functions/domain/policy/assess.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { Question } from '../../functions/domain/policy/question.ts'
import type { AgentId, PersonId } from '../../functions/domain/values.ts'
import { deniedHost, sampleBundle } from '../support/world.ts'
import { Copy } from './sample.ts'

const sample = sampleBundle()
const policy = new CedarPolicy(sample)
const ask = (question: Question) => policy.ask(question)
const now = 1_800_000_000

const person = (name: string) => `person:${name}` as PersonId
const asked = (changes: Partial<Asked> = {}): Asked => ({
  agent: 'agent:remediator' as AgentId,
  action: 'ssm:PutParameter',
  arguments: { Name: '/prod/checkout/payment-url', Value: 'https://pay.example' },
  purpose: 'remediation',
  host: deniedHost,
  ...changes,
})
const stop = asked({
  action: 'lambda:PutFunctionConcurrency',
  arguments: { FunctionName: 'checkout-api', ReservedConcurrentExecutions: 0 },
})

/** The sample with some of its people changed. */
const withPeople = (change: (people: Person) => Person): Bundle => ({
  ...sample,
  directory: { ...sample.directory, people: sample.directory.people.map(change) },
})
const without = (...names: string[]) =>
  withPeople((it) => (names.some((name) => it.id === person(name)) ? { ...it, status: 'inactive' } : it))

test('a requestable ask comes with its tier, its terms, and those who may decide each stage', () => {
  const found = assess(sample, ask, asked(), now)
  expect(found).toMatchObject({
    outcome: 'requestable',
    tier: 2,
    policies: ['prod-remediation'],
    below: [],
    grant: { claimWithin: 3600, lifetime: 900, uses: 1 },
    eligible: {
      owner: [person('ana'), person('ben'), person('chloe')],
      // dan is in sre too, and answers for the agent
      sre: [person('ana'), person('eve'), person('finn')],
      'on-call': [person('jade'), person('kofi')],
    },
    facts: { resource: { environment: 'prod', classification: 'internal', group: 'payments-owners' } },
  })
})

test('the forbid on the rung below says why the tier is not lower', () =>
  expect(assess(sample, ask, stop, now)).toMatchObject({ tier: 3, below: ['stopping-a-function-needs-security'] }))

test('a policy may ask more people if the state could not be read', () => {
  using copy = new Copy()
  copy.add(
    'policies/unread.cedar',
    `@id("an-unread-state-needs-security")
forbid (principal, action in Hotwork::Action::"mutating", resource)
when { context.preview == "failed" && context.approval.tier < 3 };
`,
  )
  const { host: _, ...facts } = asked()
  const unread = {
    name: 'a state that could not be read needs security',
    ask: { ...facts, ambient: 'denied', preview: 'failed' },
    expect: { tier: 3, policies: ['prod-remediation'], below: ['an-unread-state-needs-security'] },
  }
  copy.add('policies/cases/unread.json', JSON.stringify({ cases: [unread] }))
  const compiled = copy.compile()
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems))
  const { bundle } = compiled
  const policies = new CedarPolicy(bundle)
  const tierWhere = (preview: Asked['preview']) => {
    const found = assess(bundle, (question) => policies.ask(question), asked({ ...(preview && { preview }) }), now)
    return found.outcome === 'requestable' && [found.tier, found.below]
  }
  expect(tierWhere('matched')).toEqual([2, []])
  expect(tierWhere('failed')).toEqual([3, ['an-unread-state-needs-security']])
})

test('a stronger login is part of the terms of the stage that asks for it', () => {
  const found = assess(sample, ask, stop, now)
  expect(found.outcome === 'requestable' && found.stages.map(({ name, acr, maxAge }) => [name, acr, maxAge])).toEqual([
    ['owner', undefined, undefined],
    ['security', 'strong', 900],
  ])
})

test.each<[rule: string, bundle: Bundle, asked: Asked, reason: string, detail?: string]>([
  ['an unknown action', sample, asked({ action: 'ssm:DeleteParameter' }), 'unknown_action', 'ssm:DeleteParameter'],
  ['a name that every object has', sample, asked({ action: 'constructor' }), 'unknown_action', 'constructor'],
  ['an unregistered agent', sample, asked({ agent: 'agent:stranger' as AgentId }), 'policy_denied', 'agent:stranger'],
  [
    'an agent who is suspended',
    { ...sample, agents: sample.agents.map((it) => ({ ...it, status: 'suspended' })) },
    asked(),
    'agent_suspended',
  ],
  [
    'an agent who is retired',
    { ...sample, agents: sample.agents.map((it) => ({ ...it, status: 'retired' })) },
    asked(),
    'agent_retired',
  ],
  [
    'an agent whose recertification is overdue',
    { ...sample, agents: sample.agents.map((it) => ({ ...it, recertifyBy: now })) },
    asked(),
    'agent_suspended',
  ],
  ['an agent whose owner has left', without('dan'), asked(), 'owner_inactive'],
  [
    'a resource that contradicts the arguments',
    sample,
    asked({
      resource: { type: 'ssm:parameter', id: 'arn:aws:ssm:us-east-1:000000000000:parameter/staging/checkout/a' },
    }),
    'invalid_arguments',
    '/prod/checkout/payment-url',
  ],
  [
    'an unknown resource',
    sample,
    asked({ arguments: { Name: '/sandbox/a', Value: 'b' } }),
    'policy_denied',
    'resources.json',
  ],
  ['too few people for a stage', without('gus', 'hana', 'mia'), stop, 'no_eligible_approvers', 'security'],
  [
    'one person for two stages',
    without('ben', 'chloe', 'eve', 'finn', 'jade', 'kofi'),
    asked(),
    'no_eligible_approvers',
    'sre',
  ],
])('%s is refused, with the reason', (_rule, bundle, what, reason, detail = '') => {
  const found = assess(bundle, ask, what, now)
  expect(found).toMatchObject({ outcome: 'refused', reason })
  expect((found.outcome === 'refused' && found.detail) || '').toContain(detail)
})

test('the people of a stage include those that it would escalate to', () =>
  expect(assess(without('ben', 'chloe', 'eve', 'finn'), ask, asked(), now)).toMatchObject({ outcome: 'requestable' }))

const approvals = [
  { person: 'person:ben', stage: 'owner', as: 'owner', at: now },
  { person: 'person:ana', stage: 'sre', as: 'sre', at: now },
]
const again = (bundle: Bundle, given = approvals) =>
  askAgain(bundle, ask, asked(), { moment: 'issue', approvals: given, now })

test('an ask with its approvals is permitted when it is asked again', () =>
  expect(again(sample)).toEqual({ permit: true, policies: ['prod-remediation'] }))

test('an ask that has lost an approval is refused when it is asked again', () =>
  expect(again(sample, approvals.slice(1)).permit).toBe(false))

test('the present ladder counts if it asks for more than before', () => {
  const tiers = sample.ladder.tiers.map((tier) => ({
    ...tier,
    stages: tier.stages.map((stage) => ({ ...stage, quorum: stage.quorum + 1 })),
  }))
  expect(again({ ...sample, ladder: { tiers } }).permit).toBe(false)
})

test('an agent suspended after the approval is refused, with the reason', () => {
  const agents = sample.agents.map((agent) => ({ ...agent, status: 'suspended' as const }))
  expect(again({ ...sample, agents })).toEqual({ permit: false, policies: [], detail: 'agent_suspended' })
})

test('a resource reclassified after the approval is judged by its present class', () => {
  const resources = sample.resources.map((rule) => ({ ...rule, classification: 'restricted' }))
  expect(again({ ...sample, resources })).toEqual({ permit: false, policies: ['restricted-data-needs-security'] })
})
