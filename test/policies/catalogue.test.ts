import fc from 'fast-check'
import {
  CatalogueEntry,
  deriveResource,
  parseArguments,
  sometimesUnpinned,
  titleOf,
  unpinnedArguments,
  unpinnedOf,
} from '../../functions/domain/policy/catalogue.ts'
import { isLiteral } from '../../functions/domain/policy/templates.ts'
import type { JsonObject } from '../../functions/domain/values.ts'
import { deriveStatement } from '../../functions/targets/aws/rules/statement.ts'
import { sampleBundle } from '../support/world.ts'

const { actions, deployment } = sampleBundle()
const account = deployment.accounts['target']

function entryOf(name: string) {
  const entry = actions[name]
  if (!entry) throw new Error(`${name} is not in the sample`)
  return entry
}

const put = { Name: '/prod/checkout/payment-url', Value: 'https://pay.example' }
const fn = { FunctionName: 'checkout-api' }
const item = { TableName: 'checkout-orders', Key: { id: { S: 'a' } }, UpdateExpression: 'SET a = :a' }
const service = { cluster: 'main', service: 'checkout' }
const flag = { environment: 'prod', flag: 'new-basket', value: true }

const [ssm, reserve, configure, update, roll, set] = [
  'ssm:PutParameter',
  'lambda:PutFunctionConcurrency',
  'lambda:UpdateFunctionConfiguration',
  'dynamodb:UpdateItem',
  'ecs:UpdateService',
  'flags:set',
] as const

test.each<[action: string, args: JsonObject, type: string, id: string]>([
  [ssm, put, 'ssm:parameter', 'arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/payment-url'],
  [
    reserve,
    { ...fn, ReservedConcurrentExecutions: 0 },
    'lambda:function',
    'arn:aws:lambda:us-east-1:000000000000:function:checkout-api',
  ],
  [
    configure,
    { ...fn, Environment: { Variables: { MODE: 'safe' } }, Timeout: 3, MemorySize: 128 },
    'lambda:function',
    'arn:aws:lambda:us-east-1:000000000000:function:checkout-api',
  ],
  [
    update,
    { ...item, ExpressionAttributeNames: { '#a': 'a' }, ExpressionAttributeValues: { ':a': { N: '1' } } },
    'dynamodb:table',
    'arn:aws:dynamodb:us-east-1:000000000000:table/checkout-orders',
  ],
  [
    roll,
    { ...service, desiredCount: 2, taskDefinition: 'checkout:42' },
    'ecs:service',
    'arn:aws:ecs:us-east-1:000000000000:service/main/checkout',
  ],
  [set, flag, 'flags:flag', 'prod/new-basket'],
])('the resource of %s follows from its arguments', (action, args, type, id) => {
  expect(parseArguments(entryOf(action), args)).toEqual({ ok: true, value: args })
  expect(deriveResource(entryOf(action), args, account)).toEqual({ type, id })
})

test('an argument may be named as tools name theirs, with `_`', () => {
  const { properties, required } = entryOf(set).arguments
  const entry = CatalogueEntry.parse({
    ...entryOf(set),
    title: 'Set {arguments.flag_name}',
    arguments: {
      ...entryOf(set).arguments,
      properties: { ...properties, flag_name: properties['flag'] },
      required: [...required, 'flag_name'],
    },
    resource: { type: 'flags:flag', id: '{arguments.environment}/{arguments.flag_name}' },
  })
  const args = { ...flag, flag_name: 'new_basket' }
  expect(parseArguments(entry, args)).toEqual({ ok: true, value: args })
  expect(deriveResource(entry, args, account)).toEqual({ type: 'flags:flag', id: 'prod/new_basket' })
  expect(titleOf(entry, args)).toBe('Set new_basket')
  expect(parseArguments(entry, { ...args, flag_name: '..' })).toMatchObject({ ok: false, code: 'invalid_arguments' })
})

