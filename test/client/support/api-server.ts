import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Endpoint } from '../../../functions/adapters/http/endpoint.ts'
import { aliasedKinds } from '../../../functions/targets/kinds.ts'
import { code, lambdas } from '../../../infra/functions.ts'
import { undocumented, undocumentedBody } from '../../support/openapi/documented.ts'
import type { World } from '../../support/world.ts'
import { type MemoryPorts, memoryPorts } from './memory-ports.ts'

/** The fate of a call: it is answered, does not arrive, loses its answer, or meets a busy API (503). */
export type CallFate = 'answered' | 'unheard' | 'answer_lost' | 'busy'

/** The Lambdas that a client calls. */
const called = lambdas.filter(({ caller, routes }) => ['agents', 'tools', 'people'].includes(caller) && routes)
/** `TargetEndpoints` adds these routes, one for each kind of target. */
const ofKinds = aliasedKinds.map((kind) => `GET /.well-known/oauth-protected-resource/${kind}`)
type Answered = Awaited<ReturnType<Endpoint>>
type Entry = { createHandler(ports: MemoryPorts): Endpoint }

/** The API at an address of loopback: the deployed handlers, over ports in memory. */
export class ApiServer {
  url = ''
  world!: World
  ports!: MemoryPorts
  /** The fates of the next calls, in turn; later ones are answered. */
  readonly nextCalls: CallFate[] = []
  /** Gets each call, `METHOD /path`, before it is handled, and decides its fate. */
  meet: (call: string) => CallFate | Promise<CallFate> = () => this.nextCalls.shift() ?? 'answered'
  /** Every call that arrived, as `METHOD /path`. */
  readonly calls: string[] = []
  /** Differences between the calls and the OpenAPI document. */
  readonly #undocumented = new Set<string>()
  #endpoints: ReadonlyMap<string, Endpoint> = new Map()
  #entries: readonly (readonly [readonly string[], Entry])[] = []
  #server!: Server

  /** Listens before there is a world, which must know its own address. */
  async open(make: (url: string) => World | Promise<World>): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response))
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    this.#entries = await Promise.all(
      called.map(async ({ entry, routes = [] }) => {
        const all = entry.endsWith('/metadata') ? [...routes, ...ofKinds] : routes
        return [all, (await import(join(code, `${entry}.ts`))) as Entry] as const
      }),
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

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
    // Programs without jest use it too.
    if (this.#undocumented.size > 0) throw new Error([...this.#undocumented].join('\n'))
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
    this.#compare(route, body, answered)
    if (fate === 'answer_lost') return void request.socket.destroy()
    const date = new Date(this.world.clock.now() * 1000).toUTCString()
    const answeredHeaders = { ...answered.headers, date } as { [name: string]: string }
    response
      .writeHead(answered.statusCode ?? 500, answeredHeaders)
      .end(Buffer.from(answered.body ?? '', answered.isBase64Encoded ? 'base64' : 'utf8'))
  }

  #compare(
    route: string,
    sent: string,
    { statusCode: status = 500, headers = {}, body = '', isBase64Encoded }: Answered,
  ) {
    if (route === '$default' || isBase64Encoded) return
    const type = headers['content-type']?.toString()
    for (const each of undocumented(route, { status, type, body })) this.#undocumented.add(each)
    if (status >= 300 || !sent.startsWith('{')) return
    for (const each of undocumentedBody(route, JSON.parse(sent))) this.#undocumented.add(each)
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
