import type { McpTool } from '../../functions/domain/policy/mcp-tool.ts'

/** A tool of a server, and what else it could be. */
export const writeFile: McpTool = {
  server: { name: 'secure-filesystem-server', version: '0.2.0' },
  tool: 'write_file',
  schema: `sha-256:${'w'.repeat(43)}` as McpTool['schema'],
}

/** Another member, and what is said of it. */
export const otherTools: readonly [string, McpTool, string][] = [
  ['server', { ...writeFile, server: { ...writeFile.server, name: 'other-server' } }, 'other-server'],
  ['version', { ...writeFile, server: { ...writeFile.server, version: '0.3.0' } }, '0.3.0'],
  ['tool', { ...writeFile, tool: 'edit_file' }, 'edit_file'],
  ['schema', { ...writeFile, schema: `sha-256:${'x'.repeat(43)}` as McpTool['schema'] }, 'xxxx'],
]
