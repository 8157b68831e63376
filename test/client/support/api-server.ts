import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Endpoint } from '../../../functions/adapters/http/endpoint.ts'
import { environments } from '../../../functions/handlers/environments.ts'
import { entryOf } from '../../../infra/functions.ts'
import type { World } from '../../support/world.ts'
import { useWorld } from './memory-wiring.ts'

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
  'issue-token': ['POST /token'],
  'issue-aws-credentials': ['POST /aws/credentials'],
  'call-aws': ['POST /aws/calls'],
  evaluate: ['POST /access/v1/evaluation', 'POST /access/v1/evaluations'],
  'submit-request': ['POST /access/v1/requests'],
  'read-task': ['GET /access/v1/requests/{id}'],
  'introspect-token': ['POST /introspect'],
  'revoke-token': ['POST /revoke'],
  metadata: [
    ...(['authzen-configuration', 'jwks.json', 'oauth-authorization-server'] as const).map(
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
type Handler = keyof typeof routes

/** The API at an address of loopback: the deployed handlers, called as API Gateway calls them. */
export class ApiServer {
  url = ''
  world!: World
  /** What happens to the next calls, in turn; later ones are answered. */
  readonly nextCalls: CallFate[] = []
  /** Every call that arrived, as `METHOD /path`. */
  readonly calls: string[] = []
  readonly #endpoints = new Map<string, Endpoint>()
  #server!: Server

  /** Listens, and then loads the handlers: they must know their own address. */
  async open(make: (url: string) => World | Promise<World>): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response))
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    this.use(await make(this.url))
    const known: { [name: string]: string } = { ISSUER: this.url, TARGET_ROLE: this.world.targetRole }
    for (const [name, all] of Object.entries(routes)) {
      // Names of AWS resources mean nothing here: the ports are in memory.
      for (const variable of Object.keys(environments[name as Handler].shape))
        process.env[variable] = known[variable] ?? `no-${variable.toLowerCase()}`
      const { handler } = (await import(entryOf(name as Handler))) as { handler: Endpoint }
      for (const route of all) this.#endpoints.set(route, handler)
    }
  }

  use(world: World): void {
    this.world = world
    useWorld(world)
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fate = this.nextCalls.shift() ?? 'answered'
    if (fate === 'unheard') return void request.socket.destroy()
    if (fate === 'busy') return void response.writeHead(503, { 'retry-after': '7' }).end('{}')
    let body = ''
    for await (const chunk of request) body += chunk
    const { method = '', headers } = request
    const { pathname } = new URL(request.url ?? '', this.url)
    this.calls.push(`${method} ${pathname}`)
    const found = [...this.#endpoints.keys()].map((route) => match(route, method, pathname)).find((each) => each)
    const { route, parameters } = found ?? { route: '$default', parameters: {} }
    const answered = await (this.#endpoints.get(route) as Endpoint)({
      ...{ version: '2.0', routeKey: route, rawPath: pathname, rawQueryString: '', isBase64Encoded: false },
      headers: headers as { [name: string]: string },
      pathParameters: parameters,
      body,
      requestContext: {
        requestId: 'r',
        timeEpoch: this.world.clock.now() * 1000,
      } as APIGatewayProxyEventV2['requestContext'],
    })
    if (fate === 'answer_lost') return void request.socket.destroy()
    response.writeHead(answered.statusCode ?? 500, answered.headers as { [name: string]: string }).end(answered.body)
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
