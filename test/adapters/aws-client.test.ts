import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { asItself, type Denial, denials } from '../../functions/adapters/aws-client.ts'
import { patient } from '../../functions/adapters/dynamodb/client.ts'
import { DynamoRequestStore } from '../../functions/adapters/dynamodb/request-store.ts'
import { faultName, StoreUnavailable } from '../../functions/operations/faults.ts'
import { requestId } from '../support/ask.ts'
import { useServer } from '../support/http-server.ts'

const index = 'arn:aws:dynamodb:eu-central-1:111111111111:table/Requests/index/by-time'
const user = 'arn:aws:sts::111111111111:assumed-role/receive-slack/ana@example.com'
const said = `User: ${user} is not authorized to perform: dynamodb:Query on resource: ${index} because no identity-based policy allows the dynamodb:Query action`

let answer: { status: number; type: string; body: string }
const origin = useServer((_request, response) => {
  response.writeHead(answer.status, { 'content-type': answer.type })
  response.end(answer.body)
})
const json = (name: string, message: string) => ({
  ...{ status: 400, type: 'application/x-amz-json-1.0' },
  body: JSON.stringify({ __type: `com.amazon.coral.service#${name}`, message }),
})
const settings = () => ({
  ...{ endpoint: origin(), region: 'eu-central-1', maxAttempts: 1 },
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
})

/** The fault, and the denials that are published meanwhile. */
async function failing(act: () => Promise<unknown>): Promise<{ fault: unknown; told: readonly Denial[] }> {
  const told: Denial[] = []
  const hear = (denial: unknown) => told.push(denial as Denial)
  denials.subscribe(hear)
  try {
    return { fault: await act().catch((fault: unknown) => fault), told }
  } finally {
    denials.unsubscribe(hear)
  }
}

const load = () => {
  const connection = { client: asItself(new DynamoDBClient(settings())), patience: patient }
  return new DynamoRequestStore(connection, { requests: 'Requests', ledger: 'Ledger' }).load(requestId(1))
}

test("a denied right is published by its action and resource, without the session, and the port's fault names it", async () => {
  answer = json('AccessDeniedException', said)
  const { fault, told } = await failing(load)
  expect(told).toEqual([{ denied: 'AccessDeniedException', action: 'dynamodb:Query', resource: index }])
  expect(fault).toBeInstanceOf(StoreUnavailable)
  expect(faultName(fault)).toBe('RightMissing')
  expect(String(fault)).not.toContain('ana')
})

test('a denied right is published even if AWS does not name it, as S3', async () => {
  const body = '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
  answer = { status: 403, type: 'application/xml', body }
  const bucket = asItself(new S3Client({ ...settings(), forcePathStyle: true }))
  const { fault, told } = await failing(() => bucket.send(new GetObjectCommand({ Bucket: 'log', Key: 'checkpoint' })))
  expect([told, faultName(fault)]).toEqual([[{ denied: 'AccessDenied' }], 'RightMissing'])
})

test('a throttled store publishes no denied right', async () => {
  answer = json('ProvisionedThroughputExceededException', 'slow')
  const { fault, told } = await failing(load)
  expect([told, faultName(fault)]).toEqual([[], 'StoreUnavailable'])
})

test("each client that acts by its function's role publishes denials", () => {
  const folder = join(__dirname, '../../functions')
  // These act in sessions of other roles, or as the broker: their denials have faults and alarms of their own.
  const others = /^(?:channels\/slack|targets\/aws)\//
  const silent = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !others.test(file))
    .filter((file) => /(?<!asItself\(\s*)new [A-Za-z0-9]+Client\(/.test(readFileSync(join(folder, file), 'utf8')))
  expect(silent).toEqual([])
})
