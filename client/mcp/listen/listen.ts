import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { readTaskHeader, type TaskGiven } from '../../gated/call-task.ts'
import { BadToken, type Caller, Callers, StoppedAgent, TooManyTokens } from '../../identity/callers.ts'
import { isSafeAddress } from '../../local.ts'
import { Refusal, systemCodeOf, Trouble, wrongUsage } from '../../outcome.ts'
import { lines } from '../../screen.ts'
import type { Surroundings } from '../../surroundings.ts'
import { type Bounds, type OpenGate, Sessions } from './sessions.ts'

export type ListenTyped = {
  listen: number
  /** Defaults to loopback. */
  address?: string | undefined
  /** The gate's URL for callers, if it differs from the address. */
  url?: string | undefined
}
export type Listening = {
  url: string
  /** Takes no more calls, and waits for the running ones. */
  end(): Promise<void>
}

const path = '/mcp'
/** Followed by the path of the gate's URL. */
const metadataPath = '/.well-known/oauth-protected-resource'
const loopback = ['127.0.0.1', '::1', 'localhost']

type Told = {
  issuer: string
  open: OpenGate
  /** Called with the agent and the token of each call. */
  seen?: ((caller: Caller) => void) | undefined
  /** @throws Refusal if the map has no such purpose */
  takesTask?: ((task: TaskGiven) => void) | undefined
  bounds?: Bounds
}
type Sdk = typeof import('@modelcontextprotocol/server')
type SdkOfNode = typeof import('@modelcontextprotocol/node')

/** Serves Streamable HTTP to agents that prove their identity with a workload token. @throws Refusal, Fault */
export async function listen(
  { issuer, open, seen, takesTask, bounds, ...typed }: ListenTyped & Told,
  surroundings: Pick<Surroundings, 'now' | 'pause' | 'err'>,
): Promise<Listening> {
  const [sdk, node] = await Promise.all([import('@modelcontextprotocol/server'), import('@modelcontextprotocol/node')])
  const { listen: port, address = '127.0.0.1', url } = typed
  mustBePrivate(address, url)
  const sessions = new Sessions(open, (options) => new node.NodeStreamableHTTPServerTransport(options), bounds)
  const callers = new Callers(issuer, surroundings)
  const door = new Door({ sdk, node, callers, sessions, seen, takesTask, err: surroundings.err }, url)
  const server = createServer((request, response) => {
    door.answer(request, response).catch(() => {
      if (response.headersSent) response.destroy()
      else refuse(response, 500, 'the gate itself failed')
    })
  })
  const bound = await bind(server, port, address)
  door.url ||= `http://${address.includes(':') ? `[${address}]` : address}:${bound}${path}`
  return {
    url: door.url,
    async end() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await sessions.endAll()
      server.closeAllConnections()
      await closed
    },
  }
}

/** The address must be private or TLS, since workload tokens are sent over it. @throws Refusal */
function mustBePrivate(address: string, url: string | undefined): void {
  if (!loopback.includes(address) && url === undefined)
    throw wrongUsage(
      `\`${address}\` is reached from other machines`,
      'give its public address as `--url https://...`, and let the TLS proxy there pass calls to it',
    )
  if (url !== undefined && !isSafeAddress(url))
    throw wrongUsage('`--url` is an unsafe address: a token sent there could leak', 'use https; http only on loopback')
}

type Parts = Pick<Told, 'seen' | 'takesTask'> & {
  sdk: Sdk
  node: SdkOfNode
  callers: Callers
  sessions: Sessions
  err(text: string): void
}

/** Authenticates a call, and passes it to its caller's session. */
class Door {
  /** The gate's URL for callers. */
  url: string
  readonly #parts: Parts
  readonly #isHost: (request: IncomingMessage, response: ServerResponse) => boolean
  readonly #isOrigin: (request: IncomingMessage, response: ServerResponse) => boolean

  constructor(parts: Parts, url = '') {
    const { sdk, node } = parts
    const names = [...sdk.localhostAllowedHostnames(), ...(url === '' ? [] : [new URL(url).hostname])]
    this.url = url
    this.#parts = parts
    this.#isHost = node.hostHeaderValidation(names)
    this.#isOrigin = node.originValidation(names)
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#isHost(request, response) || !this.#isOrigin(request, response)) return
    const { pathname } = new URL(request.url ?? '/', 'http://gate')
    if (pathname.startsWith(metadataPath) && request.method === 'GET')
      return sendJson(response, 200, metadataOf(this.url))
    if (pathname !== path) return refuse(response, 404, `there is nothing here: the gate is at ${path}`)
    const caller = await this.#authenticate(request, response)
    if (!caller) return
    const { sessions, seen } = this.#parts
    seen?.(caller)
    const task = this.#readTask(request, response)
    if (task === 'refused') return
    const id = request.headers['mcp-session-id']
    if (id === undefined) return this.#begin(request, response, caller, task)
    const session = typeof id === 'string' ? sessions.find(id, caller) : undefined
    if (!session) return refuse(response, 404, 'there is no such session: initialize a new one', -32001)
    if (task !== undefined && !isDeepStrictEqual(task, session.task))
      return refuse(response, 400, 'invalid_parent_task: this session has another task: open a session for this one')
    sessions.touch(session)
    return session.http.handleRequest(Object.assign(request, { auth: authInfoOf(caller) }), response)
  }