test.each<[rule: string, action: string, args: unknown, member: string]>([
  ['a member of the API that was not listed', ssm, { ...put, Tier: 'Advanced' }, 'Tier'],
  ['a member in another case', ssm, { name: put.Name, Value: 'a' }, 'Name'],
  ['a member that is missing', ssm, { Name: put.Name }, 'Value'],
  ['a member that is null', ssm, { ...put, Overwrite: null }, 'Overwrite'],
  ['a text for a truth value', ssm, { ...put, Overwrite: 'true' }, 'Overwrite'],
  ['a number for a text', ssm, { ...put, Value: 1 }, 'Value'],
  ['an empty value', ssm, { ...put, Value: '' }, 'Value'],
  ['a value that is too long', ssm, { ...put, Value: 'a'.repeat(4097) }, 'Value'],
  ['a name without a slash', ssm, { ...put, Name: 'prod' }, 'Name'],
  ['a name that climbs', ssm, { ...put, Name: '/staging/../prod/a' }, 'Name'],
  ['a name with a wildcard', ssm, { ...put, Name: '/prod/*' }, 'Name'],
  ['a name with a variable', ssm, { ...put, Name: `/prod/\${aws:username}` }, 'Name'],
  ['a name with a line after it', ssm, { ...put, Name: '/prod/a\n' }, 'Name'],
  ['a name that ends in a slash', ssm, { ...put, Name: '/prod/a/' }, 'Name'],
  [
    'an ARN for a function',
    reserve,
    { FunctionName: 'arn:aws:lambda:us-east-1:1:function:a', ReservedConcurrentExecutions: 1 },
    'FunctionName',
  ],
  [
    'a function with a version',
    reserve,
    { FunctionName: 'checkout-api:1', ReservedConcurrentExecutions: 1 },
    'FunctionName',
  ],
  ['a number below the least', reserve, { ...fn, ReservedConcurrentExecutions: -1 }, 'ReservedConcurrentExecutions'],
  ['a number above the most', reserve, { ...fn, ReservedConcurrentExecutions: 10001 }, 'ReservedConcurrentExecutions'],
  ['a fraction', reserve, { ...fn, ReservedConcurrentExecutions: 0.5 }, 'ReservedConcurrentExecutions'],
  ['an environment with more than variables', configure, { ...fn, Environment: { Secrets: {} } }, 'Environment'],
  ['an item without a key', update, { ...item, Key: {} }, 'Key'],
  ['a key of three', update, { ...item, Key: { a: 1, b: 2, c: 3 } }, 'Key'],
  ['a list for a map', update, { ...item, Key: ['a'] }, 'Key'],
  ['a name without a `#`', update, { ...item, ExpressionAttributeNames: { a: 'a' } }, 'ExpressionAttributeNames'],
  // The latest revision changes tomorrow; a registered revision never changes.
  ['a task definition without its revision', roll, { ...service, taskDefinition: 'checkout' }, 'taskDefinition'],
  ['a task definition by a name that moves', roll, { ...service, taskDefinition: 'checkout:latest' }, 'taskDefinition'],
  ['a cluster with a service in it', roll, { ...service, cluster: 'main/checkout' }, 'cluster'],
  ['an environment that there is not', set, { ...flag, environment: 'dev' }, 'environment'],
  ['a flag with a path in it', set, { ...flag, flag: 'a/../../prod/b' }, 'flag'],
  ['a map for a flag', set, { ...flag, value: {} }, 'value'],
  ['no arguments', ssm, undefined, 'arguments'],
  ['a list of arguments', ssm, [put], 'arguments'],
])('%s is refused by name', (_rule, action, args, member) => {
  const parsed = parseArguments(entryOf(action), args)
  expect(parsed).toMatchObject({ ok: false, code: 'invalid_arguments' })
  expect(parsed.ok ? '' : parsed.detail).toContain(member)
})

