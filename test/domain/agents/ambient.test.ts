import type { Looked } from '../../../functions/domain/agents/agent-file.ts'
import {
  ambientOf,
  answerOf,
  exampleOf,
  type HostQuestion,
  hostQuestions,
  isHeld,
  lookHolds,
  type Simulated,
  together,
  withUnasked,
} from '../../../functions/domain/agents/ambient.ts'
import { guardrailOf } from '../../../functions/domain/agents/guardrail.ts'
import { sampleBundle, start } from '../../support/world.ts'

/** The ambient privilege of an agent's host: the questions to IAM, and the reading of its answers. */

const bundle = sampleBundle()
const account = { partition: 'aws', region: 'eu-west-1', accountId: '111122223333' }
const role = 'arn:aws:iam::000000000000:role/nightly-jobs'
const staging = 'arn:*:ssm:*:*:parameter/staging/*'
const nightly = { runsOn: { awsRole: role } }
const rules = bundle.resources

test.each([
  [staging, 'ssm:parameter', 'arn:aws:ssm:eu-west-1:111122223333:parameter/staging/example'],
  [
    'arn:*:ecs:*:*:service/*/checkout*',
    'ecs:service',
    'arn:aws:ecs:eu-west-1:111122223333:service/example/checkoutexample',
  ],
  ['arn:*:lambda:*:*:function:*', 'lambda:function', 'arn:aws:lambda:eu-west-1:111122223333:function:example'],
  ['staging/*', 'flags:flag', undefined],
])('the example of %s is an ARN of the account, with a word for the rest', (rule, type, example) =>
  expect(exampleOf(rule, type, bundle, account)).toBe(example),
)

test('an example is of the form on which the action acts, and there is none without it', () => {
  const ecs = 'arn:aws:ecs:eu-west-1:111122223333:service/*/*'
  const of = (acted: string) =>
    exampleOf('arn:*:ecs:*:*:service/*', 'ecs:service', bundle, { ...account, acted: [acted] })
  expect(of(ecs)).toBe('arn:aws:ecs:eu-west-1:111122223333:service/example/example')
  expect(of('arn:aws:ecs:eu-west-1:111122223333:cluster/*')).toBeUndefined()
  const [all] = hostQuestions(bundle, role).filter(({ rule }) => rule === 'arn:*:ecs:*:*:service/*')
  expect(all).toMatchObject({ example: expect.stringMatching(/service\/example\/example$/), isGuarded: true })
})

test('the one resource on which an action acts is the example of each rule that it is of', () => {
  const machine = 'arn:aws:states:eu-west-1:111122223333:stateMachine:checkout-backfill'
  const of = (rule: string) => {
    const resources = [{ type: 'machine', environment: 'prod', classification: 'internal', group: 'sre', id: rule }]
    return exampleOf(rule, 'machine', { resources }, { ...account, acted: [machine] })
  }
  expect(of('arn:*:states:*:*:stateMachine:checkout-*')).toBe(machine)
  expect(of('arn:*:states:*:*:stateMachine:search-*')).toBeUndefined()
})

test('an example matches no earlier rule', () => {
  const rule = { type: 'ssm:parameter', environment: 'prod', classification: 'internal', group: 'sre' }
  const covered = [
    { ...rule, id: 'arn:*:ssm:*:*:parameter/*/example' },
    { ...rule, id: 'arn:*:ssm:*:*:parameter/staging/*' },
    { ...rule, id: 'arn:*:ssm:*:*:parameter/*' },
    { ...rule, id: 'arn:*:ssm:*:*:parameter/prod/*' },
  ]
  const examples = covered.map(({ id }) =>
    exampleOf(id, 'ssm:parameter', { resources: covered }, account)?.split(':').at(-1),
  )
  expect(examples).toEqual(['parameter/example/example', 'parameter/staging/sample', 'parameter/example', undefined])
})

