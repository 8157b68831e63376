import type { IncomingMessage } from 'node:http'
import { createProxyServer } from 'http-proxy-3'
import { listenOnLoopback } from './loopback.ts'

/** Gives an API that lives below a path an address without one: `{url}/x` is `{target}/x`. */
export interface ReverseProxy {
  /** `http://127.0.0.1:PORT`, known before there is anything to reach. */
  url: string
  /** From now on passes every request on to this address, whose path is put before the request's own. */
  forwardTo(target: string): void
  close(): Promise<void>
}

/**
 * Starts a reverse proxy on a free loopback port. It answers 503 until `forwardTo`, and 502 when the target does not
 * answer. Bodies pass through untouched and unlimited: limits are the API's own. What a caller says about how its
 * request was forwarded is dropped, since this proxy is the first hop and nobody before it is trusted.
 */
export async function startReverseProxy(log: (line: string) => void = () => {}): Promise<ReverseProxy> {
  const server = await listenOnLoopback()
  const proxy = createProxyServer({ changeOrigin: true, xfwd: false })
  proxy.on('error', (fault, request, response) => {
    log(`${request.method} ${request.url}: ${fault.message}`)
    if (!('writeHead' in response)) response.destroy()
    else if (response.headersSent) response.end()
    else response.writeHead(502, { 'content-type': 'text/plain' }).end('the local emulator did not answer\n')
  })
  return {
    url: server.url,
    forwardTo(target) {
      server.handle((request, response) => {
        dropForwardedHeaders(request)
        proxy.web(request, response, { target })
      })
    },
    async close() {
      await server.close()
      proxy.close()
    },
  }
}

function dropForwardedHeaders({ headers }: IncomingMessage): void {
  for (const name of Object.keys(headers)) {
    if (name === 'forwarded' || name.startsWith('x-forwarded-') || name === 'x-real-ip') delete headers[name]
  }
}
