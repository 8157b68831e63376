import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { type Fault, type Happened, startFaultyAws, startFaultySlack } from '../../../tools/load/faults.ts'
import { useServer } from '../../support/http-server.ts'

let served: number
const target = useServer((request, response) => {
  served += 1
  request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}'))
})
const happened: Happened[] = []
const told = (each: Happened) => void happened.push(each)
const repeats = { share: 0, seed: 1, file: '' }

beforeEach(() => {
  served = 0
  happened.length = 0
})

async function between(shares: { [fault in Fault]?: number }, use: (url: string) => Promise<unknown>) {
  const proxy = await startFaultyAws({ seed: 1, shares, told, repeats, invocationsFile: '' })
  proxy.forwardTo(target())
  proxy.begin()
  const result = await use(proxy.url).catch((fault: Error) => fault.name)
  await proxy.close()
  return result
}
const settings = (endpoint: string) => {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  return { endpoint, region: 'us-east-1', maxAttempts: 1, credentials }
}
const put = (url: string) =>
  new DynamoDBClient(settings(url)).send(new PutItemCommand({ TableName: 't', Item: { pk: { S: 'a' } } }))

test('a lost call is carried out, and its answer is cut off', async () => {
  expect(await between({ lost: 1 }, put)).toEqual(expect.any(String))
  expect(served).toBe(1)
  expect(happened).toMatchObject([{ where: 'aws', operation: 'dynamodb PutItem', fault: 'lost' }])
})

test('a throttled call is not carried out, and is refused in the form of its service', async () => {
  expect(await between({ throttled: 1 }, put)).toBe('ProvisionedThroughputExceededException')
  const assume = new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::000000000000:role/a', RoleSessionName: 'b' })
  expect(await between({ throttled: 1 }, (url) => new STSClient(settings(url)).send(assume))).toBe('Throttling')
  expect(served).toBe(0)
})

test('a call that arrives twice is answered once', async () => {
  expect(await between({ twice: 1 }, put)).toMatchObject({ $metadata: { httpStatusCode: 200 } })
  expect(served).toBe(2)
})

test('a plan is the same for the same seed, in any order of its calls', async () => {
  const get = (url: string) =>
    new DynamoDBClient(settings(url)).send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } }))
  const calls = Array.from({ length: 40 }, (_, n) => (n < 20 ? put : get))
  const run = async (ordered: typeof calls) => {
    happened.length = 0
    await between({ throttled: 0.3 }, async (url) => {
      for (const call of ordered) await call(url).catch(() => {})
    })
    return happened.map(({ operation }) => operation).sort()
  }
  const forward = await run(calls)
  expect(forward.length).toBeGreaterThan(3)
  expect(await run(calls.toReversed())).toEqual(forward)
})

test('a throttled call of Slack is 429 with a time', async () => {
  const proxy = await startFaultySlack({ seed: 1, shares: { throttled: 1 }, told, relayed: () => {} })
  proxy.forwardTo(target())
  const post = () => fetch(`${proxy.url}/api/chat.postMessage`, { method: 'POST', body: 'text=a' })
  expect((await post()).status).toBe(200)
  proxy.begin()
  const asked = await post()
  expect([asked.status, asked.headers.get('retry-after')]).toEqual([429, '2'])
  proxy.end()
  expect((await post()).status).toBe(200)
  await proxy.close()
})
