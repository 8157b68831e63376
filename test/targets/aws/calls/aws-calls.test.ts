import { get } from 'node:http'
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { attributesSet } from '../../../../functions/domain/previews/update-expression.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { CallNotSent, CallOutdated, CallRefused, CallUnanswered } from '../../../../functions/operations/faults.ts'
import { onlyOn } from '../../../../functions/targets/aws/calls/dynamodb-condition.ts'
import { makeOnce, SdkCaller } from '../../../../functions/targets/aws/calls/sdk-caller.ts'
import type { AwsCredentials } from '../../../../functions/targets/aws/ports.ts'
import { makeTable } from '../../../adapters/dynamodb/tables.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { type FaultyProxy, startProxy } from '../../../adapters/proxy.ts'
import { makeFunction } from '../iam/target-role.ts'

/** At most one call reaches AWS, even if its answer is lost; its effect is found by reading alone. */

useAws()
jest.setTimeout(60_000)

const region = 'us-east-1'
const FunctionName = `calls-${process.pid}`
const updateOf = (more: JsonObject = {}) => ({
  action: 'dynamodb:UpdateItem',
  region,
  arguments: {
    TableName,
    Key: { id: { S: 'a' } },
    UpdateExpression: 'SET #n = :n, colour = :c',
    ExpressionAttributeNames: { '#n': 'count' },
    ExpressionAttributeValues: { ':n': { N: '1.50' }, ':c': { S: 'red' } },
    ...more,
  },
})
const configureOf = (more: JsonObject) => ({
  action: 'lambda:UpdateFunctionConfiguration',
  region,
  arguments: { FunctionName, ...more },
})
const soon = () => Math.floor(Date.now() / 1000)

let TableName: string
let proxy: FaultyProxy
let caller: SdkCaller
let credentials: AwsCredentials
beforeAll(async () => {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = process.env
  credentials = { accessKeyId, secretAccessKey, sessionToken: '' }
  TableName = await makeTable('calls', ['id'])
  await makeFunction(FunctionName, undefined, { Environment: { Variables: { SECRET: 'canary-7f2a' } } })
})
beforeEach(async () => {
  proxy = await startProxy(process.env['AWS_ENDPOINT_URL'] as string)
  caller = new SdkCaller({ endpoint: proxy.url, milliseconds: 500 })
  await new DynamoDBClient({}).send(new PutItemCommand({ TableName, Item: { id: { S: 'a' }, colour: { S: 'blue' } } }))
})
afterEach(() => proxy.close())

const item = async () =>
  (await new DynamoDBClient({}).send(new GetItemCommand({ TableName, Key: { id: { S: 'a' } } }))).Item

test('a call is made with its arguments unchanged, and returns nothing unless asked to', async () => {
  expect(await caller.call(updateOf(), credentials)).toEqual({})
  expect(await item()).toEqual({ id: { S: 'a' }, colour: { S: 'red' }, count: { N: '1.5' } })
})

test("a call takes binary in the form of the API's JSON", async () => {
  const bytes = { B: Buffer.from([0, 255, 7]).toString('base64') }
  const args = { UpdateExpression: 'SET payload = :b', ExpressionAttributeValues: { ':b': bytes } }
  const { ExpressionAttributeNames: _, ...update } = updateOf(args).arguments
  const call = { ...updateOf(), arguments: update }
  await caller.call(call, credentials)
  expect((await item())?.['payload']?.B).toEqual(new Uint8Array([0, 255, 7]))
  expect(await caller.lookUp({ ...call, begunAt: soon() }, credentials)).toMatchObject({ found: 'done' })
})

test("a changed function's call returns its settings, and never its environment", async () => {
  const output = await caller.call(configureOf({ Timeout: 61, MemorySize: 256 }), credentials)
  expect(output).toMatchObject({ FunctionName, Timeout: 61, MemorySize: 256 })
  expect(JSON.stringify(output)).not.toContain('canary-7f2a')
  expect(Object.keys(output)).not.toContain('$metadata')
})

