import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/**
 * A program: runs an MCP server and records each line for it, with the time, before the server gets it. `recorder.ts
 * FILE CMD...`
 */

const [file = '', command = '', ...args] = process.argv.slice(2)
const server = spawn(command, args, { stdio: ['pipe', 'inherit', 'inherit'] })
server.once('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
server.stdin.on('error', () => {})
createInterface({ input: process.stdin })
  .on('line', (line) => {
    appendFileSync(file, `${JSON.stringify({ at: Date.now(), line })}\n`)
    server.stdin.write(`${line}\n`)
  })
  .once('close', () => server.stdin.end())
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => server.kill(signal))
