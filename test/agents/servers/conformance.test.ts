import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Started } from '../../client/support/agent-machine.ts'
import { startHotwork } from '../support/commands.ts'
import { connect, Machine } from '../support/gate.ts'
import { HotworkInMemory } from '../support/hotwork-in-memory.ts'
import { serversBundle } from '../support/policies.ts'

/** The protocol's own conformance (`@modelcontextprotocol/conformance`), on a server without the gate and with it. */

const bundle = serversBundle()
const hotwork = new HotworkInMemory()
const server = join(__dirname, '../support/conformance-server.ts')
const program = join(__dirname, '../node_modules/@modelcontextprotocol/conformance/dist/index.js')
const began: { kill(signal: NodeJS.Signals): void }[] = []
const folder = mkdtempSync(join(tmpdir(), 'hotwork-conformance-'))
let machine: Machine
let door: Server
let bareUrl = ''
let gateUrl = ''

beforeAll(async () => {
  await hotwork.open(bundle)
  machine = new Machine(hotwork, bundle)
  const bare = start([process.execPath, server, '--http'])
  bareUrl = (await bare.prints(/^(http\S+)$/m))[1] ?? ''
  const tools = Object.fromEntries((await listTools()).map((name) => [name, 'pass']))
  const map = join(machine.home, 'map.json')
  const purpose = { purpose: 'release', parent_task: { id: 'REL-7' } }
  writeFileSync(map, JSON.stringify({ server: { name: 'conformance', version: '1.0.0' }, ...purpose, tools }))
  const env = { ...machine.env, HOTWORK_TOOL_TOKEN_FILE: join(machine.home, 'tool-servers-gate') }
  const gate = startHotwork(['mcp', '--map', map, '--listen', '0', '--', process.execPath, server], env)
  began.push(gate)
  const address = (await gate.prints(/(http:\/\/127\.0\.0\.1:\d+)\/mcp/))[1] ?? ''
  door = openDoor(address, () => readFileSync(machine.env['HOTWORK_WORKLOAD_TOKEN_FILE'] ?? '', 'utf8').trim())
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  gateUrl = `http://127.0.0.1:${(door.address() as AddressInfo).port}/mcp`
})
afterAll(async () => {
  for (const each of began) each.kill('SIGKILL')
  door.closeAllConnections()
  door.close()
  rmSync(folder, { recursive: true, force: true })
  await hotwork.close()
  machine.close()
})

function start([command = '', ...args]: string[]): Started {
  const child = spawn(command, args, { env: { PATH: process.env['PATH'] ?? '' } })
  began.push(child)
  return new Started(child)
}

async function listTools(): Promise<string[]> {
  const client = await connect({ command: process.execPath, args: [server], env: {}, cwd: folder })
  const { tools } = await client.listTools()
  await client.close()
  return tools.map(({ name }) => name)
}

/**
 * A proxy for the conformance, which has no token and ends no session, though an agent may have eight: it adds the
 * token, ends the session before, and changes nothing else but its own name.
 */
function openDoor(address: string, token: () => string): Server {
  const { host } = new URL(address)
  let session: string | undefined
  const follow = (next: string | string[] | undefined) => {
    if (typeof next !== 'string' || next === session) return
    if (session) {
      const headers = { authorization: `Bearer ${token()}`, 'mcp-session-id': session }
      send(`${address}/mcp`, { method: 'DELETE', headers })
        .on('error', () => {})
        .end()
    }
    session = next
  }
  return createServer((request, response) => {
    const own = `127.0.0.1:${(door.address() as AddressInfo).port}`
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        typeof value === 'string' && (name === 'host' || name === 'origin') ? value.replace(own, host) : value,
      ]),
    )
    const passed = send(
      `${address}${request.url}`,
      { method: request.method ?? 'GET', headers: { ...headers, authorization: `Bearer ${token()}` } },
      (answer) => {
        follow(answer.headers['mcp-session-id'])
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      },
    )
    passed.on('error', () => response.destroy())
    request.pipe(passed)
    response.on('close', () => passed.destroy())
  })
}

type Check = { id: string; status: string }

/** The findings of each scenario. */
async function conformanceOf(url: string, name: string): Promise<{ [scenario: string]: string[] }> {
  const out = join(folder, name)
  await start([process.execPath, program, 'server', '--url', url, '-o', out]).ends
  return Object.fromEntries(
    readdirSync(out).map((scenario) => {
      const checks = JSON.parse(readFileSync(join(out, scenario, 'checks.json'), 'utf8')) as Check[]
      const found = checks.filter(({ status }) => status !== 'INFO').map(({ id, status }) => `${id} ${status}`)
      return [scenario.replace(/-\d{4}-.*$/, ''), found]
    }),
  )
}

test('each scenario of the conformance finds the same with the gate as without it', async () => {
  const [bare, gated] = await Promise.all([conformanceOf(bareUrl, 'bare'), conformanceOf(gateUrl, 'gated')])
  expect(gated).toEqual(bare)
  const all = Object.values(gated).flat()
  expect(all.length).toBeGreaterThan(35)
  expect(all.filter((check) => !check.endsWith(' SUCCESS'))).toEqual([])
  // Two whole runs of another program.
}, 180_000)
