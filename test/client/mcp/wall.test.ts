import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStore } from '../../../examples/mcp-wall/store.ts'
import { whereRoot } from '../../support/as-root.ts'
import { root } from '../../support/repository.ts'
import { AgentMachine, Started, useRealTime } from '../support/agent-machine.ts'
import { useScene } from '../support/scene.ts'
import { listenOnWire } from './support/wire.ts'

/**
 * The story of docs/agents/wall.md, with the programs of examples/mcp-wall: the gate has the store's secret, the agent
 * has an identity, and tries to go round.
 */

const scene = useScene()
const secret = 'f00d-of-the-store'
const example = (name: string) => join(root, 'examples/mcp-wall', name)
const readExample = (name: string) => readFileSync(example(name), 'utf8')

let keys: string
beforeAll(() => {
  keys = mkdtempSync(join(tmpdir(), 'hotwork-wall-'))
  const [, block = ''] = /^```sh\n(mkdir .*?)^```$/ms.exec(readExample('README.md')) ?? []
  execFileSync('sh', ['-ec', block], { cwd: keys, stdio: 'pipe' })
})
afterAll(() => rmSync(keys, { recursive: true }))

let store: Server
let storeUrl: string
let written: string[]
let gate: AgentMachine
let agent: AgentMachine
let gateUrl: string

beforeEach(async () => {
  useRealTime(scene)
  written = []
  const tls = { key: readFileSync(join(keys, 'secrets/store.key')), cert: readFileSync(join(keys, 'store.crt')) }
  store = createStore(secret, tls, (line) => void (line.startsWith('PUT') && written.push(line)))
  await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve))
  storeUrl = `https://127.0.0.1:${(store.address() as AddressInfo).port}`
  gate = new AgentMachine(scene)
  delete gate.env['HOTWORK_WORKLOAD_TOKEN_FILE']
  gate.env['HOTWORK_TOOL_TOKEN_FILE'] = join(gate.home, 'tool')
  writeFileSync(join(gate.home, 'tool'), scene.workload('tool-files-gate'))
  const ofStore = { STORE_URL: storeUrl, NODE_EXTRA_CA_CERTS: join(keys, 'store.crt') }
  Object.assign(gate.env, { ...ofStore, STORE_SECRET: secret })
  agent = new AgentMachine(scene, 'assistant')
  Object.assign(agent.env, ofStore)
  // Replaces `npx --no-install hotwork mcp headers`, which `command-line/examples.test.ts` types.
  const npx = `#!/bin/sh\nprintf '{"Authorization":"Bearer %s"}' "$(cat '${agent.home}/token')"\n`
  writeFileSync(join(agent.home, 'npx'), npx, { mode: 0o700 })
  await listen()
})
const agents: Started[] = []
afterEach(() => {
  for (const { child } of agents.splice(0)) child.kill('SIGKILL')
  gate.close()
  agent.close()
  store.closeAllConnections()
  store.close()
})

const path = 'staging/checkout.yaml'
const refused = `PUT /${path} 401`
let running: Started
async function listen() {
  const server = [process.execPath, example('store-server.ts')]
  running = gate.start('mcp', '--listen', '0', '--map', example('map.json'), '--', ...server)
  gateUrl = (await running.prints(/listens at (\S+)/))[1] ?? ''
  agent.env['GATE_URL'] = gateUrl
}

/** The agent of the example. */
function begins(content: string): Started {
  const env = { ...agent.programEnv, PATH: `${agent.home}:${process.env['PATH']}` }
  const started = new Started(spawn(process.execPath, [example('agent.ts'), content], { cwd: agent.home, env }))
  agents.push(started)
  return started
}
const requestOf = async (started: Started) => (await started.prints(/waiting for people: \S+\/(req_\w+)/))[1] ?? ''
/** @returns its printed outcome of each attempt */
async function saidOf(started: Started): Promise<{ [attempt: string]: string }> {
  expect([await started.ends, started.err]).toEqual([0, ''])
  return Object.fromEntries([...started.out.matchAll(/^([^:]+): (.*)$/gm)].map(([, attempt, came]) => [attempt, came]))
}
const approve = async (request: string) =>
  expect(await scene.api.world.decide(await scene.state(request), 'ana')).toMatchObject({ ok: true })
