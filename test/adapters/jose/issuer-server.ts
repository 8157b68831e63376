import { listenOnLoopback } from '../../../local/loopback.ts'
import type { Mood } from './key-server.ts'

/** An issuer as others see it: its metadata, and its keys, in whatever mood. It counts who comes for which. */
export type IssuerServer = {
  url: string
  /** Where its keys are, whether or not its metadata say so. */
  keysUrl: string
  keys: readonly object[]
  /** More members of its key set, as SPIFFE bundles have. */
  keySet: object
  /** What its metadata say otherwise than they should. */
  metadata: object
  mood: Mood
  /** The mood of its metadata alone. */
  metadataMood: Mood
  visits: { keys: number; metadata: number }
  close(): Promise<void>
}

export async function startIssuer(...keys: readonly object[]): Promise<IssuerServer> {
  const server = await listenOnLoopback()
  const shown: IssuerServer = {
    url: server.url,
    keysUrl: `${server.url}/keys`,
    keys,
    keySet: {},
    metadata: {},
    mood: 'well',
    metadataMood: 'well',
    visits: { keys: 0, metadata: 0 },
    close: server.close,
  }
  server.handle((request, response) => {
    const forMetadata = request.url === '/.well-known/openid-configuration'
    shown.visits[forMetadata ? 'metadata' : 'keys'] += 1
    const body = forMetadata
      ? { issuer: shown.url, jwks_uri: shown.keysUrl, ...shown.metadata }
      : { keys: shown.keys, ...shown.keySet }
    const answers: { readonly [mood in Mood]?: [status: number, body: string] } = {
      well: [200, JSON.stringify(body)],
      broken: [503, 'out of order'],
      html: [200, '<!doctype html><title>Sign in</title>'],
      huge: [200, JSON.stringify({ ...body, more: 'A'.repeat(100_000) })],
      empty: [200, JSON.stringify(forMetadata ? {} : { keys: [] })],
      moved: [302, ''],
    }
    const answer = answers[forMetadata ? shown.metadataMood : shown.mood]
    if (!answer) return // It says nothing, for as long as anybody waits.
    response.writeHead(answer[0], { 'content-type': 'application/json', location: `${shown.url}/elsewhere` })
    response.end(answer[1])
  })
  return shown
}
