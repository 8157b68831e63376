import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Waits at an address of loopback for the browser to come back from the login. */
export type RedirectListener = {
  address: string
  /** The address that the browser came back to, with the answer in it; undefined if it did not come in time. */
  redirect(state: string, patience: number): Promise<URL | undefined>
  close(): void
}

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  connection: 'close',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}
const page = (text: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Hotwork</title><main><h1>${text}</h1><p>Go back to your terminal. You can close this tab.</p></main></html>\n`

/** On the address itself and not on `localhost`, which a machine may resolve elsewhere (RFC 8252 section 8.3). */
export async function listenForRedirect(): Promise<RedirectListener> {
  let came: (url: URL) => void = () => {}
  let expected: string | undefined
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? '', address)
    // Any page may send a browser here: only the answer to the question that was asked is one.
    if (request.method !== 'GET' || url?.pathname !== '/callback' || url.searchParams.get('state') !== expected) {
      response
        .writeHead(404, { ...headers, 'content-type': 'text/plain' })
        .end('this is not the login that is waited for\n')
      return
    }
    response
      .writeHead(200, headers)
      .end(page(url.searchParams.has('error') ? 'You are not logged in' : 'You are logged in'))
    came(url)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  return {
    address,
    redirect(state, patience) {
      expected = state
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(undefined), patience)
        came = (url) => {
          clearTimeout(timer)
          resolve(url)
        }
      })
    },
    close() {
      server.close()
      server.closeIdleConnections()
    },
  }
}
