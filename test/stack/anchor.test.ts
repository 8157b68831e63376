import { createPublicKey, type KeyObject } from 'node:crypto'
import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import {
  DeleteObjectCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { verifyEcdsa } from '../../functions/adapters/kms/note-signer.ts'
import { openCheckpoint, originOf } from '../../functions/domain/anchor/checkpoint.ts'
import { bundlesOfGrowth, pathOfBundle, pathOfTile, tilesOfGrowth } from '../../functions/domain/anchor/tiles.ts'
import { readWholeLog } from '../support/anchor/read-whole-log.ts'
import { administrator, connection, until } from './support/aws.ts'
import { logOf } from './support/canaries.ts'
import { deployed, setParameter, staging } from './support/deployment.ts'

/** The log of a deployed Hotwork: its entries, its readers, and the tampering that it finds. */

const hotwork = deployed()
const { local } = hotwork
const settings = { ...connection(local), credentials: administrator(local) }
const [dynamo, s3, lambda] = [
  new DynamoDBClient(settings),
  new S3Client({ ...settings, forcePathStyle: true }),
  new LambdaClient(settings),
]
const deploy = 'agent:remediator'

async function fetchFile(path: string): Promise<{ status: number; type: string | null; bytes: Uint8Array }> {
  const authorization = `Bearer ${await hotwork.token('person:ana')}`
  const response = await fetch(`${local.apiUrl}/transparency/${path}`, { headers: { authorization } })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    bytes: new Uint8Array(await response.arrayBuffer()),
  }
}

const keyOf = async () => {
  const { body } = await hotwork.send('GET', '/.well-known/jwks.json')
  const jwk = body.keys.find((key: { hotwork_use?: string }) => key.hotwork_use === 'notary')
  return (createPublicKey({ key: jwk, format: 'jwk' }) as KeyObject).export({ type: 'spki', format: 'der' })
}

async function checkpoint() {
  const { bytes } = await fetchFile('checkpoint')
  const key = { name: originOf(local.issuer), spki: new Uint8Array(await keyOf()) }
  const opened = openCheckpoint(new TextDecoder().decode(bytes), [key], verifyEcdsa)
  if ('not' in opened) throw new Error(`a checkpoint that is not ${opened.not}: ${new TextDecoder().decode(bytes)}`)
  return { note: bytes, ...opened.checkpoint }
}

/** All leaves that the present checkpoint covers, fetched and verified as by any reader. */
async function wholeLog() {
  if ((await fetchFile('checkpoint')).status === 404) return []
  const { note, size } = await checkpoint()
  const paths = [
    ...tilesOfGrowth(0, size).map(pathOfTile),
    ...bundlesOfGrowth(0, size).map(({ index, width }) => pathOfBundle(index, width)),
  ]
  const files = new Map<string, Uint8Array>([['checkpoint', note]])
  for (const path of paths) files.set(path, (await fetchFile(path)).bytes)
  return readWholeLog((path) => files.get(path))
}

const submit = (value: string) => hotwork.submitted(deploy, setParameter(staging, value))
const untilLogged = (id: string) => until(wholeLog, (leaves) => leaves.some((leaf) => leaf.id === id), 60)
const tampered = (entry: string, why: string) => {
  const words = ['"ledger_tampered"', `"entry":"${entry}"`, `"why":"${why}"`]
  const lines = logOf('lambda.log').split('\n')
  return lines.some((line) => words.every((word) => line.includes(word)))
}
async function reconcile() {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: local.aws.reconcileFunction }))
  return JSON.parse(Buffer.from(Payload ?? []).toString('utf8'))
}

let request: string
beforeAll(async () => {
  request = await submit('1')
  await untilLogged(`${request}/1`)
})

test('every entry of a request is in the log, with the hash that the API shows', async () => {
  const entries = await hotwork.ledger(request)
  const leaves = await untilLogged(entries.at(-1).id)
  for (const { id, hash } of entries) expect(leaves).toContainEqual({ id, hash })
})

