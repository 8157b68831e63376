import { useScene } from '../support/scene.ts'
import { until } from '../support/until.ts'
import { decideNext, prod, staging } from './support/people.ts'
import { permitIn, textIn, useGateRoom } from './support/raw-host.ts'

/** A gate before an MCP server, as an MCP host sees it: calls that pass, are refused, or wait for people. */

const scene = useScene()
const room = useGateRoom(scene)

const decide = (verdict?: 'approve' | 'deny') => decideNext(scene, verdict)
const requests = async () => (await scene.requests()).length

test('messages that are no calls pass: prompts, pings and unknown methods', async () => {
  const host = await room.host()
  const { result } = await host.begin()
  expect(result).toMatchObject({ serverInfo: { name: 'secure-filesystem-server' }, protocolVersion: '2025-11-25' })
  expect((await host.ask('prompts/list')).result).toEqual({ prompts: [{ name: 'greet' }] })
  expect((await host.ask('ping')).result).toEqual({})
  expect((await host.ask('tools/drop')).error).toMatchObject({ code: -32601 })
})

test("tools pass, each with the gate's part in its description", async () => {
  const host = await room.begun({
    map: { tools: { write_file: { action: 'files:WriteFile' }, 'gone\u0007': 'pass', read_file: 'pass' } },
  })
  const first = (await host.ask('tools/list')).result
  expect(first).toMatchObject({
    tools: [
      { name: 'write_file', description: expect.stringMatching(/^Writes a file\.\n\n.*permit.*people/) },
      { name: 'hotwork_answer' },
      { name: 'hotwork_set_task' },
    ],
    nextCursor: 'two',
  })
  const second = (await host.ask('tools/list', { cursor: 'two' })).result
  expect(second).toMatchObject({
    tools: [
      { name: 'read_file', description: 'Reads a file.' },
      { name: 'format_disk', description: expect.stringContaining('refuses') },
    ],
  })
})

test('a tool whose action policy could never permit the agent is left out, and the others stay', async () => {
  const tools = {
    write_file: { action: 'files:WriteFile' },
    read_file: 'pass',
    format_disk: { action: 'files:Format' },
  }
  const host = await room.begun({ map: { tools } })
  const names = async (cursor?: object) =>
    ((await host.ask('tools/list', cursor)).result as { tools: { name: string }[] }).tools.map(({ name }) => name)
  expect([...(await names()), ...(await names({ cursor: 'two' }))]).toEqual([
    'write_file',
    'hotwork_answer',
    'hotwork_set_task',
    'read_file',
  ])
  const refused = await host.ask('tools/call', { name: 'format_disk', arguments: {} })
  expect(permitIn(refused)).toMatchObject({ state: 'refused', reason: 'unknown_action' })
})

test('a list of tools is whole while Hotwork does not say what the agent may ask for', async () => {
  scene.api.meet = (call) => (call.startsWith('GET /access/v1/actions') ? 'unheard' : 'answered')
  try {
    const tools = { write_file: { action: 'files:Format' }, read_file: 'pass' }
    const host = await room.begun({ map: { tools } })
    const { result } = await host.ask('tools/list')
    expect(result).toMatchObject({
      tools: [
        { name: 'write_file', description: expect.stringContaining('permit') },
        { name: 'hotwork_answer' },
        { name: 'hotwork_set_task' },
      ],
    })
  } finally {
    scene.api.meet = () => scene.api.nextCalls.shift() ?? 'answered'
  }
})

test('a tool that the map passes is called, and one that it does not name is refused, by each name', async () => {
  const host = await room.begun()
  expect(textIn(await host.ask('tools/call', { name: 'read_file', arguments: { path: 'a' } }))).toBe('wrote a')
  for (const name of ['format_disk', 'write_file ', 'gone\u001b[2J\u202e', '__proto__', 'constructor']) {
    const refused = await host.ask('tools/call', { name, arguments: {} })
    expect(refused.result).toMatchObject({ isError: true })
    expect(permitIn(refused)).toMatchObject({ state: 'refused', reason: 'unknown_tool' })
    expect(textIn(refused)).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  }
  expect(room.calls).toEqual(['read_file {"path":"a"}'])
})

