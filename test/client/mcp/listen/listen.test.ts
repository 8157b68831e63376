import { request as httpRequest } from 'node:http'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { McpServer } from '@modelcontextprotocol/server'
import * as z from 'zod'
import { type Listening, listen } from '../../../../client/mcp/listen/listen.ts'
import type { Bounds, OpenGate } from '../../../../client/mcp/listen/sessions.ts'
import { wrongUsage } from '../../../../client/outcome.ts'
import { useScene } from '../../support/scene.ts'
import { until } from '../../support/until.ts'

/** `hotwork mcp --listen`: its callers and their sessions. The gate behind it has tests of its own. */

const scene = useScene()
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
}

let gate: Listening
let errors = ''
const callers: string[] = []
const tasks: (string | undefined)[] = []
const ended: string[] = []
let release = () => {}
let fails = false
const held = () =>
  new Promise<void>((resolve) => {
    release = resolve
  })

/** Replaces the gate by a server that says who it serves. */
const open: OpenGate = async (host, { agent }, task) => {
  callers.push(agent)
  tasks.push(task?.id)
  if (fails) throw wrongUsage('`files` cannot be started (ENOENT)', 'name a program that is there')
  const server = new McpServer({ name: 'files', version: '1' }, { capabilities: { logging: {} } })
  server.registerTool('whoami', { inputSchema: z.object({}) }, () => ({ content: [{ type: 'text', text: agent }] }))
  server.registerTool('hold', { inputSchema: z.object({}) }, async (_, { mcpReq }) => {
    const { progressToken } = mcpReq._meta ?? {}
    // Sent without a request, as by a server on stdio.
    if (progressToken !== undefined)
      await host.send({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: 1 } })
    await host.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'held' } })
    await held()
    return { content: [] }
  })
  await server.connect(host)
  const closed = new Promise<void>((resolve) => {
    server.server.onclose = resolve
  })
  return {
    closed,
    end: async () => {
      ended.push(agent)
      release()
      await new Promise((resolve) => setImmediate(resolve))
      await server.close()
    },
  }
}

const usual: Bounds = { perAgent: 2, all: 3, idle: 60_000 }
async function start(bounds = usual) {
  const around = {
    now: () => new Date(),
    pause: async () => {},
    err: (text: string) => {
      errors += text
    },
  }
  gate = await listen({ issuer: scene.api.url, open, bounds, listen: 0 }, around)
}
beforeEach(() => {
  errors = ''
  for (const list of [callers, ended, tasks]) list.length = 0
})
const clients: Client[] = []
afterEach(async () => {
  await Promise.all(clients.splice(0).map((each) => each.close()))
  await gate.end()
})

const post = (token: string | undefined, body: unknown = initialize, headers: object = {}) =>
  fetch(gate.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
/** @returns the session */
async function opened(token: string): Promise<string> {
  const response = await post(token)
  await response.body?.cancel()
  expect(response.status).toBe(200)
  return response.headers.get('mcp-session-id') ?? ''
}
const list = (token: string, session: string) =>
  post(token, { jsonrpc: '2.0', id: 2, method: 'tools/list' }, { 'mcp-session-id': session })
const remediator = () => scene.workload('agent-remediator')
const builder = () => scene.workload('agent-builder')

async function client(token: () => string, mode: 'legacy' | 'auto' = 'legacy') {
  const made = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  const withToken: typeof fetch = (url, init) => {
    const headers = new Headers(init?.headers)
    headers.set('authorization', `Bearer ${token()}`)
    return fetch(url, { ...init, headers })
  }
  clients.push(made)
  await made.connect(new StreamableHTTPClientTransport(new URL(gate.url), { fetch: withToken }))
  return made
}

test.each(['legacy', 'auto'] as const)(
  'an agent with a workload token is served as itself, by a %s client',
  async (mode) => {
    await start()
    const agent = await client(remediator, mode)
    expect(await agent.callTool({ name: 'whoami', arguments: {} })).toMatchObject({
      content: [{ text: 'agent:remediator' }],
    })
    expect(callers).toEqual(['agent:remediator'])
  },
)

test('a call without a token gets a 401 that says where to read on', async () => {
  await start()
  const response = await post(undefined)
  expect([response.status, await response.json()]).toEqual([401, expect.objectContaining({ error: 'invalid_token' })])
  const address = /resource_metadata="([^"]+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1] ?? ''
  expect(await (await fetch(address)).json()).toMatchObject({ resource: gate.url })
  expect(callers).toEqual([])
})

