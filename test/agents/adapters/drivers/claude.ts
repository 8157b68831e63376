import { join } from 'node:path'
import { createSdkMcpServer, type Options, query, tool } from '@anthropic-ai/claude-agent-sdk'
import { GatedTools } from '../../../../client/adapters/claude.ts'
import { configureSchema, type Driver, noteSchema, type Script, type Told } from './driver.ts'

/** Claude Code's name for a tool of an MCP server. */
const named = (name: string) => `mcp__desk__${name}`

type Extra = { _meta?: { 'claudecode/toolUseId'?: string } }

/** A Claude Code that makes these calls. */
export const scripted = (calls: readonly object[], env: { [name: string]: string }) => ({
  pathToClaudeCodeExecutable: join(import.meta.dirname, 'scripted-claude-code.ts'),
  ...{ executable: process.execPath as 'node', executableArgs: [] },
  env: { PATH: process.env['PATH'], SCRIPT: JSON.stringify(calls), ...env },
})

/** @param take the part of the adapter that the host uses */
export function driveWith(take: (gate: GatedTools) => Partial<Options>, env: { [name: string]: string } = {}): Driver {
  return async ({ calls, gating, work }: Script) => {
    const tools = Object.fromEntries(Object.entries(gating.tools).map(([name, action]) => [named(name), action]))
    const gate = new GatedTools({ ...gating, tools })
    const answer = async (text: Promise<string> | string) => ({
      content: [{ type: 'text' as const, text: await text }],
    })
    const configure = (input: { FunctionName: string; Timeout: number }, extra: unknown) =>
      answer(work(input, gate.permitOf((extra as Extra)._meta?.['claudecode/toolUseId'] ?? '')))
    const desk = createSdkMcpServer({
      name: 'desk',
      tools: [
        tool('configure', 'a tool', configureSchema.shape, configure),
        tool('note', 'a tool', noteSchema.shape, (input) => answer(work(input))),
      ],
    })
    const made = calls.map((call) => ({ ...call, tool: named(call.tool) }))
    const told: Told[] = []
    const run = query({ prompt: 'go', options: { ...scripted(made, env), mcpServers: { desk }, ...take(gate) } })
    for await (const message of run) {
      if (message.type !== 'user' || typeof message.message.content === 'string') continue
      for (const part of message.message.content)
        if (part.type === 'tool_result')
          told.push({ id: part.tool_use_id, text: String(part.content), isError: part.is_error === true })
    }
    return told
  }
}

/** Tools are allowed without a question, as in most hosts: hooks still see each call. */
export const drive: Driver = driveWith(({ hooks }) => ({ hooks }), { ALLOWED: 'true' })
