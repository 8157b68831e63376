import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { type Actual, actualOf, comparisonOf, usualDelay } from '../../../functions/domain/uses/actual.ts'
import { actionOf, type RecordedCall } from '../../../functions/domain/uses/recorded-call.ts'
import * as sample from '../../support/ask.ts'
import { sampleBundle } from '../../support/world.ts'
import { awsIntent, Desk, live, type Step, token } from '../story.ts'

/** The calls of a grant's sessions in CloudTrail, compared with the approval. */

const facts = sampleBundle()
const account = facts.deployment.accounts['target']
const arn = (rest: string) => `arn:aws:${rest.replace('::', `:${account?.region}:${account?.accountId}:`)}`
const put = sample.sampleAsk({
  action: 'ssm:PutParameter',
  arguments: { Name: '/checkout/payment-timeout', Value: '450', Overwrite: true },
  resource: { type: 'ssm:parameter', id: arn('ssm::parameter/checkout/payment-timeout') },
  credential: 'sts',
})
const [first, aws] = [sample.credentialId(1), sample.credentialId(11)]
const claimed: readonly Step[] = [
  ...token(1),
  [2, awsIntent(aws, first), 'approved'],
  [3, sample.issuance('aws', aws, { use: sample.useId(1) }), 'approved'],
]
const ended = (ask = put): ApprovalRequest => live(0, ask, ...claimed, [60, sample.completion(), 'completed']).state

let count = 0
const call = (changes: Partial<RecordedCall> = {}): RecordedCall => ({
  id: `event-${++count}`,
  at: sample.submittedAt + 10 + count,
  service: 'ssm',
  name: 'PutParameter',
  account: account?.accountId ?? '',
  region: account?.region ?? '',
  resources: [],
  parameters: { name: '/checkout/payment-timeout', overwrite: true, type: 'String' },
  ...changes,
})
type Given = { state?: ApprovalRequest; after?: number; more?: boolean; unread?: string[]; issued?: boolean }
const judged = (calls: readonly RecordedCall[], given: Given = {}): Actual => {
  const { state = ended(), after = 60 + usualDelay, more = false, unread = [], issued = true } = given
  return actualOf(state, { calls, more, unread, issued }, { now: sample.submittedAt + after, delay: usualDelay, facts })
}
const verdicts = (calls: readonly RecordedCall[], state?: ApprovalRequest) =>
  judged(calls, state ? { state } : {}).calls.map(({ verdict, because }) =>
    because ? `${verdict}: ${because}` : verdict,
  )

test('a call is approved if action, resource and recorded arguments are the approved ones', () => {
  const { calls, unused } = judged([call()])
  expect(calls).toMatchObject([{ action: 'ssm:PutParameter', resource: put.resource.id, verdict: 'approved' }])
  expect(unused).toBe(false)
})

test('a call of another action is extra, also if it needs no right', () => {
  expect(verdicts([call({ service: 'sts', name: 'GetCallerIdentity', parameters: {} })])).toEqual(['extra: action'])
})

test('a call on another resource is extra', () => {
  const parameters = { name: '/checkout/other', overwrite: true }
  expect(verdicts([call({ parameters })])).toEqual(['extra: resource'])
})

test('a call with another argument is extra, and names it without its value', () => {
  const state = ended({
    ...put,
    action: 'lambda:PutFunctionConcurrency',
    arguments: { FunctionName: 'worker', ReservedConcurrentExecutions: 5 },
    resource: { type: 'lambda:function', id: arn('lambda::function:worker') },
  })
  const lambda = { service: 'lambda', name: 'PutFunctionConcurrency20171031' }
  const parameters = { functionName: 'worker', reservedConcurrentExecutions: 0 }
  expect(judged([call({ ...lambda, parameters })], { state }).calls).toMatchObject([
    { verdict: 'extra', because: 'arguments', differs: ['ReservedConcurrentExecutions'] },
  ])
  const asApproved = { ...parameters, functionName: arn('lambda::function:worker'), reservedConcurrentExecutions: 5 }
  expect(verdicts([call({ ...lambda, parameters: asApproved })], state)).toEqual(['approved'])
})

