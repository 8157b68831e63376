import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { listenOnLoopback } from '../../local/loopback.ts'

/** The fate of a request: its answer is lost after its effect, no answer ever comes, or this is the answer. */
export type Fault = 'answer_lost' | 'silence' | { status: number; body: object }

/** Stands between the SDK and an AWS, and makes faults on the wire. */
export type FaultyProxy = {
  url: string
  /** The faults of the next requests of an operation, one each; after them all goes well. */
  fail(operation: string, ...faults: readonly Fault[]): void
  /** The number of requests of an operation. */
  count(operation: string): number
  close(): Promise<void>
}

export async function startProxy(upstream: string): Promise<FaultyProxy> {
  const faults = new Map<string, Fault[]>()
  const counts = new Map<string, number>()

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(incoming)
    const operation = operationOf(incoming, body)
    counts.set(operation, (counts.get(operation) ?? 0) + 1)
    const fault = faults.get(operation)?.shift()
    if (fault === 'silence') return
    if (typeof fault === 'object') {
      response.writeHead(fault.status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(fault.body))
      return
    }
    const { connection: _, 'content-length': __, ...headers } = incoming.headers
    const answer = await forward(`${upstream}${incoming.url}`, incoming.method as string, headers, body)
    if (fault === 'answer_lost') incoming.socket.destroy()
    else response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body)
  }

  const server = await listenOnLoopback()
  server.handle((incoming, response) => void handle(incoming, response))
  return {
    ...{ url: server.url, close: server.close },
    fail: (operation, ...next) => void faults.set(operation, [...next]),
    count: (operation) => counts.get(operation) ?? 0,
  }
}

/** JSON protocols name the operation in a header, the query protocol in the form. */
const operationOf = ({ headers }: IncomingMessage, body: Buffer): string =>
  String(headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1) ||
  new URLSearchParams(body.toString()).get('Action') ||
  'unknown'

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function forward(url: string, method: string, headers: IncomingMessage['headers'], body: Buffer) {
  return new Promise<{ status: number; type: string; body: Buffer }>((resolve, reject) => {
    // The signature covers the `host` that the SDK called, and `fetch` would write its own.
    const outgoing = request(url, { method, headers: { ...headers, 'content-length': body.length } }, (incoming) => {
      read(incoming).then(
        (answer) =>
          resolve({
            status: incoming.statusCode as number,
            type: incoming.headers['content-type'] ?? '',
            body: answer,
          }),
        reject,
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
