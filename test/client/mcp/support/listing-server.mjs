// An MCP server on stdio that lists the tools in a file: { server, pages: [[tool, ...], ...] }. Its arguments: the
// file, and a pretended secret. It writes its environment beside the file.
import { readFileSync, writeFileSync } from 'node:fs'
import { Server } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'

const [file] = process.argv.slice(2)
const { server: info, pages } = JSON.parse(readFileSync(file, 'utf8'))
writeFileSync(`${file}.env`, JSON.stringify(process.env))
const server = new Server(info, { capabilities: { tools: {} } })
server.setRequestHandler('tools/list', ({ params }) => {
  const at = Number(params?.cursor ?? 0)
  return { tools: pages[at] ?? [], ...(at + 1 < pages.length ? { nextCursor: String(at + 1) } : {}) }
})
await server.connect(new StdioServerTransport())
