import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { type Actual, actualOf, comparisonOf, usualDelay } from '../../../functions/domain/uses/actual.ts'
import { actionOf, type RecordedCall } from '../../../functions/domain/uses/recorded-call.ts'
import {
  callBegin,
  comparison,
  completion,
  credentialId,
  intent,
  issuance,
  minutes,
  openingAsk,
  sampleAsk,
  submittedAt,
  useId,
} from '../../support/ask.ts'
import { sampleBundle } from '../../support/world.ts'
import { Desk, live, type Step } from '../story.ts'

/** What CloudTrail has of a grant's sessions, held against what was approved. */

const facts = sampleBundle()
const account = facts.deployment.accounts['target']
const arn = (rest: string) => `arn:aws:${rest.replace('::', `:${account?.region}:${account?.accountId}:`)}`
const put = sampleAsk({
  action: 'ssm:PutParameter',
  arguments: { Name: '/checkout/payment-timeout', Value: '450', Overwrite: true },
  resource: { type: 'ssm:parameter', id: arn('ssm::parameter/checkout/payment-timeout') },
  credential: 'sts',
})
const [token, aws] = [credentialId(1), credentialId(11)]
const claimed: readonly Step[] = [
  [1, intent('access_token', token), 'approved'],
  [1, issuance('access_token', token), 'approved'],
  [2, intent('aws', aws, { presented: token, session: { role: 'target', endsAt: submittedAt + 900 } }), 'approved'],
  [3, issuance('aws', aws, { use: useId(1) }), 'approved'],
]
const ended = (ask = put): ApprovalRequest => live(0, [...claimed, [60, completion(), 'completed']], ask).state

