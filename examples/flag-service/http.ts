import type { IncomingMessage, ServerResponse } from 'node:http'

/** A refusal of the service itself, without the gate. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>
  constructor(status: number, code: string, detail: string, headers: Record<string, string> = {}) {
    super(detail)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** A value of a flag has at most 256 characters, each at most 6 bytes of JSON. */
const bodyLimit = 4096

/** @throws Refusal */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new Refusal(415, 'unsupported_media_type', 'send `Content-Type: application/json`')
  const chunks: Buffer[] = []
  let size = 0
  // A body that is too large is not read to its end, and the connection stays open until the answer is sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyLimit)
      throw new Refusal(413, 'too_large', `the body should be at most ${bodyLimit} bytes`, { connection: 'close' })
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new Refusal(400, 'invalid_json', 'the body should be JSON')
  }
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers })
  response.end(`${JSON.stringify(body)}\n`)
}
