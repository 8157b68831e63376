import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on this machine that plays a service, a new one for each test. @returns its origin */
export function useServer(listener: RequestListener): () => string {
  let server: Server
  beforeEach(async () => {
    server = createServer(listener)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
  return () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
