import fc from 'fast-check'
import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { withHash } from '../../functions/adapters/policy-folder/compile-folder.ts'
import { Ambient, noRecord } from '../../functions/domain/people/host.ts'
import { taskAnswers, taskSources } from '../../functions/domain/policy/asking-terms.ts'
import { type Asked, assess, findFacts, questionOf } from '../../functions/domain/policy/assess.ts'
import { canFill, namesOfTier } from '../../functions/domain/policy/filling.ts'
import { type Approval, satisfiedTier } from '../../functions/domain/policy/ladder.ts'
import { findBrokenRung } from '../../functions/domain/policy/policy-case.ts'
import type { Question } from '../../functions/domain/policy/question.ts'
import { AgentId } from '../../functions/domain/values.ts'
import { cases } from '../support/deep.ts'
import { sampleBundle } from '../support/world.ts'

const bundle = sampleBundle()
const policy = new CedarPolicy(bundle)
const ask = (question: Question) => policy.ask(question)
const now = 1_800_000_000

const count = fc.constantFrom(0, 1, 5)
const anyAction = fc.oneof(
  fc.record({
    action: fc.constant('ssm:PutParameter'),
    arguments: fc.record({
      Name: fc.constantFrom('/staging/checkout/a', '/prod/checkout/a', '/prod/search/a', '/prod/hotwork/a'),
      Value: fc.string({ minLength: 1, maxLength: 20 }),
    }),
  }),
  fc.record({
    action: fc.constant('lambda:PutFunctionConcurrency'),
    arguments: fc.record({
      FunctionName: fc.constantFrom('staging-a', 'checkout-a', 'search-a', 'Hotwork-a'),
      ReservedConcurrentExecutions: count,
    }),
  }),
  fc.record({
    action: fc.constant('dynamodb:UpdateItem'),
    arguments: fc.record({
      TableName: fc.constantFrom('staging-a', 'payment-cards', 'checkout-a', 'Hotwork-a'),
      Key: fc.dictionary(fc.constantFrom('pk', 'sk'), fc.string(), { minKeys: 1 }),
      UpdateExpression: fc.constant('SET a = :a'),
    }),
  }),
  fc.record({
    action: fc.constant('ecs:UpdateService'),
    arguments: fc.record(
      {
        cluster: fc.constantFrom('staging', 'main'),
        service: fc.constantFrom('checkout', 'search'),
        desiredCount: count,
      },
      { requiredKeys: ['cluster', 'service'] },
    ),
  }),
  fc.record({
    action: fc.constant('flags:set'),
    arguments: fc.record({
      environment: fc.constantFrom('staging', 'prod'),
      flag: fc.constant('dark-mode'),
      value: fc.oneof(fc.boolean(), fc.integer({ min: -9, max: 9 }), fc.constant('on')),
    }),
  }),
)

/** An ask of tier 0: of many random ones a single one may be. */
const calm = {
  agent: AgentId.parse('agent:remediator'),
  action: 'flags:set',
  arguments: { environment: 'staging', flag: 'dark-mode', value: true },
  purpose: 'remediation',
  delegators: [],
  recent: 0,
  justified: true,
  host: { ambient: 'denied', record: { asked: 5, tierZero: 0, refused: 0, denied: 0, extraCalls: 0, night: 0 } },
} satisfies Partial<Asked>

const anyAsk: fc.Arbitrary<Asked> = fc
  .record({
    isCalm: fc.nat(5).map((drawn) => drawn === 0),
    agent: fc.constantFrom(...bundle.agents.map(({ id }) => id)),
    what: anyAction,
    purpose: fc.constantFrom('remediation', 'release', 'maintenance', 'curiosity'),
    delegators: fc.array(fc.constantFrom(...bundle.directory.people.map(({ id }) => id)), { maxLength: 5 }),
    recent: fc.nat(50),
    justified: fc.boolean(),
    task: fc.constantFrom(...taskAnswers),
    taskSource: fc.constantFrom(...taskSources),
    host: fc.record({
      ambient: fc.constantFrom(...Ambient.options),
      record: fc.record({
        asked: fc.nat(200),
        tierZero: fc.nat(200),
        refused: fc.nat(200),
        denied: fc.nat(200),
        extraCalls: fc.nat(9),
        night: fc.nat(200),
      }),
    }),
  })
  .map(({ what, isCalm, ...rest }) => ({ ...rest, ...what, ...(isCalm && calm) }))

