import { isAuthorized, policyToJson } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { toCedar } from '../../functions/adapters/cedar/cedar-question.ts'
import { splitLeading } from '../../functions/adapters/cedar/leading-tests.ts'
import { withHash } from '../../functions/adapters/policy-folder/compile-folder.ts'
import { type Asked, findFacts, questionOf } from '../../functions/domain/policy/assess.ts'
import type { ActionQuestion } from '../../functions/domain/policy/question.ts'
import type { AgentId } from '../../functions/domain/values.ts'
import { compileSample } from './sample.ts'

/** At a use Cedar is given those policies alone whose first tests hold: that must change no answer. */

const sample = compileSample()
const action = 'ssm:PutParameter'
const asked: Asked = {
  agent: 'agent:remediator' as AgentId,
  action,
  arguments: { Name: '/prod/checkout/color', Value: 'blue' },
  purpose: 'remediation',
}
const facts = findFacts(sample, asked, 1_800_000_000)
if (!facts.ok) throw new Error(facts.detail)
const base = questionOf(facts.value, asked, { moment: 'use', tier: 1, now: 1_800_000_000 })

const questions: fc.Arbitrary<ActionQuestion> = fc
  .record({
    autonomy: fc.constantFrom('assistive', 'supervised', 'autonomous', 'orchestrator'),
    environment: fc.constantFrom('staging', 'prod', 'other'),
    classification: fc.constantFrom('internal', 'restricted', 'control-plane'),
    purpose: fc.constantFrom('remediation', 'release', 'maintenance', 'fun'),
    tier: fc.integer({ min: 0, max: 4 }),
    recent: fc.integer({ min: 0, max: 4 }),
    delegationDepth: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ autonomy, environment, classification, purpose, tier, recent, delegationDepth }) => ({
    ...base,
    agent: { ...base.agent, autonomy: autonomy as ActionQuestion['agent']['autonomy'] },
    resource: { ...base.resource, environment, classification } as ActionQuestion['resource'],
    purpose,
    approval: { ...base.approval, tier },
    recent,
    delegationDepth,
  }))

const comparison = fc.constantFrom('==', '!=', '<', '<=', '>', '>=')
const number = fc.integer({ min: -1, max: 5 })
const text = fc.constantFrom('supervised', 'autonomous', 'prod', 'staging', 'restricted', 'release', 'use', 'none')
const fact = fc.constantFrom(
  ...['agent.autonomy', 'agent.owner', 'resource.environment', 'resource.classification', 'resource.id', 'purpose'],
  ...['moment', 'credential', 'arguments.Value', 'arguments.Nothing', 'approval.tier', 'recent', 'delegationDepth'],
  ...['now', 'nowhere', 'nowhere.at'],
)
/** What a condition may be made of: what is split off, what looks like it, and what errs. */
const term = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fact, text).map(([of, is]) => `context.${of} == "${is}"`) },
  { weight: 3, arbitrary: fc.tuple(fact, comparison, number).map(([of, how, is]) => `context.${of} ${how} ${is}`) },
  fc
    .tuple(fact, fc.array(text, { minLength: 1, maxLength: 3 }))
    .map(([of, all]) => `${JSON.stringify(all)}.contains(context.${of})`),
  fc.tuple(fact, text).map(([of, is]) => `"${is}" == context.${of}`),
  fc.tuple(fact, number).map(([of, is]) => `["a", ${is}].contains(context.${of})`),
  fact.map((of) => `context.${of} like "*pro*"`),
  fc.constantFrom('principal is Hotwork::Agent', 'context has nowhere', 'true', 'false', 'context.approval.breakGlass'),
  fc.constantFrom('context.now * 9223372036854775807 > 0', 'context.agent == {"autonomy": "autonomous"}'),
)
const condition = fc
  .array(fc.tuple(term, fc.constantFrom('&&', '&&', '&&', '||'), fc.boolean()), { minLength: 1, maxLength: 4 })
  .map(([[first] = ['true'], ...rest]) =>
    rest.reduce((left, [next, how, negated]) => `(${left}) ${how} ${negated ? `!(${next})` : `(${next})`}`, `${first}`),
  )