test('files have the types of the format, and a person who may not read gets none', async () => {
  expect((await fetchFile('checkpoint')).type).toBe('text/plain; charset=utf-8')
  const { size } = await checkpoint()
  expect((await fetchFile(pathOfBundle(0, Math.min(256, size)))).type).toBe('application/octet-stream')
  for (const path of ['tile/9/000', 'tile/entries/1', 'else', 'tile/0/x999/999'])
    expect([path, (await fetchFile(path)).status]).toEqual([path, 404])
  expect((await hotwork.send('GET', '/transparency/checkpoint')).status).toBe(401)
  expect((await hotwork.as(deploy, 'GET', '/transparency/checkpoint')).status).toBe(401)
})

test('objects in the bucket are locked: no administrator deletes a version of one', async () => {
  const Bucket = local.aws.logBucket
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'tile/' }))
  expect(Versions.length).toBeGreaterThan(0)
  const { Key, VersionId } = Versions[0] ?? {}
  const { Retention } = await s3.send(new GetObjectRetentionCommand({ Bucket, Key, VersionId }))
  expect(Retention?.Mode).toBe('COMPLIANCE')
  expect(Retention?.RetainUntilDate?.getTime()).toBeGreaterThan(Date.now() + 399 * 86_400_000)
  await expect(s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))).rejects.toThrow(/[Dd]enied/)
  await expect(s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x', IfNoneMatch: '*' }))).rejects.toMatchObject({
    name: expect.stringMatching(/PreconditionFailed|AccessDenied/),
  })
})

const keyIn = (entry: string) => {
  const [aggregate = '', sequence = ''] = entry.split('/')
  return { aggregate: { S: aggregate }, sequence: { N: sequence } }
}
const TableName = local.aws.ledgerTable
type Row = Awaited<ReturnType<typeof rowOf>>
const rowOf = async (entry: string) => {
  const { Item } = await dynamo.send(new GetItemCommand({ TableName, Key: keyIn(entry), ConsistentRead: true }))
  if (!Item) throw new Error(`no row of ${entry}`)
  return Item
}

test.each<[tampering: string, why: string, tamper: (entry: string, row: Row) => Promise<unknown>]>([
  [
    'forges',
    'altered',
    (_entry, row) => {
      const forged = JSON.stringify({ ...JSON.parse(row['entry']?.S ?? ''), type: 'Approved' })
      return dynamo.send(new PutItemCommand({ TableName, Item: { ...row, entry: { S: forged } } }))
    },
  ],
  ['deletes', 'missing', (entry) => dynamo.send(new DeleteItemCommand({ TableName, Key: keyIn(entry) }))],
])(
  'a row that an administrator %s by hand is reported at once, and each hour until it is restored',
  async (_how, why, tamper) => {
    const entry = `${request}/1`
    const before = await rowOf(entry)
    await tamper(entry, before)
    expect(await until(async () => tampered(entry, why), Boolean)).toBe(true)
    expect((await reconcile()).found).toBeGreaterThanOrEqual(1)
    await dynamo.send(new PutItemCommand({ TableName, Item: before }))
    expect((await reconcile()).found).toBe(0)
  },
)

test('the merge delay, from the entry to a checkpoint that covers it, is printed', async () => {
  const delays: number[] = []
  for (let n = 0; n < 12; n += 1) {
    const id = await submit(`delay-${n}`)
    const from = Date.now()
    expect(await until(checkpointsOf(`${id}/1`), Boolean, 180)).toBeTruthy()
    delays.push(Date.now() - from)
  }
  delays.sort((one, other) => one - other)
  const at = (part: number) => Math.round(delays[Math.ceil(delays.length * part) - 1] ?? 0)
  process.stdout.write(`merge delay: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, of ${delays.length}\n`)
})

/** Whether the log has a new entry: in its last bundle, or in the one before, which may have filled up meanwhile. */
const checkpointsOf = (id: string) => async (): Promise<boolean> => {
  const { size } = await checkpoint()
  const last = Math.floor((size - 1) / 256)
  const paths = [pathOfBundle(last, size - last * 256), ...(last > 0 ? [pathOfBundle(last - 1, 256)] : [])]
  const bundles = await Promise.all(paths.map((path) => fetchFile(path)))
  return bundles.some(({ bytes }) => Buffer.from(bytes).includes(`"${id}"`))
}