test('a call with an argument that was not approved is extra', () => {
  const { Overwrite: _, ...less } = put.arguments
  expect(verdicts([call()], ended({ ...put, arguments: less }))).toEqual(['extra: arguments'])
  const absent = { name: '/checkout/payment-timeout', overwrite: false }
  expect(verdicts([call({ parameters: absent })], ended({ ...put, arguments: less }))).toEqual(['approved'])
})

test('a repeated call is extra: IAM counts no calls, and the record hides the value of a parameter', () => {
  expect(verdicts([call(), call(), call()])).toEqual(['approved', 'extra: repeated', 'extra: repeated'])
})

test('a call that AWS refused is not one of the approved', () => {
  const denied = call({ error: 'AccessDenied' })
  expect(verdicts([denied, call()])).toEqual(['refused', 'approved'])
  expect(judged([denied]).calls[0]).toMatchObject({ error: 'AccessDenied' })
})

test('a call in an opening is approved any number of times within its profile, and extra elsewhere', () => {
  const rights = [{ action: 'ssm:PutParameter', resources: [arn('ssm::parameter/checkout/*')] }]
  const profiled = sample.openingAsk({ breakGlass: { ...sample.openingAsk().breakGlass, rights } as never })
  const beside = { parameters: { name: '/billing/limit', overwrite: true } }
  const other = { service: 'sts', name: 'GetCallerIdentity', parameters: {} }
  expect(verdicts([call(), call(), call(beside), call(other)], { ...ended(), ask: profiled })).toEqual([
    'approved',
    'approved',
    'extra: resource',
    'extra: action',
  ])
})

test('a call of the sealed role is approved within the catalogue', () => {
  const sealed = sample.openingAsk({
    breakGlass: { ...sample.openingAsk().breakGlass, rights: [], sealed: true } as never,
  })
  const other = { service: 'sts', name: 'GetCallerIdentity', parameters: {} }
  expect(verdicts([call(), call(other)], { ...ended(), ask: sealed })).toEqual(['approved', 'extra: action'])
})

test('a call in a drill is extra, should AWS permit one', () => {
  const drill = sample.openingAsk({ breakGlass: { ...sample.openingAsk().breakGlass, drill: true } as never })
  expect(verdicts([call(), call({ error: 'AccessDenied' })], { ...ended(), ask: drill })).toEqual([
    'extra: action',
    'refused',
  ])
})

test('members outside the catalogue are named, and make no call extra', () => {
  expect(judged([call()]).calls).toMatchObject([{ verdict: 'approved', beyond: ['type'] }])
})

test('a value that CloudTrail hides, or shows in part, proves nothing', () => {
  const parameters = { name: '/checkout/payment-timeout', value: 'HIDDEN_DUE_TO_SECURITY_REASONS', overwrite: {} }
  expect(verdicts([call({ parameters })])).toEqual(['approved'])
})

test('an answer has no parameter of any call', () => {
  const found = judged([call({ parameters: { name: '/checkout/payment-timeout', value: 'a-secret', keyId: 'a-key' } })])
  expect(JSON.stringify([found, comparisonOf(found)])).not.toMatch(/a-secret|a-key/)
})

test('an event that comes twice is one call, and events out of order are put in order', () => {
  const [first, second] = [call(), call()]
  const found = judged([second, first, second, first])
  expect(found.calls.map(({ id }) => id)).toEqual([first.id, second.id])
  expect(found.calls.map(({ verdict }) => verdict)).toEqual(['approved', 'extra'])
})

test.each([
  ['PutFunctionConcurrency20171031', 'lambda:PutFunctionConcurrency'],
  ['UpdateFunctionConfiguration20150331v2', 'lambda:UpdateFunctionConfiguration'],
  ['Invoke', 'lambda:Invoke'],
])('`%s` is `%s`: some services put the version of their API into the name', (name, action) => {
  expect(actionOf({ service: 'lambda', name })).toBe(action)
})

