// Rules: test/local/reverse-proxy.test.ts
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { createProxyServer, type ProxyServer } from 'http-proxy-3'

/**
 * The reason to refuse a request that a page elsewhere may have caused: a foreign name (DNS rebinding), or another
 * origin, which could act without reading the answer.
 */
function foreignIn({ host = '', origin }: IncomingHttpHeaders): string | undefined {
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host))
    return `the local stack answers only as 127.0.0.1 or localhost, not as \`${host}\``
  return origin === undefined || origin === `http://${host}`
    ? undefined
    : `a page of \`${origin}\` may not call this address`
}

/**
 * Listens on the given port, or a free one. Answers 503 until `handle` sets a handler, and 403 to a page elsewhere.
 * `close` ends kept-alive connections too.
 */
export async function listenOnLoopback(port = 0) {
  let listener: RequestListener = (_request, response) => {
    response.writeHead(503, { 'content-type': 'text/plain' }).end('not ready yet\n')
  }
  const server = createServer((request, response) => {
    const foreign = foreignIn(request.headers)
    if (foreign === undefined) return void listener(request, response)
    response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ error: foreign }))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    handle(next: RequestListener) {
      listener = next
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The body; undefined if it has more bytes. */
export async function readBody(request: IncomingMessage, mostBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > mostBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

export async function findFreePort(): Promise<number> {
  const { url, close } = await listenOnLoopback()
  await close()
  return Number(new URL(url).port)
}

/** A forwarder that answers 502 if the target does not answer, so that an AWS SDK retries. */
export function createForwarder(changeOrigin: boolean, log: (line: string) => void): ProxyServer {
  const proxy = createProxyServer({ changeOrigin, xfwd: false })
  proxy.on('error', (fault, request, response) => {
    log(`${request.method} ${request.url}: ${fault.message}`)
    if (!('writeHead' in response)) response.destroy()
    else if (response.headersSent) response.end()
    else response.writeHead(502, { 'content-type': 'text/plain' }).end('the local emulator did not answer\n')
  })
  return proxy
}

export type ReverseProxy = Awaited<ReturnType<typeof startReverseProxy>>

/** Forwards `{url}/x` to `{target}/x`. As the first hop it drops the caller's own `Forwarded` headers. */
export async function startReverseProxy(log: (line: string) => void = () => {}) {
  const server = await listenOnLoopback()
  const proxy = createForwarder(true, log)
  return {
    url: server.url,
    forwardTo(target: string) {
      server.handle((request, response) => {
        for (const name of Object.keys(request.headers))
          if (/^(forwarded|x-forwarded-.*|x-real-ip)$/.test(name)) delete request.headers[name]
        proxy.web(request, response, { target })
      })
    },
    async close() {
      await server.close()
      proxy.close()
    },
  }
}

/** An address over TLS in front of another, which it does not read. */
export async function startTlsFront({ key, cert }: { key: string; cert: string }) {
  let port = 0
  const open = new Set<Socket>()
  const server = createTlsServer({ key, cert }, (inside) => {
    const outside = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      open.add(one)
      one.on('error', () => {})
      one.once('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
    inside.pipe(outside).pipe(inside)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo(target: string) {
      port = Number(new URL(target).port)
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const each of open) each.destroy()
      }),
  }
}
