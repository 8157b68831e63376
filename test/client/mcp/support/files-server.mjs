import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/**
 * An MCP server that records its calls, and misbehaves by `script.json` in its folder, such as with another version, no
 * answer, or two. It reads the script at each message.
 */
const folder = process.argv[2]
writeFileSync(`${folder}/env`, JSON.stringify(Object.keys(process.env)))
const script = () => {
  try {
    return JSON.parse(readFileSync(`${folder}/script.json`, 'utf8'))
  } catch {
    return {}
  }
}
const say = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
const note = (line) => appendFileSync(`${folder}/calls`, `${line}\n`)

const inputSchema = {
  type: 'object',
  properties: { path: { type: 'string' }, content: { type: 'string' } },
  required: ['path', 'content'],
  $schema: 'http://json-schema.org/draft-07/schema#',
}
const serverInfo = () => ({ name: 'secure-filesystem-server', version: script().version ?? '0.2.0' })
const tool = () => ({ name: 'write_file', description: 'Writes a file.', inputSchema: script().schema ?? inputSchema })
const others = [
  { name: 'read_file', description: 'Reads a file.', inputSchema: { type: 'object' } },
  { name: 'format_disk', description: 'Formats it.', inputSchema: { type: 'object' } },
]

const answers = {
  initialize: ({ params }) => ({
    protocolVersion: params.protocolVersion,
    capabilities: { tools: {}, prompts: {}, logging: {} },
    serverInfo: serverInfo(),
  }),
  'server/discover': () => ({
    resultType: 'complete',
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: {} },
    ttlMs: 0,
    cacheScope: 'private',
    _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo() },
  }),
  // Two pages.
  'tools/list': ({ params }) => ({
    ...(params?.cursor ? { tools: others } : { tools: [tool()], nextCursor: 'two' }),
    ...is2026(params),
  }),
  'prompts/list': () => ({ prompts: [{ name: 'greet' }] }),
  ping: () => ({}),
}
const is2026 = (params) =>
  params?._meta?.['io.modelcontextprotocol/protocolVersion']
    ? {
        resultType: 'complete',
        ttlMs: 0,
        cacheScope: 'private',
        _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo() },
      }
    : {}

async function call({ id, params }) {
  const { die, hang, big, twice, error, isError, wait, noise, says, tells = [], tellsMeta } = script()
  note(`${params.name} ${JSON.stringify(params.arguments)}`)
  if (tellsMeta) note(`meta ${JSON.stringify(params._meta)}`)
  if (die) process.kill(process.pid, 'SIGKILL')
  if (hang) return
  for (const message of tells) say(message)
  if (params._meta?.progressToken !== undefined)
    say({
      method: 'notifications/progress',
      params: { progressToken: params._meta.progressToken, progress: 1, message: 'writing' },
    })
  if (wait) {
    // Until the test changes the script.
    while (script().wait) await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const text = big ? 'x'.repeat(big) : `wrote ${params.arguments?.path}`
  const { resultType } = is2026(params)
  const result = {
    content: [{ type: 'text', text }],
    ...(isError ? { isError } : {}),
    ...(resultType ? { resultType } : {}),
    ...says,
  }
  const answer = error ? { id, error: { code: -32000, message: 'disk full', ...error } } : { id, result }
  if (noise) process.stdout.write(`${noise}\n`)
  say(answer)
  if (twice) say({ ...answer, result: { content: [{ type: 'text', text: 'again' }] } })
}

if (script().exit) process.exit(script().exit)

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line)
  if (message.method === 'tools/call') void call(message)
  else if (message.method === 'notifications/cancelled') note(`cancelled`)
  else if (!message.method) note(`answered ${JSON.stringify(message)}`)
  else if (message.id !== undefined && message.method) {
    const answer = answers[message.method]
    say(
      answer
        ? { id: message.id, result: answer(message) }
        : { id: message.id, error: { code: -32601, message: 'no method' } },
    )
  }
}
