// Rules: test/client/mcp/run-gate.test.ts
import type { Transport } from '@modelcontextprotocol/server'
import { withoutIdentity } from '../exec/command.ts'
import { type Refusal, systemCodeOf, wrongUsage } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'
import { gatherLines } from './gather-lines.ts'

/**
 * An MCP server on stdio, which its client starts. It has this program's environment, with its own secret, and without
 * the identities of agent and tool.
 */
export async function serverProcess(
  [command = '', ...args]: readonly string[],
  { env, folder }: Pick<Surroundings, 'env' | 'folder'>,
): Promise<Transport> {
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio')
  const started = { command, args, env: withoutIdentity(env), cwd: folder, stderr: 'inherit' as const }
  return gatherLines(new StdioClientTransport(started))
}

/** A refusal without the arguments of CMD, which may contain a secret. @returns undefined if the program was started */
export function cannotStart([command]: readonly string[], cause: unknown): Refusal | undefined {
  const code = systemCodeOf(cause)
  if (code !== 'ENOENT' && code !== 'EACCES') return undefined
  return wrongUsage(`\`${command}\` cannot be started (${code})`, 'name a program that exists, as in a shell')
}
