import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Key } from './tokens.ts'

/** How an issuer's key endpoint is today. */
export type Mood = 'well' | 'broken' | 'silent' | 'html' | 'huge' | 'empty' | 'moved'

/** An identity provider's key endpoint. It shows whatever keys it is given, in whatever mood, and counts its visitors. */
export type KeyServer = {
  url: string
  keys: readonly object[]
  mood: Mood
  visits: number
  close(): Promise<void>
}

export async function startKeyServer(...keys: readonly Key[]): Promise<KeyServer> {
  const shown: KeyServer = {
    url: '',
    keys: keys.map(({ jwk, kid }) => ({ ...jwk, kid, alg: 'ES256', use: 'sig' })),
    mood: 'well',
    visits: 0,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  const bodies: { readonly [mood in Mood]?: () => string } = {
    well: () => JSON.stringify({ keys: shown.keys }),
    broken: () => 'out of order',
    html: () => '<!doctype html><title>Sign in</title>',
    huge: () => JSON.stringify({ keys: [...shown.keys, { kty: 'oct', k: 'A'.repeat(100_000) }] }),
    empty: () => JSON.stringify({ keys: [] }),
    moved: () => '',
  }
  const server = createServer((_request, response) => {
    shown.visits += 1
    const body = bodies[shown.mood]
    if (!body) return
    const status = { broken: 503, moved: 302 }[shown.mood as string] ?? 200
    response.writeHead(status, { 'content-type': 'application/json', location: `${shown.url}?elsewhere` }).end(body())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  shown.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
  return shown
}