test('a flood of forged tokens is answered by the gate, and a known agent goes on', async () => {
  await start()
  const session = await opened(remediator())
  scene.api.calls.length = 0
  const forged = Array.from({ length: 70 }, (_, n) => post(scene.workload(`stranger-${n}`)))
  const statuses = (await Promise.all(forged)).map(({ status, headers }) => [status, headers.get('retry-after')])
  expect(statuses.filter(([status]) => status === 401)).toHaveLength(60)
  expect(statuses.filter(([status]) => status !== 401)).toEqual(Array(10).fill([429, '60']))
  expect(scene.api.calls).toHaveLength(60)
  const fresh = scene.workload('agent-remediator', { jti: 'fresh' })
  expect((await list(fresh, session)).status).toBe(200)
})

test.each<[what: string, token: () => string]>([
  ['is not a JWT', () => 'a.b.c'],
  ['is of a tool', () => scene.workload('tool-flag-service')],
  ['is of an unknown workload', () => scene.workload('agent-unknown')],
  ['is of a person', () => scene.token('ana')],
])('a token that %s lets no one in', async (_, token) => {
  await start()
  const response = await post(token())
  expect([response.status, callers]).toEqual([401, []])
  expect(await response.text()).not.toContain(token())
})

test('a token that has expired lets no one in, though it was good a minute ago', async () => {
  await start()
  const token = remediator()
  const session = await opened(token)
  scene.advance(301)
  expect((await list(token, session)).status).toBe(401)
  expect((await list(remediator(), session)).status).toBe(200)
})

test('a token for another service is not shown to Hotwork', async () => {
  await start()
  const [head, , signature] = remediator().split('.')
  const claims = { iss: 'https://id.example.org', sub: 'x', aud: 'https://other.example', exp: Date.now() / 1000 + 60 }
  const token = [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
  expect((await post(token)).status).toBe(401)
  expect(scene.api.calls).toEqual([])
})

test('a good token is asked about once, and again after a minute', async () => {
  await start()
  const token = remediator()
  const session = await opened(token)
  await list(token, session)
  expect(scene.api.calls).toEqual(['GET /v1/mcp-tools'])
  scene.advance(61)
  await list(token, session)
  expect(scene.api.calls).toHaveLength(2)
})

test('a session belongs to the agent that opened it, and is missing for another', async () => {
  await start()
  const session = await opened(remediator())
  expect((await list(builder(), session)).status).toBe(404)
  const removed = await fetch(gate.url, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${builder()}`, 'mcp-session-id': session },
  })
  expect(removed.status).toBe(404)
  expect((await list(remediator(), session)).status).toBe(200)
})

test('an agent that people have stopped is out after a minute, in its open session too', async () => {
  await start()
  const session = await opened(remediator())
  const halted = await scene.at('gus').type('halt', 'agent:remediator', '--reason', 'INC-4822: it writes too much')
  expect(halted.exit).toBe(0)
  scene.advance(61)
  const response = await list(remediator(), session)
  expect(response.status).toBe(403)
  expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('is stopped now') } })
  expect((await post(builder())).status).toBe(200)
})

test('a silent Hotwork lets no caller in', async () => {
  await start()
  scene.api.nextCalls.push('unheard', 'unheard')
  const response = await post(remediator())
  expect([response.status, callers]).toEqual([503, []])
  expect(response.headers.get('retry-after')).toBe('5')
  expect(errors).toContain('the caller could not be determined')
})

test.each([
  ['host', 'evil.example'],
  ['origin', 'https://evil.example'],
])('a foreign `%s` header is refused before anything is read', async (name, value) => {
  await start()
  const status = await new Promise((resolve) => {
    const headers = { authorization: `Bearer ${remediator()}`, [name]: value }
    httpRequest(gate.url, { method: 'POST', headers }, (response) => resolve(response.statusCode)).end('{}')
  })
  expect([status, scene.api.calls]).toEqual([403, []])
})

test('an agent has a limited number of sessions, and an ended one makes room', async () => {
  await start()
  const first = await opened(remediator())
  await opened(remediator())
  const refused = await post(remediator())
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60'])
  await opened(builder())
  expect((await post(builder())).status).toBe(429)
  await fetch(gate.url, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${remediator()}`, 'mcp-session-id': first },
  })
  await opened(remediator())
})

test('a session ends when it is idle, and not while a call runs', async () => {
  await start({ ...usual, idle: 700 })
  const agent = await client(remediator)
  const running = agent.callTool({ name: 'hold', arguments: {} })
  await new Promise((resolve) => agent.setNotificationHandler('notifications/message', resolve))
  // It is idle from now on: when it ends, the idle time of the other session is over too.
  await opened(builder())
  await until(() => ended.includes('agent:builder'))
  expect(ended).toEqual(['agent:builder'])
  release()
  await running
  await until(() => ended.includes('agent:remediator'))
  await expect(agent.listTools()).rejects.toThrow('no such session')
})

