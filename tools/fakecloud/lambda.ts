import { randomUUID } from 'node:crypto'
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { received } from './held.ts'
import { withoutAlias } from './invoked.ts'

/**
 * One Lambda as a process: loads the code, and answers `POST .../invocations` as AWS's Runtime Interface Emulator does.
 */

const [folder = '', handlerName = ''] = process.argv.slice(2)
const name = process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'unknown'
const logFile = process.env['HOTWORK_LAMBDA_LOG'] ?? '/dev/null'
let requestId = '-'

// All Lambdas log to one file, as in the local stack. Warnings and errors come by stderr.
for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream)
  stream.write = ((part: string | Uint8Array, ...rest: []) => {
    const lines = String(part).split('\n').filter(Boolean)
    for (const line of lines) appendFileSync(logFile, `${name} ${requestId} ${line}\n`)
    return write(part, ...rest)
  }) as typeof stream.write
}

type Failing = { batchItemFailures: { itemIdentifier: string }[] }
type Handler = (event: unknown, context: object) => Promise<unknown>

const [file = 'index', exported = 'handler'] = handlerName.split('.')
const require = createRequire(join(folder, 'task', 'package.json'))
const loaded = require(`./${file}.js`) as { [name: string]: Handler }
const handler = loaded[exported] as Handler

async function invoke(body: string): Promise<string> {
  requestId = randomUUID()
  const end = Date.now() + Number(process.env['AWS_LAMBDA_FUNCTION_TIMEOUT'] ?? 10) * 1000
  const { event: said, invokedFunctionArn } = withoutAlias(JSON.parse(body || '{}'))
  const context = {
    functionName: name,
    invokedFunctionArn,
    functionVersion: '$LATEST',
    awsRequestId: requestId,
    memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    getRemainingTimeInMillis: () => Math.max(0, end - Date.now()),
  }
  try {
    const { event, later } = received(dirname(folder), said as Parameters<typeof received>[1])
    if (later.length === 0) return JSON.stringify((await handler(event, context)) ?? null)
    const { Records } = event as { Records: unknown[] }
    const failing = (Records.length > 0 ? await handler(event, context) : undefined) as Failing | undefined
    const batchItemFailures = [...(failing?.batchItemFailures ?? []), ...later.map((id) => ({ itemIdentifier: id }))]
    return JSON.stringify({ batchItemFailures })
  } catch (fault) {
    const { name: errorType, message: errorMessage, stack = '' } = fault as Error
    return JSON.stringify({ errorType, errorMessage, stackTrace: stack.split('\n') })
  }
}

const server = createServer(async (request, response) => {
  const answer = await invoke(await text(request))
  response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
})
server.keepAliveTimeout = 3_600_000
server.listen(0, '127.0.0.1', () => {
  const file = join(folder, 'port')
  writeFileSync(`${file}.new`, String((server.address() as AddressInfo).port))
  renameSync(`${file}.new`, file)
})
