import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startSts, webIdentityToken } from '../../targets/aws/sts/sts-endpoint.ts'
import { useRealTime } from '../support/agent-machine.ts'
import { useScene } from '../support/scene.ts'
import { until } from '../support/until.ts'
import { GateMachine, type Host, permitOf, textOf } from './support/gate-machine.ts'
import { decideNext, prod, staging, untilPending } from './support/people.ts'

/** `hotwork mcp -- CMD` as a process under an MCP host of the official SDK; each of them may be killed. */

const scene = useScene()
let machine: GateMachine
beforeEach(() => {
  useRealTime(scene)
  machine = new GateMachine(scene)
})
afterEach(() => machine.closeAll())

const called = () => until(() => machine.calls.length > 0)
const kill = (host: Host) => process.kill(host.transport.pid ?? 0, 'SIGKILL')
/** Ignores the fault of a host that was killed. */
const lost = (call: Promise<unknown>) => call.catch(() => 'lost')

test('an unchanged host of the SDK calls through the gate; the server has its own secret, and no identity of agent or tool', async () => {
  machine.env['SERVER_SECRET'] = 's3'
  const host = await machine.host()
  expect(host.client.getServerVersion()).toMatchObject({ name: 'secure-filesystem-server' })
  expect((await host.client.listTools()).tools).toHaveLength(5)
  const result = await host.call(staging)
  expect([textOf(result), permitOf(result)?.state]).toEqual(['wrote staging/checkout.yaml', 'done'])
  const names = JSON.parse(readFileSync(join(machine.served, 'env'), 'utf8')) as string[]
  expect(names).toContain('SERVER_SECRET')
  expect(names.filter((name) => /TOKEN_FILE|HOTWORK_AS/.test(name))).toEqual([])
})

test('a server does not get the AWS credentials by which Hotwork knows the agent, and gets its own', async () => {
  const sts = await startSts({ GetWebIdentityToken: () => webIdentityToken(scene.workload('agent-remediator')) })
  const credentials = { AWS_ACCESS_KEY_ID: 'ASIAROLE', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 's' }
  Object.assign(machine.env, { AWS_ENDPOINT_URL_STS: sts.url, AWS_REGION: 'eu-west-1', ...credentials })
  const namesAt = async () => {
    expect(textOf(await (await machine.host()).call(staging))).toBe('wrote staging/checkout.yaml')
    return JSON.parse(readFileSync(join(machine.served, 'env'), 'utf8')) as string[]
  }
  try {
    expect(await namesAt()).toEqual(expect.arrayContaining(Object.keys(credentials)))
    delete machine.env['HOTWORK_WORKLOAD_TOKEN_FILE']
    const names = await namesAt()
    expect(names.filter((name) => name in credentials)).toEqual([])
    expect(names).toContain('AWS_REGION')
  } finally {
    await sts.close()
  }
})

test('a gate without a map goes by the catalogue', async () => {
  const host = await machine.host({}, '--purpose', 'remediation', '--task', 'INC-1042')
  expect(textOf(await host.call(staging))).toBe('wrote staging/checkout.yaml')
  expect(permitOf(await host.call(staging, 'read_file'))).toMatchObject({ reason: 'unknown_tool' })
})

test.each([
  ['no map, and nothing that says what for', ['mcp', '--', 'true'], '--purpose'],
  ['a map that is not there', ['mcp', '--map', 'no.json', '--', 'true'], 'no.json'],
  ['a map without a server', ['mcp', '--map', 'bare.json', '--', 'true'], '`server`'],
  ['a server that is not there', ['mcp', '--map', 'map.json', '--', 'no-such-server'], 'no-such-server'],
  ['no server', ['mcp', '--map', 'map.json'], 'which server'],
  ['a map that is no JSON', ['mcp', '--map', 'broken.json', '--', 'true'], 'is not JSON'],
  ['a map, and what for beside it', ['mcp', '--map', 'map.json', '--task', 'INC-1', '--', 'true'], '`--task`'],
])('a gate with %s exits with 2 and says what to do', async (_, words, what) => {
  writeFileSync(join(machine.home, 'bare.json'), '{"purpose":"remediation","parent_task":{"id":"INC-1"},"tools":{}}')
  writeFileSync(join(machine.home, 'broken.json'), '{')
  const [mcp = '', ...rest] = words
  const ran = await machine.type(mcp, '--map-in-project', ...rest)
  expect(ran).toMatchObject({ exit: 2, err: expect.stringContaining(what) })
})

test('a gate refuses a map in the folder that its host works in, unless an option takes it', async () => {
  const ran = await machine.type(...machine.words('--map', 'map.json'))
  expect(ran).toMatchObject({ exit: 2, err: expect.stringContaining('--map-in-project') })
  machine.env['CLAUDE_PROJECT_DIR'] = machine.home
  expect(await machine.type(...machine.words('--map', join(machine.home, 'map.json')))).toMatchObject({ exit: 2 })
  expect(existsSync(join(machine.served, 'env'))).toBe(false)
})

