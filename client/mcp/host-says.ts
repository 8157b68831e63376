// Rules: test/client/mcp/mcp-tasks.test.ts
import type { JSONRPCRequest } from '@modelcontextprotocol/server'
import type { Members, Reply } from './message-proxy.ts'

export const clientCapabilities = 'io.modelcontextprotocol/clientCapabilities'
export const tasksExtension = 'io.modelcontextprotocol/tasks'

/** The ways to tell a host that the call waits for people. */
export type Waits =
  /** The call asks for a task (MCP 2025-11-25), or the client declares the extension (since 2026-07-28). */
  | { by: 'task'; form: 2025 | 2026 }
  /** The host shows an address to the person at it. */
  | { by: 'page'; form: 2025 | 2026 }
  | { by: 'holding' }

/** The host's declared capabilities: in `initialize`, or in each request. */
export class HostSays {
  #capabilities: Members = {}

  note({ params }: JSONRPCRequest): void {
    this.#capabilities = membersOf(params?.['capabilities'])
  }

  waits({ params }: JSONRPCRequest): Waits {
    const inCall = params?._meta?.[clientCapabilities]
    const form = inCall === undefined ? 2025 : 2026
    const capabilities = inCall === undefined ? this.#capabilities : membersOf(inCall)
    const { extensions, elicitation } = capabilities
    if (params?.['task'] !== undefined && form === 2025) return { by: 'task', form }
    if (tasksExtension in membersOf(extensions)) return { by: 'task', form }
    const wasAsked = params?.['inputResponses'] !== undefined
    return 'url' in membersOf(elicitation) && !wasAsked ? { by: 'page', form } : { by: 'holding' }
  }
}

/** Since 2026-07-28 each request has the host's capabilities, and each result its kind. */
export function inFormOf({ params }: JSONRPCRequest, reply: Reply): Reply {
  if (!('result' in reply) || params?._meta?.[clientCapabilities] === undefined) return reply
  return { result: { resultType: 'complete', ...reply.result } }
}

export const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}
