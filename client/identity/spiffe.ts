import { connect, isIP } from 'node:net'
import { createFileRegistry, type DescMethodUnary, fromJson } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import * as z from 'zod'
import { systemCodeOf, type Trouble, wrongUsage } from '../outcome.ts'
import { unavailable } from './workload-token.ts'

/** A JWT-SVID from the SPIFFE Workload API. `address` is the value of `SPIFFE_ENDPOINT_SOCKET`. */
export async function fetchSvid(address: string, audience: string, signal: AbortSignal): Promise<string> {
  const place = placeOf(address)
  const baseUrl = 'http://localhost'
  const sessionManager = new Http2SessionManager(baseUrl, {}, { createConnection: () => connect(place) })
  try {
    const transport = createGrpcTransport({ baseUrl, sessionManager, readMaxBytes: 1_000_000 })
    const security = { 'workload.spiffe.io': 'true' }
    const { message } = await transport.unary(describeFetch(), signal, undefined, security, { audience: [audience] })
    // The first SVID is the default (SPIFFE Workload API, section 6.2).
    const [svid] = Answer.parse(message).svids
    if (svid) return svid.svid
    throw unavailable('the answer of the SPIFFE Workload API has no SVID')
  } catch (cause) {
    signal.throwIfAborted()
    throw cause instanceof ConnectError ? troubleOf(cause, address) : cause
  } finally {
    sessionManager.abort()
  }
}

function troubleOf({ code, cause }: ConnectError, address: string): Trouble {
  if (code === Code.PermissionDenied)
    return wrongUsage(
      'the SPIFFE Workload API knows no identity of this process',
      'register it as a workload, with selectors that it meets (`spire-server entry create`)',
    )
  if (code === Code.InvalidArgument || code === Code.Unimplemented)
    return wrongUsage(`\`${address}\` gives no JWT-SVIDs`, `it answers \`${Code[code]}\``)
  return unavailable(`the SPIFFE Workload API at \`${address}\`: ${systemCodeOf(cause) ?? Code[code]}`)
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
    '`SPIFFE_ENDPOINT_SOCKET` is not an address of a Workload API',
    'it is `unix:///path/to/socket` or `tcp://IP:PORT`',
  )
}

/** `FetchJWTSVID`, the one method of workload.proto that is used. */
function describeFetch(): DescMethodUnary {
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