test.each<[string, string[]]>([
  ['on stdio', []],
  ['at an address', ['--map', 'map.json', '--listen', '0']],
])('a gate %s with an invalid token ends at once, before people are asked', async (_, words) => {
  writeFileSync(join(machine.home, 'tool-token'), 'none')
  const ran = await machine.type(...machine.words(...words))
  expect(ran).toMatchObject({ exit: 2, err: expect.stringContaining('tool-token') })
})

test('a gate without the tool’s token exits with 2 and names the variable', async () => {
  delete machine.env['HOTWORK_TOOL_TOKEN_FILE']
  const ran = await machine.type(...machine.words())
  expect(ran).toMatchObject({ exit: 2, err: expect.stringContaining('HOTWORK_TOOL_TOKEN_FILE') })
})

test('a gate that is killed while people decide leaves the request to the next one, which makes the call', async () => {
  const first = await machine.host()
  const waiting = lost(first.call(prod))
  await untilPending(scene)
  kill(first)
  expect(await waiting).toBe('lost')
  const again = (await machine.host()).call(prod)
  await decideNext(scene)
  expect(textOf(await again)).toBe('wrote prod/checkout.yaml')
  expect([machine.calls.length, (await scene.requests()).length]).toEqual([1, 1])
})

test('a call whose gate is killed after sending it has an unknown outcome: on record as failed, and never sent again', async () => {
  machine.script({ hang: true })
  const first = await machine.host()
  const waiting = lost(first.call(staging))
  await called()
  kill(first)
  expect(await waiting).toBe('lost')
  machine.script({})
  const next = await machine.host()
  const unknown = await next.call(staging)
  expect(unknown.isError).toBe(true)
  expect([permitOf(unknown)?.state, textOf(unknown)]).toEqual(['unknown', expect.stringContaining('outcome unknown')])
  expect(machine.calls.length).toBe(1)
  const id = permitOf(unknown)?.request
  await until(async () => (await scene.state(id)).status === 'completed')
  expect(await scene.state(id)).toMatchObject({ outcome: 'failed', note: expect.stringContaining('unknown') })
})

test('an agent does not get the kept answer of another with the same issuer and subject', async () => {
  scene.shareSubject({ 'agent:remediator': 'repair', 'agent:nightly': 'tidy' })
  const callAs = async (workflow: string) => {
    writeFileSync(machine.env['HOTWORK_WORKLOAD_TOKEN_FILE'] ?? '', scene.workload('ci', { workflow }))
    return (await machine.host()).call(staging)
  }
  expect(permitOf(await callAs('repair'))).toMatchObject({ state: 'done' })
  expect(permitOf(await callAs('repair'))).toMatchObject({ state: 'done', repeated: true })
  void lost(callAs('tidy'))
  await until(async () => (await scene.requests()).length === 2)
  expect((await scene.requests()).map(({ ask }) => ask.agent.id).sort()).toEqual(['agent:nightly', 'agent:remediator'])
})

test('a call whose host goes after sending it comes to its end, is reported, and the next host has the answer', async () => {
  machine.script({ wait: true })
  const first = await machine.host()
  const waiting = lost(first.call(staging))
  await called()
  const closing = first.client.close()
  machine.script({})
  await closing
  expect(await waiting).toBe('lost')
  const next = await machine.host()
  const result = await next.call(staging)
  expect([textOf(result), permitOf(result)?.repeated]).toEqual(['wrote staging/checkout.yaml', true])
  expect([machine.calls.length, await scene.requests()]).toMatchObject([
    1,
    [{ status: 'completed', outcome: 'succeeded' }],
  ])
})

test('two hosts with one folder have a call made once, and both get its answer', async () => {
  const [one, other] = await Promise.all([machine.host(), machine.host()])
  const calls = [one.call(prod), other.call(prod)]
  await decideNext(scene)
  expect((await Promise.all(calls)).map(textOf)).toEqual(Array(2).fill('wrote prod/checkout.yaml'))
  expect([machine.calls.length, (await scene.requests()).length]).toEqual([1, 1])
})

test('a gate whose server is killed says so and exits with 1', async () => {
  const run = machine.start(...machine.words())
  machine.script({ die: true })
  run.child.stdin?.write(
    `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'read_file', arguments: {} } })}\n`,
  )
  expect(await run.ends).toBe(1)
  expect(run.err).toContain('the MCP server has ended')
  expect(run.out).toContain('"error"')
})

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends the gate, and the server with it', async (signal) => {
  const run = machine.start(...machine.words())
  await until(() => existsSync(join(machine.served, 'env')))
  run.child.kill(signal)
  expect(await run.ends).toBe(0)
})
