import { appendFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { type JSONRPCMessage, McpServer } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import * as z from 'zod'

/**
 * An MCP server with one tool. It reports each step to the harness before it takes it, and waits for a word, so that it
 * or its surroundings can be killed at that very point. Its executed calls are lines of a file, which survives every
 * kill.
 */

const told = (name: string): string => process.env[name] ?? ''
const harness = connect(told('KILLS_SOCKET'))
harness.on('error', () => process.exit(1))
const waiting: ((reply: string) => void)[] = []
createInterface(harness).on('line', (reply) => waiting.shift()?.(reply))

function pass(point: string, call?: object): Promise<string> {
  harness.write(`${JSON.stringify({ run: told('KILLS_RUN'), pid: process.pid, point, call })}\n`)
  return new Promise((resolve) => waiting.push(resolve))
}

const server = new McpServer({ name: told('KILLS_SERVER'), version: told('KILLS_VERSION') })
const inputSchema = z.object({ path: z.string(), content: z.string() })
let busy = 0
let answering = 0
let isLeft = false
server.registerTool('write_file', { description: 'Writes a file.', inputSchema }, async (call) => {
  busy += 1
  await pass('received', call)
  appendFileSync(told('KILLS_EXECUTED'), `${JSON.stringify(call)}\n`, { flush: true })
  await pass('executed', call)
  busy -= 1
  answering += 1
  leave()
  return { content: [{ type: 'text', text: `wrote ${call.path} as process ${process.pid}` }] }
})

class Transport extends StdioServerTransport {
  override async send(message: JSONRPCMessage): Promise<void> {
    if (answering === 0 || !('result' in message)) return super.send(message)
    answering -= 1
    const text = JSON.stringify(message)
    if ((await pass('answering')) === 'half') {
      process.stdout.write(text.slice(0, text.length / 2))
      process.kill(process.pid, 'SIGKILL')
    }
    await super.send(message)
    await pass('answered')
  }
}

/** Its client has gone: it ends the calls that it has begun, as servers do, and answers no others. */
function leave(): void {
  if (isLeft && busy === 0) process.exit()
}
process.stdout.on('error', () => process.exit())
process.stdin.on('end', () => {
  isLeft = true
  leave()
})

await pass('started')
await server.connect(new Transport())
