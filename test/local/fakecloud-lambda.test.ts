import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hold } from '../../tools/fakecloud/held.ts'
import { aliasIn, withAlias } from '../../tools/fakecloud/invoked.ts'

/** The process that fakecloud starts in place of a container. It answers as AWS's Runtime Interface Emulator does. */
const folder = mkdtempSync(join(tmpdir(), 'fakecloud-lambda-'))
const env = {
  ...process.env,
  HOTWORK_CONTAINERS: folder,
  HOTWORK_LAMBDA_LOG: join(folder, 'lambda.log'),
  HOTWORK_AWS: 'http://127.0.0.1:1',
}
const program = join(__dirname, '../../tools/fakecloud/container.ts')
const podman = (...args: string[]): string =>
  execFileSync(process.execPath, [program, ...args], { env: { ...env, SECRET: 'kept' }, encoding: 'utf8' }).trim()
const containers: string[] = []

afterAll(() => {
  for (const id of containers) podman('rm', '-f', id)
  rmSync(folder, { recursive: true, force: true })
})

function start(source: string): string {
  const code = join(folder, 'code')
  mkdirSync(code, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }')
  writeFileSync(join(code, 'index.js'), source)
  const told = ['-e', 'API=http://host.containers.internal:9/x', '-e', 'SECRET']
  const id = podman('create', '-p', ':8080', ...told, '--tmpfs', '/tmp:exec', 'nodejs:24', 'index.handler')
  containers.push(id)
  podman('cp', `${code}/.`, `${id}:/var/task`)
  podman('start', id)
  return `http://${podman('port', id, '8080')}/2015-03-31/functions/function/invocations`
}

const invoke = async (url: string, event: object): Promise<unknown> =>
  (await fetch(url, { method: 'POST', body: JSON.stringify(event) })).json()

test('a Lambda has its environment, with this machine in place of a container’s host, and its answer comes back', async () => {
  const url = start(
    "exports.handler = async (e) => { console.log('seen'); console.error('warned'); const { API, SECRET, AWS_ENDPOINT_URL } = process.env; return { e, API, SECRET, AWS_ENDPOINT_URL } }",
  )
  expect(await invoke(url, { a: 1 })).toEqual({
    ...{ e: { a: 1 }, API: 'http://127.0.0.1:9/x' },
    ...{ SECRET: 'kept', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
  })
  expect(readFileSync(env.HOTWORK_LAMBDA_LOG, 'utf8')).toMatch(/seen\n.*warned\n/)
})

test('a Lambda that is called by an alias sees the ARN with the alias', async () => {
  const url = start('exports.handler = async (e, { invokedFunctionArn }) => ({ e, invokedFunctionArn })')
  const arn = 'arn:aws:lambda:eu-central-1:000000000000:function:signs:read'
  expect(aliasIn(`/2015-03-31/functions/${encodeURIComponent(arn)}/invocations`)).toBe(arn)
  const event = JSON.parse(withAlias(arn, '{"a":1}')) as object
  expect(await invoke(url, event)).toEqual({ e: { a: 1 }, invokedFunctionArn: arn })
})

test('a fault of a handler is answered as a failure of the function', async () => {
  const url = start("exports.handler = async () => { throw new TypeError('no') }")
  expect(await invoke(url, {})).toMatchObject({ errorType: 'TypeError', errorMessage: 'no' })
})

test('a message of a queue has its handle and count, and a held one is not delivered before its time', async () => {
  const url = start('exports.handler = async ({ Records }) => Records')
  const messageId = randomUUID()
  const queued = {
    Records: [{ eventSource: 'aws:sqs', messageId, receiptHandle: null, attributes: { ApproximateReceiveCount: '0' } }],
  }
  const [given] = (await invoke(url, queued)) as object[]
  expect(given).toMatchObject({ receiptHandle: messageId, attributes: { ApproximateReceiveCount: '1' } })
  hold(folder, messageId, 600)
  expect(await invoke(url, queued)).toEqual({ batchItemFailures: [{ itemIdentifier: messageId }] })
})
