import { connect } from '../../functions/adapters/dynamodb/client.ts'
import { lambda } from '../../functions/handlers/environment.ts'

const before = { ...process.env }
const made: object[] = []
const make = () =>
  lambda(
    ['REQUESTS_TABLE', 'WAITS_TABLE'],
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

test("a Lambda's handler is made at its start, of the variables in its descriptor alone", () => {
  const handler = make()
  expect(made).toEqual([{ REQUESTS_TABLE: 'requests', WAITS_TABLE: 'waits' }])
  expect(handler('done')).toBe('done')
  expect(made).toHaveLength(1)
})

test('a missing variable fails the start of a Lambda, by its name', () => {
  delete process.env['WAITS_TABLE']
  expect(make).toThrow(/WAITS_TABLE/)
})

test.each(['', '0', '-1', '1.5', 'four'])('`%s` as the number of shards fails the start of a Lambda', (shards) => {
  process.env['SHARDS'] = shards
  expect(() => lambda([], () => connect(), Object)).toThrow(/SHARDS/)
})
