import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { useScene } from '../support/scene.ts'
import { decideNext, prod, staging } from './support/people.ts'
import { type Message, permitIn, type RawHost, textIn, useGateRoom } from './support/raw-host.ts'

/** The task of each call through the gate, as an MCP host sees it and as it stands on record. */

const scene = useScene()
const room = useGateRoom(scene)

const byCall = { task: 'call', purpose: 'remediation', purposes: ['remediation', 'maintenance'] }
const askOf = async (made: Message): Promise<ApprovalRequest['ask']> =>
  (await scene.state(permitIn(made)?.['request'])).ask
const taskOf = async (made: Message) => {
  const { parentTask, taskSource, purpose } = await askOf(made)
  return [parentTask.id, taskSource, purpose]
}
const setTask = (host: RawHost, args: unknown) =>
  host.ask('tools/call', { name: 'hotwork_set_task', arguments: args as object })
const refusalOf = (reply: Message) => [permitIn(reply)?.['state'], permitIn(reply)?.['reason'], textIn(reply)]
const reasons = async () => {
  const all = await Promise.all((await scene.requests()).map(({ ask }) => scene.state(ask.id)))
  return all.map(({ ask }) => ask.justification)
}
const requests = async () => (await scene.requests()).length
type Tool = { name: string; inputSchema: { properties: object; required?: string[] } }
const toolsOf = async (host: RawHost, cursor = {}): Promise<readonly Tool[]> => {
  const { tools = [] } = (await host.ask('tools/list', cursor)).result as { tools?: Tool[] }
  return tools
}

test('a map without a mode has its constants until the session has a task', async () => {
  const host = await room.begun({ hold: 0 })
  expect(await taskOf(await host.call(staging))).toEqual(['INC-1042', 'map', 'remediation'])
  expect(textIn(await setTask(host, { id: 'INC-7' }))).toContain('INC-7')
  await host.call({ ...staging, content: 'a' })
  expect((await scene.requests('pending')).map(({ ask }) => [ask.parentTask, ask.taskSource])).toEqual([
    [{ id: 'INC-7' }, 'argument'],
  ])
})

test('a task that the model names asks the owner, where the bot would have acted alone', async () => {
  const host = await room.begun()
  await setTask(host, { id: 'INC-7' })
  const held = host.call(staging)
  await decideNext(scene)
  expect(permitIn(await held)?.['state']).toBe('done')
})

test("two sessions have two tasks, and one's word does not reach the other", async () => {
  const [one, other] = [await room.begun({ hold: 0 }), await room.begun({ hold: 0 })]
  await setTask(one, { id: 'INC-1' })
  await setTask(other, { id: 'INC-2' })
  for (const host of [one, other]) await host.call(prod)
  const found = (await scene.requests()).map(({ ask }) => ask.parentTask.id)
  expect(found.toSorted()).toEqual(['INC-1', 'INC-2'])
})

test('a fixed map has its constants alone, and no tool to change them', async () => {
  const host = await room.begun({ map: { task: 'fixed' } })
  expect((await toolsOf(host)).map(({ name }) => name)).toEqual(['write_file', 'hotwork_answer'])
  expect(refusalOf(await setTask(host, { id: 'INC-7' }))).toEqual([
    'refused',
    'task_is_set',
    expect.stringContaining('go on without this tool'),
  ])
  const _meta = { 'hotwork/task': { id: 'INC-8' } }
  expect(await taskOf(await host.call(staging, { _meta }))).toEqual(['INC-1042', 'map', 'remediation'])
})

test("the gate's own tool is listed once, on the first page, and the server hears nothing of its calls", async () => {
  const host = await room.begun()
  expect((await toolsOf(host)).map(({ name }) => name)).toEqual(['write_file', 'hotwork_answer', 'hotwork_set_task'])
  const second = await toolsOf(host, { cursor: 'two' })
  expect(second.map(({ name }) => name)).not.toContain('hotwork_set_task')
  await setTask(host, { id: 'INC-7' })
  expect(room.calls).toEqual([])
})

