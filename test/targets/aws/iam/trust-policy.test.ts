import fc from 'fast-check'
import { globOf, literalOf, meet } from '../../../../functions/targets/aws/iam/glob.ts'
import {
  type Caller,
  principalsOf,
  readTrust,
  type TokenCaller,
  trusts,
} from '../../../../functions/targets/aws/iam/trust-policy.ts'

/** A trust policy lets a caller in, certainly does not, or is outside of what Hotwork reads. */

const issuer = 'token.actions.githubusercontent.com'
const provider = `arn:aws:iam::111122223333:oidc-provider/${issuer}`
const release: TokenCaller = {
  kind: 'Federated',
  issuer,
  subjects: ['repo:example-org/checkout:environment:release'],
  possible: ['repo:example-org/checkout:*'],
  others: 'repo:',
}
const role = 'arn:aws:iam::111122223333:role/jobs/nightly'
const asRole: Caller = { kind: 'AWS', arn: role }

type Said = { [member: string]: unknown }
const documentOf = (...Statement: readonly Said[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const web = (Condition?: Said, more: Said = {}): Said => ({
  Effect: 'Allow',
  Principal: { Federated: provider },
  Action: 'sts:AssumeRoleWithWebIdentity',
  ...(Condition && { Condition }),
  ...more,
})
const aud = { [`${issuer}:aud`]: 'sts.amazonaws.com' }
const sub = (value: unknown) => ({ [`${issuer}:sub`]: value })
const of = (statement: Said, caller: Caller = release) => trusts(readTrust(documentOf(statement)), caller)

test.each<[what: string, condition: Said | undefined, answer: string]>([
  ['no condition', undefined, 'yes'],
  ['its environment', { StringEquals: { ...aud, ...sub('repo:example-org/checkout:environment:release') } }, 'yes'],
  [
    'its environment among others',
    { StringEquals: sub(['repo:a/b:x', 'repo:example-org/checkout:environment:release']) },
    'yes',
  ],
  ['its repository with a wildcard', { StringLike: sub('repo:example-org/checkout:*') }, 'yes'],
  ['its organisation', { StringLike: sub('repo:example-org/*') }, 'yes'],
  ['one unknown character', { StringLike: sub('repo:example-org/check?ut:environment:release') }, 'yes'],
  ['an audience that the workload can ask for', { StringEquals: { [`${issuer}:aud`]: 'other' } }, 'yes'],
  [
    'a key in capitals',
    { StringEquals: { [`${issuer}:SUB`]: 'repo:example-org/checkout:environment:release' } },
    'yes',
  ],
  [
    'a branch of its repository, if its subjects are customised',
    { StringEquals: sub('repo:example-org/checkout:ref:refs/heads/main') },
    'unknown',
  ],
  ['a subject by workflow', { StringEquals: sub('job_workflow_ref:example-org/flows/x@main') }, 'unknown'],
  ['its repository in another case', { StringEquals: sub('repo:Example-Org/checkout:environment:release') }, 'unknown'],
  [
    'a wildcard that StringEquals takes for a character',
    { StringEquals: sub('repo:example-org/checkout:*') },
    'unknown',
  ],
  ['another repository', { StringEquals: sub('repo:example-org/other:environment:release') }, 'no'],
  ['another organisation', { StringLike: sub('repo:other/*') }, 'no'],
  [
    'another repository and a condition outside of the reading',
    { StringLike: sub('repo:other/*'), Bool: { 'aws:SecureTransport': 'true' } },
    'no',
  ],
  ['an operator outside of the reading', { StringEqualsIfExists: sub('repo:other/x:y') }, 'unknown'],
  ['an operator for sets', { 'ForAnyValue:StringLike': sub('repo:other/*') }, 'unknown'],
  ['another claim', { StringEquals: { [`${issuer}:actor`]: 'octocat' } }, 'unknown'],
  ['a policy variable', { StringLike: sub(`repo:\${aws:PrincipalTag/x}:*`) }, 'unknown'],
  ['a number for a subject', { StringEquals: sub(7) }, 'unknown'],
  ['no values', { StringEquals: sub([]) }, 'no'],
])('a trust policy with %s answers for an environment', (_, condition, answer) => {
  expect(of(web(condition))).toBe(answer)
})

test.each<[what: string, statement: Said, answer: string]>([
  ['another provider', web(undefined, { Principal: { Federated: `${provider}x` } }), 'no'],
  ['the provider of an enterprise', web(undefined, { Principal: { Federated: `${provider}/acme` } }), 'yes'],
  ['any principal', web(undefined, { Principal: '*' }), 'yes'],
  ['any AWS principal', web(undefined, { Principal: { AWS: '*' } }), 'yes'],
  ['all principals but some', web(undefined, { Principal: undefined, NotPrincipal: { AWS: role } }), 'unknown'],
  ['another action', web(undefined, { Action: 'sts:AssumeRole' }), 'no'],
  ['an action with a wildcard', web(undefined, { Action: ['sts:Assume*'] }), 'yes'],
  ['all actions but some', web(undefined, { Action: undefined, NotAction: 'sts:TagSession' }), 'unknown'],
  ['another effect', web(undefined, { Effect: 'Perhaps' }), 'unknown'],
])('a statement with %s answers', (_, statement, answer) => {
  expect(of(statement)).toBe(answer)
})

test('a denial without a condition excludes a caller, and one with a condition leaves it unknown', () => {
  const both = (deny: Said) => trusts(readTrust(documentOf(web(), deny)), release)
  expect(both(web(undefined, { Effect: 'Deny' }))).toBe('no')
  expect(both(web({ StringLike: sub('repo:example-org/*') }, { Effect: 'Deny' }))).toBe('unknown')
  expect(both(web({ StringLike: sub('repo:other/*') }, { Effect: 'Deny' }))).toBe('yes')
  expect(both(web({ Bool: { 'aws:SecureTransport': 'false' } }, { Effect: 'Deny' }))).toBe('unknown')
})

test('a role is trusted by its ARN, its account or a service by its name, exactly', () => {
  const assume = (Principal: unknown, Condition?: Said) => ({
    ...{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal },
    ...(Condition && { Condition }),
  })
  expect(of(assume({ AWS: role }), asRole)).toBe('yes')
  expect(of(assume({ AWS: 'arn:aws:iam::111122223333:root' }), asRole)).toBe('yes')
  expect(of(assume({ AWS: '111122223333' }), asRole)).toBe('yes')
  expect(of(assume({ AWS: `${role}-other` }), asRole)).toBe('no')
  expect(of(assume({ AWS: 'arn:aws:iam::444455556666:root' }), asRole)).toBe('no')
  expect(of(assume({ AWS: role }, { StringEquals: { 'sts:ExternalId': 'x' } }), asRole)).toBe('unknown')
  expect(of(assume({ Service: 'pods.eks.amazonaws.com' }), { kind: 'Service', name: 'pods.eks.amazonaws.com' })).toBe(
    'yes',
  )
  expect(of(assume({ Service: 'lambda.amazonaws.com' }), { kind: 'Service', name: 'pods.eks.amazonaws.com' })).toBe(
    'no',
  )
})

test.each(['', 'null', '7', '{}', '{"Statement":[7]}', '%', '{"Statement":{"Effect":"Allow"}}'])(
  'the text %s as a trust policy is unknown',
  (text) => expect(trusts(readTrust(text), release)).toBe('unknown'),
)

test('the principals of a trust policy are those that it allows', () => {
  const allow = web(undefined, { Principal: { Federated: [provider], Service: 'ec2.amazonaws.com' } })
  const deny = web(undefined, { Effect: 'Deny', Principal: { AWS: role } })
  expect(principalsOf(readTrust(documentOf(allow, deny, web(undefined, { Principal: '*' }))))).toEqual([
    { kind: 'Service', name: 'ec2.amazonaws.com' },
    { kind: 'Federated', name: provider },
    { kind: 'AWS', name: '*' },
  ])
})

describe('of random patterns', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 8 }).map((all) => all.join(''))
  const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }).map((all) => all.join(''))
  const fits = (pattern: string, whole: string) =>
    new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(whole)

  test('two meet if a text fits both', () => {
    fc.assert(
      fc.property(letters, letters, text, (one, other, whole) => {
        expect(meet(globOf(one), literalOf(whole))).toBe(fits(one, whole))
        if (fits(one, whole) && fits(other, whole)) expect(meet(globOf(one), globOf(other))).toBe(true)
        expect(meet(globOf(one), globOf(other))).toBe(meet(globOf(other), globOf(one)))
      }),
      { seed: 34, numRuns: 5000 },
    )
  })
})

