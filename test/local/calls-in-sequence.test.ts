import { callsInSequence, longestChain, type TimedCall } from '../../tools/meter/calls-in-sequence.ts'

const call = (begin: number, end: number, more: Partial<TimedCall> = {}): TimedCall => ({
  ...{ caller: 'Submit', service: 'dynamodb', operation: 'GetItem', begin, end },
  ...more,
})
const invoke = (begin: number, end: number) => call(begin, end, { service: 'lambda', invoked: 'Sign' })
const sign = (begin: number, end: number) => call(begin, end, { caller: 'Sign', service: 'kms', operation: 'Sign' })

test.each<[rule: string, calls: TimedCall[], length: number]>([
  ['no call is a chain of none', [], 0],
  ['calls one after another are a chain', [call(0, 5), call(5, 9), call(12, 15)], 3],
  ['concurrent calls count once', [call(0, 5), call(1, 9), call(2, 3)], 1],
  ['concurrent calls and then one are two', [call(0, 5), call(1, 9), call(9, 12)], 2],
  ['two calls beside a long one are two', [call(0, 20), call(1, 5), call(6, 9)], 2],
  ['calls are taken in the order of their beginnings', [call(12, 15), call(0, 5), call(5, 9)], 3],
  ['a call of another Lambda is one, and those that this one makes', [invoke(0, 20), sign(2, 9), sign(9, 15)], 3],
  ['calls that the Lambda makes for others do not count', [invoke(0, 20), sign(-9, -2), sign(15, 25)], 1],
  ['a call that waited for a Lambda follows it', [invoke(0, 20), sign(2, 9), call(20, 25), call(10, 12)], 3],
  ['calls of other functions do not count', [call(0, 5), sign(6, 9)], 1],
])('%s', (_rule, calls, length) => expect(callsInSequence(calls, 'Submit')).toBe(length))

test('the longest chain is in its order', () => {
  const calls = [invoke(0, 20), sign(2, 9), call(3, 4), call(21, 25, { operation: 'PutItem' })]
  expect(longestChain(calls, 'Submit').map(({ operation }) => operation)).toEqual(['GetItem', 'Sign', 'PutItem'])
})