test('a map that names a missing tool is reported once, and that tool is refused', async () => {
  const host = await room.begun({ map: { tools: { 'mv\u0007_file': { action: 'files:WriteFile' } } } })
  const refused = await host.ask('tools/call', { name: 'mv\u0007_file', arguments: {} })
  expect(permitIn(refused)).toMatchObject({ reason: 'tool_changed' })
  await host.ask('tools/call', { name: 'mv\u0007_file', arguments: {} })
  expect(host.log).toEqual(['the server has no tool `mv\\u0007_file`, which the map names: it is refused'])
})

test('a gated call that needs no people is made at once, and its use is on record', async () => {
  const host = await room.begun()
  const made = await host.call(staging)
  expect([textIn(made), permitIn(made)?.['state'], made.result?.['isError']]).toEqual([
    'wrote staging/checkout.yaml',
    'done',
    undefined,
  ])
  const state = await scene.state(permitIn(made)?.['request'])
  expect(state).toMatchObject({ status: 'completed', outcome: 'succeeded' })
  expect(state.ask.mcp).toMatchObject({ server: { version: '0.2.0' }, tool: 'write_file' })
})

test('a gated call is held while people decide, with progress, and then made', async () => {
  const host = await room.begun()
  const held = host.call(prod, { _meta: { progressToken: 'p' } })
  expect((await host.tells('notifications/progress')).params).toMatchObject({
    progressToken: 'p',
    message: expect.stringContaining('/decide/req_'),
  })
  await decide()
  expect(textIn(await held)).toBe('wrote prod/checkout.yaml')
})

test('a call that was held long enough is answered as pending; a repeat goes on with the same request', async () => {
  const host = await room.begun({ hold: 500 })
  const held = host.call(prod, { _meta: { progressToken: 1 } })
  await host.tells('notifications/progress')
  // A read of the API in memory is held until its clock moves.
  const clock = setInterval(() => scene.advance(1), 100)
  const pending = await held.finally(() => clearInterval(clock))
  const { request = '', page = '' } = permitIn(pending) ?? {}
  expect(pending.result?.['isError']).toBeUndefined()
  expect(textIn(pending)).toMatch(new RegExp(`${request}.*${page}.*Call \`write_file\` again with the same arguments`))
  await decide()
  const made = await host.call(prod)
  expect([textIn(made), permitIn(made)?.['request']]).toEqual(['wrote prod/checkout.yaml', request])
  const again = await host.call(prod)
  expect(again.result?.['content']).toEqual(made.result?.['content'])
  expect(permitIn(again)).toMatchObject({ state: 'done', repeated: true })
  expect([room.calls.length, await requests()]).toEqual([1, 1])
})

test('a denied call says so, and where to read why; a repeat asks no one', async () => {
  const host = await room.begun()
  const held = host.call(prod)
  await decide('deny')
  const denied = await held
  expect(denied.result).toMatchObject({ isError: true })
  expect([permitIn(denied)?.['state'], textIn(denied)]).toEqual([
    'denied',
    expect.stringMatching(/denied .*not made.*\/decide\/req_/),
  ])
  expect(permitIn(await host.call(prod))?.['state']).toBe('denied')
  expect([room.calls.length, await requests()]).toEqual([0, 1])
})

test('a call that policy refuses says why', async () => {
  const host = await room.begun()
  const refused = await host.call({ path: '../etc/passwd', content: '' })
  expect(refused.result).toMatchObject({ isError: true })
  expect(permitIn(refused)).toMatchObject({ state: 'refused', reason: 'invalid_arguments' })
})

test.each([
  ['another version of the server', { version: '0.3.0' }],
  ['another input schema', { schema: { type: 'object', properties: { path: {} } } }],
])('a call of a tool with %s is refused before people are asked', async (_, script) => {
  room.script(script)
  const host = await room.begun()
  const refused = await host.call(prod)
  expect(permitIn(refused)).toMatchObject({ state: 'refused', reason: 'tool_changed' })
  expect([room.calls, await requests()]).toEqual([[], 0])
})