const writes = () => written.filter((line) => line !== refused)

test('an agent without the secret has to use the gate, which passes the approved call alone, once', async () => {
  const first = begins('retries: 3')
  const request = await requestOf(first)
  expect(writes()).toEqual([])
  await approve(request)
  expect(await saidOf(first)).toEqual({
    'the store, without its secret': '401',
    'the gate, without a token': '401',
    delete_file: expect.stringMatching(/^no, .*unknown_tool/),
    read_file: 'no, ',
    write_file: `wrote ${path}`,
  })

  // Other arguments are another request.
  const other = begins('retries: 9999')
  expect(await requestOf(other)).not.toBe(request)
  other.child.kill('SIGKILL')

  expect(await saidOf(begins('retries: 3'))).toMatchObject({ write_file: `wrote ${path}`, read_file: 'retries: 3' })
  expect(writes()).toEqual([`PUT /${path} 204`])
  await expectNoSecrets()
})

test('a gate that was killed goes on with its requests, and makes no call twice', async () => {
  const request = await requestOf(begins('retries: 3'))
  const kill = async () => {
    running.child.kill('SIGKILL')
    await running.ends
    await listen()
  }
  await kill()
  await approve(request)
  expect((await saidOf(begins('retries: 3')))['write_file']).toBe(`wrote ${path}`)
  await kill()
  expect((await saidOf(begins('retries: 3')))['write_file']).toBe(`wrote ${path}`)
  expect(writes()).toEqual([`PUT /${path} 204`])
})

const [ofAll = '', ...ofEach] = readExample('compose.yaml').split(/^(?:services:\n)?\n? {2}(?=\w+:\n)/m)
const services = ['store', 'gate', 'agent'] as const
const blockOf = (service: string) => ofEach.find((block) => block.startsWith(`${service}:`)) ?? ''
const userOf = (service: string) => /^ {4}user: "?(\w+)/m.exec(blockOf(service))?.[1] ?? 'root'

test('no container of compose.yaml is root, has a capability, or gets one by what it starts', () => {
  expect(ofAll).toMatch(/^ {2}cap_drop: \[ALL\]\n {2}security_opt: \["no-new-privileges:true"\]$/m)
  for (const service of services) expect(blockOf(service)).toMatch(/^ {4}<<: \*unprivileged$/m)
  expect(readExample('compose.yaml')).not.toMatch(/cap_add|privileged: true|network_mode: host/)
  const users = services.map(userOf)
  expect([users.filter((user) => /^(?:0|root)$/.test(user)), new Set(users).size]).toEqual([[], 3])
})

whereRoot("a process with the agent's rights in compose.yaml opens no packet socket", async () => {
  const user = userOf('agent')
  const left = ['--inh-caps', '-all', '--ambient-caps', '-all', '--bounding-set', '-all', '--no-new-privs']
  const listener = listenOnWire([], ['setpriv', '--reuid', user, '--regid', user, '--clear-groups', ...left])
  expect([await listener.ends, listener.out, listener.err]).toEqual([1, '', expect.stringContaining('PermissionError')])
})

whereRoot("a program with NET_RAW reads the agent's token on the wire, and never the store's secret", async () => {
  const token = readFileSync(join(agent.home, 'token'), 'utf8')
  const listener = listenOnWire([token, secret, 'the story is over'])
  await listener.prints(/listens/)
  const writer = begins('retries: 3')
  await approve(await requestOf(writer))
  expect((await saidOf(writer))['write_file']).toBe(`wrote ${path}`)
  await fetch(gateUrl, { method: 'POST', body: 'the story is over' })
  expect([await listener.ends, listener.out]).toEqual([0, `listens\nsaw ${token}\nsaw the story is over\n`])
})

/** No secret is printed or kept by the gate. */
async function expectNoSecrets() {
  running.child.kill('SIGTERM')
  expect(await running.ends).toBe(0)
  const token = readFileSync(join(agent.home, 'token'), 'utf8')
  const all = [running.out, running.err, ...gate.files().map(({ text }) => text)].join('\n')
  for (const each of [secret, token]) expect(all).not.toContain(each)
  expect(gate.files().map(({ mode }) => mode)).toEqual(gate.files().map(() => '600'))
}
