import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The frameworks are those of `package.json`, to the letter, and none brings a binary of its own. */

const read = (file: string) => JSON.parse(readFileSync(join(__dirname, file), 'utf8'))

test('what is installed is what package.json says', () => {
  const { dependencies } = read('package.json') as { dependencies: { [name: string]: string } }
  for (const [name, version] of Object.entries(dependencies))
    expect([name, read(`node_modules/${name}/package.json`).version]).toEqual([name, version])
})

test('the 390 MB of Claude Code are not among it', () => {
  expect(existsSync(join(__dirname, 'node_modules/@anthropic-ai/claude-agent-sdk-linux-x64'))).toBe(false)
})

test.each(['ai', 'langchain', '@openai/agents', '@strands-agents/sdk', '@anthropic-ai/claude-agent-sdk'])(
  '%s loads',
  async (name) => {
    expect(Object.keys(await import(name)).length).toBeGreaterThan(0)
  },
)
test.each(['@modelcontextprotocol/client', '@modelcontextprotocol/server', '@ai-sdk/mcp', '@langchain/mcp-adapters'])(
  '%s loads, as an MCP client or server',
  async (name) => {
    expect(Object.keys(await import(name)).length).toBeGreaterThan(0)
  },
)
