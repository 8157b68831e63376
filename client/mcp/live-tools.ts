// Rules: test/client/mcp/mcp-gate.test.ts
import type { RequestId } from '@modelcontextprotocol/server'
import type { McpTool } from '../agent/mcp-tool.ts'
import { digestOf } from '../digest.ts'
import type { Members, MessageProxy, Reply } from './message-proxy.ts'
import { takesMembers } from './session-task.ts'

const serverInfo = 'io.modelcontextprotocol/serverInfo'
/**
 * The protocol's version, and the client's description and abilities. Each request has them since the version of July
 * 2026.
 */
const envelope = ['protocolVersion', 'clientInfo', 'clientCapabilities'].map(
  (name) => `io.modelcontextprotocol/${name}`,
)
/** A server that does not answer a list does not answer calls either. Milliseconds. */
const patience = 20_000
const mostPages = 1000

export type Live = { mcp: McpTool } | { missing: 'tool' | 'server' | 'list' | 'members' }

/** The server's present description of itself and its tools. */
export class LiveTools {
  readonly #proxy: MessageProxy
  readonly #seen: (tools: readonly Members[]) => void
  #server: McpTool['server'] | undefined

  /** @param seen gets each whole list */
  constructor(proxy: MessageProxy, seen: (tools: readonly Members[]) => void) {
    this.#proxy = proxy
    this.#seen = seen
  }

  /** Reads the server's name from an answer: that of `initialize`, and every one since July 2026. */
  note(result: Members): void {
    const found = readServer(result['serverInfo']) ?? readServer((result['_meta'] as Members | undefined)?.[serverInfo])
    this.#server = found ?? this.#server
  }

  /** Asks the server each time, since it may change without a notification. @throws ServerGone */
  async find(name: string, meta: Members | undefined): Promise<Live> {
    const tools = await this.#list(meta)
    if (!tools) return { missing: 'list' }
    const found = tools.filter((each) => each['name'] === name)
    const [tool] = found
    if (!tool || found.length > 1) return { missing: 'tool' }
    if (!this.#server) return { missing: 'server' }
    if (!takesMembers(tool['inputSchema'])) return { missing: 'members' }
    return { mcp: { server: this.#server, tool: name, schema: digestOf(tool['inputSchema'] ?? {}) } }
  }

  /** All pages. @returns undefined if the server gives none @throws ServerGone */
  async #list(meta: Members | undefined): Promise<Members[] | undefined> {
    const own = Object.fromEntries(envelope.flatMap((key) => (meta && key in meta ? [[key, meta[key]]] : [])))
    const tools: Members[] = []
    const late = AbortSignal.timeout(patience)
    let cursor: unknown
    for (let page = 0; page < mostPages; page++) {
      const asked = {
        ...(cursor === undefined ? {} : { cursor }),
        ...(Object.keys(own).length > 0 ? { _meta: own } : {}),
      }
      const reply = await within(late, this.#proxy.ask('tools/list', asked))
      if (!reply || !('result' in reply) || !Array.isArray(reply.result['tools'])) return undefined
      this.note(reply.result)
      tools.push(...(reply.result['tools'] as Members[]))
      cursor = reply.result['nextCursor']
      if (cursor !== undefined && cursor !== null) continue
      this.#seen(tools)
      return tools
    }
    return undefined
  }
}

async function within(
  late: AbortSignal,
  { reply }: { id: RequestId; reply: Promise<Reply> },
): Promise<Reply | undefined> {
  let give = () => {}
  const over = new Promise<undefined>((resolve) => {
    give = () => resolve(undefined)
  })
  late.addEventListener('abort', give, { once: true })
  try {
    return late.aborted ? undefined : await Promise.race([reply, over])
  } finally {
    late.removeEventListener('abort', give)
  }
}

function readServer(value: unknown): McpTool['server'] | undefined {
  const { name, version } = Object(value) as { name?: unknown; version?: unknown }
  return typeof name === 'string' && typeof version === 'string' ? { name, version } : undefined
}
