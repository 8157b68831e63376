import { listenOnLoopback } from '../../../local/loopback.ts'

/** The state of an issuer's endpoint. */
export type Mood = 'well' | 'broken' | 'silent' | 'html' | 'huge' | 'empty' | 'moved'

/** An issuer's metadata and keys over HTTP, in any mood. It counts the visits for each. */
export type IssuerServer = {
  url: string
  /** The address of its keys, even if its metadata name another. */
  keysUrl: string
  keys: readonly object[]
  /** More members of its key set, as SPIFFE bundles have. */
  keySet: object
  /** Members of its metadata that replace the right ones. */
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
    if (!answer) return // Silence, for as long as the client waits.
    response.writeHead(answer[0], { 'content-type': 'application/json', location: `${shown.url}/elsewhere` })
    response.end(answer[1])
  })
  return shown
}
