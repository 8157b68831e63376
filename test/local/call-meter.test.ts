import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { type CallMeter, type Counts, startCallMeter, type Timeline } from '../../tools/meter/call-meter.ts'
import { callsInSequence } from '../../tools/meter/calls-in-sequence.ts'
import { readUnits, writeUnits, writtenKeys } from '../../tools/meter/dynamodb-units.ts'
import { useServer } from '../support/http-server.ts'

let meter: CallMeter
let seen: IncomingMessage[]
const directory = mkdtempSync(join(tmpdir(), 'hotwork-meter-'))
const aws = useServer((request, response) => {
  seen.push(request)
  request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
})
beforeEach(async () => {
  seen = []
  meter = await startCallMeter(join(directory, 'invocations.log'))
  meter.forwardTo(aws())
})
afterEach(() => meter.close())
afterAll(() => rmSync(directory, { recursive: true }))

const settings = () => ({
  endpoint: meter.url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  userAgentAppId: 'Hotwork-EvaluateLambda',
})
const read = async () => (await (await fetch(meter.controlUrl)).json()) as Counts

test('the meter counts calls by caller, service and operation, for each protocol', async () => {
  const dynamodb = new DynamoDBClient(settings())
  const Key = { pk: { S: 'REQ#req_secret' } }
  await dynamodb.send(new GetItemCommand({ TableName: 'requests', Key, ConsistentRead: true }))
  await dynamodb.send(new GetItemCommand({ TableName: 'requests', Key }))
  await dynamodb.send(new PutItemCommand({ TableName: 'requests', Item: { ...Key, x: { S: 'x'.repeat(1500) } } }))
  const role = { RoleArn: 'arn:aws:iam::000000000000:role/x', RoleSessionName: 'x' }
  // The server answers no XML: the call alone counts.
  await new STSClient(settings()).send(new AssumeRoleCommand(role)).catch(() => {})
  const { calls, written } = await read()
  const caller = 'Hotwork-EvaluateLambda'
  expect(calls).toEqual([
    { caller, service: 'dynamodb', operation: 'GetItem', calls: 2, readUnits: 1.5, writeUnits: 0 },
    { caller, service: 'dynamodb', operation: 'PutItem', calls: 1, readUnits: 0, writeUnits: 2 },
    { caller, service: 'sts', operation: 'AssumeRole', calls: 1, readUnits: 0, writeUnits: 0 },
  ])
  expect(written[caller]).toEqual(['REQ#req_'])
  expect(JSON.stringify([calls, written])).not.toContain('req_secret')
})

test('the meter forwards signed headers unchanged, also the host', async () => {
  await new DynamoDBClient(settings()).send(new GetItemCommand({ TableName: 'requests', Key: { pk: { S: 'x' } } }))
  expect(seen[0]?.headers).toMatchObject({
    host: new URL(meter.url).host,
    authorization: expect.stringContaining('AWS4-HMAC-SHA256'),
  })
})

const told = async (after = 0) => (await (await fetch(`${meter.controlUrl}/calls?after=${after}`)).json()) as Timeline
const get = () => new DynamoDBClient(settings()).send(new GetItemCommand({ TableName: 'x', Key: { pk: { S: 'x' } } }))

test('the timeline has the calls after the first so many, with the Lambda that one invoked', async () => {
  await get()
  const { total } = await told()
  await new LambdaClient(settings()).send(
    new InvokeCommand({ FunctionName: 'arn:aws:lambda:us-east-1:000000000000:function:Sign' }),
  )
  const { calls } = await told(total)
  const times = { begin: expect.any(Number), end: expect.any(Number) }
  const caller = 'Hotwork-EvaluateLambda'
  expect(calls).toEqual([{ caller, service: 'lambda', operation: expect.any(String), invoked: 'Sign', ...times }])
  expect(total).toBe(1)
})

test('sequential calls do not overlap, and delayed concurrent ones do', async () => {
  await get()
  await get()
  await fetch(`${meter.controlUrl}/hold?milliseconds=200`)
  await Promise.all([get(), get()])
  const { calls } = await told()
  expect(callsInSequence(calls, 'Hotwork-EvaluateLambda')).toBe(3)
})

test('the meter counts invocations by the lines that the emulator writes', async () => {
  appendFileSync(meter.invocationsFile, 'Hotwork-Evaluate\nHotwork-Sweep\nHotwork-Evaluate\n')
  expect((await read()).invocations).toEqual({ 'Hotwork-Evaluate': 2, 'Hotwork-Sweep': 1 })
})

const item = (bytes: number) => ({ a: { S: 'x'.repeat(bytes - 1) } })
test.each<[operation: string, asked: object, units: number]>([
  ['PutItem', { Item: item(1024) }, 1],
  ['PutItem', { Item: item(1025) }, 2],
  ['TransactWriteItems', { TransactItems: [{ Put: { Item: item(1024) } }, { Put: { Item: item(1025) } }] }, 6],
  ['UpdateItem', {}, 2],
  ['GetItem', {}, 0],
])('%s has its write units (row %#)', (operation, asked, units) => expect(writeUnits(operation, asked)).toBe(units))

test.each<[operation: string, asked: object, bytes: number, units: number]>([
  ['GetItem', { ConsistentRead: true }, 4096, 1],
  ['GetItem', { ConsistentRead: true }, 4097, 2],
  ['Query', {}, 100, 0.5],
  ['BatchGetItem', { RequestItems: { requests: { Keys: [{}, {}, {}] } } }, 100, 3],
  ['PutItem', {}, 4096, 0],
])('%s has its read units (row %#)', (operation, asked, bytes, units) =>
  expect(readUnits(operation, asked, bytes)).toBe(units),
)

const put = (Item: object) => ({ Put: { Item } })
test.each<[operation: string, asked: object, keys: string[]]>([
  ['PutItem', { Item: { pk: { S: 'GROUP#on-call-now' } } }, ['GROUP#']],
  ['PutItem', { Item: { pk: { S: 'HALT#all#all' } } }, ['HALT#']],
  ['PutItem', { Item: { requestId: { S: 'req_1' } } }, []],
  ['GetItem', { Key: { pk: { S: 'REQ#req_1' } } }, []],
  ['TransactWriteItems', { TransactItems: [put({ pk: { S: 'CHAIN#person:ana' } })] }, ['CHAIN#person:']],
  ['TransactWriteItems', { TransactItems: [put({ aggregate: { S: 'req_1' } })] }, ['ledger/req_']],
])('%s shows the prefixes of its keys alone (row %#)', (operation, asked, keys) =>
  expect(writtenKeys(operation, asked)).toEqual(keys),
)
