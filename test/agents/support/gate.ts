import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { program } from './commands.ts'
import type { HotworkInMemory } from './hotwork-in-memory.ts'
import type { Started } from './mcp-hosts.ts'

const recorder = join(__dirname, 'recorder.ts')
const tellFaults = 'exec "$@" 2>>"$0"'

/** `at`: milliseconds. */
export type SentCall = { at: number; tool: string; arguments: object }

/**
 * A folder of one machine on which gates run: identities of agent and tool, the gates' state, and the servers' input.
 */
export class Machine {
  readonly home = mkdtempSync(join(tmpdir(), 'hotwork-gates-'))
  readonly #hotwork: HotworkInMemory
  readonly #bundle: Bundle
  #maps = 0

  constructor(hotwork: HotworkInMemory, bundle: Bundle, agent = 'agent-builder') {
    this.#hotwork = hotwork
    this.#bundle = bundle
    writeFileSync(join(this.home, 'agent'), hotwork.workload(agent))
    for (const tool of ['tool-servers-gate', 'tool-files-gate'])
      writeFileSync(join(this.home, tool), hotwork.workload(tool))
  }

  get env(): { [name: string]: string } {
    return {
      HOTWORK_API: this.#hotwork.api.url,
      HOTWORK_WORKLOAD_TOKEN_FILE: join(this.home, 'agent'),
      XDG_STATE_HOME: join(this.home, 'state'),
    }
  }

  /**
   * `hotwork mcp` before a server. Each of `actions` is gated, and each of `passed` passes. `more` is added to the map.
   */
  gate(
    server: Started,
    { actions, passed = [], more = {} }: { actions: readonly string[]; passed?: readonly string[]; more?: object },
  ): Started {
    const entries = actions.map((name) => this.#entry(name))
    const [first] = entries
    if (!first) throw new Error('nothing is gated')
    const tools = {
      ...Object.fromEntries(passed.map((tool) => [tool, 'pass'])),
      ...Object.fromEntries(entries.map(({ action, mcp }) => [mcp.tool, { action }])),
    }
    const map = join(this.home, `map-${++this.#maps}.json`)
    const purpose = { purpose: 'release', parent_task: { id: 'REL-7' } }
    writeFileSync(map, JSON.stringify({ server: first.mcp.server, ...purpose, ...more, tools }))
    const gate = [process.execPath, program, 'mcp', '--map', map, '--']
    const recorded = this.recorded(server)
    return {
      command: 'sh',
      args: ['-c', tellFaults, this.faultsFile, ...gate, recorded.command, ...recorded.args],
      env: { ...server.env, ...this.env, HOTWORK_TOOL_TOKEN_FILE: join(this.home, first.tool.replace(':', '-')) },
      cwd: server.cwd,
    }
  }

  /** The server without a gate, with its input recorded. */
  recorded(server: Started): Started {
    return { ...server, command: process.execPath, args: [recorder, this.sentFile, server.command, ...server.args] }
  }

  get sentFile(): string {
    return join(this.home, 'sent.ndjson')
  }

  get faultsFile(): string {
    return join(this.home, 'faults.txt')
  }

  /** The calls that the servers got, in order. */
  get calls(): SentCall[] {
    return readIfThere(this.sentFile)
      .split('\n')
      .filter((text) => text.includes('tools/call'))
      .flatMap((text) => {
        const { at, line } = JSON.parse(text) as { at: number; line: string }
        const { method, params } = JSON.parse(line) as {
          method?: string
          params?: { name: string; arguments?: object }
        }
        return method === 'tools/call' && params ? [{ at, tool: params.name, arguments: params.arguments ?? {} }] : []
      })
  }

  /** How many calls with this label the servers got. */
  sent(label: string): number {
    return this.calls.filter((call) => JSON.stringify(call.arguments).includes(label)).length
  }

  /** The standard error of gates and servers. */
  get faults(): string {
    return readIfThere(this.faultsFile)
  }

  close(): void {
    rmSync(this.home, { recursive: true, force: true })
  }

  #entry(action: string) {
    const { mcp, tool } = this.#bundle.actions[action] ?? {}
    if (!mcp || !tool) throw new Error(`${action} is no action of an MCP tool`)
    return { action, mcp, tool }
  }
}

/** An MCP host with the official client. */
export async function connect(start: Started): Promise<Client> {
  const client = new Client({ name: 'host-of-tests', version: '1.0.0' })
  await client.connect(new StdioClientTransport({ ...start, stderr: 'ignore' }))
  return client
}

const readIfThere = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
