// Rules: test/local/desk/pages.test.ts
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { readBody } from '../loopback.ts'

export interface Incoming {
  method: string
  url: URL
  headers: IncomingMessage['headers']
  body: string
}

export interface Answer {
  status: number
  headers?: { [name: string]: string }
  body?: string
  /** Streams until the reader leaves. @returns a function that stops it */
  stream?: (write: (chunk: string) => void) => () => void
}

export type Handler = (incoming: Incoming) => Answer | Promise<Answer>

export class BadRequest extends Error {
  override readonly name = 'BadRequest'
  readonly status: number
  constructor(message: string, status = 400) {
    super(message)
    this.status = status
  }
}

export const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')

export const json = (status: number, body: unknown, headers: { [name: string]: string } = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  body: JSON.stringify(body),
})

const largestBody = 1_048_576

async function answer(request: IncomingMessage, response: ServerResponse, route: Handler): Promise<void> {
  let result: Answer
  try {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
    const body = await readBody(request, largestBody)
    if (body === undefined) throw new BadRequest(`the body is over ${largestBody} bytes; send less`, 413)
    result = await route({ method: request.method ?? 'GET', url, headers: request.headers, body })
  } catch (cause) {
    if (!(cause instanceof BadRequest)) throw cause
    result = json(cause.status, { error: cause.message })
  }
  response.writeHead(result.status, result.headers)
  if (!result.stream) {
    response.end(result.body ?? '')
    return
  }
  response.flushHeaders()
  const stop = result.stream((chunk) => response.write(chunk))
  response.on('close', stop)
}

/** Answers with a handler's result. A fault is logged, and answered with 500. */
export const serve =
  (route: Handler, log: (line: string) => void): RequestListener =>
  (request, response) => {
    answer(request, response, route).catch((cause: unknown) => {
      log(`desk: ${request.method} ${request.url} failed: ${cause instanceof Error ? (cause.stack ?? '') : cause}`)
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: 'the desk itself failed; see its log' }))
    })
  }

/** Tries exact routes, then prefixes. */
export function createRouter(exact: { [route: string]: Handler }, under: { [prefix: string]: Handler }): Handler {
  return (incoming) => {
    const { method, url } = incoming
    const prefix = Object.keys(under).find((each) => url.pathname.startsWith(each))
    const handler = exact[`${method} ${url.pathname}`] ?? under[prefix ?? '']
    if (handler) return handler(incoming)
    const others = Object.keys(exact).filter((each) => each.endsWith(` ${url.pathname}`))
    const fix = others.length > 0 ? `; use ${others.join(' or ')}` : ''
    return json(others.length > 0 ? 405 : 404, { error: `there is no ${method} ${url.pathname}${fix}` })
  }
}
