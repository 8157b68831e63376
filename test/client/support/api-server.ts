import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Endpoint } from '../../../functions/adapters/http/endpoint.ts'
import { entryOf, type FunctionName } from '../../../infra/functions.ts'
import type { World } from '../../support/world.ts'
import { type MemoryPorts, memoryPorts } from './memory-ports.ts'

/** What happens to a call: it is answered, it does not arrive, its answer is lost, or the API is busy (503). */
export type CallFate = 'answered' | 'unheard' | 'answer_lost' | 'busy'

const routes = {
  'open-break-glass': ['POST /v1/break-glass'],
  'read-break-glass': ['GET /v1/break-glass', 'GET /v1/break-glass/{id}', 'GET /v1/break-glass/{id}/drill'],
  'conclude-break-glass': [
    'POST /v1/break-glass/vouchers',
    'POST /v1/break-glass/{id}/end',
    'POST /v1/break-glass/{id}/review',
  ],
  'read-requests': [
    'GET /v1/me',
    'GET /v1/requests',
    'GET /v1/requests/{id}',
    'GET /v1/requests/{id}/ledger',
    'GET /v1/requests/{id}/timeline.svg',
    'GET /v1/halts',
    'GET /v1/ledger',
    'GET /v1/bundles/{hash}',
  ],
  'read-agents': ['GET /v1/agents', 'GET /v1/agents/{id}', 'GET /v1/{kind}/{id}/recertification'],
  recertify: ['POST /v1/agents/{id}/recertify', 'POST /v1/{kind}/{id}/recertify'],
  'sign-receipt': ['GET /v1/requests/{id}/receipt'],
  'decide-request': ['POST /v1/requests/{id}/decisions'],
  'revoke-request': ['POST /v1/requests/{id}/revoke'],
  'declare-halt': ['POST /v1/halts'],
  'lift-halt': ['DELETE /v1/halts/{id}'],
  'issue-token': ['POST /token'],
  'issue-aws-credentials': ['POST /aws/credentials'],
  'call-aws': ['POST /aws/calls'],
  evaluate: ['POST /access/v1/evaluation', 'POST /access/v1/evaluations', 'POST /v1/asks', 'GET /v1/mcp-tools'],
  'submit-request': ['POST /access/v1/requests', 'POST /v1/requests/{id}/extend'],
  'read-task': ['GET /access/v1/requests/{id}'],
  'cancel-request': ['POST /access/v1/requests/{id}/cancel'],
  'complete-request': ['POST /v1/requests/{id}/complete'],
  'delegate-request': ['POST /v1/requests/{id}/delegations'],
  'begin-use': ['POST /v1/uses'],
  'end-use': ['POST /v1/uses/{id}/end'],
  'manage-stream': [
    ...(['POST', 'GET', 'PATCH', 'PUT', 'DELETE'] as const).map((method) => `${method} /v1/ssf/streams` as const),
    'GET /v1/ssf/status',
    'POST /v1/ssf/status',
    'POST /v1/ssf/verification',
  ],
  'introspect-token': ['POST /introspect'],
  'revoke-token': ['POST /revoke'],
  metadata: [
    ...(['authzen-configuration', 'jwks.json', 'oauth-authorization-server', 'ssf-configuration'] as const).map(
      (document) => `GET /.well-known/${document}` as const,
    ),
    'GET /.well-known/oauth-protected-resource',
    'GET /.well-known/oauth-protected-resource/aws',
    'GET /schemas/access-request.json',
    'GET /authorize',
    'GET /problems/{code}',
    '$default',
  ],
} as const
type Entry = { createHandler(ports: MemoryPorts): Endpoint }

/** The API at an address of loopback: the handlers as they are deployed, over ports in memory. */
export class ApiServer {
  url = ''
  world!: World
  ports!: MemoryPorts
  /** What happens to the next calls, in turn; later ones are answered. */
  readonly nextCalls: CallFate[] = []
  /** Is told each call, `METHOD /path`, before anything comes of it, and says what happens to it. */
  meet: (call: string) => CallFate | Promise<CallFate> = () => this.nextCalls.shift() ?? 'answered'
  /** Every call that arrived, as `METHOD /path`. */
  readonly calls: string[] = []
  #endpoints: ReadonlyMap<string, Endpoint> = new Map()
  #entries: readonly (readonly [readonly string[], Entry])[] = []
  #server!: Server

  /** Listens before there is a world, which must know its own address. */
  async open(make: (url: string) => World | Promise<World>): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response))
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    this.#entries = await Promise.all(
      Object.entries(routes).map(
        async ([name, all]) => [all, (await import(entryOf(name as FunctionName))) as Entry] as const,
      ),
    )
    this.use(await make(this.url))
  }

  use(world: World): void {
    this.world = world
    this.ports = memoryPorts(world, this.url)
    this.#endpoints = new Map(
      this.#entries.flatMap(([all, { createHandler }]) => {
        const handler = createHandler(this.ports)
        return all.map((route) => [route, handler] as const)
      }),
    )
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = request
    const { pathname, searchParams } = new URL(request.url ?? '', this.url)
    const fate = await this.meet(`${method} ${pathname}`)
    if (fate === 'unheard') return void request.socket.destroy()
    if (fate === 'busy') return void response.writeHead(503, { 'retry-after': '7' }).end('{}')
    let body = ''
    for await (const chunk of request) body += chunk
    this.calls.push(`${method} ${pathname}`)
    const found = [...this.#endpoints.keys()].map((route) => match(route, method, pathname)).find((each) => each)
    const { route, parameters } = found ?? { route: '$default', parameters: {} }
    const answered = await (this.#endpoints.get(route) as Endpoint)({
      ...{ version: '2.0', routeKey: route, rawPath: pathname, rawQueryString: '', isBase64Encoded: false },
      headers: headers as { [name: string]: string },
      pathParameters: parameters,
      queryStringParameters: Object.fromEntries(searchParams),
      body,
      requestContext: {
        requestId: 'r',
        timeEpoch: this.world.clock.now() * 1000,
      } as APIGatewayProxyEventV2['requestContext'],
    })
    if (fate === 'answer_lost') return void request.socket.destroy()
    const date = new Date(this.world.clock.now() * 1000).toUTCString()
    const answeredHeaders = { ...answered.headers, date } as { [name: string]: string }
    response
      .writeHead(answered.statusCode ?? 500, answeredHeaders)
      .end(Buffer.from(answered.body ?? '', answered.isBase64Encoded ? 'base64' : 'utf8'))
  }
}

function match(route: string, method: string, path: string) {
  const [verb, pattern = ''] = route.split(' ')
  const names: string[] = []
  const made = pattern.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name)
    return '([^/]+)'
  })
  const values = verb === method ? new RegExp(`^${made}$`).exec(path) : null
  if (!values) return undefined
  return { route, parameters: Object.fromEntries(names.map((name, index) => [name, values[index + 1] ?? ''])) }
}
