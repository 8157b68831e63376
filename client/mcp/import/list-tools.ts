// Rules: test/client/mcp/import/import.test.ts
import { Fault, systemCodeOf, Trouble, wrongUsage } from '../../outcome.ts'
import type { Surroundings } from '../../surroundings.ts'
import { cannotStart, serverProcess } from '../server-process.ts'
import { isNamed, type Listed, type Server } from './make-entry.ts'

/** `npx` or `uvx` may have to fetch the server first. Milliseconds. */
const patience = 60_000
/** A server from before 2026 may not answer a question that it does not know. Milliseconds. */
const patienceOfProbe = 5_000

/** Starts an MCP server, reads its name and all pages of its tools, and ends it. @throws Refusal, Fault */
export async function listTools(
  command: readonly string[],
  surroundings: Pick<Surroundings, 'env' | 'folder' | 'program'>,
): Promise<{ server: Server; tools: Listed[] }> {
  const { Client } = await import('@modelcontextprotocol/client')
  const client = new Client(
    { name: 'hotwork', version: surroundings.program.version },
    { versionNegotiation: { mode: 'auto', probe: { timeoutMs: patienceOfProbe } } },
  )
  try {
    await client.connect(await serverProcess(command, surroundings), { timeout: patience })
    const { name = '', version = '' } = client.getServerVersion() ?? {}
    if (!isNamed({ name, version }))
      throw wrongUsage(
        `\`${command[0]}\` does not say which server it is`,
        'a tool is known by the name and version of its server: both are required, in visible characters only',
      )
    const { tools } = client.getServerCapabilities()?.tools
      ? await client.listTools(undefined, { timeout: patience })
      : { tools: [] }
    return { server: { name, version }, tools }
  } catch (cause) {
    throw cause instanceof Trouble ? cause : (cannotStart(command, cause) ?? silent(command, cause))
  } finally {
    await client.close().catch(() => {})
  }
}

function silent([command]: readonly string[], cause: unknown): Fault {
  const code = systemCodeOf(cause)
  const title = `\`${command}\` does not answer as an MCP server on stdio`
  const { name = 'Error', message = '' } = Object(cause) as { name?: string; message?: string }
  return new Fault(
    {
      code: 'no_mcp_server',
      title,
      detail: `${code ?? name}: ${message.slice(0, 200)}: start it alone, and read its output`,
    },
    { cause },
  )
}