test('in all circumstances, more approval never permits less', () => {
  fc.assert(
    fc.property(anyAsk, (asked) => expect(findBrokenRung(bundle, ask, asked, now)).toBeUndefined()),
    { numRuns: cases(120, 3_000) },
  )
})

test.each([
  ['its own word for why', 'context.purpose'],
  ['its claim of where its task came from', 'context.task_source'],
])('the sample lets no agent down the ladder by %s', (_, fact) => {
  const slices = Object.entries(bundle.policies).map(([action, slice]) => {
    const kept = Object.entries(slice).filter(([, text]) => !text.includes(fact))
    return [action, Object.fromEntries(kept)] as const
  })
  const { hash: _hash, ...content } = bundle
  const wordless = new CedarPolicy(withHash({ ...content, policies: Object.fromEntries(slices) }))
  const scrutiny = (found: ReturnType<typeof assess>) => (found.outcome === 'refused' ? 4 : found.tier)
  let raised = 0
  fc.assert(
    fc.property(anyAsk, (asked) => {
      const without = scrutiny(assess(bundle, (question) => wordless.ask(question), asked, now))
      const needed = scrutiny(assess(bundle, ask, asked, now))
      if (needed > without) raised += 1
      expect(needed).toBeGreaterThanOrEqual(without)
    }),
    { numRuns: cases(400, 3_000) },
  )
  expect(raised).toBeGreaterThan(0)
})

test('an unknown host never lowers the tier, nor does one that could act alone', () => {
  const tierOf = (asked: Asked, ambient: Ambient) => {
    const found = assess(bundle, ask, { ...asked, host: { record: noRecord, ...asked.host, ambient } }, now)
    return found.outcome === 'refused' ? 4 : found.tier
  }
  let raised = 0
  fc.assert(
    fc.property(anyAsk, (asked) => {
      const [denied = 0, unknown = 0, allowed = 0] = ['denied', 'unknown', 'allowed'].map((each) =>
        tierOf(asked, each as Ambient),
      )
      if (unknown > denied) raised += 1
      expect(unknown).toBeGreaterThanOrEqual(denied)
      expect(allowed).toBeGreaterThanOrEqual(unknown)
    }),
    { numRuns: cases(250, 3_000) },
  )
  expect(raised).toBeGreaterThan(0)
})

test('in all circumstances, a use is answered as an issue is', () => {
  fc.assert(
    fc.property(anyAsk, fc.nat(3), (asked, tier) => {
      const facts = findFacts(bundle, asked, now)
      if (!facts.ok) return
      const answers = (['issue', 'use'] as const).map((moment) =>
        ask(questionOf(facts.value, asked, { moment, tier, now })),
      )
      expect(answers[1]).toEqual(answers[0])
    }),
    { numRuns: cases(120, 3_000) },
  )
})

test('in all circumstances, a requestable tier can be met by people who do not own the agents', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(anyAsk, (asked) => {
      const found = assess(bundle, ask, asked, now)
      reached.add(found.outcome === 'refused' ? found.reason : `tier ${found.tier}`)
      if (found.outcome === 'refused') return
      const { eligible, stages, facts } = found
      const people = Object.values(eligible).flat()
      expect(people).not.toContain(facts.agent.owner)
      for (const delegator of asked.delegators ?? []) expect(people).not.toContain(delegator)
      const places = stages.map((stage) => ({
        quorum: stage.quorum,
        people: namesOfTier({ stages: [stage] }).flatMap((name) => eligible[name] ?? []),
      }))
      expect(canFill(places)).toBe(true)
    }),
    { numRuns: cases(300, 3_000) },
  )
  expect([...reached]).toEqual(expect.arrayContaining(['tier 0', 'tier 1', 'tier 2', 'tier 3', 'policy_denied']))
})

