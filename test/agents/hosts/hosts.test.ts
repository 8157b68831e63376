import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { flag, map, setFlag } from '../../client/hooks/support/host-machine.ts'
import { SidecarMachine } from '../../client/sidecar/support/sidecar-machine.ts'
import { useRealTime } from '../../client/support/agent-machine.ts'
import { ran } from '../../client/support/ran.ts'
import { useScene } from '../../client/support/scene.ts'
import { root } from '../../support/repository.ts'
import { ScriptedModel } from './scripted-model.ts'

/**
 * The hosts themselves under the settings that docs/agents/ ships, with a scripted model. They are too large for the
 * job to install: their tests run if these variables name one (`npm run test:agents -- test/agents/hosts`).
 */
const { HOTWORK_TEST_CLAUDE: claude, HOTWORK_TEST_CODEX: codex } = process.env
const ifThere = (program: string | undefined) => (program ? describe : describe.skip)

const scene = useScene()
const model = new ScriptedModel('flags', 'set_flag')
let machine: SidecarMachine
let home: string
beforeAll(() => model.open())
afterAll(() => model.close())
beforeEach(async () => {
  useRealTime(scene)
  model.results.length = 0
  model.arguments = flag
  machine = await new SidecarMachine(scene).start()
  home = join(machine.folder, 'home')
  mkdirSync(join(home, 'project'), { recursive: true })
  mkdirSync(join(home, 'codex'))
  writeFileSync(join(home, 'map.json'), JSON.stringify(map))
  writeFileSync(join(home, 'calls'), '')
  writeFileSync(join(home, 'server.mjs'), server(join(home, 'calls')))
})
afterEach(() => machine.close())

/** An MCP server that writes each call of its one tool into a file. */
const server = (calls: string) => `
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n')
const properties = { environment: { type: 'string' }, flag: { type: 'string' }, value: { type: 'boolean' } }
const tool = { name: 'set_flag', description: 'sets a flag', inputSchema: { type: 'object', properties } }
const results = {
  initialize: ({ protocolVersion }) =>
    ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'flags', version: '1' } }),
  'tools/list': () => ({ tools: [tool] }),
  'tools/call': (params) => {
    appendFileSync(${JSON.stringify(calls)}, JSON.stringify(params.arguments) + '\\n')
    return { content: [{ type: 'text', text: 'flag set' }] }
  },
}
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id !== undefined) say({ id, result: results[method]?.(params) ?? {} })
})`

const hookCommand = (host: string) =>
  `${process.execPath} ${join(root, 'client/hotwork.ts')} hook ${host} --map ${join(home, 'map.json')} --wait 0s`
const hooksOf = (events: readonly string[], hook: object) => ({
  hooks: Object.fromEntries(events.map((event) => [event, [{ matcher: setFlag, hooks: [{ timeout: 60, ...hook }] }]])),
})
const calls = () => readFileSync(join(home, 'calls'), 'utf8').split('\n').slice(0, -1)
const ended = async () => (await machine.requests()).map(({ status }) => status)

async function run(program: string, words: readonly string[], env: object): Promise<string> {
  const own = { PATH: process.env['PATH'], HOME: home, XDG_STATE_HOME: machine.folder, HOTWORK_API: scene.api.url }
  const token = { HOTWORK_WORKLOAD_TOKEN_FILE: join(machine.folder, 'workload-token') }
  const { out, err } = await ran(program, words, { cwd: join(home, 'project'), env: { ...own, ...token, ...env } })
  return `${out}\n${err}`
}

