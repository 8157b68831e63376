import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { explanationLines } from '../../functions/domain/cards/explanation-words.ts'
import { textOf } from '../../functions/domain/cards/sentence.ts'
import type { Asked } from '../../functions/domain/policy/assess.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { Explanation } from '../../functions/domain/policy/explain.ts'
import type { AgentId, JsonObject } from '../../functions/domain/values.ts'
import { openPolicies } from '../../functions/handlers/wiring/policy.ts'
import { explainAsk, explainSteps } from '../../functions/operations/policy/explain-tier.ts'
import {
  agent,
  deniedHost,
  parameter,
  person,
  prodParameter,
  sampleBundle,
  stagingParameter,
  type What,
} from '../support/world.ts'

/** The reasons for a request's tier in words, by Cedar's answer for each condition. */

const sample = sampleBundle()
const policy = new CedarPolicy(sample)
const noon = 1_800_014_400

const asked = (what: What, changes: Partial<Asked> = {}): Asked => ({
  agent: agent('remediator'),
  purpose: 'remediation',
  host: deniedHost,
  ...what,
  ...changes,
})

function explained(of: Asked, by: CedarPolicy = policy): Explanation {
  const [found] = explainAsk(by, of, noon)
  if (!found) throw new Error('nothing is explained')
  return found.explanation
}

/** The sentences without their quotation marks. */
const words = (explanation: Explanation): readonly string[] =>
  explanationLines(explanation)
    .flatMap(({ said, under }) => [textOf(said), ...under.map((each) => `- ${textOf(each)}`)])
    .map((line) => line.replace(/[“”]/g, ''))

const concurrency = (ReservedConcurrentExecutions: number): What => ({
  action: 'lambda:PutFunctionConcurrency',
  arguments: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
})

let made = 0
/** The sample in which only these policies cover the action that sets a parameter. */
function withPolicies(policies: { [id: string]: string }): CedarPolicy {
  made += 1
  return new CedarPolicy({
    ...sample,
    hash: `explained-${made}` as Bundle['hash'],
    policies: { ...sample.policies, 'ssm:PutParameter': policies },
  })
}
const permit = (when: string) => `permit (principal, action, resource) when { ${when} };`
const forbid = (when: string, clause = 'when') => `forbid (principal, action, resource) ${clause} { ${when} };`

test('kept policies replace the opened ones, and explain by their own conditions', () => {
  const slice = (when: string) => openPolicies({ ...sample, policies: { 'ssm:PutParameter': { only: permit(when) } } })
  const explain = (when: string) => explainAsk(slice(when), asked(prodParameter), noon)[0]?.explanation.tier
  expect([3, 1, 2].map((tier) => explain(`context.approval.tier >= ${tier}`))).toEqual([3, 1, 2])
  const [said] = explainAsk(slice('context.purpose == "remediation"'), asked(prodParameter), noon)
  expect(said && words(said.explanation)).toContain('- only: the purpose is remediation')
})

test('tier 0 is explained by the policy that permits it', () => {
  expect(words(explained(asked(stagingParameter)))).toEqual([
    'Permitted without approval:',
    '- staging-remediation: the autonomy of the agent is autonomous; the environment is staging',
  ])
})

test('tier 1 is explained by its floor, and by the purposes that need less', () => {
  expect(words(explained(asked(stagingParameter, { purpose: 'release' })))).toEqual([
    'Permitted at tier 1:',
    '- staging-remediation: the autonomy of the agent is autonomous; the environment is staging',
    'Why tier 0 is not enough: it is forbidden.',
    '- a-release-asks-the-owner below tier 1: the autonomy of the agent is autonomous; the purpose is release',
    'staging-remediation would permit it, and a forbid outweighs every permit.',
    'What would have to differ for less:',
    '- it would need no approval if the purpose were remediation or maintenance',
  ])
})

test('tier 2 is explained by the permits, those that lack least first', () => {
  expect(words(explained(asked(prodParameter)))).toEqual([
    'Permitted at tier 2:',
    '- prod-remediation: the autonomy of the agent is autonomous; the environment is prod',
    'Why tier 1 is not enough: no policy permits it. What is nearest lacks:',
    '- prod-remediation: it takes tier 2',
    '- staging-remediation: the environment is prod, not staging',
    '- prod-release: the autonomy of the agent is autonomous, not supervised; it takes tier 2',
    '- 3 more policies are as far or farther',
    'What would have to differ for less:',
    '- it would need no approval if the environment were staging',
  ])
})

