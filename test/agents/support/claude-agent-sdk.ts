import { query as ask } from '@anthropic-ai/claude-agent-sdk'
import { scripted } from '../adapters/drivers/claude.ts'

/** The Claude Agent SDK, whose Claude Code makes two calls of the tool of docs/agents/claude-agent-sdk.md. */
export { createSdkMcpServer, tool } from '@anthropic-ai/claude-agent-sdk'

const name = '/prod/checkout/payment-timeout-ms'
const calls = ['3000', '0'].map((value, at) => ({
  ...{ id: `call_${at + 1}`, tool: 'mcp__desk__setParameter', input: { name, value } },
}))

export const query: typeof ask = ({ prompt, options }) =>
  ask({ prompt, options: { ...options, ...scripted(calls, { ALLOWED: 'true' }) } })