ifThere(claude)('Claude Code', () => {
  const events = ['PreToolUse', 'PostToolUse', 'PostToolUseFailure']
  const http = () => ({
    ...{ type: 'http', url: `${machine.url}/hooks/claude-code`, onFailure: 'block' },
    ...{ headers: { Authorization: 'Bearer $HOTWORK_SIDECAR_TOKEN' }, allowedEnvVars: ['HOTWORK_SIDECAR_TOKEN'] },
  })
  const command = () => ({ type: 'command', onFailure: 'block', command: hookCommand('claude-code') })
  const asked = (hook: object, ...words: string[]) => {
    writeFileSync(join(home, 'settings.json'), JSON.stringify(hooksOf(events, hook)))
    const flags = { command: process.execPath, args: [join(home, 'server.mjs')] }
    writeFileSync(join(home, 'mcp.json'), JSON.stringify({ mcpServers: { flags } }))
    const given = ['--mcp-config', join(home, 'mcp.json'), '--settings', join(home, 'settings.json')]
    return run(claude ?? '', ['-p', 'set it', ...given, '--output-format', 'json', ...words], {
      ...{ ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: 'x', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' },
      ...{ DISABLE_AUTOUPDATER: '1', ENABLE_TOOL_SEARCH: 'false', HOTWORK_SIDECAR_TOKEN: machine.token },
    })
  }

  test.each([
    ['HTTP', http],
    ['command', command],
  ])(
    'a call under the %s hook of Claude Code is denied while people decide, and done once after the approval',
    async (_kind, hook) => {
      await asked(hook())
      expect([calls(), model.results.join()]).toEqual([[], expect.stringContaining('have not decided yet')])
      await machine.decideAll()
      await asked(hook())
      expect([calls(), await ended()]).toEqual([[JSON.stringify(flag)], ['completed']])
    },
  )

  test("Claude Code without the sidecar's token calls nothing", async () => {
    await asked({ ...http(), headers: {} })
    expect([calls(), await ended()]).toEqual([[], []])
  })

  test('Claude Code without a sidecar calls nothing', async () => {
    await machine.stop()
    await asked(http())
    expect(calls()).toEqual([])
  })

  test('a deferred call of Claude Code is resumed with its session, and done once', async () => {
    const session = '11111111-2222-4333-8444-555555555555'
    await machine.start({ pending: 'defer' })
    expect(await asked(http(), '--session-id', session)).toContain('tool_deferred')
    await machine.decideAll()
    await asked(http(), '--resume', session)
    expect([calls(), await ended()]).toEqual([[JSON.stringify(flag)], ['completed']])
  })
})

ifThere(codex)('Codex', () => {
  const asked = (command: string) => {
    const hooks = hooksOf(['PreToolUse', 'PostToolUse'], { type: 'command', command })
    writeFileSync(join(home, 'codex/hooks.json'), JSON.stringify(hooks))
    writeFileSync(join(home, 'codex/config.toml'), configOf(model.url, join(home, 'server.mjs')))
    const words = ['exec', '--skip-git-repo-check', '--dangerously-bypass-hook-trust', '-s', 'read-only', 'set it']
    return run(codex ?? '', words, { CODEX_HOME: join(home, 'codex'), SCRIPTED_KEY: 'x' })
  }
  const closed = (command: string) => `${command} || { echo 'Hotwork: the hook did not run' >&2; exit 2; }`

  test('a call under the hook of Codex is denied while people decide, and done once after the approval', async () => {
    await asked(closed(hookCommand('codex')))
    expect([calls(), model.results.join()]).toEqual([[], expect.stringContaining('have not decided yet')])
    await machine.decideAll()
    await asked(closed(hookCommand('codex')))
    expect([calls(), await ended()]).toEqual([[JSON.stringify(flag)], ['completed']])
  })

  test('Codex without a hook calls nothing', async () => {
    await asked(closed(join(home, 'nowhere')))
    expect([calls(), await ended()]).toEqual([[], []])
  })
})

const configOf = (url: string, file: string) => `
model = "gpt-5"
model_provider = "scripted"
[model_providers.scripted]
name = "scripted"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "SCRIPTED_KEY"
[mcp_servers.flags]
command = "${process.execPath}"
args = ["${file}"]
default_tools_approval_mode = "approve"
`
