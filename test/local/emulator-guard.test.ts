import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { type Emulator, startEmulator } from '../../local/emulator.ts'
import { silentProgress } from '../../local/progress.ts'
import { ensurePythonEnvironment } from '../../local/python-environment.ts'
import { root } from '../infra/support/assembly.ts'

/** The local AWS is for the programs that were told its keys, and for nobody else on this machine. */

let emulator: Emulator
const scratch = mkdtempSync(join(tmpdir(), 'hotwork-guard-'))
beforeAll(async () => {
  const [logFile, lambdaLogFile] = [join(scratch, 'emulator.log'), join(scratch, 'lambda.log')]
  mkdirSync(join(root, '.hotwork'), { recursive: true })
  const directory = join(root, '.hotwork/venv')
  const python = await ensurePythonEnvironment({ directory, logFile, progress: silentProgress })
  writeFileSync(lambdaLogFile, '')
  emulator = await startEmulator({
    ...{ python, logFile, lambdaLogFile },
    directory: join(scratch, 'emulator'),
    nodeDirectory: join(root, 'node_modules/.bin'),
  })
}, 180_000)
afterAll(async () => {
  await emulator?.close()
  rmSync(scratch, { recursive: true, force: true })
})

type Sent = { method?: string; path?: string; headers?: { [name: string]: string | string[] } }

/** By `node:http`, which sends a Host header as it is told. */
function send({ method = 'POST', path = '/', headers = {} }: Sent): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(emulator.endpointUrl)
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
const clientOf = <T>(Client: new (settings: object) => T, accessKeyId = emulator.accessKeyId) =>
  new Client({
    endpoint: emulator.endpointUrl,
    region: emulator.region,
    credentials: { accessKeyId, secretAccessKey: emulator.secretAccessKey },
    maxAttempts: 1,
  })

test('its administrator has keys of this run alone, and is who they say', async () => {
  expect(emulator.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/)
  const { Arn } = await clientOf(STSClient).send(new GetCallerIdentityCommand({}))
  expect(Arn).toBe('arn:aws:iam::000000000000:root')
})

test.each([
  ['the key `test`', { authorization: signedBy('test') }],
  ['twelve digits, which are an account', { authorization: signedBy('000000000000') }],
  ['no key', {}],
  ['a signature of no kind', { authorization: 'Bearer x' }],
  ['an old signature with the key `test`', { authorization: 'AWS test:00' }],
])('%s is refused, with where the keys are', async (_what, headers) => {
  const { status, text } = await send({ headers: { ...listTables, ...headers } })
  expect([status, text]).toEqual([403, expect.stringContaining('local.json')])
})

test('a key that nobody gave is refused by the engine itself', async () => {
  const { status } = await send({ headers: { ...listTables, authorization: signedBy('AKIAAAAAAAAAAAAAAAAA') } })
  expect([400, 403]).toContain(status)
})

test('nor does a key in the query, a second header or the path of an HTTP API open it', async () => {
  const [test, credential] = [signedBy('test'), encodeURIComponent('test/20260101/us-east-1/dynamodb/aws4_request')]
  for (const sent of [
    { path: `/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credential}`, headers: listTables },
    { headers: { ...listTables, authorization: [signedBy('AKIAAAAAAAAAAAAAAAAA'), test] } },
    { path: '/_aws/execute-api/only', headers: listTables },
    { path: '/_aws/execute-api/none/$default', headers: { ...listTables, authorization: test } },
  ])
    expect((await send(sent)).status).toBe(403)
  // That of an API is open, and leads to no table: there is no such API.
  const api = await send({ path: '/_aws/execute-api/none/$default/x', headers: listTables })
  expect([api.status, api.text.includes('TableNames')]).toEqual([404, false])
})

test.each(['evil.example', 'evil.example:4566', '127.0.0.1.evil.example', 'x.execute-api.localhost'])(
  'as `%s` it answers nobody: a page elsewhere could have that name lead here',
  async (host) => {
    for (const sent of [{ path: '/_ministack/health', method: 'GET' }, { headers: listTables }]) {
      const headers = { ...sent.headers, host }
      expect((await send({ ...sent, headers })).status).toBe(403)
    }
  },
)

test.each(['https://evil.example', 'null', 'http://localhost', 'http://127.0.0.1.evil.example'])(
  'a page of `%s` asks nothing of it: it could act, though it read no answer',
  async (origin) => {
    const signed = { ...listTables, authorization: signedBy(emulator.accessKeyId) }
    for (const sent of [{ path: '/_ministack/health', method: 'GET' }, { headers: signed }]) {
      const { status, text } = await send({ ...sent, headers: { ...sent.headers, origin } })
      expect([status, text]).toEqual([403, expect.stringContaining('may ask nothing here')])
    }
  },
)

test('an HTTP API is asked by pages of this machine alone, whose proxy leaves their origin in', async () => {
  const statusFor = async (origin: string) =>
    (await send({ path: '/_aws/execute-api/none/$default/x', headers: { origin } })).status
  expect([await statusFor('http://127.0.0.1:1'), await statusFor('https://evil.example')]).toEqual([404, 403])
})

test('a request with the origin of its own is judged as one without', async () => {
  const origin = new URL(emulator.endpointUrl).origin
  expect((await send({ path: '/_ministack/health', method: 'GET', headers: { origin } })).status).toBe(200)
})

test('nobody resets or reconfigures it, or reads what is in it, by the doors of its own', async () => {
  const dynamo = clientOf(DynamoDBClient)
  await dynamo.send(
    new CreateTableCommand({
      TableName: 'kept',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
  const authorization = signedBy(emulator.accessKeyId)
  for (const headers of [{}, { authorization }])
    for (const path of ['/_ministack/reset', '/_ministack/config', '/_localstack/state/reset'])
      expect((await send({ path, headers })).status).toBe(403)
  expect((await send({ path: '/_ministack/sqs/messages', method: 'GET' })).status).toBe(403)
  expect((await dynamo.send(new ListTablesCommand({}))).TableNames).toEqual(['kept'])
})

test("its log does not tell the administrator's key", () => {
  expect(readFileSync(join(scratch, 'emulator.log'), 'utf8')).not.toContain(emulator.secretAccessKey)
})