test('the resource of an accepted ask is one literal ARN in the action’s own account', () => {
  const nasty = fc.string({
    unit: fc.constantFrom('/', 'a', 'Z', '9', '.', '*', '?', '$', '{', '}', ':', ' ', '\n', '"', '\\', 'é'),
  })
  let accepted = 0
  fc.assert(
    fc.property(
      fc.oneof(
        nasty,
        nasty.map((tail) => `/prod/${tail}`),
      ),
      (Name) => {
        const args = {
          Name,
          Value: 'a pattern that lets a wildcard through is checked again before the resource is derived',
        }
        if (!parseArguments(entryOf(ssm), args).ok) return
        accepted++
        const { id } = deriveResource(entryOf(ssm), args, account)
        expect(id).toBe(`arn:aws:ssm:us-east-1:000000000000:parameter${Name}`)
        expect(isLiteral(Name)).toBe(true)
      },
    ),
    { numRuns: 2000 },
  )
  expect(accepted).toBeGreaterThan(10)
})

test('a value with a wildcard is refused even if the pattern accepts it', () => {
  const entry = structuredClone(entryOf(ssm))
  entry.arguments.properties['Name'] = { type: 'string', maxLength: 99 }
  expect(parseArguments(entry, { ...put, Name: '/prod/*' })).toMatchObject({ ok: false, code: 'invalid_arguments' })
  expect(() => deriveResource(entry, { ...put, Name: '/prod/*' }, account)).toThrow('{arguments.Name}')
})

test('the statement of an action allows it on its resource and on nothing else', () =>
  expect(deriveStatement(entryOf(ssm), put, account)).toEqual({
    actions: ['ssm:PutParameter'],
    resources: ['arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/payment-url'],
    conditions: { StringEqualsIfExists: { 'ssm:Policies': 'false', 'ssm:Overwrite': 'false' } },
  }))

const conditionsOf = (name: string, args: JsonObject, where = account) =>
  deriveStatement(entryOf(name), args, where)?.conditions
const leadingKeys = (args: JsonObject) =>
  conditionsOf(update, args)?.['ForAllValues:StringEquals']?.['dynamodb:LeadingKeys']
const attributes = (args: JsonObject) =>
  conditionsOf(update, args)?.['ForAllValues:StringEquals']?.['dynamodb:Attributes']

test('the conditions of a statement are filled in like its resources', () =>
  expect(conditionsOf(roll, { ...service, taskDefinition: 'checkout:42' })).toMatchObject({
    ArnEquals: { 'ecs:cluster': 'arn:aws:ecs:us-east-1:000000000000:cluster/main' },
    StringEquals: { 'ecs:task-definition': 'arn:aws:ecs:us-east-1:000000000000:task-definition/checkout:42' },
  }))

test.each([true, false])('the conditions of a statement have booleans as IAM has them: %s', (Overwrite) =>
  expect(conditionsOf(ssm, { ...put, Overwrite })).toMatchObject({
    StringEquals: { 'ssm:Overwrite': String(Overwrite) },
  }),
)

test('the conditions of a statement bind a call to one item by its partition key, and to the attributes of its update', () =>
  expect(conditionsOf(update, item)).toEqual({
    'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['a'], 'dynamodb:Attributes': ['id', 'a'] },
    Null: { 'dynamodb:LeadingKeys': 'false', 'dynamodb:Attributes': 'false' },
    StringEqualsIfExists: { 'dynamodb:ReturnValues': 'NONE' },
  }))

test.each<[expression: string, names: string[]]>([
  ['SET a = :a', ['a']],
  ['set #a.b[0].c = if_not_exists(#a.b[0].c, :zero) + :a REMOVE plain', ['renamed', 'plain']],
  ['ADD hits :one DELETE tags :t', ['hits', 'tags']],
  ['SET a = list_append(b, :more), a2=:a', ['a', 'b', 'a2']],
])('the conditions of a statement know the attributes of `%s`', (UpdateExpression, names) =>
  expect(attributes({ ...item, UpdateExpression, ExpressionAttributeNames: { '#a': 'renamed' } })).toEqual([
    'id',
    ...names,
  ]),
)

