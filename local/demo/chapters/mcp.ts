// Rules: test/local/demo-options.test.ts
import { execFile } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CallToolResult, Client } from '@modelcontextprotocol/client'
import { approveThrough, describeApprovals } from '../asking.ts'
import { finding } from '../findings.ts'
import type { World } from '../world.ts'

const root = join(import.meta.dirname, '../../..')

/** A published server whose authors do not know Hotwork. */
const server = { package: '@modelcontextprotocol/server-filesystem', version: '2026.8.31' }

export const writing = (path: string, content: string) => ({ name: 'write_file', arguments: { path, content } })

/** A published MCP server behind `hotwork mcp`, and an MCP host. Neither of them knows Hotwork. */
export async function tellMcp(world: World): Promise<void> {
  const { report, desk, person } = world
  const program = await report.expect('a file server is there as npm has it, unchanged', async () => {
    const file = await installServer()
    return finding(true, `${server.package} ${server.version}`, file)
  })
  const scene = new Scene(world, program)
  try {
    const first = await scene.startHost()
    await report.expect('through the gate the host sees its tools, and that people may be asked', async () => {
      const { tools } = await first.client.listTools()
      const { description = '' } = tools.find(({ name }) => name === 'write_file') ?? {}
      return finding(
        /people/i.test(description) && tools.length > 5,
        `${tools.length} tools; write_file: ${description}`,
      )
    })
    await report.expect('a tool that no map names is refused', async () => {
      const { isError, text } = await first.call({ name: 'move_file', arguments: { source: 'a', destination: 'b' } })
      return finding(isError, text)
    })

    const denied = writing('prod/search.yaml', 'ranking: new\n')
    await report.expect('Chloe, an owner, clicks Deny: the agent is told, and nothing is written', async () => {
      const answer = first.call(denied)
      const card = await desk.untilCard(denied.arguments.path)
      await desk.click(card, 'deny', person('person:chloe').slackUserId)
      const { isError, text } = await answer
      return finding(isError && !scene.hasFile(denied.arguments.path), text)
    })
    await tellKilledGate(world, scene, first)
  } finally {
    await scene.close()
  }
}

async function tellKilledGate(world: World, scene: Scene, first: Host): Promise<void> {
  const { report, desk } = world
  const call = writing('prod/payments.yaml', 'retries: 3\n')
  const { path, content } = call.arguments
  const id = await report.expect(
    'the gate is killed while people think, and they approve by clicks all the same',
    async () => {
      // The host loses its connection, and the answer with it.
      const lost = first.call(call).catch(() => {})
      const { says } = await desk.untilCard(path)
      const [id = ''] = /req_[0-9a-z]{26}/.exec(says) ?? []
      first.kill()
      await lost
      const approvals = await approveThrough(world, id)
      return finding(!scene.hasFile(path) && approvals.length > 1, `${id}: ${describeApprovals(approvals)}`, id)
    },
  )
  const second = await scene.startHost()
  const written = await report.expect(
    'another gate is asked the same: it finds the approval, and writes the file',
    async () => {
      const { isError, text } = await second.call(call)
      return finding(!isError && scene.read(path) === content, text, text)
    },
  )
  await report.expect(
    'killed again, and asked the same again: the same answer, and the file is not written again',
    async () => {
      second.kill()
      scene.append(path, 'by_hand: true\n')
      const third = await scene.startHost()
      const { isError, text } = await third.call(call)
      const now = scene.read(path)
      return finding(
        !isError && text === written && now.endsWith('by_hand: true\n'),
        `${text}; a line added by hand stays`,
      )
    },
  )
  await report.expect(
    'the record has one request and one use by the gate, for that server, tool and schema',
    async () => {
      const entries = await world.reader.ledger(id)
      const uses = entries.filter(({ type }) => type === 'UseBegun' || type === 'UseEnded')
      const { digest, mcp } = await world.reader.request(id)
      const said = uses.map(({ type, actor }) => `${type} by ${actor.id}`).join(', ')
      const held =
        uses.length === 2 && uses.every(({ actor }) => actor.id === 'tool:files-gate') && mcp?.tool === call.name
      return finding(held, `${said}; ${digest} covers ${JSON.stringify(mcp)}`)
    },
  )
}

type Calling = { name: string; arguments: { [name: string]: unknown } }
type Called = { isError: boolean; text: string }
type Host = { client: Client; call(request: Calling): Promise<Called>; kill(): void }

/** A folder with files of two environments, one map, and MCP hosts that share the gate's state. */
export class Scene {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hotwork-mcp-'))
  readonly #files = join(this.#folder, 'files')
  readonly #server: string
  readonly #hosts: Host[] = []

  constructor({ local }: World, program: string) {
    this.#server = program
    for (const name of ['staging', 'prod']) mkdirSync(join(this.#files, name), { recursive: true })
    this.#put('local.json', local)
    this.#put('map.json', {
      server: { name: 'secure-filesystem-server', version: '0.2.0' },
      purpose: 'release',
      parent_task: { id: 'REL-310' },
      tools: { write_file: { action: 'files:WriteFile' }, read_text_file: 'pass', list_directory: 'pass' },
    })
  }

  /** The official SDK's client, with the gate as its server. */
  async startHost(): Promise<Host> {
    const sdk = await import('@modelcontextprotocol/client')
    const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio')
    const gate = [join(root, 'client/hotwork.ts'), 'mcp', '--map', join(this.#folder, 'map.json')]
    const who = ['--as', 'agent:builder', '--as-tool', 'tool:files-gate']
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [...gate, ...who, '--', process.execPath, this.#server, this.#files],
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.#folder,
        XDG_STATE_HOME: this.#folder,
        HOTWORK_LOCAL: join(this.#folder, 'local.json'),
      },
      stderr: 'pipe',
    })
    const client = new sdk.Client({ name: 'demo', version: '1' })
    const said: Buffer[] = []
    transport.stderr?.on('data', (part: Buffer) => said.push(part))
    await client.connect(transport).catch((cause: unknown) => {
      throw new Error(`the gate did not start: ${Buffer.concat(said)}`, { cause })
    })
    const host: Host = {
      client,
      async call(request) {
        const { content, isError } = (await client.callTool(request)) as CallToolResult
        const text = content.map((part) => ('text' in part ? part.text : part.type)).join(' ')
        return { isError: isError === true, text }
      },
      kill() {
        if (transport.pid !== null) process.kill(transport.pid, 'SIGKILL')
      },
    }
    this.#hosts.push(host)
    return host
  }

  hasFile = (path: string): boolean => existsSync(join(this.#files, path))
  read = (path: string): string => readFileSync(join(this.#files, path), 'utf8')
  append = (path: string, text: string): void => appendFileSync(join(this.#files, path), text)

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map(({ client }) => client.close()))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #put(name: string, content: object): void {
    writeFileSync(join(this.#folder, name), JSON.stringify(content), { mode: 0o600 })
  }
}

/** Installs the server once; later runs need no network. @returns its program */
export async function installServer(): Promise<string> {
  const folder = join(root, `.hotwork/mcp-server-${server.version}`)
  const program = join(folder, 'node_modules', server.package, 'dist/index.js')
  if (existsSync(program)) return program
  // An interrupted installation never has the final name.
  const draft = `${folder}-${process.pid}`
  mkdirSync(draft, { recursive: true })
  const words = ['install', '--prefix', draft, '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  try {
    await promisify(execFile)('npm', [...words, `${server.package}@${server.version}`])
    renameSync(draft, folder)
  } catch (cause) {
    throw new Error('npm could not install it; the first time it needs the network', { cause })
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return program
}
