import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { type Fault, type Happened, startFaultyAws, startFaultySlack } from '../../../tools/load/faults.ts'

let service: Server
let served: number
let target: string
const happened: Happened[] = []
const told = (each: Happened) => void happened.push(each)
const repeats = { share: 0, seed: 1, file: '' }

beforeEach(async () => {
  served = 0
  happened.length = 0
  service = createServer((request, response) => {
    served += 1
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}'))
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  target = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
})
afterEach(() => {
  service.closeAllConnections()
  service.close()
})

async function between(shares: { [fault in Fault]?: number }, use: (url: string) => Promise<unknown>) {
  const proxy = await startFaultyAws({ seed: 1, shares, told, repeats, invocationsFile: '' })
  proxy.forwardTo(target)
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

test('what is lost was carried out, and its answer is cut off', async () => {
  expect(await between({ lost: 1 }, put)).toEqual(expect.any(String))
  expect(served).toBe(1)
  expect(happened).toMatchObject([{ where: 'aws', operation: 'dynamodb PutItem', fault: 'lost' }])
})

test('what is throttled was not carried out, and says so as its service does', async () => {
  expect(await between({ throttled: 1 }, put)).toBe('ProvisionedThroughputExceededException')
  const assume = new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::000000000000:role/a', RoleSessionName: 'b' })
  expect(await between({ throttled: 1 }, (url) => new STSClient(settings(url)).send(assume))).toBe('Throttling')
  expect(served).toBe(0)
})

test('what comes twice is answered once', async () => {
  expect(await between({ twice: 1 }, put)).toMatchObject({ $metadata: { httpStatusCode: 200 } })
  expect(served).toBe(2)
})

test('a plan is the same for the same seed, in whichever order its calls come', async () => {
  const calls = [
    ...Array.from({ length: 20 }, () => put),
    ...Array.from(
      { length: 20 },
      () => (url: string) =>
        new DynamoDBClient(settings(url)).send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } })),
    ),
  ]
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

test('Slack asks for patience with a time', async () => {
  const proxy = await startFaultySlack({ seed: 1, shares: { throttled: 1 }, told, relayed: () => {} })
  proxy.forwardTo(target)
  const post = () => fetch(`${proxy.url}/api/chat.postMessage`, { method: 'POST', body: 'text=a' })
  expect((await post()).status).toBe(200)
  proxy.begin()
  const asked = await post()
  expect([asked.status, asked.headers.get('retry-after')]).toEqual([429, '2'])
  proxy.end()
  expect((await post()).status).toBe(200)
  await proxy.close()
})