test('tier 3 by two alternatives of a condition names both as facts that have to differ', () => {
  expect(words(explained(asked(concurrency(0))))).toEqual([
    'Permitted at tier 3:',
    '- prod-remediation: the autonomy of the agent is autonomous; the environment is prod',
    'Why tier 2 is not enough: it is forbidden.',
    '- stopping-a-function-needs-security below tier 3: the environment is prod; ReservedConcurrentExecutions is 0; the credential leaves ReservedConcurrentExecutions open',
    'prod-remediation would permit it, and a forbid outweighs every permit.',
    'What would have to differ for less:',
    '- it would need no approval if the environment were staging',
    '- tier 2 would do if ReservedConcurrentExecutions were not 0 and the credential pinned ReservedConcurrentExecutions',
  ])
})

test('tier 3 by one alternative alone names only that one', () => {
  expect(words(explained(asked(concurrency(5))))).toContain(
    '- tier 2 would do if the credential pinned ReservedConcurrentExecutions',
  )
})

test('a refusal is explained by its forbid, and by the facts that would lift it', () => {
  expect(words(explained(asked(prodParameter, { purpose: 'fun' })))).toEqual([
    'Why no approval helps: it is forbidden.',
    '- a-known-purpose: the purpose is fun, none of remediation, release or maintenance',
    'prod-remediation would permit it, and a forbid outweighs every permit.',
    'What would have to differ:',
    '- tier 2 would do if the purpose were remediation or maintenance',
    '- tier 1 would do if the environment were staging and the purpose were release',
  ])
})

test('a refusal in a freeze names the end of the freeze', () => {
  const thanksgiving = Date.UTC(2025, 10, 28, 12) / 1000
  const [found] = explainAsk(policy, asked(prodParameter), thanksgiving)
  const all = found ? words(found.explanation) : []
  expect(all[0]).toBe('Why no approval helps: it is forbidden.')
  expect(all[1]).toMatch(/^- [\w-]+: .*the time is within black-friday/)
  expect(all).toContain('- tier 2 would do if the time were not within black-friday')
})

test('a refusal by two forbids names both, and only facts that lift both', () => {
  const delegators = Array(4).fill(person('ana'))
  const all = words(explained(asked(prodParameter, { purpose: 'release', delegators })))
  expect(all.filter((line) => /^- (each-bot|delegation)/.test(line))).toEqual([
    '- each-bot-does-its-own-work: the environment is prod; the autonomy of the agent is autonomous; the purpose is release',
    '- delegation-has-an-end: the number of agents that passed it on is 4, over 3',
  ])
  expect(all).toContain(
    '- tier 2 would do if the purpose were remediation or maintenance and the number of agents that passed it on were at most 3',
  )
})

test("an alternative's tier is the tier that policy answers for it", () => {
  const asks = [prodParameter, concurrency(0), concurrency(5)].flatMap((what) =>
    ['remediation', 'release', 'fun'].map((purpose) => asked(what, { purpose })),
  )
  const told = asks.flatMap((of) => explained(of).alternatives.map(({ tier, facts }) => ({ of, tier, facts })))
  expect(told.length).toBeGreaterThan(5)
  const purposes = told.flatMap(({ of, tier, facts }) =>
    facts.length === 1 && facts[0]?.kind === 'among' && facts[0].fact.at(-1) === 'purpose'
      ? facts[0].values.map((purpose) => [explained({ ...of, purpose: String(purpose) }).tier, tier])
      : [],
  )
  expect(purposes.length).toBeGreaterThan(1)
  for (const [found, tier] of purposes) expect(found).toBe(tier)
})

