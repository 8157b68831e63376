// Rules: test/client/mcp/mcp-gate.test.ts
import type { Transport } from '@modelcontextprotocol/server'
import { Fault, systemCodeOf } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'
import { largestMessage } from './gather-lines.ts'
import { type GateParts, McpGate } from './mcp-gate.ts'
import { cannotStart, serverProcess } from './server-process.ts'

export type GateOpened = {
  /** The side that ended first. */
  closed: Promise<'host' | 'server'>
  /** Waits for running calls, and ends the server. */
  end(): Promise<void>
}

/** Starts a server with a gate before it, for one host. @throws Refusal if the program is missing */
export async function openGate(
  host: Transport,
  command: readonly string[],
  parts: Omit<GateParts, 'host' | 'server'>,
  surroundings: Pick<Surroundings, 'env' | 'folder'>,
): Promise<GateOpened> {
  const server = await serverProcess(command, surroundings)
  const gate = new McpGate({ ...parts, host, server })
  const closed = new Promise<'host' | 'server'>((resolve) => {
    host.onclose = () => resolve('host')
    server.onclose = () => {
      gate.serverEnded()
      resolve('server')
    }
  })
  server.onerror = (error) => parts.log(wordsOf('the server', error))
  host.onerror = (error) => parts.log(wordsOf('the host', error))
  await gate.start().catch((cause: unknown) => {
    throw cannotStart(command, cause) ?? cause
  })
  let ending: Promise<void> | undefined
  const end = async () => {
    await gate.end()
    await server.close()
  }
  return {
    closed,
    end: () => {
      ending ??= end()
      return ending
    },
  }
}

/** The kind of error without its message, which may contain a secret. */
function wordsOf(who: string, error: Error): string {
  if (/buffer|size|exceed/i.test(error.message))
    return `${who} sent a message that is larger than ${largestMessage / 1024 / 1024} MB: the connection ends`
  const code = systemCodeOf(error)
  return code ? `${who}: ${code}` : `${who} sent an invalid MCP message: it is dropped`
}

export const serverGone = (): Fault =>
  new Fault({
    code: 'server_gone',
    title: 'the MCP server has ended',
    detail: 'calls that it had not answered have an unknown outcome, and are not made again; read its output above',
  })