test('IAM is asked about each action of the catalogue that is an AWS action, on an example of each rule of its type', () => {
  const questions = hostQuestions(bundle, role)
  expect([...new Set(questions.map(({ action }) => action))]).toEqual(
    Object.values(bundle.actions).flatMap(({ name, statement }) => (statement ? [name] : [])),
  )
  const [put, ...more] = questions.filter(({ action, rule }) => action === 'ssm:PutParameter' && rule === staging)
  expect(more).toEqual([])
  expect(put).toMatchObject({ iamActions: ['ssm:PutParameter'], isElsewhere: false })
  expect(questions.every(({ example }) => example !== undefined)).toBe(true)
  expect(hostQuestions(bundle, role.replace('000000000000', '999999999999')).every((each) => each.isElsewhere)).toBe(
    true,
  )
})

const question: HostQuestion = {
  action: 'x:Do',
  iamActions: ['x:Do', 'x:Pass'],
  type: 'x',
  rule: 'arn:*:x:*:*:*',
  example: 'arn:aws:x:eu-west-1:1:example',
  isElsewhere: false,
  isGuarded: true,
}
const said = (action: string, decision: Simulated['decision'], missing: string[] = []): Simulated => ({
  ...{ action, decision, missing, by: [] },
  resource: 'arn:aws:x:eu-west-1:1:example',
})

test.each<[rule: string, answer: string, said: Simulated[], changes?: Partial<HostQuestion>]>([
  ['all of its IAM actions are allowed', 'allowed', [said('x:Do', 'allowed'), said('x:Pass', 'allowed')]],
  ['one of them is denied', 'denied', [said('x:Do', 'allowed'), said('x:Pass', 'denied')]],
  ['IAM said nothing of one', 'unknown', [said('x:Do', 'allowed')]],
  ['IAM said nothing', 'unknown', []],
  ['it is denied by a value that is known at the call alone', 'unknown', [said('x:Do', 'denied', ['aws:SourceVpce'])]],
  [
    'it is allowed, also where a value is known at the call alone',
    'allowed',
    [said('x:Do', 'allowed', ['k']), said('x:Pass', 'allowed')],
  ],
  [
    'the resource is in another account, which must allow it too',
    'unknown',
    [said('x:Do', 'allowed'), said('x:Pass', 'allowed')],
    { isElsewhere: true },
  ],
  ["the host's account denies a resource elsewhere", 'denied', [said('x:Do', 'denied')], { isElsewhere: true }],
])('IAM is read so: where %s, the answer is %s', (_rule, answer, simulated, changes = {}) =>
  expect(answerOf({ ...question, ...changes }, simulated)).toBe(answer),
)

test.each<[rule: string, held: boolean, said: Simulated[], changes?: Partial<HostQuestion>]>([
  ['a policy denies', true, [{ ...said('x:Do', 'denied'), explicit: true }]],
  ['no policy allows', false, [said('x:Do', 'denied')]],
  ['a policy denies under a condition', false, [{ ...said('x:Do', 'denied', ['aws:SourceVpce']), explicit: true }]],
  ['the guardrail leaves out', true, [said('x:Do', 'denied')], { isGuarded: false }],
])('an action that %s is held: %s', (_rule, held, simulated, changes = {}) =>
  expect(isHeld({ ...question, ...changes }, simulated)).toBe(held),
)

test('the denial of a host is explicit only if a policy of each of its roles denies', () => {
  const of = (explicit?: true) => ({
    'ssm:PutParameter': [{ resource: staging, answer: 'denied' as const, ...(explicit ? { explicit } : {}) }],
  })
  const isExplicit = (...each: Looked['actions'][]) =>
    together(bundle, each, true)['ssm:PutParameter']?.find(({ resource }) => resource === staging)?.explicit
  expect([isExplicit(of(true), of(true)), isExplicit(of(true), of()), isExplicit()]).toEqual([
    true,
    undefined,
    undefined,
  ])
})

test('each action that the guardrail covers is asked about on what it denies', () => {
  const questions = hostQuestions(bundle, role)
  const covered = questions.filter(({ isGuarded }) => isGuarded).map(({ action }) => action)
  expect([...new Set(covered)]).toEqual([...new Set(questions.map(({ action }) => action))])
  expect(hostQuestions(bundle, role.replace('000000000000', '9')).some(({ isGuarded }) => isGuarded)).toBe(false)
})