describe('a task by call', () => {
  test('a gated tool has the two members, optional, and a tool that passes has its own schema', async () => {
    const host = await room.begun({ map: byCall })
    const [gated] = await toolsOf(host)
    expect(Object.keys(gated?.inputSchema.properties ?? {})).toEqual(['path', 'content', 'hotwork_task', 'hotwork_why'])
    expect(gated?.inputSchema.required).toEqual(['path', 'content'])
    const [passed] = await toolsOf(host, { cursor: 'two' })
    expect(passed?.inputSchema).toEqual({ type: 'object' })
  })

  test('the members are neither arguments nor digested, and the server does not see them', async () => {
    const host = await room.begun({ map: byCall, hold: 0 })
    const said = { hotwork_task: 'INC-9', hotwork_why: 'checkout refuses payments' }
    const asked = await host.call({ ...prod, ...said })
    const ask = await askOf(asked)
    expect([ask.arguments, ask.parentTask, ask.taskSource]).toEqual([prod, { id: 'INC-9' }, 'argument'])
    expect(await reasons()).toEqual(['checkout refuses payments'])
    const other = await host.call(prod)
    expect((await askOf(other)).argumentsDigest).toBe(ask.argumentsDigest)
    await scene.decideAll()
    expect(textIn(await host.call({ ...prod, ...said }))).toBe('wrote prod/checkout.yaml')
    expect(room.calls).toEqual([`write_file ${JSON.stringify(prod)}`])
  })

  test("a host's metadata stands above the model's member, which stands above the session's", async () => {
    const host = await room.begun({ map: byCall, hold: 0 })
    await setTask(host, { id: 'INC-1' })
    const _meta = { 'hotwork/task': { id: 'INC-3', purpose: 'maintenance' } }
    expect(await taskOf(await host.call(prod))).toEqual(['INC-1', 'argument', 'remediation'])
    expect(await taskOf(await host.call({ ...prod, hotwork_task: 'INC-2' }))).toEqual([
      'INC-2',
      'argument',
      'remediation',
    ])
    expect(await taskOf(await host.call({ ...prod, hotwork_task: 'INC-2' }, { _meta }))).toEqual([
      'INC-3',
      'meta',
      'maintenance',
    ])
  })

  test('a retry with another reason joins the open request, which keeps its first reason', async () => {
    const host = await room.begun({ map: byCall, hold: 0 })
    const first = await host.call({ ...prod, hotwork_why: 'checkout refuses payments' })
    const again = await host.call({ ...prod, hotwork_why: 'another reason than before' })
    expect(permitIn(again)?.['request']).toBe(permitIn(first)?.['request'])
    expect(await reasons()).toEqual(['checkout refuses payments'])
  })

  test.each([
    ['a task of 257 characters', { hotwork_task: 'x'.repeat(257) }, {}, 'invalid_parent_task', '`hotwork_task`'],
    ['a task with a direction mark', { hotwork_task: 'a\u202eb' }, {}, 'invalid_parent_task', 'direction marks'],
    ['a task that is no text', { hotwork_task: { id: 'a' } }, {}, 'invalid_parent_task', '1 to 256'],
    ['a reason that is no text', { hotwork_why: ['a'] }, {}, 'invalid_justification', '`hotwork_why`'],
    ['a reason of 4001 characters', { hotwork_why: 'x'.repeat(4001) }, {}, 'invalid_justification', '4000'],
    ['metadata that is no object', {}, { 'hotwork/task': 'INC-1' }, 'invalid_parent_task', 'not an object'],
    ['metadata with a number', {}, { 'hotwork/task': { id: 1 } }, 'invalid_parent_task', '_meta'],
    [
      "a purpose that is not the map's",
      {},
      { 'hotwork/task': { id: 'a', purpose: 'release' } },
      'unknown_purpose',
      '`remediation`, `maintenance`',
    ],
  ])('a call with %s is refused, with code and fix, and asks no one', async (_, args, _meta, code, fix) => {
    const host = await room.begun({ map: byCall })
    const refused = await host.call({ ...staging, ...args }, { _meta })
    expect(refusalOf(refused)).toEqual(['refused', code, expect.stringContaining(fix)])
    expect([room.calls, await requests()]).toEqual([[], 0])
  })

  test.each([
    ['the task', { hotwork_task: { type: 'string' } }],
    ['the reason', { hotwork_why: { type: 'string' } }],
  ])('a tool whose own schema has the member of %s has changed', async (_, properties) => {
    room.script({ schema: { type: 'object', properties } })
    const host = await room.begun({ map: byCall })
    expect(refusalOf(await host.call(staging))).toEqual([
      'refused',
      'tool_changed',
      expect.stringContaining('hotwork_task'),
    ])
  })

  test.each([
    ['of another type', { type: 'array' }],
    ['that hides the member in a part', { type: 'object', allOf: [{ properties: { hotwork_why: {} } }] }],
  ])('a tool with a schema %s has changed, in each mode', async (_, schema) => {
    room.script({ schema })
    for (const map of [byCall, { task: 'fixed' }]) {
      const host = await room.begun({ map })
      expect(permitIn(await host.call(staging))?.['reason']).toBe('tool_changed')
    }
  })
})

test('a task with an address of an unknown host is refused by Hotwork, and the call may come without it', async () => {
  const host = await room.begun({ hold: 0 })
  await setTask(host, { id: 'INC-7', url: 'https://evil.example/INC-7' })
  expect(refusalOf(await host.call(prod))).toEqual([
    'refused',
    'invalid_parent_task',
    expect.stringMatching(/evidenceHosts.*leave it out/),
  ])
  await setTask(host, { id: 'INC-7' })
  expect(await taskOf(await host.call(prod))).toEqual(['INC-7', 'argument', 'remediation'])
})

test.each([
  ['without an id', {}],
  ['with 257 characters', { id: 'x'.repeat(257) }],
  ['with a direction mark', { id: 'a\u202eb' }],
  ['with a purpose, which is never from a model', { id: 'a', purpose: 'maintenance' }],
])('a task that the model names %s is refused, and the former stands', async (_, task) => {
  const host = await room.begun({ hold: 0 })
  await setTask(host, { id: 'INC-7' })
  expect(refusalOf(await setTask(host, task)).slice(0, 2)).toEqual(['refused', 'invalid_parent_task'])
  expect((await taskOf(await host.call(prod)))[0]).toBe('INC-7')
})
