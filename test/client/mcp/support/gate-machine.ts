import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, type ClientOptions } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { root } from '../../../support/repository.ts'
import { AgentMachine } from '../../support/agent-machine.ts'
import type { Scene } from '../../support/scene.ts'

export type Result = {
  content: { type: string; text: string }[]
  isError?: boolean
  _meta?: { 'hotwork/permit'?: { state: string; request?: string; page?: string; reason?: string; repeated?: boolean } }
}

export const sampleMap = {
  server: { name: 'secure-filesystem-server', version: '0.2.0' },
  purpose: 'remediation',
  parent_task: { id: 'INC-1042' },
  tools: { write_file: { action: 'files:WriteFile' }, read_file: 'pass' },
}

/** A machine on which hosts of MCP run the gate before a server. */
export class GateMachine extends AgentMachine {
  readonly #scene: Scene
  readonly hosts: Host[] = []
  readonly served: string

  constructor(scene: Scene, agent = 'remediator') {
    super(scene, agent)
    this.#scene = scene
    this.served = join(this.home, 'files')
    mkdirSync(this.served)
    this.env['HOTWORK_TOOL_TOKEN_FILE'] = join(this.home, 'tool-token')
    writeFileSync(join(this.home, 'map.json'), JSON.stringify(sampleMap))
    this.logInTool()
  }

  logInTool(): void {
    writeFileSync(join(this.home, 'tool-token'), this.#scene.workload('tool-files-gate'))
  }

  /** Scripts the server's behaviour from now on. */
  script(what: object): void {
    writeFileSync(join(this.served, 'script.json'), JSON.stringify(what))
  }

  map(changes: object): void {
    writeFileSync(join(this.home, 'map.json'), JSON.stringify({ ...sampleMap, ...changes }))
  }

  /** The calls that the server got. */
  get calls(): string[] {
    const file = join(this.served, 'calls')
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  }

  words(...options: readonly string[]): string[] {
    const server = join(root, 'test/client/mcp/support/files-server.mjs')
    const own = options.length > 0 ? options : ['--map', 'map.json', '--map-in-project']
    return ['mcp', ...own, '--', process.execPath, server, this.served]
  }

  async host(options: ClientOptions = {}, ...words: readonly string[]): Promise<Host> {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [join(root, 'client/hotwork.ts'), ...this.words(...words)],
      cwd: this.home,
      env: this.programEnv,
      stderr: 'pipe',
      maxBufferSize: 80 * 1024 * 1024,
    })
    const host = new Host(transport, options)
    this.hosts.push(host)
    await host.client.connect(transport)
    return host
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.hosts.map(({ client }) => client.close().catch(() => {})))
    this.close()
  }
}

export class Host {
  readonly client: Client
  readonly transport: StdioClientTransport
  err = ''

  constructor(transport: StdioClientTransport, options: ClientOptions) {
    this.transport = transport
    this.client = new Client({ name: 'host', version: '1' }, options)
    transport.stderr?.on('data', (text: Buffer) => {
      this.err += text.toString()
    })
  }

  async call(args: object, name = 'write_file', options: object = {}): Promise<Result> {
    return (await this.client.callTool({ name, arguments: args as never }, { timeout: 90_000, ...options })) as Result
  }
}

export const permitOf = ({ _meta }: Result) => _meta?.['hotwork/permit']
export const textOf = ({ content }: Result) => content.map(({ text }) => text).join('\n')