test('a call that AWS refuses has the name of the refusal', async () => {
  const gone = updateOf({ TableName: 'no-such-table' })
  await expect(caller.call(gone, credentials)).rejects.toMatchObject({
    name: 'CallRefused',
    reason: 'ResourceNotFoundException',
  })
  await expect(caller.call({ ...gone, action: 's3:PutObject' }, credentials)).rejects.toThrow(CallRefused)
})

// By a request of our own: inside jest the SDK does not recognise Node's errors, and drops their details.
test.each([
  ['no address is found', 'http://no-such-host.invalid'],
  ['no address takes a connection', 'http://localhost:1'],
])('a call was certainly not sent if %s', async (_why, address) => {
  const call = () => new Promise((_, reject) => get(address).on('error', reject))
  await expect(makeOnce(call)).rejects.toThrow(CallNotSent)
})

test('a throttled call is retried, three times in all', async () => {
  const throttled = { status: 400, body: { __type: 'ThrottlingException', message: 'slow down' } }
  proxy.fail('UpdateItem', throttled, throttled)
  expect(await caller.call(updateOf(), credentials)).toEqual({})
  expect(proxy.count('UpdateItem')).toBe(3)
  proxy.fail('UpdateItem', throttled, throttled, throttled)
  await expect(caller.call(updateOf(), credentials)).rejects.toMatchObject({ reason: 'ThrottlingException' })
  expect(proxy.count('UpdateItem')).toBe(6)
})

test.each<[what: string, fault: Parameters<FaultyProxy['fail']>[1]]>([
  ['whose answer was lost', 'answer_lost'],
  ['without an answer', 'silence'],
  ['at which AWS stumbled', { status: 500, body: { __type: 'InternalServerError' } }],
  ['that timed out at AWS', { status: 408, body: { __type: 'RequestTimeout' } }],
])('a call %s may have been done, and is sent once', async (_what, fault) => {
  proxy.fail('UpdateItem', fault)
  await expect(caller.call(updateOf(), credentials)).rejects.toThrow(CallUnanswered)
  expect(proxy.count('UpdateItem')).toBe(1)
})

describe('with an expected state,', () => {
  const blue = { Item: { id: { S: 'a' }, colour: { S: 'blue' } } }
  const update = (expected: JsonObject, more: JsonObject = {}) =>
    caller.call({ ...updateOf(more), expected }, credentials)

  test('a call is made on the expected item', async () => {
    expect(await update(blue)).toEqual({})
    expect(await item()).toMatchObject({ colour: { S: 'red' } })
  })

  test.each<[what: string, expected: JsonObject]>([
    ['another value', { Item: { ...blue.Item, colour: { S: 'green' } } }],
    ['an attribute that is not there', { Item: { ...blue.Item, count: { N: '1' } } }],
    ['no attribute where there is one', { Item: { id: { S: 'a' } } }],
    ['no item where there is one', {}],
  ])('a call that expects %s is not made', async (_what, expected) => {
    await expect(update(expected)).rejects.toThrow(CallOutdated)
    expect(await item()).toEqual(blue.Item)
  })

  test('a call that expects no item is made on none, and not on a new one', async () => {
    const Key = { id: { S: `new-${soon()}` } }
    expect(await update({}, { Key })).toEqual({})
    await expect(update({}, { Key })).rejects.toThrow(CallOutdated)
  })

  test('a call keeps its own placeholders, and compares bytes, sets and maps', async () => {
    const Item = {
      ...{ id: { S: 'b' }, data: { B: Buffer.from([7]) }, tags: { SS: ['x', 'y'] } },
      map: { M: { n: { N: '1.50' } } },
    }
    await new DynamoDBClient({}).send(new PutItemCommand({ TableName, Item }))
    const read = { ...Item, data: { B: Buffer.from([7]).toString('base64') }, map: { M: { n: { N: '1.5' } } } }
    const more = {
      ...{ Key: { id: { S: 'b' } }, UpdateExpression: 'SET #was0 = :was0, tags = :t REMOVE #m' },
      ExpressionAttributeNames: { '#was0': 'data', '#m': 'map' },
      ExpressionAttributeValues: { ':was0': { S: 'now text' }, ':t': { SS: ['z'] } },
    }
    expect(await update({ Item: read }, more)).toEqual({})
    await expect(update({ Item: read }, more)).rejects.toThrow(CallOutdated)
  })

  test('a condition names only attributes of the expression and the key, as the session allows', () => {
    const { ConditionExpression, ExpressionAttributeNames } = onlyOn(updateOf().arguments, {
      Item: { ...blue.Item, secret: { S: 'x' } },
    })
    expect(ConditionExpression).toBe('attribute_not_exists(#was0) AND #was1 = :was1')
    expect(ExpressionAttributeNames).toEqual({ '#n': 'count', '#was0': 'count', '#was1': 'colour' })
  })

  test('a call is made on the expected revision of a function, and on no other', async () => {
    const { RevisionId } = await new LambdaClient({}).send(new GetFunctionConfigurationCommand({ FunctionName }))
    const expected = { RevisionId: RevisionId as string }
    expect(await caller.call({ ...configureOf({ Timeout: 33 }), expected }, credentials)).toMatchObject({ Timeout: 33 })
    const again = caller.call({ ...configureOf({ Timeout: 44 }), expected }, credentials)
    await expect(again).rejects.toThrow(CallOutdated)
    const { Timeout } = await new LambdaClient({}).send(new GetFunctionConfigurationCommand({ FunctionName }))
    expect(Timeout).toBe(33)
  })
})

