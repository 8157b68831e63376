import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { withHash } from '../../functions/adapters/policy-folder/compile-folder.ts'
import { type Asked, assess, findFacts, questionOf } from '../../functions/domain/policy/assess.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { ActionQuestion, Moment } from '../../functions/domain/policy/question.ts'
import type { AgentId } from '../../functions/domain/values.ts'
import { deniedHost, sampleBundle } from '../support/world.ts'

const now = 1_800_000_000
const sample = sampleBundle()
const action = 'ssm:PutParameter'
const asked: Asked = {
  agent: 'agent:remediator' as AgentId,
  action,
  arguments: { Name: '/staging/checkout/color', Value: 'blue' },
  purpose: 'remediation',
  host: deniedHost,
}

const policyWith = (change: (bundle: Bundle) => Partial<Bundle>) => {
  const { hash: _, ...content } = sample
  return new CedarPolicy(withHash({ ...content, ...change(sample) }))
}
const withPolicy = (id: string, text: string) =>
  policyWith(({ policies }) => ({ policies: { ...policies, [action]: { ...policies[action], [id]: text } } }))

function question(moment: Moment = 'request'): ActionQuestion {
  const facts = findFacts(sample, asked, now)
  if (!facts.ok) throw new Error(facts.detail)
  return questionOf(facts.value, asked, { moment, tier: 0, now })
}

test('the sample permits what the rest of this file spoils', () =>
  expect(new CedarPolicy(sample).ask(question())).toEqual({ permit: true, policies: ['staging-remediation'] }))

describe.each(['request', 'issue', 'use'] as const)('at %s', (moment) => {
  // Cedar alone answers `allow` to each: it ignores the policy that erred.
  test.each([
    ['a forbid that errs', 'forbid (principal, action, resource) when { context.nowhere == 1 };'],
    ['a permit that errs', 'permit (principal, action, resource) when { context.nowhere == 1 };'],
    [
      'an overflow',
      'forbid (principal, action, resource) when { (context.approval.tier + 2) * 9223372036854775807 > 0 };',
    ],
  ])('%s is a no, with the error', (_, text) => {
    const answer = withPolicy('spoilt', text).ask(question(moment))
    expect(answer).toMatchObject({ permit: false, error: true, detail: expect.stringContaining('spoilt') })
  })

  test('an action without policies is a no, with the error', () => {
    const answer = new CedarPolicy(sample).ask({ ...question(moment), action: 'ssm:DeleteParameter' })
    expect(answer).toMatchObject({ permit: false, policies: [], error: true })
  })

  test('an argument without a form in Cedar is a no, with the error', () => {
    const spoilt = { ...question(moment), arguments: { Name: '/staging/checkout/color', Value: 1.5 } }
    expect(new CedarPolicy(sample).ask(spoilt)).toMatchObject({ permit: false, error: true })
  })

  test('an argument outside the catalogue is a no, with the error', () => {
    const spoilt = { ...question(moment), arguments: { ...question().arguments, Tier: 'Advanced' } }
    expect(new CedarPolicy(sample).ask(spoilt)).toMatchObject({ permit: false, error: true })
  })
})

test.each(['request', 'issue'] as const)('at %s an argument of another type is a no, with the error', (moment) => {
  const spoilt = { ...question(moment), arguments: { Name: '/staging/checkout/color', Value: true } }
  expect(new CedarPolicy(sample).ask(spoilt)).toMatchObject({ permit: false, error: true })
})

test('an agent cannot even be asked whether it may approve', () => {
  const answer = new CedarPolicy(sample).ask({ ...question(), action: 'approve' })
  expect(answer).toMatchObject({ permit: false, error: true })
})

test('a bundle whose policies do not parse is no policy at all', () =>
  expect(() => withPolicy('spoilt', 'permit (')).toThrow('policies of ssm:PutParameter'))

test('a bundle whose schema does not parse is no policy at all', () =>
  expect(() => policyWith(() => ({ schema: 'entity' }))).toThrow('schema'))

test('two bundles in one process keep to themselves', () => {
  const open = new CedarPolicy(sample)
  const shut = withPolicy('shut', 'forbid (principal, action, resource);')
  expect(shut.ask(question())).toEqual({ permit: false, policies: ['shut'] })
  expect(open.ask(question()).permit).toBe(true)
})

test('an error refuses the request as `policy_error`, on whichever rung', () => {
  const text = 'forbid (principal, action, resource) when { context.approval.tier >= 0 && context.nowhere == 1 };'
  const policy = withPolicy('spoilt', text)
  const found = assess(policy.bundle, (it) => policy.ask(it), asked, now)
  expect(found).toMatchObject({ outcome: 'refused', reason: 'policy_error' })
})

test('an error of `approve` refuses the request as `policy_error`', () => {
  const text = 'permit (principal, action, resource) when { context.nowhere == 1 };'
  const policy = policyWith(({ policies }) => ({
    policies: { ...policies, approve: { ...policies['approve'], text } },
  }))
  const found = assess(policy.bundle, (it) => policy.ask(it), { ...asked, purpose: 'release' }, now)
  expect(found).toMatchObject({ outcome: 'refused', reason: 'policy_error' })
})

test.each([
  ['the whole context', 'context == context'],
  ['a whole record', 'context.agent == {"autonomy": "autonomous", "owner": "person:dan"}'],
  ['a member of a record', 'context.agent.owner == "person:dan"'],
  ['whether there is a member', 'context has arguments && context.arguments has Name'],
  ['a record in a set', '[context.approval].contains({"tier": 0, "breakGlass": false})'],
])('a use hands over all that a policy reads: %s', (_, condition) => {
  const policy = withPolicy('reads', `forbid (principal, action, resource) when { ${condition} };`)
  expect(policy.ask(question('issue'))).toEqual({ permit: false, policies: ['reads'] })
  expect(policy.ask(question('use'))).toEqual({ permit: false, policies: ['reads'] })
})

test('two bundles that claim one hash, as kept ones do, each answer by their own policies and schema', () => {
  const { policies, schema, ...rest } = { ...sample, hash: 'kept' as Bundle['hash'] }
  const open = new CedarPolicy({ ...rest, schema, policies })
  const text = 'forbid (principal, action, resource);'
  const closed = new CedarPolicy({ ...rest, schema, policies: { ...policies, [action]: { closed: text } } })
  const unaware = new CedarPolicy({ ...rest, schema: 'namespace Hotwork { }', policies })
  for (const _ of ['first', 'again']) {
    expect(open.ask(question())).toEqual({ permit: true, policies: ['staging-remediation'] })
    expect(closed.ask(question())).toEqual({ permit: false, policies: ['closed'] })
    expect(unaware.ask(question())).toMatchObject({ permit: false, error: true })
  }
})
