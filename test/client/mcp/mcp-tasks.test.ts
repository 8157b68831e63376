import { useScene } from '../support/scene.ts'
import { decideNext, prod, staging } from './support/people.ts'
import { type Message, permitIn, type RawHost, textIn, useGateRoom } from './support/raw-host.ts'

/** The wait for people: a task, the request's page, or holding, by the host's capabilities. */

const scene = useScene()
const room = useGateRoom(scene)
let clock: NodeJS.Timeout
beforeEach(() => {
  // A read of the API in memory is held until its clock moves.
  clock = setInterval(() => scene.advance(1), 100)
})
afterEach(() => clearInterval(clock))

const tasks2026 = { extensions: { 'io.modelcontextprotocol/tasks': {} } }

const decide = (verdict?: 'approve' | 'deny') => decideNext(scene, verdict)
const requests = async () => (await scene.requests()).length
const settled = async (host: RawHost, taskId: unknown): Promise<Message> => {
  for (;;) {
    const got = await host.ask('tasks/get', { taskId })
    if (got.result?.['status'] !== 'working') return got
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const begin = async () => {
  const host = await room.host()
  const { result } = await host.begin({ tasks: {} })
  return { host, capabilities: result?.['capabilities'] }
}
const task = async (host: RawHost, args: object = prod) =>
  (await host.call(args, { task: { ttl: 60_000 } })).result?.['task'] as { [name: string]: string }

test('a host of 2025 is told that gated tools take tasks', async () => {
  const { host, capabilities } = await begin()
  expect(capabilities).toMatchObject({ tools: {}, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } })
  expect((await host.ask('tools/list')).result).toMatchObject({
    tools: [{ execution: { taskSupport: 'optional' } }, { name: 'hotwork_answer' }, { name: 'hotwork_set_task' }],
  })
})

test('a host of 2025 gets a task at once whose id is the request, and the server’s answer after the approval', async () => {
  const { host } = await begin()
  const { taskId, status } = await task(host)
  expect([taskId, status]).toEqual([expect.stringMatching(/^req_/), 'working'])
  expect((await host.ask('tasks/list')).result).toMatchObject({ tasks: [{ taskId, status: 'working' }] })
  const result = host.ask('tasks/result', { taskId })
  await decide()
  expect(textIn(await result)).toBe('wrote prod/checkout.yaml')
  expect((await result).result?.['_meta']).toMatchObject({ 'io.modelcontextprotocol/related-task': { taskId } })
  expect((await settled(host, taskId)).result).toMatchObject({ taskId, status: 'completed' })
  expect([room.calls.length, await requests()]).toEqual([1, 1])
})

test('another gate finds a task, and makes its call', async () => {
  const first = await begin()
  const { taskId } = await task(first.host)
  await first.host.gate.end()
  await decide()
  const { host } = await begin()
  expect(textIn(await host.ask('tasks/result', { taskId }))).toBe('wrote prod/checkout.yaml')
  expect((await host.ask('tasks/get', { taskId })).result).toMatchObject({ status: 'completed' })
  expect(room.calls.length).toBe(1)
})

test('a denied task fails, and its result says why', async () => {
  const { host } = await begin()
  const { taskId } = await task(host)
  await decide('deny')
  expect((await settled(host, taskId)).result).toMatchObject({
    status: 'failed',
    statusMessage: expect.stringContaining('denied'),
  })
  expect((await host.ask('tasks/result', { taskId })).result).toMatchObject({ isError: true })
})

test('a cancelled task is withdrawn', async () => {
  const { host } = await begin()
  const { taskId } = await task(host)
  expect((await host.ask('tasks/cancel', { taskId })).result).toMatchObject({ taskId, status: 'cancelled' })
  expect(await scene.state(taskId)).toMatchObject({ status: 'withdrawn' })
  expect((await host.ask('tasks/cancel', { taskId })).error).toBeUndefined()
  expect((await host.ask('tasks/get', { taskId })).result).toMatchObject({ status: 'cancelled' })
})

test('a call that policy refuses gets a failed task, since the host takes nothing else', async () => {
  const { host } = await begin()
  const { taskId, status } = await task(host, { path: '../x', content: '' })
  expect(status).toBe('failed')
  expect(permitIn(await host.ask('tasks/result', { taskId }))).toMatchObject({ reason: 'invalid_arguments' })
  expect((await host.ask('tasks/get', { taskId })).result).toMatchObject({ status: 'failed' })
})

test("another's task is missing", async () => {
  const { host } = await begin()
  expect((await host.ask('tasks/get', { taskId: 'req_00000000000000000000000009' })).error).toMatchObject({
    code: -32602,
  })
})

test('a host of July 2026 that declares tasks gets one, which has its result at the end', async () => {
  const host = await room.host()
  const { result: found } = await host.askNow('server/discover', {}, tasks2026)
  expect(found?.['capabilities']).toMatchObject(tasks2026)
  const made = await host.askNow('tools/call', { name: 'write_file', arguments: prod }, tasks2026)
  expect(made.result).toMatchObject({
    resultType: 'task',
    status: 'working',
    taskId: expect.stringMatching(/^req_/),
    pollIntervalMs: 5000,
  })
  const { taskId } = made.result as { taskId: string }
  await decide()
  for (;;) {
    const { result } = await host.askNow('tasks/get', { taskId }, tasks2026)
    if (result?.['status'] === 'working') continue
    expect(result).toMatchObject({ resultType: 'complete', status: 'completed' })
    expect(result?.['result']).toMatchObject({ content: [{ text: 'wrote prod/checkout.yaml' }] })
    break
  }
  expect(room.calls.length).toBe(1)
})

test('a call of July 2026 that needs no people is answered by its result', async () => {
  const host = await room.host()
  const first = await host.askNow('tools/call', { name: 'write_file', arguments: staging }, tasks2026)
  expect(first.result?.['resultType']).toBe('task')
  const again = async () =>
    (await host.askNow('tools/call', { name: 'write_file', arguments: staging }, tasks2026)).result
  for (;;) {
    const result = await again()
    if (result?.['resultType'] === 'task') continue
    expect(result).toMatchObject({ content: [{ text: 'wrote staging/checkout.yaml' }] })
    break
  }
})

test("a host of 2025 is asked to show the page; its user's answer there is no approval", async () => {
  const host = await room.host({ hold: 1500 })
  await host.begin({ elicitation: { url: {} } })
  const held = host.call(prod)
  const { id = '', params } = await host.tells('elicitation/create')
  expect(params).toMatchObject({
    mode: 'url',
    url: expect.stringMatching(/\/decide\/req_/),
    elicitationId: expect.any(String),
  })
  host.say({ id, result: { action: 'accept' } })
  expect(permitIn(await held)).toMatchObject({ state: 'pending' })
  const again = host.call(prod)
  await decide()
  expect(textIn(await again)).toBe('wrote prod/checkout.yaml')
  expect(room.calls.length).toBe(1)
})

test('a host of July 2026 gets the page as required input; its answer is no approval, and the call is held', async () => {
  const host = await room.host({ hold: 500 })
  const capabilities = { elicitation: { url: {} } }
  const call = { name: 'write_file', arguments: prod }
  const asked = await host.askNow('tools/call', call, capabilities)
  expect(asked.result).toMatchObject({ resultType: 'input_required' })
  const [[key = '', input] = []] = Object.entries(asked.result?.['inputRequests'] as object)
  expect(input).toMatchObject({
    method: 'elicitation/create',
    params: { mode: 'url', url: expect.stringContaining(key) },
  })
  const inputResponses = { [key]: { action: 'accept' } }
  const held = await host.askNow('tools/call', { ...call, inputResponses }, capabilities)
  expect(permitIn(held)).toMatchObject({ state: 'pending' })
  await decide()
  expect(textIn(await host.askNow('tools/call', call, capabilities))).toBe('wrote prod/checkout.yaml')
  expect([room.calls.length, await requests()]).toEqual([1, 1])
})