test('the conditions of a statement leave a list out entirely if a part of it cannot be derived', () => {
  expect(attributes({ ...item, UpdateExpression: 'SET #nowhere = :a' })).toBeUndefined()
  for (const key of [{ B: 'AAEC' }, { N: '1e2' }, { N: '01' }, 'a', { S: 'a', N: '1' }])
    expect(leadingKeys({ ...item, Key: { id: key } })).toBeUndefined()
  expect(leadingKeys({ ...item, Key: { id: { N: '-12' } } })).toEqual(['-12'])
})

test('the conditions of a statement take a value as text, and a variable of IAM is refused', () => {
  expect(leadingKeys({ ...item, Key: { id: { S: '*?$ é' } } })).toEqual(['*?$ é'])
  const variable = `\${aws:username}`
  for (const spoiled of [
    { ...item, Key: { id: { S: variable } } },
    { ...item, Key: { [variable]: { S: 'a' } } },
    { ...item, UpdateExpression: 'SET #a = :a', ExpressionAttributeNames: { '#a': `x${variable}` } },
  ])
    expect(parseArguments(entryOf(update), spoiled)).toMatchObject({ ok: false, code: 'invalid_arguments' })
})

test("the conditions of a statement leave out exactly the keys that the account's IAM cannot judge", () => {
  const blind = account && { ...account, unjudgedConditions: ['dynamodb:LeadingKeys', 'ssm:Overwrite'] }
  expect(conditionsOf(ssm, { ...put, Overwrite: true }, blind)).toEqual({
    StringEqualsIfExists: { 'ssm:Policies': 'false' },
  })
  expect(conditionsOf(update, item, blind)).toEqual({
    'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['id', 'a'] },
    Null: { 'dynamodb:Attributes': 'false' },
    StringEqualsIfExists: { 'dynamodb:ReturnValues': 'NONE' },
  })
})

test('an action without AWS credentials has no statement, and leaves nothing open', () => {
  expect(deriveStatement(entryOf(set), flag, account)).toBeUndefined()
  expect(unpinnedOf(entryOf(set), flag, account)).toEqual([])
})

test('the open parts of AWS credentials are listed, and always the uncounted calls', () => {
  const open = unpinnedOf(entryOf(ssm), put, account)
  expect(open).toContain('any value may be written to this parameter, not only the approved one')
  expect(open.at(-1)).toBe(
    'one use is one credential: AWS does not count its calls, so this call can be repeated until it ends',
  )
})

test('an open argument without words in the catalogue is listed by name', () => {
  const entry = { ...entryOf(ssm), leavesOpen: {} }
  const blind = account && { ...account, unjudgedConditions: ['ssm:Overwrite'] }
  expect(unpinnedOf(entry, put, blind).slice(0, 2)).toEqual([
    'any `Value` may be given, not only the approved one',
    '`Overwrite` may be given, though none was approved',
  ])
})

test.each([[{}], [{ Overwrite: true }], [{ Overwrite: false }]])(
  'an argument that a condition binds counts as open only if the condition is left out (%j)',
  (more) => {
    const [open, blind] = [[], ['ssm:Overwrite']].map((unjudgedConditions) =>
      unpinnedArguments(entryOf(ssm), { ...put, ...more }, account && { ...account, unjudgedConditions }),
    )
    expect([open, blind]).toEqual([['Value'], ['Value', 'Overwrite']])
  },
)

test.each<[operator: string, more: object, open: string[]]>([
  ['StringEquals', {}, ['Value']],
  ['StringLike', {}, ['Value']],
  ['Bool', {}, ['Value']],
  // A call without it passes.
  ['StringEqualsIfExists', {}, ['Value', 'Overwrite']],
  ['ForAllValues:StringEquals', {}, ['Value', 'Overwrite']],
  ['ForAllValues:StringEquals', { Null: { 'ssm:Overwrite': 'false' } }, ['Value']],
  // Another value passes.
  ['ForAnyValue:StringEquals', {}, ['Value', 'Overwrite']],
  ['StringNotEquals', {}, ['Value', 'Overwrite']],
  ['StringEqualsIgnoreCase', {}, ['Value', 'Overwrite']],
])('an argument is pinned only by an operator that refuses other values: %s with %j', (operator, more, open) => {
  const conditions = { [operator]: { 'ssm:Overwrite': '{arguments.Overwrite}' }, ...more }
  const entry = { ...entryOf(ssm), statement: { actions: [ssm], resources: ['arn:{arguments.Name}'], conditions } }
  expect(unpinnedArguments(entry, { ...put, Overwrite: false }, account)).toEqual(open)
})

