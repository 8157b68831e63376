import type { McpTool } from '../../functions/domain/policy/mcp-tool.ts'

/** A tool of a server, and changed versions of it. */
export const writeFile: McpTool = {
  server: { name: 'secure-filesystem-server', version: '0.2.0' },
  tool: 'write_file',
  schema: `sha-256:${'w'.repeat(43)}` as McpTool['schema'],
}

/** Tools with one changed member, each with the words about the change. */
export const otherTools: readonly [string, McpTool, string][] = [
  ['server', { ...writeFile, server: { ...writeFile.server, name: 'other-server' } }, 'other-server'],
  ['version', { ...writeFile, server: { ...writeFile.server, version: '0.3.0' } }, '0.3.0'],
  ['tool', { ...writeFile, tool: 'edit_file' }, 'edit_file'],
  ['schema', { ...writeFile, schema: `sha-256:${'x'.repeat(43)}` as McpTool['schema'] }, 'xxxx'],
]
