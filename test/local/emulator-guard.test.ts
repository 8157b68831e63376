import { request } from 'node:http'
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { useEmulator } from './support/emulator.ts'

/** The local AWS serves only programs that have its keys. */

const local = useEmulator()

type Sent = { method?: string; path?: string; headers?: { [name: string]: string | string[] } }

/** Sends by `node:http`, which lets a test set the Host header. */
function send({ method = 'POST', path = '/', headers = {} }: Sent): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(local.emulator.endpointUrl)
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.once('error', reject)
    sent.end(method === 'POST' ? '{}' : undefined)
  })
}

const listTables = { 'x-amz-target': 'DynamoDB_20120810.ListTables', 'content-type': 'application/x-amz-json-1.0' }
const signedBy = (key: string) =>
  `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00`
const clientOf = <T>(Client: new (settings: object) => T, accessKeyId = local.emulator.accessKeyId) =>
  new Client({
    endpoint: local.emulator.endpointUrl,
    region: local.emulator.region,
    credentials: { accessKeyId, secretAccessKey: local.emulator.secretAccessKey },
    maxAttempts: 1,
  })

test('the administrator has new keys in each run, and is root', async () => {
  expect(local.emulator.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/)
  const { Arn } = await clientOf(STSClient).send(new GetCallerIdentityCommand({}))
  expect(Arn).toBe('arn:aws:iam::000000000000:root')
})

test.each([
  ['the key `test`', { authorization: signedBy('test') }],
  ['twelve digits, which are an account', { authorization: signedBy('000000000000') }],
  ['no key', {}],
  ['a bearer token', { authorization: 'Bearer x' }],
  ['an old signature with the key `test`', { authorization: 'AWS test:00' }],
])('%s is refused, with the file that has the keys', async (_what, headers) => {
  const { status, text } = await send({ headers: { ...listTables, ...headers } })
  expect([status, text]).toEqual([403, expect.stringContaining('local.json')])
})

test('an unknown key is refused by the engine itself', async () => {
  const { status } = await send({ headers: { ...listTables, authorization: signedBy('AKIAAAAAAAAAAAAAAAAA') } })
  expect([400, 403]).toContain(status)
})

test('a key in the query, a second header or the path of an HTTP API opens nothing', async () => {
  const [test, credential] = [signedBy('test'), encodeURIComponent('test/20260101/us-east-1/dynamodb/aws4_request')]
  for (const sent of [
    { path: `/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credential}`, headers: listTables },
    { headers: { ...listTables, authorization: [signedBy('AKIAAAAAAAAAAAAAAAAA'), test] } },
    { path: '/_aws/execute-api/only', headers: listTables },
    { path: '/_aws/execute-api/none/$default', headers: { ...listTables, authorization: test } },
  ])
    expect((await send(sent)).status).toBe(403)
  // The path of an API is open, and leads to no table.
  const api = await send({ path: '/_aws/execute-api/none/$default/x', headers: listTables })
  expect([api.status, api.text.includes('TableNames')]).toEqual([404, false])
})

test.each(['evil.example', 'evil.example:4566', '127.0.0.1.evil.example', 'x.execute-api.localhost'])(
  'a request for the host `%s` is refused: a page elsewhere could have that name lead here',
  async (host) => {
    for (const sent of [{ path: '/_ministack/health', method: 'GET' }, { headers: listTables }]) {
      const headers = { ...sent.headers, host }
      expect((await send({ ...sent, headers })).status).toBe(403)
    }
  },
)

test.each(['https://evil.example', 'null', 'http://localhost', 'http://127.0.0.1.evil.example'])(
  'a request from the origin `%s` is refused: it could act without reading the answer',
  async (origin) => {
    const signed = { ...listTables, authorization: signedBy(local.emulator.accessKeyId) }
    for (const sent of [{ path: '/_ministack/health', method: 'GET' }, { headers: signed }]) {
      const { status, text } = await send({ ...sent, headers: { ...sent.headers, origin } })
      expect([status, text]).toEqual([403, expect.stringContaining('may not call this address')])
    }
  },
)

test('an HTTP API answers pages of this machine alone, whose proxy keeps their origin', async () => {
  const statusFor = async (origin: string) =>
    (await send({ path: '/_aws/execute-api/none/$default/x', headers: { origin } })).status
  expect([await statusFor('http://127.0.0.1:1'), await statusFor('https://evil.example')]).toEqual([404, 403])
})

test('a request from the emulator’s own origin is judged as one without', async () => {
  const origin = new URL(local.emulator.endpointUrl).origin
  expect((await send({ path: '/_ministack/health', method: 'GET', headers: { origin } })).status).toBe(200)
})

test('the emulator’s own doors reset, reconfigure and show nothing', async () => {
  const dynamo = clientOf(DynamoDBClient)
  await dynamo.send(
    new CreateTableCommand({
      TableName: 'kept',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
  const authorization = signedBy(local.emulator.accessKeyId)
  for (const headers of [{}, { authorization }])
    for (const path of ['/_ministack/reset', '/_ministack/config', '/_localstack/state/reset'])
      expect((await send({ path, headers })).status).toBe(403)
  expect((await send({ path: '/_ministack/sqs/messages', method: 'GET' })).status).toBe(403)
  expect((await dynamo.send(new ListTablesCommand({}))).TableNames).toEqual(['kept'])
})

test("the emulator's log does not have the administrator's key", () => {
  expect(local.log()).not.toContain(local.emulator.secretAccessKey)
})
