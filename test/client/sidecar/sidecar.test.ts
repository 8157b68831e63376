import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { dirname, join } from 'node:path'
import { setFlag } from '../hooks/support/host-machine.ts'
import { AgentMachine, approve, file, useRealTime } from '../support/agent-machine.ts'
import { useScene } from '../support/scene.ts'
import { until } from '../support/until.ts'
import { SidecarMachine } from './support/sidecar-machine.ts'

/** The answers of the sidecar, and the programs that get them. */

const scene = useScene()
let machine: SidecarMachine
beforeEach(() => {
  machine = new SidecarMachine(scene)
})
afterEach(() => machine.close())

const doors = [
  ['/hooks/claude-code', 'POST'],
  ['/v1/requests', 'POST'],
  ['/credentials/req_01m6dp0s00000000000000000a', 'GET'],
  ['/', 'GET'],
] as const

test.each(doors)('%s is closed without the token, and to pages of a browser', async (path, method) => {
  await machine.start()
  const body = machine.event({ hook_event_name: 'PreToolUse' })
  const asked = method === 'POST' ? { method, body } : { method }
  const without = await machine.ask(path, { ...asked, headers: { authorization: '' } })
  const wrong = await machine.ask(path, { ...asked, headers: { authorization: `Bearer ${'a'.repeat(43)}` } })
  const elsewhere = await machine.ask(path, { ...asked, headers: { host: 'attacker.example' } })
  expect([without.status, wrong.status, elsewhere.status]).toEqual([401, 401, 403])
  expect(await machine.requests()).toEqual([])
})

test('a stranger is answered before their body has come', async () => {
  await machine.start()
  const { hostname, port } = new URL(machine.url)
  const sent = request({ hostname, port, path: '/hooks/claude-code', method: 'POST' })
  sent.write('{')
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  sent.destroy()
  expect(response.statusCode).toBe(401)
})

test('the sidecar listens on loopback alone, each time with another token', async () => {
  await machine.start()
  const { token } = machine
  await machine.start()
  expect([new URL(machine.url).hostname, machine.token === token]).toEqual(['127.0.0.1', false])
})

test.each(['HOTWORK_WORKLOAD_TOKEN_FILE', 'HOTWORK_TOOL_TOKEN_FILE'])(
  'a sidecar for which %s gives no token does not start, and says so',
  async (variable) => {
    const start = machine.start({}, { [variable]: '/no/such/file' })
    await expect(start).rejects.toMatchObject({ told: { title: expect.stringContaining(variable) } })
  },
)

test('a second sidecar on the same port says that the port is taken', async () => {
  await machine.start()
  const other = new SidecarMachine(scene)
  await expect(other.start({ port: Number(new URL(machine.url).port) })).rejects.toMatchObject({
    told: { code: 'cannot_listen', detail: expect.stringContaining('--port') },
  })
  await other.close()
})

describe('a token in a file', () => {
  const path = () => join(machine.folder, 'token')

  test('a token in a file is private, and the same after a restart', async () => {
    await machine.start({ tokenFile: 'token' })
    const { token } = machine
    expect([(statSync(path()).mode & 0o777).toString(8), readFileSync(path(), 'utf8')]).toEqual(['600', `${token}\n`])
    await machine.start({ tokenFile: 'token' })
    expect(machine.token).toBe(token)
  })

  test.each<[what: string, make: () => void]>([
    ['other users can read', () => [writeFileSync(path(), 'a'.repeat(43)), chmodSync(path(), 0o644)]],
    ['holds something else', () => writeFileSync(path(), 'secret', { mode: 0o600 })],
    ['is a link', () => symlinkSync('/etc/passwd', path())],
  ])('a token file that %s is refused, without its content', async (_what, make) => {
    make()
    const trouble = await machine.start({ tokenFile: 'token' }).catch((cause: unknown) => cause)
    expect(trouble).toMatchObject({ exit: 2, message: expect.not.stringContaining('secret') })
  })
})

