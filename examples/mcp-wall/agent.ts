import { execFileSync } from 'node:child_process'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

/**
 * An agent that wants `staging/checkout.yaml` to hold the text of its arguments. It tries each way round the gate
 * first, and prints the outcomes.
 */
const { GATE_URL: gate = 'http://127.0.0.1:8900/mcp', STORE_URL: store = 'https://127.0.0.1:8701' } = process.env
const [content = 'retries: 3\n'] = process.argv.slice(2)
const path = 'staging/checkout.yaml'

// A workload token lives for minutes: a long-lived agent renews it.
let own: { headers: { [name: string]: string }; until: number } | undefined
const withToken: typeof fetch = (url, init) => {
  if (!own || own.until < Date.now()) {
    const printed = execFileSync('npx', ['--no-install', 'hotwork', 'mcp', 'headers'], { encoding: 'utf8' })
    own = { headers: JSON.parse(printed), until: Date.now() + 60_000 }
  }
  const headers = new Headers(init?.headers)
  for (const [name, value] of Object.entries(own.headers)) headers.set(name, value)
  return fetch(url, { ...init, headers })
}
const say = (what: string, came: string | number) => console.log(`${what}: ${came}`)

say('the store, without its secret', (await fetch(`${store}/${path}`, { method: 'PUT', body: content })).status)
say('the gate, without a token', (await fetch(gate, { method: 'POST', body: '{}' })).status)

const client = new Client({ name: 'wall-agent', version: '1.0.0' })
await client.connect(new StreamableHTTPClientTransport(new URL(gate), { fetch: withToken }))
const call = async (name: string, args: object) => {
  let told = ''
  const onprogress = ({ message = '' }) => {
    if (message !== told) say(name, message)
    told = message
  }
  const result = await client.callTool({ name, arguments: { ...args } }, { onprogress, resetTimeoutOnProgress: true })
  const [first] = result.content
  say(name, `${result.isError ? 'no, ' : ''}${first?.type === 'text' ? first.text : ''}`)
}
await call('delete_file', { path })
await call('read_file', { path })
await call('write_file', { path, content })
await client.close()