test('an argument is bound to its absence only if the entry has a condition for that', () => {
  const { statement } = entryOf(ssm)
  const entry = { ...entryOf(ssm), statement: statement && { ...statement, whenAbsent: { Overwrite: {} } } }
  expect(unpinnedArguments(entry, put, account)).toEqual(['Value', 'Overwrite'])
  expect(sometimesUnpinned(entry, account)).toEqual(['Value', 'Overwrite'])
})

test.each<[action: string, unjudged: string[], open: string[]]>([
  [ssm, [], ['Value']],
  [ssm, ['ssm:Overwrite'], ['Value', 'Overwrite']],
  [roll, [], ['desiredCount']],
  [roll, ['ecs:task-definition'], ['desiredCount', 'taskDefinition']],
  [reserve, [], ['ReservedConcurrentExecutions']],
  [configure, [], []],
  [update, [], []],
  [set, [], []],
])('an ask for %s, with %j unjudged, may leave %j open', (action, unjudgedConditions, open) =>
  expect(sometimesUnpinned(entryOf(action), account && { ...account, unjudgedConditions })).toEqual(open),
)

test('an argument that is null is absent: the condition for its absence is sent, and else it is open', () => {
  const { arguments: given, statement } = entryOf(ssm)
  const overwrite = { type: ['boolean', 'null'] as ['boolean', 'null'] }
  const nullable = {
    ...given,
    required: ['Name', 'Overwrite'],
    properties: { ...given.properties, Overwrite: overwrite },
  }
  const entry = { ...entryOf(ssm), arguments: nullable }
  expect(unpinnedArguments(entry, { ...put, Overwrite: null }, account)).toEqual(['Value'])
  const { whenAbsent: _, ...without } = statement ?? { actions: [], resources: [] }
  expect(unpinnedArguments({ ...entry, statement: without }, { ...put, Overwrite: null }, account)).toContain(
    'Overwrite',
  )
  expect(sometimesUnpinned({ ...entry, statement: without }, account)).toContain('Overwrite')
})

test('a key, which may have two members, may be left open', () => {
  const entry = { ...entryOf(update), credential: 'sts' as const }
  expect(sometimesUnpinned(entry, account)).toContain('Key')
})

test('a key with two members is left open, since IAM reads only one, and a key with one member is not', () => {
  const entry = { ...entryOf(update), credential: 'sts' as const }
  const open = (args: JsonObject) => unpinnedArguments(entry, args, account)
  const rest = ['UpdateExpression', 'ExpressionAttributeNames', 'ExpressionAttributeValues']
  expect(open(item)).toEqual(rest)
  expect(open({ ...item, Key: { id: { S: 'a' }, sort: { S: 'b' } } })).toEqual(['Key', ...rest])
})

test('the values of a key are pinned by an operator over all values alone', () => {
  const { statement } = entryOf(update)
  const conditions = { StringEquals: { 'dynamodb:LeadingKeys': '{arguments.Key.values}' } }
  const entry = { ...entryOf(update), credential: 'sts' as const, statement: statement && { ...statement, conditions } }
  expect(unpinnedArguments(entry, item, account)).toContain('Key')
})

test('a mediated call leaves nothing open', () =>
  expect(unpinnedOf({ ...entryOf(configure), credential: 'mediated' }, fn, account)).toEqual([]))

test('a title shows the values as they are, and cuts a long one', () => {
  expect(titleOf(entryOf(set), flag)).toBe('Set the flag new-basket in prod to true')
  const title = titleOf(entryOf(ssm), { ...put, Value: '🔥'.repeat(200) })
  expect(title).toBe(`Set the parameter /prod/checkout/payment-url to ${'🔥'.repeat(79)}…`)
})