test('a comparison is complete once the grant has ended and the delay of CloudTrail is over', () => {
  expect(judged([], { after: 60 + usualDelay }).complete).toBe(true)
  expect(judged([], { after: 59 + usualDelay }).complete).toBe(false)
})
test('a comparison is never complete while the grant lives', () => {
  const state = live(0, put, ...claimed).state
  expect(judged([call()], { state, after: 120 })).toMatchObject({ complete: false, unused: false })
})
test('a comparison is incomplete if more was recorded than read, or an account did not answer', () => {
  expect(judged([], { more: true }).complete).toBe(false)
  expect(judged([], { unread: ['111122223333'] }).complete).toBe(false)
})
test('a comparison is complete at once if the request was settled without AWS credentials', () => {
  const state = live(0, put, [1, sample.completion(), 'completed']).state
  expect(judged([], { state, issued: false, after: 2 })).toMatchObject({ complete: true, unused: true })
  expect(judged([], { state: new Desk(1, put).state, issued: false }).complete).toBe(false)
})

test('a grant whose credentials called nothing is unused', () => {
  expect(judged([])).toMatchObject({ unused: true, notRecorded: [] })
})

test('calls that no event history has are not recorded, which is not unused', () => {
  const ask = sample.sampleAsk({ action: 'dynamodb:UpdateItem', credential: 'mediated' })
  const begun: readonly Step[] = [...token(1), [2, sample.callBegin(first, 1), 'approved']]
  const state = live(0, ask, ...begun, [60, sample.completion(), 'completed']).state
  expect(judged([], { state })).toMatchObject({ unused: false, notRecorded: ['dynamodb:UpdateItem'] })
})

test('the read with which Hotwork looks up its own call is not extra', () => {
  const ask = sample.sampleAsk({
    action: 'lambda:UpdateFunctionConfiguration',
    arguments: { FunctionName: 'worker', Timeout: 9 },
    resource: { type: 'lambda:function', id: arn('lambda::function:worker') },
    credential: 'mediated',
  })
  const name = 'GetFunctionConfiguration20150331v2'
  const looked = call({ service: 'lambda', name, parameters: { functionName: 'worker' } })
  const state = { ...ended(), ask }
  const parameters = { functionName: 'worker', timeout: 9 }
  const made = call({ service: 'lambda', name: 'UpdateFunctionConfiguration20150331v2', parameters })
  // It does not count as the one approved call.
  expect(verdicts([looked, made], state)).toEqual(['approved', 'approved'])
  expect(verdicts([looked], { ...state, ask: { ...ask, credential: 'sts' } })).toEqual(['extra: action'])
})

const found = comparisonOf(judged([call(), call(), call({ service: 'sts', name: 'GetCallerIdentity' })]))
test('the entry of a comparison has counts, and the names of extra actions, once each', () => {
  expect(found).toEqual({
    ...{ approved: 1, refused: 0, extraCalls: 2, extra: ['ssm:PutParameter', 'sts:GetCallerIdentity'] },
    ...{ unused: false, complete: true },
  })
})
test('the entry of a comparison comes once, after the end, and changes neither status nor end', () => {
  const before = live(0, put, ...claimed, [60, sample.completion(), 'completed'])
  const { calls: _, updatedAt: __, ...kept } = before.state
  expect(before.tell(70, sample.comparison(found))).toBe('completed')
  expect(before.tell(80, sample.comparison({ approved: 9 }))).toBe('completed')
  expect(before.types.filter((type) => type === 'CallsCompared')).toHaveLength(1)
  const { calls, updatedAt: ___, ...after } = before.state
  expect([after, calls]).toEqual([kept, { ...found, at: sample.submittedAt + 70 }])
})
test('a live grant, or one without AWS credentials, has no comparison', () => {
  expect(live(0, put, ...claimed, [60, sample.comparison(), 'approved']).types).not.toContain('CallsCompared')
  const unclaimed: readonly Step[] = [
    [1, sample.completion(), 'completed'],
    [2, sample.comparison(), 'completed'],
  ]
  expect(live(0, put, ...unclaimed).types).not.toContain('CallsCompared')
})
test('an expired grant is compared after its expiry', () => {
  const desk = live(0, put, ...claimed, [sample.minutes(60), sample.comparison(), 'expired'])
  expect(desk.types.slice(-2)).toEqual(['Expired', 'CallsCompared'])
})