/** What a policy usually begins with, or would if there were such a fact. */
const textFact = fc.constantFrom(
  'agent.autonomy',
  'resource.environment',
  'resource.classification',
  'purpose',
  'nowhere',
)
const plain = fc.oneof(
  fc.tuple(textFact, text).map(([of, is]) => `context.${of} == "${is}"`),
  fc
    .tuple(textFact, fc.array(text, { minLength: 2, maxLength: 5 }))
    .map(([of, all]) => `${JSON.stringify(all)}.contains(context.${of})`),
  fc
    .tuple(fc.constantFrom('approval.tier', 'recent', 'delegationDepth', 'nowhere'), comparison, number)
    .map(([of, how, is]) => `context.${of} ${how} ${is}`),
)
const beginning = fc.array(plain, { maxLength: 3 })
const clause = fc
  .tuple(fc.constantFrom('when', 'when', 'unless'), beginning, condition)
  .map(([kind, first, then]) => `${kind} { ${[...first, `(${then})`].join(' && ')} }`)
const policy = fc
  .tuple(fc.constantFrom('permit', 'permit', 'forbid'), fc.array(clause, { maxLength: 2 }))
  .map(([effect, clauses]) => `${effect} (principal, action, resource) ${clauses.join(' ')};`)
const isPolicy = (each: string) => policyToJson(each).type === 'success'

const open = (policies: { [id: string]: string }) => {
  const { hash: _, ...content } = sample
  return new CedarPolicy(withHash({ ...content, policies: { ...sample.policies, [action]: policies } }))
}

/** What Cedar says when it is given all of them, and all of the context. */
function askAll(policies: { [id: string]: string }, question: ActionQuestion) {
  const call = { ...toCedar(question, sample.actions[action]?.arguments), policies: { staticPolicies: policies } }
  const answer = isAuthorized(call)
  if (answer.type !== 'success') throw new Error('the sample policies should parse')
  const { decision, diagnostics } = answer.response
  const error = diagnostics.errors.length > 0
  return { permit: decision === 'allow' && !error, error, policies: diagnostics.reason.toSorted() }
}

test('the answer is that of all the policies, to the policy and the error', () => {
  const split = { some: 0, none: 0 }
  fc.assert(
    fc.property(
      fc.array(policy.filter(isPolicy), { minLength: 4, maxLength: 8 }),
      fc.array(questions, { minLength: 12, maxLength: 12 }),
      (texts, all) => {
        const policies = Object.fromEntries(texts.map((each, at) => [`p${at}`, each]))
        const cedar = open(policies)
        for (const each of all) {
          const whole = askAll(policies, each)
          // The first of a kind is answered by the whole set, the second has a set made for it, and the third has that.
          for (const { permit, error = false, policies } of [1, 2, 3].map(() => cedar.ask(each)))
            expect({ permit, error, policies }).toEqual(whole)
        }
        for (const each of texts.map(policyToJson))
          if (each.type === 'success') split[splitLeading(each.json).tests.length > 0 ? 'some' : 'none'] += 1
      },
    ),
    { numRuns: 50 },
  )
  // Were nothing ever split off, this would say nothing.
  expect(split.some).toBeGreaterThan(40)
  expect(split.none).toBeGreaterThan(40)
})

test('the policies of the sample are asked for what they begin with', () => {
  const parsed = Object.values(sample.policies['flags:set'] ?? {}).map(policyToJson)
  const tests = parsed.flatMap((each) => (each.type === 'success' ? [splitLeading(each.json).tests.length] : []))
  expect(tests.filter((count) => count > 0).length).toBeGreaterThan(tests.length / 2)
})
