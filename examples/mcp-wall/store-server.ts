import { Server } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import { readSecret } from './secret.ts'

/**
 * An MCP server before the store, as its maker would write it: it has the store's secret, and checks no permit. It
 * bears the name, version and schema of the file server in the sample's catalogue, so that `files:WriteFile` is its
 * tool.
 */
const secret = readSecret()
const { STORE_URL: store = 'https://127.0.0.1:8701' } = process.env
const text = { type: 'string' } as const
const schemaOf = <T extends object>(properties: T) => ({
  type: 'object' as const,
  properties,
  required: Object.keys(properties),
  $schema: 'http://json-schema.org/draft-07/schema#',
})
const tools = [
  { name: 'read_file', inputSchema: schemaOf({ path: text }) },
  { name: 'write_file', inputSchema: schemaOf({ path: text, content: text }) },
  { name: 'delete_file', inputSchema: schemaOf({ path: text }) },
]

const server = new Server({ name: 'secure-filesystem-server', version: '0.2.0' }, { capabilities: { tools: {} } })
server.setRequestHandler('tools/list', () => ({ tools }))
server.setRequestHandler('tools/call', async ({ params: { name, arguments: args = {} } }) => {
  const { path, content } = args as { path?: string; content?: string }
  const methods: { [tool: string]: string } = { read_file: 'GET', write_file: 'PUT', delete_file: 'DELETE' }
  const response = await fetch(`${store}/${path}`, {
    method: methods[name] ?? 'GET',
    headers: { authorization: `Bearer ${secret}` },
    ...(content === undefined ? {} : { body: content }),
  })
  const said = response.status === 204 ? `wrote ${path}` : await response.text()
  return { content: [{ type: 'text', text: said }], isError: !response.ok }
})
await server.connect(new StdioServerTransport())
