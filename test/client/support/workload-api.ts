import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'

/** A gRPC status, by its number. */
export const grpc = { invalidArgument: 3, permissionDenied: 7, unimplemented: 12, unavailable: 14 }

/**
 * The wire of a SPIFFE Workload API, by the field numbers of the standard's workload.proto: gRPC on a Unix socket, or
 * on TCP without a path.
 */
export async function startWorkloadApi(sign: (audience: string[]) => string[], path?: string) {
  const server = createServer()
  const sessions = new Set<ServerHttp2Session>()
  /** The status of the next answers, in turn; later ones have SVIDs. */
  const nextStatus: number[] = []
  const asked: string[][] = []
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => void chunks.push(chunk))
    stream.once('end', () => {
      const audience = readAudience(Buffer.concat(chunks).subarray(5))
      asked.push(audience)
      const status = refusalOf(headers) ?? nextStatus.shift()
      if (status === undefined) answer(stream, encodeSvids(sign(audience)))
      else stream.respond({ ...usual, 'grpc-status': status, 'grpc-message': 'secret' }, { endStream: true })
    })
  })
  await new Promise<void>((resolve) => {
    if (path === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(path, resolve)
  })
  const address = path === undefined ? `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix://${path}`
  return {
    env: { SPIFFE_ENDPOINT_SOCKET: address },
    nextStatus,
    asked,
    /** Resolves when no connection is open. */
    async leftAlone(): Promise<void> {
      await Promise.all([...sessions].map((session) => new Promise<void>((resolve) => session.once('close', resolve))))
    },
    close: () =>
      new Promise<void>((resolve) => {
        for (const session of sessions) session.destroy()
        server.close(() => resolve())
      }),
  }
}

const usual = { ':status': 200, 'content-type': 'application/grpc' }

/** SPIFFE Workload Endpoint, section 6.3: without the security header a call is refused. */
function refusalOf(headers: IncomingHttpHeaders): number | undefined {
  const isGrpc = headers['content-type']?.startsWith('application/grpc') && headers['te'] === 'trailers'
  if (!isGrpc || headers[':path'] !== '/SpiffeWorkloadAPI/FetchJWTSVID') return grpc.unimplemented
  return headers['workload.spiffe.io'] === 'true' ? undefined : grpc.invalidArgument
}

function answer(stream: ServerHttp2Stream, message: Uint8Array): void {
  const frame = Buffer.alloc(5)
  frame.writeUInt32BE(message.length, 1)
  stream.respond(usual, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(Buffer.concat([frame, message]))
}

/** `JWTSVIDRequest`: 1 is the audience, repeated. */
function readAudience(message: Uint8Array): string[] {
  const reader = new BinaryReader(message)
  const audience: string[] = []
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (field === 1) audience.push(reader.string())
    else reader.skip(type)
  }
  return audience
}

/** `JWTSVIDResponse`: 1 is a `JWTSVID`, repeated; of it 1 is the SPIFFE ID, 2 the token. */
function encodeSvids(svids: string[]): Uint8Array {
  const writer = new BinaryWriter()
  for (const svid of svids)
    writer.tag(1, 2).fork().tag(1, 2).string('spiffe://hotwork.test/agent').tag(2, 2).string(svid).join()
  return writer.finish()
}
