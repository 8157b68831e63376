import { connect, isIP } from 'node:net'
import type { DescMethodUnary } from '@bufbuild/protobuf'
import * as z from 'zod'
import { wrongUsage } from '../outcome.ts'
import { type Source, systemCodeOf, unavailable } from './workload-token.ts'

/** A JWT-SVID from the SPIFFE Workload API at `address`, which is what `SPIFFE_ENDPOINT_SOCKET` holds. */
export function spiffeSource(address: string): Source {
  return { name: 'the SPIFFE Workload API', ask: (audience, signal) => fetchSvid(address, audience, signal) }
}

async function fetchSvid(address: string, audience: string, signal: AbortSignal): Promise<string> {
  const place = placeOf(address)
  // Only here: most agents are known otherwise.
  const [{ Code, ConnectError }, { createGrpcTransport, Http2SessionManager }, fetchMethod] = await Promise.all([
    import('@connectrpc/connect'),
    import('@connectrpc/connect-node'),
    describeFetch(),
  ])
  const baseUrl = 'http://localhost'
  const sessionManager = new Http2SessionManager(baseUrl, {}, { createConnection: () => connect(place) })
  try {
    const transport = createGrpcTransport({ baseUrl, sessionManager, readMaxBytes: 1_000_000 })
    const security = { 'workload.spiffe.io': 'true' }
    const { message } = await transport.unary(fetchMethod, signal, undefined, security, { audience: [audience] })
    // The first is the default (SPIFFE Workload API, section 6.2).
    const [svid] = Answer.parse(message).svids
    if (svid) return svid.svid
    throw unavailable('the answer of the SPIFFE Workload API has no SVID')
  } catch (cause) {
    signal.throwIfAborted()
    if (!(cause instanceof ConnectError)) throw cause
    if (cause.code === Code.PermissionDenied)
      throw wrongUsage(
        'the SPIFFE Workload API knows no identity of this process',
        'register it as a workload, with selectors that it meets (`spire-server entry create`)',
      )
    if (cause.code === Code.InvalidArgument || cause.code === Code.Unimplemented)
      throw wrongUsage(`\`${address}\` gives no JWT-SVIDs`, `it answers \`${Code[cause.code]}\``)
    throw unavailable(`the SPIFFE Workload API at \`${address}\`: ${systemCodeOf(cause.cause) ?? Code[cause.code]}`)
  } finally {
    sessionManager.abort()
  }
}

const Answer = z.looseObject({ svids: z.array(z.looseObject({ svid: z.string().min(1) })) })

/** SPIFFE Workload Endpoint, section 4: `unix:///path` or `tcp://ip:port`. */
function placeOf(address: string): { path: string } | { host: string; port: number } {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isPlain = url && url.username === '' && url.search === '' && url.hash === ''
  if (isPlain && url.protocol === 'unix:' && url.host === '' && url.pathname.startsWith('/'))
    return { path: decodeURIComponent(url.pathname) }
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? ''
  if (isPlain && url.protocol === 'tcp:' && isIP(host) && url.port !== '' && ['', '/'].includes(url.pathname))
    return { host, port: Number(url.port) }
  throw wrongUsage(
    '`SPIFFE_ENDPOINT_SOCKET` is no address of a Workload API',
    'it is `unix:///path/to/socket` or `tcp://IP:PORT`',
  )
}

/** The one method of workload.proto that is needed. */
async function describeFetch() {
  const { createFileRegistry, fromJson } = await import('@bufbuild/protobuf')
  const { FileDescriptorProtoSchema } = await import('@bufbuild/protobuf/wkt')
  const field = (name: string, number: number, more: object = {}) => ({
    ...{ name, jsonName: name, number, label: 'LABEL_REPEATED', type: 'TYPE_STRING' },
    ...more,
  })
  const one = { label: 'LABEL_OPTIONAL' }
  const file = fromJson(FileDescriptorProtoSchema, {
    name: 'workload.proto',
    syntax: 'proto3',
    messageType: [
      { name: 'JWTSVIDRequest', field: [field('audience', 1), field('spiffe_id', 2, one)] },
      { name: 'JWTSVID', field: [field('spiffe_id', 1, one), field('svid', 2, one), field('hint', 3, one)] },
      { name: 'JWTSVIDResponse', field: [field('svids', 1, { type: 'TYPE_MESSAGE', typeName: '.JWTSVID' })] },
    ],
    service: [
      {
        name: 'SpiffeWorkloadAPI',
        method: [{ name: 'FetchJWTSVID', inputType: '.JWTSVIDRequest', outputType: '.JWTSVIDResponse' }],
      },
    ],
  })
  const service = createFileRegistry(file, () => undefined).getService('SpiffeWorkloadAPI')
  return service?.methods[0] as DescMethodUnary
}