test('a rung that refuses what a lower rung permits is found', () => {
  const asked: Asked = {
    agent: bundle.agents[1]?.id as Asked['agent'],
    action: 'ssm:PutParameter',
    arguments: { Name: '/staging/checkout/a', Value: 'b' },
    purpose: 'remediation',
  }
  const backwards = (question: Question) => ({
    permit: question.kind === 'action' && question.approval.tier < 2,
    policies: ['backwards'],
  })
  expect(findBrokenRung(bundle, backwards, asked, now)).toMatchObject({ tier: 2, answer: { policies: ['backwards'] } })
})

const given = (person: string, stage: string, changes: Partial<Approval> = {}): Approval => ({
  person,
  stage,
  as: stage,
  at: now,
  login: { acr: 'strong', at: now },
  ...changes,
})
const by = (...all: [stage: string, ...people: string[]][]): Approval[] =>
  all.flatMap(([stage, ...people]) => people.map((person) => given(person, stage)))

test.each<[rule: string, approvals: Approval[], tier: number]>([
  ['nothing satisfies tier 0', [], 0],
  ['one owner satisfies tier 1', by(['owner', 'ana']), 1],
  ['an owner and an sre satisfy tier 2', by(['owner', 'ben'], ['sre', 'ana']), 2],
  ['one person does not satisfy both stages of tier 2', by(['owner', 'ana'], ['sre', 'ana']), 1],
  ['a person of two stages is counted where it helps', by(['owner', 'ana', 'ben'], ['sre', 'ana']), 2],
  ['one of security is not two', by(['owner', 'ben'], ['security', 'gus', 'gus']), 1],
  ['two of security satisfy tier 3', by(['owner', 'ben'], ['security', 'gus', 'hana']), 3],
  ['a stage without the one before it satisfies nothing', by(['sre', 'ana']), 0],
  ['a stage missing in the present ladder counts for nothing', by(['owner', 'ben'], ['managers', 'ivo']), 1],
])('%s', (_rule, approvals, tier) => expect(satisfiedTier(bundle.ladder, approvals)).toBe(tier))

const guarded = (changes: Partial<Approval>) => [
  ...by(['owner', 'ben'], ['security', 'gus']),
  given('hana', 'security', changes),
]
test.each<[rule: string, approval: Partial<Approval>, tier: number]>([
  ['an approval by its stage’s rules counts', {}, 3],
  ['an approval by a weaker login than its stage asks today does not count', { login: { at: now } }, 1],
  ['an approval by a login older than its stage asks does not count', { login: { acr: 'strong', at: now - 3600 } }, 1],
  ['an approval by an unknown login does not count', { login: undefined }, 1],
  ['an approval under a former name of its stage does not count', { as: 'on-call' }, 1],
])('%s', (_rule, changes, tier) => expect(satisfiedTier(bundle.ladder, guarded(changes))).toBe(tier))

test('an approval without the reason that its stage asks today does not count', () => {
  const ladder = structuredClone(bundle.ladder)
  for (const { stages } of ladder.tiers)
    for (const stage of stages) if (stage.name === 'sre') stage.comment = 'required'
  const twice = (comment?: string) => [given('ben', 'owner'), given('ana', 'sre', { comment })]
  expect(satisfiedTier(ladder, twice())).toBe(1)
  expect(satisfiedTier(ladder, twice(' '))).toBe(1)
  expect(satisfiedTier(ladder, twice('looked at the graphs'))).toBe(2)
})

test('one more approval never satisfies less', () => {
  const approval = fc
    .record({
      person: fc.constantFrom('ana', 'ben', 'eve', 'gus', 'hana'),
      stage: fc.constantFrom('owner', 'sre', 'security', 'on-call'),
    })
    .map(({ person, stage }) => given(person, stage))
  fc.assert(
    fc.property(fc.array(approval, { maxLength: 8 }), approval, (approvals, more) =>
      expect(satisfiedTier(bundle.ladder, [...approvals, more])).toBeGreaterThanOrEqual(
        satisfiedTier(bundle.ladder, approvals),
      ),
    ),
  )
})
