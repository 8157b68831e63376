import { isUtf8 } from 'node:buffer'
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Fault } from './outcome.ts'

const names = /^(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)$/

export type LoopbackCall = {
  method: string
  path: string
  query: string
  headers: IncomingHttpHeaders
  /** Each line of a header, also of one that is there twice. */
  headersDistinct: NodeJS.Dict<string[]>
  /** Undefined if the body is too long or not UTF-8. */
  body: string | undefined
  /** True if `Host` is a name of loopback: a page in a browser can reach this port by another name. */
  isByItsName: boolean
  /** Aborted when the caller has gone away. */
  gone: AbortSignal
}
/** The part of a call before its body. */
export type Introduced = Pick<LoopbackCall, 'headers' | 'isByItsName'>
export type LoopbackAnswer = { status: number; body: object; headers?: { readonly [name: string]: string } }

export type LoopbackServer = { url: string; close(): Promise<void> }

/** The longest body of a call. */
export const mostBytes = 1_000_000

type At = { port?: number /** A Unix socket in place of a port. */; socket?: string | undefined }

/**
 * Answers JSON on 127.0.0.1 or a Unix socket, until it is closed or this process ends.
 *
 * @throws Fault if the port or socket is taken
 */
export async function listenOnLoopback(
  answer: (call: LoopbackCall) => Promise<LoopbackAnswer>,
  { port = 0, socket: path, most = () => mostBytes }: At & { most?: (call: Introduced) => number } = {},
): Promise<LoopbackServer> {
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers, headersDistinct, socket } = request
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const [asked = '', query = ''] = url.split(/\?(.*)/s)
    // Browsers cannot reach a Unix socket.
    const isByItsName = path !== undefined || names.exec(headers.host ?? '')?.[1] === String(socket.localPort)
    try {
      const longest = most({ headers, isByItsName })
      const body = longest > 0 ? await readText(request, longest) : undefined
      const call = { method, path: asked, query, headers, headersDistinct, body, isByItsName, gone: gone.signal }
      const answered = await answer(call)
      const kind = { 'content-type': 'application/json', 'cache-control': 'no-store' }
      // Closes the connection instead of reading the rest of an overlong body.
      const ending = body === undefined ? { connection: 'close' } : {}
      response.writeHead(answered.status, { ...kind, ...ending, ...answered.headers })
      response.end(JSON.stringify(answered.body))
    } catch {
      response.destroy()
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(path ?? `port ${port}`, cause)))
    if (path === undefined) server.listen(port, '127.0.0.1', resolve)
    else server.listen(path, resolve)
  })
  return {
    url: path === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix:${path}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** @returns undefined if it is too long, or no UTF-8 */
export async function readText(stream: AsyncIterable<Uint8Array | string>, most: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    const part = Buffer.from(chunk)
    size += part.length
    if (size > most) return undefined
    chunks.push(part)
  }
  const all = Buffer.concat(chunks)
  return isUtf8(all) ? all.toString('utf8') : undefined
}

/** Compares in constant time. */
export const isSameSecret = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other))
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function cannotListen(at: string, cause: NodeJS.ErrnoException): Fault {
  const detail = 'another program uses it: end that program, or choose another place with `--port` or `--socket`'
  return new Fault(
    { code: 'cannot_listen', title: `nothing can listen on ${at} (${cause.code ?? cause.name})`, detail },
    { cause },
  )
}
