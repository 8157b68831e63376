import { setImmediate } from 'node:timers/promises'
import { CreateTableCommand, DynamoDBClient, PutItemCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { STSClient } from '@aws-sdk/client-sts'
import type { Account } from '../../../../functions/domain/policy/bundle.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { modelOf } from '../../../../functions/targets/aws/models/models.ts'
import { SdkReader } from '../../../../functions/targets/aws/reads/aws-reads.ts'
import { ReaderSessions } from '../../../../functions/targets/aws/reads/reader-sessions.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { type FaultyProxy, startProxy } from '../../../adapters/proxy.ts'
import { documentOf, externalId, makeFunction, makeRole, putPolicy } from '../iam/target-role.ts'

/** Reads as a role with exactly these four rights, which the emulator enforces. */

useAws()
jest.setTimeout(60_000)

const own = `reads-${process.pid}`
const parameter = `/reads/${process.pid}/a`
const account: Account = { partition: 'aws', region: 'us-east-1', accountId: '000000000000', externalId }
const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:000000000000:${resource}`
const rights = [
  ['ssm:GetParameter', arn('ssm', `parameter${parameter}*`)],
  ['lambda:GetFunctionConcurrency', arn('lambda', `function:${own}`)],
  ['lambda:GetFunctionConfiguration', arn('lambda', `function:${own}`)],
  ['dynamodb:GetItem', arn('dynamodb', `table/${own}`)],
] as const

let proxy: FaultyProxy
let direct: string
beforeAll(async () => {
  direct = process.env['AWS_ENDPOINT_URL'] as string
  const dynamo = new DynamoDBClient({})
  const Condition = { StringEquals: { 'sts:ExternalId': externalId } }
  await makeRole(`${own}-reader`, { Principal: { AWS: '*' }, Condition }, { Path: '/hotwork/' })
  const allowed = rights.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource }))
  await putPolicy(`${own}-reader`, 'reads', documentOf(...allowed))
  const ssm = new SSMClient({})
  await ssm.send(new PutParameterCommand({ Name: parameter, Value: '300', Type: 'String' }))
  await ssm.send(new PutParameterCommand({ Name: '/elsewhere', Value: 'x', Type: 'String', Overwrite: true }))
  await ssm.send(new PutParameterCommand({ Name: `${parameter}/secret`, Value: 'canary', Type: 'SecureString' }))
  for (const TableName of [own, `${own}-other`]) {
    await dynamo.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'B' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    )
    await waitUntilTableExists({ client: dynamo, maxWaitTime: 20, minDelay: 1 }, { TableName })
  }
  const Item = { id: { B: Buffer.from([1]) }, n: { N: '1.5' }, tags: { SS: ['a'] } }
  await dynamo.send(new PutItemCommand({ TableName: own, Item }))
  for (const name of [own, `${own}-other`])
    await makeFunction(name, undefined, { Timeout: 7, Environment: { Variables: { MODE: 'safe' } } })
})
beforeEach(async () => {
  proxy = await startProxy(direct)
  process.env['AWS_ENDPOINT_URL'] = proxy.url
})
afterEach(async () => {
  process.env['AWS_ENDPOINT_URL'] = direct
  await proxy.close()
})

const makeReader = () => new SdkReader(new ReaderSessions(`hotwork/${own}-reader`, new STSClient({ maxAttempts: 1 })))
type Ask = { action: string; arguments: JsonObject; absent?: readonly string[]; signal?: AbortSignal; of?: Account }
const read = (
  { action, arguments: args, absent = [], signal = new AbortController().signal, of = account }: Ask,
  reader = makeReader(),
) => {
  const model = modelOf(action, absent)
  if (!model) throw new Error(`no model of ${action}`)
  return reader.read({ action, arguments: args, absent, signal, model }, of)
}
const getParameter = (Name = parameter) => ({ action: 'ssm:GetParameter', arguments: { Name } })

test("an answer is AWS's own JSON, with times as text and without the SDK's metadata", async () => {
  const found = await read(getParameter())
  expect(found).toMatchObject({ found: 'answer', answer: { Parameter: { Value: '300', Version: 1 } } })
  const { answer } = found as Extract<typeof found, { found: 'answer' }>
  expect(JSON.parse(JSON.stringify(answer))).toEqual(answer)
  expect(answer).not.toHaveProperty('$metadata')
})

test("a function's reservation is absent or a number, and its configuration has a revision", async () => {
  const concurrency = { action: 'lambda:GetFunctionConcurrency', arguments: { FunctionName: own } }
  expect(await read(concurrency)).toEqual({ found: 'answer', answer: {} })
  const reserve = { FunctionName: own, ReservedConcurrentExecutions: 2 }
  process.env['AWS_ENDPOINT_URL'] = direct
  await new LambdaClient({}).send(new PutFunctionConcurrencyCommand(reserve))
  process.env['AWS_ENDPOINT_URL'] = proxy.url
  expect(await read(concurrency)).toEqual({ found: 'answer', answer: { ReservedConcurrentExecutions: 2 } })
  expect(await read({ action: 'lambda:GetFunctionConfiguration', arguments: { FunctionName: own } })).toMatchObject({
    found: 'answer',
    answer: { Timeout: 7, Environment: { Variables: { MODE: 'safe' } }, RevisionId: expect.stringMatching(/./) },
  })
})

test('an item is read by a key of bytes, and a missing one is an answer without an item', async () => {
  const itemOf = (bytes: number) => ({
    action: 'dynamodb:GetItem',
    arguments: { TableName: own, Key: { id: { B: Buffer.from([bytes]).toString('base64') } }, ConsistentRead: true },
  })
  expect(await read(itemOf(1))).toEqual({
    found: 'answer',
    answer: { Item: { id: { B: 'AQ==' }, n: { N: '1.5' }, tags: { SS: ['a'] } } },
  })
  expect(await read(itemOf(2))).toEqual({ found: 'answer', answer: {} })
})

test('a secret parameter is never read in plain text', async () => {
  expect(JSON.stringify(await read(getParameter(`${parameter}/secret`)))).not.toContain('"canary"')
})

test.each<Ask>([
  getParameter('/elsewhere'),
  { action: 'dynamodb:GetItem', arguments: { TableName: `${own}-other`, Key: { id: { B: 'AQ==' } } } },
  { action: 'lambda:GetFunctionConfiguration', arguments: { FunctionName: `${own}-other` } },
  { action: 'lambda:GetFunctionConcurrency', arguments: { FunctionName: `${own}-other` } },
])('a read of another resource by $action is denied', async (ask) => {
  expect(await read(ask)).toMatchObject({ found: 'failed', why: 'denied' })
})

test('concurrent reads share one session for most of an hour', async () => {
  const reader = makeReader()
  await Promise.all([read(getParameter(), reader), read(getParameter(), reader), read(getParameter(), reader)])
  await read({ action: 'lambda:GetFunctionConcurrency', arguments: { FunctionName: own } }, reader)
  expect([proxy.count('AssumeRole'), proxy.count('GetParameter')]).toEqual([1, 3])
})

test("a missing resource is absent by its entry's error names, and otherwise a fault", async () => {
  const gone = getParameter(`${parameter}/gone`)
  expect(await read({ ...gone, absent: ['ParameterNotFound'] })).toEqual({ found: 'absent' })
  expect(await read(gone)).toEqual({ found: 'failed', why: 'unavailable', fault: 'ParameterNotFound' })
})

test('a read by a role that does not trust us is denied', async () => {
  const of = { ...account, externalId: 'another' }
  expect(await read({ ...getParameter(), of })).toMatchObject({ found: 'failed', why: 'denied' })
})

test.each(['{"Item":{"n":{"N":"1"},"__proto__":{"S":"old"}}}', '{"Item":{"map":{"M":{"__proto__":{"S":"old"}}}}}'])(
  'an item %s with an attribute `__proto__` is unreadable',
  async (text) => {
    proxy.fail('GetItem', { status: 200, body: JSON.parse(text) as object })
    const item = { action: 'dynamodb:GetItem', arguments: { TableName: own, Key: { id: { B: 'AQ==' } } } }
    expect(await read(item)).toEqual({ found: 'failed', why: 'unreadable', fault: 'SyntaxError' })
  },
)

test('a throttled read is unavailable, and is not tried again', async () => {
  proxy.fail('GetParameter', { status: 400, body: { __type: 'ThrottlingException', message: 'Rate exceeded' } })
  expect(await read(getParameter())).toEqual({ found: 'failed', why: 'unavailable', fault: 'ThrottlingException' })
  expect(proxy.count('GetParameter')).toBe(1)
})

test('a silent read ends with its signal', async () => {
  const reader = makeReader()
  await read(getParameter(), reader)
  proxy.fail('GetParameter', 'silence', 'silence')
  const stop = new AbortController()
  const found = read({ ...getParameter(), signal: stop.signal }, reader)
  while (proxy.count('GetParameter') < 2) await setImmediate()
  stop.abort()
  expect(await found).toMatchObject({ found: 'failed', why: 'unavailable' })
  // A client that waited for its own timeout would have asked once more.
  expect(proxy.count('GetParameter')).toBe(2)
})

test('a session that AWS calls expired is not kept, and the next read gets another', async () => {
  const reader = makeReader()
  await read(getParameter(), reader)
  proxy.fail('GetParameter', { status: 400, body: { __type: 'ExpiredTokenException', message: 'over' } })
  expect(await read(getParameter(), reader)).toMatchObject({ found: 'failed', why: 'unavailable' })
  expect(await read(getParameter(), reader)).toMatchObject({ found: 'answer' })
  expect(proxy.count('AssumeRole')).toBe(2)
})
