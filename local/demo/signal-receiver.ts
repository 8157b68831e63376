import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createRemoteJWKSet, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import type { Local } from '../local-file.ts'
import { listenOnLoopback, readBody } from '../loopback.ts'
import { call } from './calls.ts'
import { until } from './findings.ts'
import { named, workloadIdentity } from './world.ts'

const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'

type Metadata = { issuer: string; jwks_uri: string; configuration_endpoint: string }
type Stream = { stream_id: string; aud: string }
type Dropped = { at: number; request: string; because: string }
type RevokedSet = JWTPayload & {
  txn: string
  sub_id: { session: { id: string } }
  events: { [type: string]: { reason_admin: { en: string } } }
}

/** A small program of a tool: it keeps what agents showed it, and drops what a Security Event Token (RFC 8417) says is dead. */
export async function startSignalReceiver(local: Local, id: string) {
  const { signals, audience } = named(local.tools, id)
  const [endpoint = ''] = signals
  const authorization = `Bearer ${randomBytes(24).toString('base64url')}`
  const url = `${local.issuer}/.well-known/ssf-configuration`
  const metadata = await call<Metadata>({ method: 'GET', url, prepare: async () => ({ headers: {} }) })
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri))
  const held = new Set<string>()
  const dropped = new Map<string, Dropped>()
  let stream: Stream | undefined
  const verify = async <T>(token: string, options: JWTVerifyOptions) =>
    (await jwtVerify<T>(token, keys, { ...options, issuer: metadata.issuer, audience })).payload

  async function take(request: IncomingMessage): Promise<202 | 400 | 401> {
    if (request.headers.authorization !== authorization) return 401
    const token = await readBody(request, 10_000)
    if (token === undefined || request.headers['content-type'] !== 'application/secevent+jwt') return 400
    const { events, sub_id, txn } = await verify<RevokedSet>(token, { typ: 'secevent+jwt' })
    const revoked = events[sessionRevoked]
    if (revoked && held.delete(sub_id.session.id))
      dropped.set(sub_id.session.id, { at: Date.now(), request: txn, because: revoked.reason_admin.en })
    return 202
  }

  const server = await listenOnLoopback(Number(new URL(endpoint).port))
  server.handle(async (request, response) => {
    const status = await take(request).catch(() => 400)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(status === 400 ? JSON.stringify({ err: 'invalid_request' }) : undefined)
  })

  const identity = workloadIdentity(local, id)
  const manage = <T>(method: 'GET' | 'POST' | 'DELETE', query = '', body?: object) =>
    call<T>({
      ...{ method, url: `${metadata.configuration_endpoint}${query}` },
      prepare: async () => ({
        headers: {
          authorization: `Bearer ${await identity(metadata.issuer)}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      }),
    })
  const remove = ({ stream_id }: Stream) => manage('DELETE', `?stream_id=${stream_id}`)

  return {
    /** In place of one that an earlier run left. */
    async register(): Promise<Stream> {
      for (const left of await manage<Stream[]>('GET')) await remove(left)
      const delivery = {
        method: 'urn:ietf:rfc:8935',
        ...{ endpoint_url: endpoint, authorization_header: authorization },
      }
      stream = await manage<Stream>('POST', '', { delivery })
      return stream
    },
    /** An agent shows its access token. @returns the `jti` */
    async hold(accessToken: string): Promise<string> {
      const { jti = '' } = await verify(accessToken, {})
      held.add(jti)
      return jti
    },
    holds: (jti: string) => held.has(jti),
    untilDropped: (jti: string) =>
      until(async () => dropped.get(jti), { withinSeconds: 30, everyMilliseconds: 20, what: 'the token is dropped' }),
    async close(): Promise<void> {
      if (stream) await remove(stream)
      await server.close()
    },
  }
}

export type SignalReceiver = Awaited<ReturnType<typeof startSignalReceiver>>