test('an action about which a look did not ask is unknown, and a look asks about all resources of an action or none', () => {
  const [entry] = Object.values(bundle.actions).filter(({ name }) => name === 'ssm:PutParameter')
  if (!entry) throw new TypeError('the sample has the action')
  const more = Object.fromEntries(
    Array.from({ length: 700 }, (_, at) => [`ssm:${at}`, { ...entry, name: `ssm:${at}` }]),
  )
  const large = { ...bundle, actions: more, resources: bundle.resources.slice(0, 3) }
  const asked = Map.groupBy(hostQuestions(large, role), ({ action }) => action)
  expect([...new Set([...asked.values()].map(({ length }) => length))]).toEqual([3])
  const unasked = withUnasked(bundle, { 'ssm:PutParameter': [{ resource: staging, answer: 'denied' }] })
  expect(unasked['ssm:PutParameter']).toEqual([{ resource: staging, answer: 'denied' }])
  expect(unasked['ecs:UpdateService']).toEqual([{ resource: '*', answer: 'unknown' }])
  expect(unasked['flags:set']).toBeUndefined()
})

test('the answer is unknown without an example, for which IAM is not asked', () => {
  const { example: _, ...unasked } = question
  expect(answerOf(unasked, [said('x:Do', 'denied')])).toBe('unknown')
})

const about = (id: string) => ({ action: 'ssm:PutParameter', resource: { type: 'ssm:parameter', id }, rules })
const here = about('arn:aws:ssm:us-east-1:000000000000:parameter/staging/checkout/timeout')
const looked: Looked = { at: start, role, actions: { 'ssm:PutParameter': [{ resource: staging, answer: 'allowed' }] } }

test('a look holds for resources of the same rule', () =>
  expect(ambientOf(looked, nightly, here, start)).toBe('allowed'))

test.each<[rule: string, found: string]>([
  ['another rule matches', ambientOf(looked, nightly, about('arn:aws:ssm:us-east-1:0:parameter/prod/x'), start)],
  ['no rule matches', ambientOf(looked, nightly, about('arn:aws:ssm:us-east-1:0:parameter/x'), start)],
  ['another action changes', ambientOf(looked, nightly, { ...here, action: 'toString' }, start)],
  ['is for a role that the agent no longer runs on', ambientOf({ ...looked, role: `${role}2` }, nightly, here, start)],
  ['is asked about for a host without a role', ambientOf(looked, { runsOn: { other: 'a laptop' } }, here, start)],
  ['was looked at a week ago', ambientOf(looked, nightly, here, start + lookHolds)],
  [
    'IAM has not answered about for a week',
    ambientOf(
      { ...looked, at: start + lookHolds, failed: { why: 'throttled', answersOf: start } },
      nightly,
      here,
      start + lookHolds,
    ),
  ],
  ['Hotwork never looked at', ambientOf(undefined, nightly, here, start)],
])('a look says nothing of a resource that %s', (_rule, found) => expect(found).toBe('unknown'))

test('a look holds on a day on which IAM does not answer', () =>
  expect(
    ambientOf(
      { ...looked, at: start + 86_400, failed: { why: 'throttled', answersOf: start } },
      nightly,
      here,
      start + 86_400,
    ),
  ).toBe('allowed'))

test('the guardrail of a host denies its role the changes of the catalogue in its account, and nothing else', () => {
  const {
    Statement: [deny],
  } = guardrailOf(bundle, nightly) ?? { Statement: [{}] as never }
  expect(deny).toMatchObject({ Effect: 'Deny' })
  expect(deny.Action).toContain('ssm:PutParameter')
  expect(deny.Resource).toContain('arn:aws:ssm:us-east-1:000000000000:parameter*')
  expect(deny.Action.some((each) => each.includes('*'))).toBe(false)
})

test('a host has no guardrail if the catalogue has nothing in its account', () =>
  expect(guardrailOf(bundle, { runsOn: { awsRole: role.replace('000000000000', '999999999999') } })).toBeUndefined())
