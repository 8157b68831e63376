import { readPolicy } from '../../../policy-tools/cedar/policy-reads.ts'

/** The facts that a policy reads, and the values that it compares them with. */

const read = (condition: string, head = 'principal, action, resource') =>
  readPolicy(`@id("x") permit (${head}) when { ${condition} };`)

test.each([
  ['a number', 'context.recent >= 30', 'context.recent', { numbers: [30] }],
  ['a number on the left side', '30 <= context.recent', 'context.recent', { numbers: [30] }],
  ['a text', 'context.purpose == "release"', 'context.purpose', { texts: ['release'] }],
  ['a set', '["a", "b"].contains(context.purpose)', 'context.purpose', { texts: ['a', 'b'] }],
  ['a member of a set', 'context.unpinned.contains("n")', 'context.unpinned', { texts: ['n'] }],
  ['a pattern', 'context.resource.id like "*:x/*"', 'context.resource.id', { patterns: ['*:x/*'] }],
  ['a test for presence', 'context.arguments has Timeout', 'context.arguments.Timeout', {}],
  ['a Boolean', 'context.justified', 'context.justified', {}],
  ['numbers of a sum', 'context.recent + 1 > 5', 'context.recent', { numbers: [1, 5] }],
  ['a number under a negation', '!(context.recent < -2)', 'context.recent', { numbers: [-2] }],
  ['a time', 'context.now < datetime("1970-01-01T00:01:00Z")', 'context.now', { numbers: [60] }],
  ['a time of day', 'context.now.toTime() < duration("1h30m")', 'context.now', { numbers: [5400] }],
])('the reads of a policy have %s', (_, condition, path, compared) =>
  expect(read(condition).paths[path]).toEqual({ numbers: [], texts: [], patterns: [], ...compared }),
)

test('the reads of a policy name the entities of its head and its conditions', () => {
  const head = 'principal in Hotwork::Group::"sre", action, resource == Hotwork::Resource::"r"'
  expect(read('principal == Hotwork::Person::"person:ana"', head).named).toEqual([
    { type: 'Group', id: 'sre' },
    { type: 'Resource', id: 'r' },
    { type: 'Person', id: 'person:ana' },
  ])
})

test('policies that differ only in name, comments and layout have one shape', () => {
  const one = readPolicy('@id("a") permit (principal, action, resource) when { context.recent > 1 };')
  const other = readPolicy(
    '// why\n@id("b")\npermit (\n  principal,\n  action,\n  resource\n)\nwhen { context.recent>1 };',
  )
  expect(other.shape).toBe(one.shape)
})