const tell = (event: unknown) => machine.ask('/hooks/claude-code', { method: 'POST', body: event })
const call = () => machine.event({ hook_event_name: 'PreToolUse', tool_use_id: 'toolu_1' })

test('the hook of Claude Code answers as the command does: denied, approved, and done once', async () => {
  await machine.start()
  expect((await tell(call())).body.hookSpecificOutput).toMatchObject({ permissionDecision: 'deny' })
  await machine.decideAll()
  expect((await tell(call())).body.hookSpecificOutput).toMatchObject({ permissionDecision: 'allow' })
  expect((await tell(call())).body.hookSpecificOutput).toMatchObject({ permissionDecision: 'deny' })
  await tell(machine.event({ hook_event_name: 'PostToolUse', tool_use_id: 'toolu_1', tool_response: 'x' }))
  expect(await machine.requests()).toMatchObject([{ status: 'completed' }])
})

test('the hook of Claude Code gives no answer for a tool that no map names', async () => {
  await machine.start()
  expect((await tell(machine.event({ hook_event_name: 'PreToolUse', tool_name: 'Read' }))).body).toEqual({})
})

test.each([
  ['no JSON', '{'],
  ['nothing', ''],
  ['half a character', Buffer.from([0x22, 0xc3, 0x22])],
])('the hook of Claude Code denies %s', async (_what, body) => {
  await machine.start()
  const said = await tell(body)
  expect([said.status, said.body.hookSpecificOutput.permissionDecision]).toEqual([200, 'deny'])
})

test('a hook whose host goes away begins nothing, and the approval stays', async () => {
  await machine.start({ wait: 60_000 })
  const stop = new AbortController()
  machine.waiting = async () => {
    stop.abort()
    await machine.decideAll()
  }
  const asked = machine.ask('/hooks/claude-code', { method: 'POST', body: call(), signal: stop.signal })
  await expect(asked).rejects.toThrow()
  machine.waiting = async () => {}
  expect((await tell(call())).body.hookSpecificOutput).toMatchObject({ permissionDecision: 'allow' })
})

describe('credentials', () => {
  const parameter = 'mcp__aws__put_parameter'
  const arguments_ = { Name: '/staging/checkout/payment-timeout-ms', Value: '3000', Overwrite: true }
  const hooked = async () => {
    const tools = { [parameter]: { action: 'ssm:PutParameter' } }
    machine.maps = [{ purpose: 'remediation', parent_task: { id: 'INC-4822' }, tools }]
    await machine.start({ wait: 60_000 })
    machine.waiting = () => machine.decideAll()
    const event = { hook_event_name: 'PreToolUse', tool_name: parameter, tool_input: arguments_ }
    const said = await machine.ask('/hooks/claude-code', { method: 'POST', body: machine.event(event) })
    expect(said.body.hookSpecificOutput).toMatchObject({ permissionDecision: 'allow' })
    const [request] = await machine.requests()
    return request?.ask.id ?? ''
  }

  test('credentials of an approved request are given in the form of the container endpoint, the same to all', async () => {
    const id = await hooked()
    const { status, body } = await machine.ask(`/credentials/${id}`, { headers: { authorization: machine.token } })
    expect([status, Object.keys(body).sort()]).toEqual([200, ['AccessKeyId', 'Expiration', 'SecretAccessKey', 'Token']])
    expect((await machine.ask(`/credentials/${id}`)).body).toEqual(body)
  })

  test('credentials of an ended request are refused with the reason', async () => {
    const id = await hooked()
    await scene.at('gus').type('revoke', id, '--reason', 'INC-1')
    const { status, body } = await machine.ask(`/credentials/${id}`)
    expect([status, Object.keys(body)]).toEqual([403, ['Code', 'Message']])
  })

  test('credentials of a request of another machine are refused', async () => {
    await machine.start()
    const { status, body } = await machine.ask('/credentials/req_01m6dp0s00000000000000000a')
    expect([status, body]).toEqual([403, { Code: 'usage', Message: expect.stringContaining('not on this machine') }])
  })

  test('credentials that another agent got on this machine are refused', async () => {
    const id = await hooked()
    expect((await machine.ask(`/credentials/${id}`)).status).toBe(200)
    machine.subject = 'agent-builder'
    await machine.start()
    expect((await machine.ask(`/credentials/${id}`)).status).toBe(403)
  })

  test.each(['/credentials', '/credentials/', '/credentials/..%2f', '/credentials/x'])(
    'credentials of %s are refused',
    async (path) => {
      await machine.start()
      expect(await machine.ask(path)).toMatchObject({ status: 403, body: { Code: 'usage' } })
    },
  )
})

