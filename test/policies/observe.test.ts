import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { findFacts, questionOf } from '../../functions/domain/policy/assess.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { AgentId } from '../../functions/domain/values.ts'
import { sampleBundle } from '../support/world.ts'
import { Copy } from './sample.ts'

/** A policy with `@observe("true")` is compiled like any other, into a separate set that no answer rests on. */

const now = 1_800_000_000
const sample = sampleBundle()
const tried = (id: string, text: string, value = 'true') => `@id("${id}")\n@observe("${value}")\n${text}\n`
const forbidFlags = 'forbid (principal, action == Hotwork::Action::"flags:set", resource);'

const compiledWith = (text: string) => {
  using copy = new Copy()
  copy.add('policies/tried.cedar', text)
  return copy.compile()
}

function bundleWith(text: string): Bundle {
  const compiled = compiledWith(text)
  if (!compiled.ok) throw new Error(compiled.problems.map(({ message }) => message).join('\n'))
  return compiled.bundle
}

function askAt(policy: CedarPolicy, tier: number) {
  const args = { environment: 'prod', flag: 'a', value: 1 }
  const agent = 'agent:remediator' as AgentId
  const asked = { agent, action: 'flags:set', purpose: 'remediation', arguments: args }
  const facts = findFacts(policy.bundle, asked, now)
  if (!facts.ok) throw new Error(facts.detail)
  const question = questionOf(facts.value, asked, { moment: 'request', tier, now })
  return { counted: policy.ask(question), observed: policy.observing?.(question) }
}

test("an observed policy is in its action's observed set alone, and needs no case", () => {
  const { observed, policies } = bundleWith(tried('tried-forbid', forbidFlags))
  expect(Object.entries(observed ?? {}).map(([action, own]) => [action, Object.keys(own)])).toEqual([
    ['flags:set', ['tried-forbid']],
  ])
  expect(policies).toEqual(sample.policies)
})

test('a folder without observed policies has no observed set', () => {
  expect('observed' in sample).toBe(false)
  expect(new CedarPolicy(sample).observing).toBeUndefined()
})

test('an observed forbid refuses in the observed set, and changes no counted answer', () => {
  const without = askAt(new CedarPolicy(sample), 1)
  const { counted, observed } = askAt(new CedarPolicy(bundleWith(tried('tried-forbid', forbidFlags))), 1)
  expect(counted).toEqual(without.counted)
  expect([counted.permit, observed]).toEqual([true, { permit: false, policies: ['tried-forbid'] }])
})

test('an observed policy that errs is named in the observed set, and changes no counted answer', () => {
  const overflow = 'forbid (principal, action == Hotwork::Action::"flags:set", resource)'
  const when = 'when { (context.approval.tier + 9007199254740991) * 9007199254740991 > 0 };'
  const { counted, observed } = askAt(new CedarPolicy(bundleWith(tried('tried-sum', `${overflow} ${when}`))), 1)
  expect(counted.permit).toBe(true)
  expect(observed).toMatchObject({ permit: false, error: true, policies: ['tried-sum'] })
})

test.each([
  ['no, which could be read as a switch', 'false'],
  ['nothing', ''],
])('an `@observe` that says %s does not compile', (_what, value) => {
  expect(compiledWith(tried('tried-forbid', forbidFlags, value))).toEqual({
    ok: false,
    problems: [
      {
        file: 'policies/tried.cedar',
        line: 1,
        message: '`tried-forbid` has another `@observe` than "true"',
        fix: 'write `@observe("true")`, or remove it: then the policy counts',
      },
    ],
  })
})

test('an observed policy is checked against the schema like any other', () => {
  const compiled = compiledWith(tried('tried-forbid', forbidFlags.replace(';', ' when { context.nothing };')))
  expect(compiled).toMatchObject({ ok: false, problems: [{ file: 'policies/tried.cedar' }] })
})
