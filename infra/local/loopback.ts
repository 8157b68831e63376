import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'

/** A server that already has its address, before it is known what it will answer. */
export interface LoopbackServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  url: string
  handle(listener: RequestListener): void
  /** Ends open connections too: a kept-alive one would hold the process. */
  close(): Promise<void>
}

/** Listens on 127.0.0.1 on a free port, and answers 503 until `handle` says what to do. */
export async function listenOnLoopback(): Promise<LoopbackServer> {
  let listener: RequestListener = (_request, response) => {
    response.writeHead(503, { 'content-type': 'text/plain' }).end('not ready yet\n')
  }
  const server = createServer((request, response) => listener(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    handle(next) {
      listener = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A port of 127.0.0.1 that was free a moment ago, for a program that must be told its port. */
export async function findFreePort(): Promise<number> {
  const probe = createSocketServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', resolve)
  })
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
