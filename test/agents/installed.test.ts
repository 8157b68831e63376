import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The frameworks have exactly the versions of `package.json`, and none brings a binary of its own. */

const read = (file: string) => JSON.parse(readFileSync(join(__dirname, file), 'utf8'))

test('the installed versions are those of package.json', () => {
  const { dependencies } = read('package.json') as { dependencies: { [name: string]: string } }
  for (const [name, version] of Object.entries(dependencies))
    expect([name, read(`node_modules/${name}/package.json`).version]).toEqual([name, version])
})

test('Claude Code with its 390 MB is not installed', () => {
  expect(existsSync(join(__dirname, 'node_modules/@anthropic-ai/claude-agent-sdk-linux-x64'))).toBe(false)
})

test.each([
  ...['ai', 'langchain', '@openai/agents', '@strands-agents/sdk', '@anthropic-ai/claude-agent-sdk'],
  ...['@modelcontextprotocol/client', '@modelcontextprotocol/server', '@ai-sdk/mcp', '@langchain/mcp-adapters'],
])('%s loads', async (name) => {
  expect(Object.keys(await import(name)).length).toBeGreaterThan(0)
})