const look = (call: ReturnType<typeof updateOf> | ReturnType<typeof configureOf>, begunAt = soon()) =>
  caller.lookUp({ ...call, begunAt }, credentials)

test('a lost update is done if the item has the set values, and otherwise unknown', async () => {
  expect(await look(updateOf())).toEqual({ found: 'unknown' })
  proxy.fail('UpdateItem', 'answer_lost')
  await expect(caller.call(updateOf(), credentials)).rejects.toThrow(CallUnanswered)
  expect(await look(updateOf())).toEqual({ found: 'done', output: {} })
  expect(proxy.count('UpdateItem')).toBe(1)
})

test('a lost change of a function is done if it changed as asked since, and not done if it is unchanged', async () => {
  const asked = configureOf({ Timeout: 77, Environment: { Variables: { MODE: 'safe' } } })
  const begunAt = soon()
  expect(await look(asked, begunAt + 3600)).toEqual({ found: 'not_done' })
  proxy.fail('unknown', 'answer_lost')
  await expect(caller.call(asked, credentials)).rejects.toThrow(CallUnanswered)
  expect(await look(asked, begunAt)).toMatchObject({ found: 'done', output: { Timeout: 77 } })
  expect(await look(configureOf({ Timeout: 78 }), begunAt)).toEqual({ found: 'unknown' })
  expect(await look(configureOf({ Environment: { Variables: {} } }), begunAt)).toEqual({ found: 'unknown' })
  const { Timeout } = await new LambdaClient({}).send(new GetFunctionConfigurationCommand({ FunctionName }))
  expect(Timeout).toBe(77)
})

test('a lost call of an action without a look-up is unknown', async () =>
  expect(await look({ ...updateOf(), action: 's3:PutObject' })).toEqual({ found: 'unknown' }))

test.each<[expression: string, set: { [name: string]: unknown } | undefined]>([
  ['SET a = :n', { a: { N: '1' } }],
  ['set #a=:n ,b = :c', { real: { N: '1' }, b: { S: 'x' } }],
  ['SET a = a + :n', undefined],
  ['SET a = if_not_exists(a, :n)', undefined],
  ['SET a.b = :n', undefined],
  ['SET a = :n REMOVE b', undefined],
  ['ADD a :n', undefined],
  ['SET a = :nothing', undefined],
  ['SET #b = :n', undefined],
])('the expression `%s` sets %p', (UpdateExpression, set) => {
  const names = { ExpressionAttributeNames: { '#a': 'real' } }
  const values = { ExpressionAttributeValues: { ':n': { N: '1' }, ':c': { S: 'x' } } }
  const found = attributesSet({ UpdateExpression, ...names, ...values })
  expect(found && Object.fromEntries(found)).toEqual(set)
})