test("a server's messages reach the running call", async () => {
  await start()
  const agent = await client(remediator)
  const logged = new Promise((resolve) => agent.setNotificationHandler('notifications/message', resolve))
  let running: Promise<unknown> | undefined
  const progressed = new Promise((resolve) => {
    running = agent.callTool({ name: 'hold', arguments: {} }, { onprogress: resolve })
  })
  expect(await progressed).toMatchObject({ progress: 1 })
  expect(await logged).toMatchObject({ params: { data: 'held' } })
  release()
  await running
})

test.each<[what: string, status: number, body: unknown]>([
  ['no JSON', 400, '{'],
  ['no `initialize`', 400, { jsonrpc: '2.0', id: 1, method: 'tools/list' }],
  ['too large', 413, { ...initialize, padding: 'x'.repeat(5_000_000) }],
])('a first call that is %s is answered %i, and opens no session', async (_, status, body) => {
  await start()
  const response = await post(remediator(), body)
  expect([response.status, callers]).toEqual([status, []])
  expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { message: expect.any(String) } })
})

test("a server that cannot be started is reported to the caller and to the gate's log, and takes up no session", async () => {
  await start()
  fails = true
  for (const _ of [1, 2, 3]) expect((await post(remediator())).status).toBe(502)
  expect(errors).toContain('no session for agent:remediator: `files` cannot be started')
  fails = false
  await opened(remediator())
})

test('the end waits for running calls', async () => {
  await start()
  const agent = await client(remediator)
  const running = agent.callTool({ name: 'hold', arguments: {} })
  await new Promise((resolve) => agent.setNotificationHandler('notifications/message', resolve))
  await Promise.all([gate.end(), running])
  expect(ended).toEqual(['agent:remediator'])
  await start()
})

test.each([[{ address: '0.0.0.0' }], [{ address: '0.0.0.0', url: 'http://gate.example/mcp' }]])(
  'tokens do not go over a network in the clear: %j',
  async (typed) => {
    const around = { now: () => new Date(), pause: async () => {}, err: () => {} }
    await expect(listen({ issuer: scene.api.url, open, listen: 0, ...typed }, around)).rejects.toMatchObject({
      exit: 2,
    })
    await start()
  },
)

const withTask = (task: string, session?: string) =>
  post(remediator(), initialize, {
    'hotwork-task': task,
    ...(session === undefined ? {} : { 'mcp-session-id': session }),
  })

test('a session has the task of the header with which it is opened', async () => {
  await start()
  for (const task of ['INC-1', '"INC 2"; purpose=release']) expect((await withTask(task)).status).toBe(200)
  expect(tasks).toEqual(['INC-1', 'INC 2'])
})

test('a call of a session may repeat its task, leave it out, and not name another', async () => {
  await start()
  const response = await withTask('INC-1')
  await response.body?.cancel()
  const session = response.headers.get('mcp-session-id') ?? ''
  const listed = (headers: object) =>
    post(remediator(), { jsonrpc: '2.0', id: 2, method: 'tools/list' }, { 'mcp-session-id': session, ...headers })
  expect((await listed({ 'hotwork-task': 'INC-1' })).status).toBe(200)
  expect((await listed({})).status).toBe(200)
  const other = await listed({ 'hotwork-task': 'INC-2' })
  expect([other.status, await other.text()]).toEqual([
    400,
    expect.stringMatching(/invalid_parent_task.*open a session for this one/),
  ])
})

test('a header twice, or with too long an id, opens no session, and says the code and the fix', async () => {
  await start()
  const url = new URL(gate.url)
  const twice = await new Promise<string>((resolve, reject) => {
    const headers = [
      ...['authorization', `Bearer ${remediator()}`, 'content-type', 'application/json', 'host', url.host],
      ...['accept', 'application/json, text/event-stream', 'hotwork-task', 'INC-1', 'hotwork-task', 'INC-2'],
    ]
    const sent = httpRequest(url, { method: 'POST', headers }, (response) => {
      let body = `${response.statusCode} `
      response.on('data', (part) => (body += part)).on('end', () => resolve(body))
    })
    sent.on('error', reject).end(JSON.stringify(initialize))
  })
  expect(twice).toMatch(/^400 .*invalid_parent_task.*send it once/)
  const long = await withTask('x'.repeat(257))
  expect([long.status, await long.text()]).toEqual([400, expect.stringMatching(/invalid_parent_task.*1 to 256/)])
  expect(callers).toEqual([])
})