  /** The task of the header; an invalid one is refused before the call is read. */
  #readTask(request: IncomingMessage, response: ServerResponse): TaskGiven | undefined | 'refused' {
    try {
      const task = readTaskHeader(request.headersDistinct['hotwork-task'])
      if (task) this.#parts.takesTask?.(task)
      return task
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause
      const { code, title, detail } = cause.told
      refuse(response, 400, `${code}: ${detail ?? title}`)
      return 'refused'
    }
  }

  async #begin(
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
    task: TaskGiven | undefined,
  ): Promise<void> {
    const { sdk, sessions, err } = this.#parts
    if (request.method !== 'POST') return refuse(response, 400, 'name the session in `Mcp-Session-Id`')
    const body = await this.#readBody(request, response)
    if (body === undefined) return
    // A client of the newest protocol first tries without a session, and then falls back to `initialize`.
    if (!sdk.isInitializeRequest(body.json))
      return refuse(response, 400, 'begin with `initialize`: this gate serves sessions (MCP 2025-11-25 and before)')
    const session = await sessions.begin(caller, task).catch((cause: unknown) => {
      err(lines(`hotwork mcp: no session for ${caller.agent}: ${wordsOf(cause)}`))
      return 'failed' as const
    })
    if (session === 'failed')
      return refuse(
        response,
        502,
        'the MCP server behind the gate cannot be started: tell the person who runs the gate',
      )
    if (!session) {
      response.setHeader('retry-after', '60')
      return refuse(response, 429, 'too many sessions are open: end one with DELETE, or wait until one is idle')
    }
    await session.http.handleRequest(Object.assign(request, { auth: authInfoOf(caller) }), response, body.json)
    if (sessions.isKnown(session)) sessions.touch(session)
    else await sessions.end(session)
  }

  async #authenticate(request: IncomingMessage, response: ServerResponse): Promise<Caller | undefined> {
    const { sdk, callers, err } = this.#parts
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(request.headers.authorization ?? '')?.[1]
    try {
      if (token === undefined) throw new BadToken('send a workload token as `Authorization: Bearer TOKEN`')
      return await callers.find(token, { source: request.socket.remoteAddress ?? '' })
    } catch (cause) {
      if (cause instanceof StoppedAgent) {
        refuse(response, 403, cause.message)
        return undefined
      }
      if (cause instanceof TooManyTokens) {
        response.setHeader('retry-after', '60')
        refuse(response, 429, cause.message)
        return undefined
      }
      if (!(cause instanceof BadToken)) {
        err(lines(`hotwork mcp: the caller could not be determined: ${wordsOf(cause)}`))
        response.setHeader('retry-after', '5')
        refuse(response, 503, 'Hotwork could not name the caller: send the same call again')
        return undefined
      }
      const error = new sdk.OAuthError(sdk.OAuthErrorCode.InvalidToken, cause.message)
      const resourceMetadataUrl = sdk.getOAuthProtectedResourceMetadataUrl(new URL(this.url))
      const challenge = sdk.bearerAuthChallengeResponse(error, { resourceMetadataUrl })
      response.writeHead(challenge.status, Object.fromEntries(challenge.headers)).end(await challenge.text())
      return undefined
    }
  }

  /** Reads at most 4 MiB, as the SDK does. */
  async #readBody(request: IncomingMessage, response: ServerResponse): Promise<{ json: unknown } | undefined> {
    const { toWebRequest } = this.#parts.node
    try {
      return { json: await (await toWebRequest(request as Parameters<typeof toWebRequest>[0])).json() }
    } catch (cause) {
      const isLarge = (cause as { status?: number }).status === 413
      if (isLarge) refuse(response, 413, 'the call is too large')
      else refuse(response, 400, 'the call is no JSON', -32700)
      return undefined
    }
  }
}

/** Hides other errors, which may quote the message. */
const wordsOf = (cause: unknown): string => (cause instanceof Trouble ? cause.told.title : 'it failed')

/** RFC 9728. It names no authorization server: the agent's platform gives it the token (docs/identity.md). */
const metadataOf = (resource: string) => ({
  resource,
  bearer_methods_supported: ['header'],
  resource_name: 'Hotwork MCP gate',
})

function bind(server: Server, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const code = systemCodeOf(cause) ?? 'unknown'
      reject(wrongUsage(`the gate cannot listen at ${address}, port ${port} (${code})`, 'name a port that is free'))
    })
    server.listen(port, address, () => {
      const bound = server.address()
      resolve(typeof bound === 'object' && bound ? bound.port : port)
    })
  })
}

const authInfoOf = ({ token, agent, expiresAt }: { token: string; agent: string; expiresAt: number }) => ({
  token,
  clientId: agent,
  scopes: [],
  expiresAt,
})

function refuse(response: ServerResponse, status: number, message: string, code = -32000): void {
  sendJson(response, status, { jsonrpc: '2.0', error: { code, message }, id: null })
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