const of = asked(parameter('/prod/checkout/a'))
test.each<[form: string, words: string, changes?: Partial<Asked>]>([
  ['context.resource.environment == "prod"', 'the environment is prod'],
  ['"prod" == context.resource.environment', 'the environment is prod'],
  ['context.resource.environment == "staging"', 'the environment is prod, not staging'],
  ['context.resource.environment != "staging"', 'the environment is prod, not staging'],
  ['context.resource.environment != "prod"', 'the environment is prod'],
  ['!(context.resource.environment == "staging")', 'the environment is prod, not staging'],
  ['context.recent < 3', 'the number of requests in the hour before is 2, under 3', { recent: 2 }],
  ['context.recent < 3', 'the number of requests in the hour before is 3, not under 3', { recent: 3 }],
  ['3 > context.recent', 'the number of requests in the hour before is 2, under 3', { recent: 2 }],
  ['context.recent >= 3', 'the number of requests in the hour before is 3, at least 3', { recent: 3 }],
  ['context.recent <= 3', 'the number of requests in the hour before is 4, not at most 3', { recent: 4 }],
  ['context.recent > 3', 'the number of requests in the hour before is 3, not over 3', { recent: 3 }],
  ['["prod", "test"].contains(context.resource.environment)', 'the environment is prod, one of prod or test'],
  ['["test"].contains(context.resource.environment)', 'the environment is prod, none of test'],
  ['!["test"].contains(context.resource.environment)', 'the environment is prod, none of test'],
  ['context.unpinned.contains("Value")', 'the credential leaves Value open'],
  ['context.unpinned.contains("Name")', 'the credential pins Name'],
  ['!context.unpinned.contains("Name")', 'the credential pins Name'],
  ['context.unpinned.isEmpty()', 'what the credential leaves open is not empty'],
  [
    'context.resource.id like "*/checkout/*"',
    'the resource is arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/a, which fits */checkout/*',
  ],
  [
    'context.resource.id like "*/other/*"',
    'the resource is arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/a, which does not fit */other/*',
  ],
  ['context.arguments has Value', 'Value is given'],
  ['context.arguments has Tier', 'Tier is not given'],
  ['context.arguments.Overwrite', 'Overwrite is true'],
  ['!context.arguments.Overwrite', 'Overwrite is true'],
  ['context.arguments.Overwrite == false', 'Overwrite is true'],
  ['context.justified', 'the agent says why'],
  ['context.justified', 'the agent does not say why', { justified: false }],
  ['context.windows.contains("unknown")', 'the time is not within unknown'],
  ['!context.windows.contains("unknown")', 'the time is not within unknown'],
  [
    'context.now > datetime("2026-01-01")',
    'context.now > datetime("2026-01-01") holds (the time is 2027-01-15T12:00:00.000Z)',
  ],
  ['principal == Hotwork::Agent::"agent:builder"', 'the one who asks is not agent:builder'],
  ['principal in Hotwork::Agent::"agent:remediator"', 'the one who asks is in agent:remediator'],
  ['context.recent + 1 < 3', '(context.recent + 1) < 3 holds (the number of requests in the hour before is 0)'],
  [
    'if context.justified then context.recent < 3 else false',
    'if context.justified then context.recent < 3 else false holds (context.justified is true and the number of requests in the hour before is 0)',
  ],
])('the condition `%s` is told as: %s', (form, said, changes = {}) => {
  const holding = explained({ ...of, ...changes }, withPolicies({ one: permit(form) }))
  const [line] = words(holding).filter((each) => each.startsWith('- one'))
  expect(line).toBe(`- one: ${said}`)
})

const always = 'permit (principal, action, resource);'
const forbidden = (policies: { [id: string]: string }, changes: Partial<Asked> = {}) =>
  words(explained({ ...of, ...changes }, withPolicies({ always, ...policies })))

test('a policy without conditions applies in every case', () => {
  expect(forbidden({})).toEqual(['Permitted without approval:', '- always: in every case'])
  expect(forbidden({ never: 'forbid (principal, action, resource);' })).toContain('- never: in every case')
})

test('`unless` is inverted, and each of its alternatives is a condition', () => {
  const all = forbidden({ no: forbid('context.purpose == "fun" || context.recent > 3', 'unless') })
  expect(all).toContain(
    '- no: the purpose is remediation, not fun; the number of requests in the hour before is 0, at most 3',
  )
  expect(all).toContain('- it would need no approval if the purpose were fun')
  expect(all).toContain('- it would need no approval if the number of requests in the hour before were over 3')
})