describe('of 2,000 random trust policies', () => {
  const value = fc.oneof(
    fc.constantFrom(
      'repo:example-org/checkout:environment:release',
      'repo:example-org/*',
      'repo:other/*',
      '*',
      'x',
      `\${a}`,
    ),
    fc.string({ maxLength: 8 }),
    fc.integer(),
    fc.constant(null),
  )
  const operator = fc.constantFrom(
    ...[
      'StringEquals',
      'StringLike',
      'StringNotEquals',
      'StringNotLike',
      'StringEqualsIgnoreCase',
      'StringEqualsIfExists',
    ],
    ...[
      'ForAllValues:StringLike',
      'ForAnyValue:StringEquals',
      'Bool',
      'Null',
      'ArnLike',
      'IpAddress',
      'stringequals',
      'Made',
    ],
  )
  const key = fc.constantFrom(
    ...[`${issuer}:sub`, `${issuer}:aud`, `${issuer}:actor`, `${issuer}:repository`, 'other.example:sub'],
    ...['aws:SourceIp', 'aws:PrincipalOrgID', 'sts:ExternalId', 'made:up'],
  )
  const values = fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 }))
  const condition = fc.record({ operator, key, values })
  const statement = fc.record({
    principal: fc.constantFrom<unknown>({ Federated: provider }, { Federated: [provider, 'x'] }, '*', { AWS: '*' }),
    action: fc.constantFrom<unknown>('sts:AssumeRoleWithWebIdentity', ['sts:*'], '*'),
    conditions: fc.array(condition, { maxLength: 3 }),
  })
  const isRead = ({ operator: by, key: on }: { operator: string; key: string }) =>
    /^String(?:Equals|Like)$/.test(by) && on === `${issuer}:sub`

  test('no condition outside of the reading excludes a caller', () => {
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 3 }), (statements) => {
        const written = (only: (each: { operator: string; key: string }) => boolean) =>
          documentOf(
            ...statements.map(({ principal, action, conditions }) => {
              const Condition: { [operator: string]: Said } = {}
              for (const each of conditions.filter(only))
                Condition[each.operator] = { ...Condition[each.operator], [each.key]: each.values }
              return { Effect: 'Allow', Principal: principal, Action: action, Condition }
            }),
          )
        const whole = trusts(readTrust(written(() => true)), release)
        const asRead = trusts(readTrust(written(isRead)), release)
        if (asRead !== 'no') expect(whole).not.toBe('no')
        if (statements.some(({ conditions }) => conditions.every((each) => !isRead(each)))) expect(whole).not.toBe('no')
      }),
      { seed: 34, numRuns: 2000 },
    )
  })

  test('no document of any form excludes a caller by what is not understood', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const trust = readTrust(text)
        if (trust.includes(undefined)) expect(trusts(trust, release)).toBe('unknown')
      }),
      { seed: 34, numRuns: 2000 },
    )
  })
})