test('a call whose tool changed while people decided is not made', async () => {
  const held = (await room.begun()).call(prod)
  await decide().then(() => room.script({ schema: { type: 'object' } }))
  expect(permitIn(await held)).toMatchObject({ state: 'refused', reason: 'tool_changed' })
  expect(room.calls).toEqual([])
})

test('a call that the server refuses is reported as failed, and its answer is kept unchanged', async () => {
  room.script({ isError: true })
  const host = await room.begun()
  const failed = await host.call(staging)
  expect(failed.result).toMatchObject({ isError: true })
  expect(await scene.state(permitIn(failed)?.['request'])).toMatchObject({ status: 'completed', outcome: 'failed' })
  room.script({ error: true })
  const other = { ...staging, content: 'x' }
  expect((await host.call(other)).error).toEqual({ code: -32000, message: 'MCP server: disk full' })
  expect((await host.call(other)).error).toEqual({ code: -32000, message: 'MCP server: disk full' })
  expect(room.calls.length).toBe(2)
})

test('a call that the host cancels while people decide is not waited for, and its request stays', async () => {
  const host = await room.begun({ hold: 20_000 })
  void host.call(prod, { _meta: { progressToken: 1 } }, 'c')
  await host.tells('notifications/progress')
  host.say({ method: 'notifications/cancelled', params: { requestId: 'c' } })
  const held = host.call(prod)
  await decide()
  expect(textIn(await held)).toBe('wrote prod/checkout.yaml')
  expect([room.calls.length, await requests()]).toEqual([1, 1])
})

test('a sent call that the host cancels is told to the server, and its answer is kept', async () => {
  room.script({ wait: true })
  const host = await room.begun()
  void host.call(staging, { _meta: { progressToken: 1 } }, 'c')
  await host.tells('notifications/progress')
  host.say({ method: 'notifications/cancelled', params: { requestId: 'c' } })
  const again = host.call(staging)
  await until(() => room.calls.includes('cancelled'))
  room.script({})
  expect(textIn(await again)).toBe('wrote staging/checkout.yaml')
  expect(room.calls).toEqual([`write_file ${JSON.stringify(staging)}`, 'cancelled'])
})

test('a server that answers twice is heard once', async () => {
  room.script({ twice: true })
  const host = await room.begun()
  expect(textIn(await host.call(staging))).toBe('wrote staging/checkout.yaml')
  expect(textIn(await host.call(staging))).toBe('wrote staging/checkout.yaml')
  expect(textIn(await host.ask('tools/call', { name: 'read_file', arguments: { path: 'a' } }))).toBe('wrote a')
  await host.ask('ping')
  expect(host.told).toEqual([])
})

test("a server's answer of 20 MB passes, once and again", async () => {
  room.script({ big: 20 * 1024 * 1024 })
  const host = await room.begun()
  expect(textIn(await host.call(staging))?.length).toBe(20 * 1024 * 1024)
  expect(textIn(await host.call(staging))?.length).toBe(20 * 1024 * 1024)
  expect(room.calls.length).toBe(1)
})

test("a server's answer above the limit is reported, and the outcome is unknown", async () => {
  room.script({ big: 65 * 1024 * 1024 })
  const host = await room.begun()
  expect(permitIn(await host.call(staging))).toMatchObject({ state: 'unknown', reason: 'server_gone' })
  expect(host.log).toEqual(['the server sent a message that is larger than 64 MB: the connection ends'])
})

test('a server that is killed while it works leaves an unknown outcome: reported, and never made again', async () => {
  room.script({ die: true })
  const host = await room.begun()
  const unknown = await host.call(staging)
  expect(unknown.result).toMatchObject({ isError: true })
  expect(textIn(unknown)).toMatch(/^outcome unknown: .*not sent again/)
  expect(await host.gate.closed).toBe('server')
  expect(await scene.state(permitIn(unknown)?.['request'])).toMatchObject({ status: 'completed', outcome: 'failed' })
  room.script({})
  const next = await room.begun()
  expect(permitIn(await next.call(staging))).toMatchObject({
    state: 'unknown',
    request: permitIn(unknown)?.['request'],
  })
  expect(room.calls.length).toBe(1)
})