test('nested alternatives that hold are told, and one fact of each has to differ', () => {
  const all = forbidden({
    no: forbid(
      'context.purpose == "fun" || (context.recent < 3 && (context.arguments.Overwrite || context.purpose == "more"))',
    ),
  })
  expect(all).toContain('- no: the number of requests in the hour before is 0, under 3; Overwrite is true')
  expect(all).toContain('- it would need no approval if Overwrite were false')
  expect(all).toContain('- it would need no approval if the number of requests in the hour before were at least 3')
})

test('a permit with two alternatives lacks both', () => {
  const either = permit('context.purpose == "fun" || context.recent > 3')
  const all = words(explained(of, withPolicies({ either })))
  expect(all).toContain(
    '- either: the purpose is remediation, not fun; the number of requests in the hour before is 0, not over 3',
  )
  expect(all.slice(-3)).toEqual([
    'What would have to differ:',
    '- it would need no approval if the purpose were fun',
    '- it would need no approval if the number of requests in the hour before were over 3',
  ])
})

test('a comparison behind a failed `has` is left out', () => {
  const guarded = permit('context.arguments has Tier && context.arguments.Tier == "Advanced"')
  expect(words(explained(of, withPolicies({ guarded })))).toContain('- guarded: Tier is not given')
})

test('a policy that errs is named with the condition, and nothing else counts', () => {
  const errs = forbid('context.recent * 4503599627370496 * 4503599627370496 > 3')
  // Split alone, these second conditions err too; whole, the policies never reach them without a tier.
  const guarded = permit('context.arguments has Tier && context.arguments.Tier == "Advanced"')
  const either = permit('!(context.arguments has Tier) || context.arguments.Tier == "Advanced"')
  const [first, second, ...more] = forbidden({ errs, guarded, either }, { recent: 1 })
  expect(first).toBe('A policy errs, and that is a no, no matter what the others say:')
  expect(second).toMatch(/^- errs: .*context\.recent \* 4503599627370496.* cannot be judged: .*overflow/)
  expect(more).toEqual([])
})

test('an ask is left unexplained if Cedar cannot judge each condition', () => {
  const large = withPolicies({ always, large: forbid('context.recent > 9223372036854775806') })
  expect(explainAsk(large, of, noon)).toEqual([])
})

test('a closed window is named as the fact that has to differ', () => {
  const all = words(explained(of, withPolicies({ hours: permit('context.windows.contains("hours")') })))
  expect(all).toContain('- hours: the time is not within hours')
  expect(all.at(-1)).toBe('- it would need no approval if the time were within hours')
})

test('the time and the moment are never named as facts that have to differ', () => {
  const { alternatives } = explained(of, withPolicies({ never: permit('context.moment == "use"') }))
  expect(alternatives).toEqual([])
})

test('a value with hidden characters is spelled out, and a long one is cut', () => {
  const hostile = `a\u202eb${'x'.repeat(200)}`
  const [, line = ''] = words(
    explained(
      asked(parameter('/prod/checkout/a', hostile)),
      withPolicies({ one: permit('context.arguments.Value != "b"') }),
    ),
  )
  expect(line).toContain('Value is a[U+202E]bxxx')
  expect(line).toContain('…+')
  expect(line.length).toBeLessThan(140)
})

test('an ask is left unexplained if its facts are gone', () => {
  expect(explainAsk(policy, { ...of, agent: agent('unknown') }, noon)).toEqual([])
  expect(explainAsk(policy, { ...of, action: 'no:Such' }, noon)).toEqual([])
})

const step = (what: What, doer = 'agent:remediator') => ({
  agent: doer as AgentId,
  action: what.action,
  arguments: what.arguments as JsonObject,
  host: deniedHost,
})
const plan = (planner: string, ...steps: ReturnType<typeof step>[]) =>
  explainSteps(policy, { agent: agent(planner), purpose: 'remediation', steps }, noon)

test('each step of a plan has a tier and an explanation of its own', () => {
  const found = plan('planner', step(prodParameter), step(stagingParameter))
  expect(found.map((each) => [each.step, each.proposal, each.explanation.tier])).toEqual([
    [1, undefined, 2],
    [2, undefined, 0],
  ])
})

test('a step that the planner may not propose is explained as a proposal', () => {
  const [refused] = plan('assistant', step(prodParameter))
  expect(refused).toMatchObject({ step: 1, proposal: true })
  expect(refused?.explanation.tier).toBeUndefined()
})