let count = 0
const call = (changes: Partial<RecordedCall> = {}): RecordedCall => ({
  id: `event-${++count}`,
  at: submittedAt + 10 + count,
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
  return actualOf(state, { calls, more, unread, issued }, { now: submittedAt + after, delay: usualDelay, facts })
}
const verdicts = (calls: readonly RecordedCall[], state?: ApprovalRequest) =>
  judged(calls, state ? { state } : {}).calls.map(({ verdict, because }) =>
    because ? `${verdict}: ${because}` : verdict,
  )

describe('a call is', () => {
  test('approved where action, resource and the arguments that the record shows are the approved ones', () => {
    const { calls, unused } = judged([call()])
    expect(calls).toMatchObject([{ action: 'ssm:PutParameter', resource: put.resource.id, verdict: 'approved' }])
    expect(unused).toBe(false)
  })

  test('extra where it is another action, also one that needs no right', () => {
    expect(verdicts([call({ service: 'sts', name: 'GetCallerIdentity', parameters: {} })])).toEqual(['extra: action'])
  })

  test('extra on another resource', () => {
    const parameters = { name: '/checkout/other', overwrite: true }
    expect(verdicts([call({ parameters })])).toEqual(['extra: resource'])
  })

  test('extra with another argument than the approved one, which is named without its value', () => {
    const state = ended({
      ...put,
      action: 'lambda:PutFunctionConcurrency',
      arguments: { FunctionName: 'worker', ReservedConcurrentExecutions: 5 },
      resource: { type: 'lambda:function', id: arn('lambda::function:worker') },
    })
    const lambda = { service: 'lambda', name: 'PutFunctionConcurrency20171031' }
    const parameters = { functionName: 'worker', reservedConcurrentExecutions: 0 }
    const found = judged([call({ ...lambda, parameters })], { state })
    expect(found.calls).toMatchObject([
      { verdict: 'extra', because: 'arguments', differs: ['ReservedConcurrentExecutions'] },
    ])
    const asApproved = { ...parameters, functionName: arn('lambda::function:worker'), reservedConcurrentExecutions: 5 }
    expect(verdicts([call({ ...lambda, parameters: asApproved })], state)).toEqual(['approved'])
  })

  test('extra where it gives an argument that was not approved at all', () => {
    const { Overwrite: _, ...less } = put.arguments
    expect(verdicts([call()], ended({ ...put, arguments: less }))).toEqual(['extra: arguments'])
    const absent = { name: '/checkout/payment-timeout', overwrite: false }
    expect(verdicts([call({ parameters: absent })], ended({ ...put, arguments: less }))).toEqual(['approved'])
  })

  test('extra from the second time on: IAM counts no calls, and the record hides the value of a parameter', () => {
    expect(verdicts([call(), call(), call()])).toEqual(['approved', 'extra: repeated', 'extra: repeated'])
  })

  test('refused where AWS says so, and does not count as one of those approved', () => {
    const denied = call({ error: 'AccessDenied' })
    expect(verdicts([denied, call()])).toEqual(['refused', 'approved'])
    expect(judged([denied]).calls[0]).toMatchObject({ error: 'AccessDenied' })
  })

  test('of an opening approved as often as it comes where its profile has the right, and extra elsewhere', () => {
    const rights = [{ action: 'ssm:PutParameter', resources: [arn('ssm::parameter/checkout/*')] }]
    const profiled = openingAsk({ breakGlass: { ...openingAsk().breakGlass, rights } as never })
    const beside = { parameters: { name: '/billing/limit', overwrite: true } }
    const other = { service: 'sts', name: 'GetCallerIdentity', parameters: {} }
    expect(verdicts([call(), call(), call(beside), call(other)], { ...ended(), ask: profiled })).toEqual([
      'approved',
      'approved',
      'extra: resource',
      'extra: action',
    ])
  })

  test('of the sealed role approved where any action of the catalogue has it', () => {
    const sealed = openingAsk({ breakGlass: { ...openingAsk().breakGlass, rights: [], sealed: true } as never })
    const other = { service: 'sts', name: 'GetCallerIdentity', parameters: {} }
    expect(verdicts([call(), call(other)], { ...ended(), ask: sealed })).toEqual(['approved', 'extra: action'])
  })

  test('of a drill extra, should AWS ever let one through', () => {
    const drill = openingAsk({ breakGlass: { ...openingAsk().breakGlass, drill: true } as never })
    expect(verdicts([call(), call({ error: 'AccessDenied' })], { ...ended(), ask: drill })).toEqual([
      'extra: action',
      'refused',
    ])
  })
})

test('members that the catalogue does not know are named, and make no call extra', () => {
  expect(judged([call()]).calls).toMatchObject([{ verdict: 'approved', beyond: ['type'] }])
})

test('what CloudTrail hides, or shows in part, proves nothing', () => {
  const parameters = { name: '/checkout/payment-timeout', value: 'HIDDEN_DUE_TO_SECURITY_REASONS', overwrite: {} }
  expect(verdicts([call({ parameters })])).toEqual(['approved'])
})

test('an answer has no parameter of any call', () => {
  const found = judged([call({ parameters: { name: '/checkout/payment-timeout', value: 'a-secret', keyId: 'a-key' } })])
  expect(JSON.stringify([found, comparisonOf(found)])).not.toMatch(/a-secret|a-key/)
})

test('an event that is told twice is one call, and those out of order are put in order', () => {
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

describe('it is complete', () => {
  test('once the grant has ended and the delay of CloudTrail is over', () => {
    expect(judged([], { after: 60 + usualDelay }).complete).toBe(true)
    expect(judged([], { after: 59 + usualDelay }).complete).toBe(false)
  })
  test('never while the grant lives', () => {
    const state = live(0, claimed, put).state
    expect(judged([call()], { state, after: 120 })).toMatchObject({ complete: false, unused: false })
  })
  test('nor where there was more than was read, nor where an account did not answer', () => {
    expect(judged([], { more: true }).complete).toBe(false)
    expect(judged([], { unread: ['111122223333'] }).complete).toBe(false)
  })
  test('at once where a request was settled without AWS credentials', () => {
    const state = live(0, [[1, completion(), 'completed']], put).state
    expect(judged([], { state, issued: false, after: 2 })).toMatchObject({ complete: true, unused: true })
    expect(judged([], { state: new Desk(1, put).state, issued: false }).complete).toBe(false)
  })
})

test('a grant whose credentials called nothing is unused', () => {
  expect(judged([])).toMatchObject({ unused: true, notRecorded: [] })
})

test('calls that no event history has are said to be not recorded, which is not the same as unused', () => {
  const ask = sampleAsk({ action: 'dynamodb:UpdateItem', credential: 'mediated' })
  const begun: readonly Step[] = [...claimed.slice(0, 2), [2, callBegin(token, 1), 'approved']]
  const state = live(0, [...begun, [60, completion(), 'completed']], ask).state
  expect(judged([], { state })).toMatchObject({ unused: false, notRecorded: ['dynamodb:UpdateItem'] })
})

test('the read by which Hotwork finds out how its own call went is no extra call', () => {
  const ask = sampleAsk({
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
  // It takes nothing from the one call that was approved.
  expect(verdicts([looked, made], state)).toEqual(['approved', 'approved'])
  expect(verdicts([looked], { ...state, ask: { ...ask, credential: 'sts' } })).toEqual(['extra: action'])
})

describe('the entry', () => {
  const found = comparisonOf(judged([call(), call(), call({ service: 'sts', name: 'GetCallerIdentity' })]))
  test('has counts, and the names of what was extra, once each', () => {
    expect(found).toEqual({
      ...{ approved: 1, refused: 0, extraCalls: 2, extra: ['ssm:PutParameter', 'sts:GetCallerIdentity'] },
      ...{ unused: false, complete: true },
    })
  })
  test('comes once, after the end, and changes neither status nor end', () => {
    const before = live(0, [...claimed, [60, completion(), 'completed']], put)
    const { calls: _, updatedAt: __, ...kept } = before.state
    expect(before.tell(70, comparison(found))).toBe('completed')
    expect(before.tell(80, comparison({ approved: 9 }))).toBe('completed')
    expect(before.types.filter((type) => type === 'CallsCompared')).toHaveLength(1)
    const { calls, updatedAt: ___, ...after } = before.state
    expect([after, calls]).toEqual([kept, { ...found, at: submittedAt + 70 }])
  })
  test('does not come of a grant that lives, or of one without AWS credentials', () => {
    expect(live(0, [...claimed, [60, comparison(), 'approved']], put).types).not.toContain('CallsCompared')
    const unclaimed: readonly Step[] = [
      [1, completion(), 'completed'],
      [2, comparison(), 'completed'],
    ]
    expect(live(0, unclaimed, put).types).not.toContain('CallsCompared')
  })
  test('comes of a grant that ran out, as of when it did', () => {
    const desk = live(0, [...claimed, [minutes(60), comparison(), 'expired']], put)
    expect(desk.types.slice(-2)).toEqual(['Expired', 'CallsCompared'])
  })
})
