import { connect } from '../../functions/adapters/dynamodb/client.ts'
import { bind } from '../../functions/handlers/environments.ts'

/** When a Lambda is made of its handler: at its start, or, where a test imports it, at the first call. */

const before = { ...process.env }
const made: object[] = []
const bound = () =>
  bind(
    'await-outcome',
    (told) => told,
    (ports) => {
      made.push(ports)
      return (word: string) => word
    },
  )

beforeEach(() => {
  made.length = 0
  process.env = { REQUESTS_TABLE: 'requests', WAITS_TABLE: 'waits', LEDGER_TABLE: 'ledger' }
})
afterAll(() => {
  process.env = before
})

test('in Lambda it is made at the start, of what its environment declares and nothing else', () => {
  process.env['AWS_LAMBDA_FUNCTION_NAME'] = 'await-outcome'
  const handler = bound()
  expect(made).toEqual([{ REQUESTS_TABLE: 'requests', WAITS_TABLE: 'waits' }])
  expect(handler('done')).toBe('done')
  expect(made).toHaveLength(1)
})

test('in Lambda a variable that is missing fails the start, by its name', () => {
  process.env['AWS_LAMBDA_FUNCTION_NAME'] = 'await-outcome'
  delete process.env['WAITS_TABLE']
  expect(bound).toThrow(/WAITS_TABLE/)
})

test.each(['', '0', '-1', '1.5', 'four'])('in Lambda `%s` as the number of shards fails the start', (shards) => {
  process.env['AWS_LAMBDA_FUNCTION_NAME'] = 'await-outcome'
  process.env['SHARDS'] = shards
  expect(() => bind('await-outcome', () => connect(), Object)).toThrow(/SHARDS/)
})

test('elsewhere it is made at the first call, and once', () => {
  const handler = bound()
  expect(made).toEqual([])
  expect([handler('one'), handler('two')]).toEqual(['one', 'two'])
  expect(made).toHaveLength(1)
})