describe('a sidecar at a Unix socket', () => {
  const socket = () => join(machine.folder, 'own/sidecar.sock')
  const said = async (headers: { [name: string]: string } = {}) =>
    (await machine.ask('/v1/requests/none', { headers })).status

  test('a sidecar at a Unix socket answers by the token, in a folder that no other user may enter', async () => {
    await machine.start({ socket: socket() })
    expect([await said(), await said({ authorization: 'Bearer none' })]).toEqual([404, 401])
    expect(statSync(dirname(socket())).mode & 0o777).toBe(0o700)
    await machine.stop()
    expect(existsSync(socket())).toBe(false)
  })

  test('a sidecar listens at a Unix socket below a folder with the sticky bit, such as /tmp', async () => {
    chmodSync(machine.folder, 0o1777)
    await machine.start({ socket: socket() })
    expect(await said()).toBe(404)
  })

  test('a sidecar replaces the socket of a killed one', async () => {
    mkdirSync(dirname(socket()), { mode: 0o700 })
    const leave = `require('net').createServer().listen('${socket()}', () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', leave])
    expect(existsSync(socket())).toBe(true)
    await machine.start({ socket: socket() })
    expect(await said()).toBe(404)
  })

  test.each<[what: string, ready: () => Promise<unknown> | unknown]>([
    ['in a folder that others may enter', () => chmodSync(dirname(socket()), 0o755)],
    ['in a folder that others may rename', () => chmodSync(machine.folder, 0o777)],
    ['where there is a file', () => writeFileSync(socket(), '')],
    ['where a link leads elsewhere', () => symlinkSync('/tmp/none', socket())],
    ['where another program listens', () => machine.start({ socket: socket() })],
  ])('a sidecar does not listen %s', async (_what, ready) => {
    mkdirSync(dirname(socket()), { mode: 0o700 })
    await ready()
    const other = new SidecarMachine(scene)
    try {
      await expect(other.start({ socket: socket() })).rejects.toThrow('--socket')
    } finally {
      await other.close()
    }
  })
})

describe('hook and sidecar as programs', () => {
  let agent: AgentMachine
  beforeEach(() => {
    useRealTime(scene)
    agent = new AgentMachine(scene)
    const tools = { [setFlag]: { action: 'flags:set' } }
    const map = { purpose: 'release', parent_task: { id: 'REL-7' }, tools }
    writeFileSync(join(agent.home, 'map.json'), JSON.stringify(map))
  })
  afterEach(() => agent.close())

  const event = (changes: object = {}) => JSON.stringify(machine.event({ hook_event_name: 'PreToolUse', ...changes }))
  const hooked = async (input: string | Buffer, ...words: string[]) => {
    const hook = agent.start('hook', ...words, '--map-in-project')
    hook.child.stdin?.on('error', () => {})
    hook.child.stdin?.end(input)
    return { exit: await hook.ends, out: hook.out, err: hook.err }
  }

  test('the hook reads an event and prints an answer; an ungated call gets none', async () => {
    const asked = await hooked(event(), 'claude-code', '--map', 'map.json', '--wait', '0s')
    expect([asked.exit, JSON.parse(asked.out).hookSpecificOutput.permissionDecision]).toEqual([0, 'deny'])
    const other = await hooked(event({ tool_name: 'Read' }), 'claude-code', '--map', 'map.json')
    expect(other).toEqual({ exit: 0, out: '', err: '' })
  })

  test.each<[what: string, input: string, words: string[]]>([
    ['no JSON', '{', ['claude-code', '--map', 'map.json']],
    ['nothing at all', '', ['codex', '--map', 'map.json']],
    ['a map that is not there', '{}', ['claude-code', '--map', 'nowhere.json']],
    ['no map', '{}', ['codex']],
    ['another host', '{}', ['cursor', '--map', 'map.json']],
  ])('the hook with %s exits with 2, which hosts take as a refusal, and says why', async (_what, input, words) => {
    const { exit, out, err } = await hooked(input, ...words)
    expect([exit, out, err.length > 0]).toEqual([2, '', true])
  })

  test('the hook and the sidecar refuse a map in the folder that the agent works in', async () => {
    for (const words of [
      ['hook', 'claude-code'],
      ['hook', 'codex'],
      ['sidecar', '--port', '0'],
    ]) {
      const started = agent.start(...words, '--map', 'map.json')
      started.child.stdin?.end(event())
      expect([await started.ends, started.err]).toEqual([2, expect.stringContaining('--map-in-project')])
    }
    expect(await machine.requests()).toEqual([])
  })

  test('a hook that is killed while people decide leaves the request, and the next call goes on with it', async () => {
    const hook = agent.start('hook', 'claude-code', '--map', 'map.json', '--map-in-project')
    hook.child.stdin?.end(event())
    await until(async () => (await machine.requests()).length > 0)
    hook.child.kill('SIGKILL')
    await hook.ends
    await machine.decideAll()
    const again = await hooked(event(), 'claude-code', '--map', 'map.json')
    expect(JSON.parse(again.out).hookSpecificOutput.permissionDecision).toBe('allow')
    expect(await machine.requests()).toHaveLength(1)
  })

  test('the sidecar prints its address and token, and ends by a signal', async () => {
    const started = agent.start(
      'sidecar',
      '--map',
      'map.json',
      '--map-in-project',
      '--wait',
      '0s',
      '--port',
      '0',
      '--json',
    )
    await started.prints(/\}\s$/)
    const { url, token } = JSON.parse(started.out)
    const said = await fetch(`${url}/hooks/claude-code`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: event(),
    })
    const body = (await said.json()) as { hookSpecificOutput: object }
    expect(body.hookSpecificOutput).toMatchObject({ permissionDecision: 'deny' })
    started.child.kill('SIGTERM')
    expect(await started.ends).toBe(0)
  })

  test("the sidecar gives credentials of the command line's request", async () => {
    const id = await agent.asked(file('prod-payment-timeout'))
    await approve(scene, id)
    const started = agent.start('sidecar', '--port', '0', '--json')
    await started.prints(/\}\s$/)
    const { url, token } = JSON.parse(started.out)
    const said = await fetch(`${url}/credentials/${id}`, { headers: { authorization: token } })
    expect([said.status, await said.json()]).toEqual([
      200,
      expect.objectContaining({ AccessKeyId: expect.any(String) }),
    ])
    expect((await scene.state(id)).status).toBe('approved')
    started.child.kill('SIGINT')
    expect(await started.ends).toBe(0)
  })
})

test("a hook's header names the task of its call, and an invalid one denies it with the code", async () => {
  await machine.start()
  const event = machine.event({ hook_event_name: 'PreToolUse' })
  const hook = (task: string) =>
    machine.ask('/hooks/claude-code', { method: 'POST', body: event, headers: { 'hotwork-task': task } })
  expect((await hook('INC-1, INC-2')).body).toMatchObject({
    hookSpecificOutput: {
      permissionDecision: 'deny',
      permissionDecisionReason: expect.stringContaining('invalid_parent_task'),
    },
  })
  await hook('INC-1')
  expect((await machine.requests()).map(({ ask }) => [ask.parentTask.id, ask.taskSource])).toEqual([
    ['INC-1', 'header'],
  ])
})
