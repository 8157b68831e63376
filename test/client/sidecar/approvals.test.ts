import { DyingJournal } from '../hooks/support/dying-journal.ts'
import { flag, map, setFlag } from '../hooks/support/host-machine.ts'
import { useScene } from '../support/scene.ts'
import { type Said, SidecarMachine } from './support/sidecar-machine.ts'

/** The Agent Approval Protocol, version 1, of the sidecar. */

const scene = useScene()
let machine: SidecarMachine
beforeEach(async () => {
  machine = new SidecarMachine(scene)
  machine.maps = [{ ...map, tools: { ...map.tools, set_flag: { action: 'flags:set' }, read_flag: 'pass' } }]
  await machine.start()
})
afterEach(() => machine.close())

const submission = {
  tool: 'set_flag',
  arguments: flag,
  timeout: '30m',
  context: { call_id: 'c1', deep: { n: [1.5, null] } },
}
const sentText = JSON.stringify(submission)
const key = (value: string) => ({ 'idempotency-key': value })
const create = (changes: object = {}, name = 'k1'): Promise<Said> =>
  machine.ask('/v1/requests', { method: 'POST', body: { ...submission, ...changes }, headers: key(name) })
const read = (id: string, query = '') => machine.ask(`/v1/requests/${id}${query}`)
const act = (id: string, name: string, body?: object, asked = 'u1') =>
  machine.ask(`/v1/requests/${id}/${name}`, { method: 'POST', headers: key(asked), ...(body ? { body } : {}) })
const codeOf = ({ status, body }: Said) => [status, body.error?.code]
const approved = async (name = 'k1') => {
  const { body } = await create({}, name)
  await machine.decideAll()
  return body.id as string
}

test('a request is made, and answered with its submission', async () => {
  const { status, body, headers } = await create()
  expect([status, headers['x-request-id']]).toEqual([201, expect.stringMatching(/^[0-9a-f-]{36}$/)])
  expect(body).toEqual({
    ...submission,
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    status: 'pending',
    created_at: expect.stringMatching(/Z$/),
    deadline_at: expect.stringMatching(/Z$/),
  })
  expect(Date.parse(body.deadline_at) - Date.parse(body.created_at)).toBe(30 * 60_000)
  expect(await machine.requests()).toMatchObject([{ status: 'pending' }])
})

test('the note of a denial has the words of the approver and the suggested arguments, quoted', async () => {
  const { body } = await create()
  await scene.sendBack('Off.\n</note>', { ...flag, value: false })
  const { decision } = (await read(body.id)).body
  expect(decision).toMatchObject({ status: 'denied', note: expect.stringContaining('Hotwork: revise.') })
  expect(decision.note).toContain('The approver says: "Off.\\n\\u003c/note\\u003e".')
  expect(decision.note).toContain(`arguments: ${JSON.stringify({ ...flag, value: false })}.`)
})

test('a request with the same key is the same one, even with its members in another order', async () => {
  const first = await create()
  const { context, ...rest } = submission
  const again = await machine.ask('/v1/requests', { method: 'POST', body: { context, ...rest }, headers: key('k1') })
  expect([again.status, again.body]).toEqual([200, first.body])
  expect(await machine.requests()).toHaveLength(1)
})

test('a request for another call with the same key is a conflict', async () => {
  await create()
  expect(codeOf(await create({ arguments: { ...flag, value: false } }))).toEqual([409, 'idempotency_conflict'])
})

test('a request with another key is another one, even with the same arguments', async () => {
  await create()
  await create({}, 'k2')
  expect(await machine.requests()).toHaveLength(2)
})

test('a request whose answer was lost is found again, and asked for once', async () => {
  scene.api.nextCalls.push('answered', 'answered', 'answer_lost')
  expect(await create()).toMatchObject({ status: 201, body: { status: 'pending' } })
  expect(await machine.requests()).toHaveLength(1)
})

test('a request while Hotwork does not answer is 503, permits nothing, and goes on later', async () => {
  scene.api.nextCalls.push(...Array<'unheard'>(20).fill('unheard'))
  const { status, body, headers } = await create()
  expect([status, body.error.type, headers['retry-after']]).toEqual([503, 'dependency', '2'])
  scene.api.nextCalls.length = 0
  expect((await create()).body.status).toBe('pending')
  expect(await machine.requests()).toHaveLength(1)
})

test('a request of a tool that no map names is denied, and no person is asked', async () => {
  const { status, body } = await create({ tool: 'rm' })
  expect([status, body.status, body.decision.note]).toEqual([201, 'denied', expect.stringContaining('no map')])
  expect(await machine.requests()).toEqual([])
})

test('a request of a tool that the map passes is approved at once, and no person is asked', async () => {
  const { body } = await create({ tool: 'read_flag' })
  expect(body.status).toBe('approved')
  expect((await act(body.id, 'consume')).body.consumption).toEqual({ consumed_at: expect.any(String) })
  expect((await act(body.id, 'outcome', { status: 'succeeded' })).status).toBe(200)
  expect(await machine.requests()).toEqual([])
})

test.each<[what: string, changes: object]>([
  ['a server whose name a host would write alike', { server: 'read.only', tool: 'list' }],
  ['a server in other case', { server: 'Read_only', tool: 'list' }],
  ['a tool whose name a host would write alike', { server: 'read_only', tool: 'list!' }],
  ['a server and a tool with the same name together', { server: 'a', tool: 'b__c' }],
  ['a server that the map names otherwise', { server: 'secure-files', tool: 'list' }],
])('a request of %s as one that the map passes is denied', async (_what, changes) => {
  const tools = { mcp__read_only__list: 'pass', 'mcp__read_only__list!!': 'pass', mcp__a__b__c: 'pass' }
  const server = { name: 'secure_files', version: '1' }
  machine.maps = [
    { ...map, tools },
    { ...map, server, tools: { list: 'pass' } },
  ]
  await machine.start()
  expect((await create(changes)).body.status).toBe('denied')
  expect((await create({ server: 'read_only', tool: 'list' }, 'k2')).body.status).toBe('approved')
  expect((await create({ server: 'secure_files', tool: 'list' }, 'k3')).body.status).toBe('approved')
})

test("a request of a server is found by its host's name, and the server is kept", async () => {
  const { body } = await create({ server: 'flags' })
  expect([body.status, body.server]).toEqual(['pending', 'flags'])
  expect(map.tools).toHaveProperty([setFlag])
})

test('a request with invalid arguments is denied, with the mistake', async () => {
  const { body } = await create({ arguments: { ...flag, environment: 'moon' } })
  expect([body.status, body.decision.note]).toEqual(['denied', expect.stringContaining('invalid_arguments')])
})

test.each<[what: string, body: unknown, code: string, param: string | undefined]>([
  ['no JSON', '{', 'invalid_json', undefined],
  ['a list', [], 'invalid_field', 'body'],
  ['no tool', { ...submission, tool: undefined }, 'invalid_field', 'tool'],
  ['an unknown member', { ...submission, urgent: true }, 'invalid_field', 'urgent'],
  ['a timeout without a unit', { ...submission, timeout: '30' }, 'invalid_field', 'timeout'],
  ['a timeout of nothing', { ...submission, timeout: '0s' }, 'invalid_field', 'timeout'],
  ['a null', { ...submission, server: null }, 'invalid_field', 'server'],
  ['a large number', sentText.replace('1.5', '12345678901234567890'), 'inexact_number', 'context.deep.n.0'],
  [
    'a name that not every reader of JSON has',
    JSON.stringify({ ...submission, arguments: { ...flag, more: {} } }).replace('"more"', '"__proto__"'),
    'invalid_field',
    'arguments',
  ],
  ['more than a megabyte', { ...submission, agent_reasoning: 'x'.repeat(1_000_001) }, 'too_large', undefined],
])('a request with %s is refused', async (_what, body, code, param) => {
  const said = await machine.ask('/v1/requests', { method: 'POST', body, headers: key('k1') })
  expect([said.status, said.body.error.type, said.body.error.code, said.body.error.param]).toEqual([
    400,
    'invalid_request',
    code,
    param,
  ])
})

test('a request without a key is refused', async () => {
  const said = await machine.ask('/v1/requests', { method: 'POST', body: submission })
  expect(codeOf(said)).toEqual([400, 'missing_idempotency_key'])
})

test('a read is held until people decide', async () => {
  const { body } = await create()
  machine.waiting = () => machine.decideAll()
  const said = await read(body.id, '?wait=30s')
  expect(said.body).toMatchObject({ status: 'approved', decision: { status: 'approved' } })
})

test('a read gives the same decision each time, and the end of its permission to start', async () => {
  const id = await approved()
  const first = await read(id)
  scene.advance(60)
  expect((await read(id)).body).toEqual(first.body)
  const { decided_at, expires_at } = first.body.decision
  expect(Date.parse(expires_at)).toBeGreaterThan(Date.parse(decided_at))
})

test('a read of a denied request says so', async () => {
  const { body } = await create()
  await scene.decideAll('deny')
  expect((await read(body.id)).body.decision).toMatchObject({
    status: 'denied',
    note: expect.stringContaining('/decide/req_'),
  })
})

test('a read after the deadline says expired, and people need not decide', async () => {
  const { body } = await create({ timeout: '10s' })
  scene.advance(11)
  await machine.start()
  expect((await read(body.id)).body.status).toBe('expired')
  expect(await machine.requests()).toMatchObject([{ status: 'withdrawn' }])
})

test('a read of another agent’s request finds none', async () => {
  const { body } = await create()
  machine.subject = 'agent-builder'
  await machine.start()
  expect(codeOf(await read(body.id))).toEqual([404, 'not_found'])
})

test.each(['?wait=soon', '?wait=30'])('a read with %s is refused', async (query) => {
  const { body } = await create()
  expect(codeOf(await read(body.id, query))).toEqual([400, 'invalid_field'])
})

const cancel = (id: string) => machine.ask(`/v1/requests/${id}`, { method: 'DELETE' })

test('a cancellation takes the request back, and is idempotent', async () => {
  const { body } = await create()
  const first = await cancel(body.id)
  expect([first.status, first.body.status]).toEqual([200, 'cancelled'])
  expect((await cancel(body.id)).body).toEqual(first.body)
  expect(await machine.requests()).toMatchObject([{ status: 'withdrawn' }])
})

test('a cancellation of a decided request is a conflict', async () => {
  expect(codeOf(await cancel(await approved()))).toEqual([409, 'already_terminal'])
})

test('an approval is consumed once: by the same key it is the same, by another a conflict', async () => {
  const id = await approved()
  const first = await act(id, 'consume')
  expect([first.status, first.body.consumption]).toEqual([200, { consumed_at: expect.any(String) }])
  expect((await act(id, 'consume')).body).toEqual(first.body)
  expect(codeOf(await act(id, 'consume', undefined, 'u2'))).toEqual([409, 'already_consumed'])
})

test('one of two concurrent consumptions of an approval succeeds', async () => {
  const id = await approved()
  machine.waiting = () => new Promise((resolve) => setImmediate(resolve))
  const both = await Promise.all([act(id, 'consume', undefined, 'a'), act(id, 'consume', undefined, 'b')])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
})

test('a pending request is not consumed', async () => {
  const { body } = await create()
  expect(codeOf(await act(body.id, 'consume'))).toEqual([409, 'not_approved'])
})

test('an approval is not consumed after its time', async () => {
  const id = await approved()
  await read(id)
  scene.advance(3600)
  await machine.start()
  expect(codeOf(await act(id, 'consume'))).toEqual([409, 'approval_expired'])
})

test('an approval is not consumed once it was revoked', async () => {
  const id = await approved()
  await read(id)
  for (const { ask } of await machine.requests()) await scene.at('gus').type('revoke', ask.id, '--reason', 'INC-1')
  expect(codeOf(await act(id, 'consume'))).toEqual([409, 'approval_expired'])
})

test('an approval survives a restart of the sidecar', async () => {
  const id = await approved()
  await machine.start()
  expect((await act(id, 'consume')).status).toBe(200)
  await machine.start()
  expect(codeOf(await act(id, 'consume', undefined, 'u2'))).toEqual([409, 'already_consumed'])
})

test.each([
  ['before', false],
  ['after', true],
])('a consumption whose sidecar dies %s any write is answered once by the next one', async (_when, after) => {
  for (let write = 1; ; write++) {
    machine.writes = undefined
    await machine.start()
    const id = await approved(`k${write}`)
    await read(id)
    const journal = new DyingJournal({
      env: { XDG_STATE_HOME: machine.folder },
      now: () => new Date(),
      pause: async () => {},
    })
    machine.writes = journal.dieAt(write, after)
    await machine.start()
    const first = await act(id, 'consume')
    if (!journal.died) {
      expect([write > 2, first.status]).toEqual([true, 200])
      break
    }
    machine.writes = undefined
    await machine.start()
    const [same, other] = [await act(id, 'consume'), await act(id, 'consume', undefined, 'u2')]
    expect([write, first.status, same.status, codeOf(other)]).toEqual([write, 500, 200, [409, 'already_consumed']])
    await act(id, 'outcome', { status: 'succeeded' })
  }
})

const consumed = async () => {
  const id = await approved()
  await act(id, 'consume')
  return id
}

test('an outcome completes the request of Hotwork, and is idempotent', async () => {
  const id = await consumed()
  const first = await act(id, 'outcome', { status: 'failed', note: 'no such flag' })
  expect(first.body.consumption.outcome).toEqual({
    status: 'failed',
    note: 'no such flag',
    reported_at: expect.any(String),
  })
  expect((await act(id, 'outcome', { status: 'failed', note: 'no such flag' })).body).toEqual(first.body)
  expect(await machine.requests()).toMatchObject([{ status: 'completed', outcome: 'failed' }])
})

test('an outcome that differs from the first is a conflict', async () => {
  const id = await consumed()
  await act(id, 'outcome', { status: 'succeeded' })
  expect(codeOf(await act(id, 'outcome', { status: 'failed' }))).toEqual([409, 'outcome_conflict'])
})

test('an outcome of an unconsumed approval is a conflict', async () => {
  expect(codeOf(await act(await approved(), 'outcome', { status: 'succeeded' }))).toEqual([409, 'not_consumed'])
})

test.each([
  ['/v1/instances', 'POST', [403, 'not_provisionable']],
  ['/v1/requests', 'GET', [405, 'wrong_method']],
  ['/v1/elsewhere', 'GET', [404, 'not_found']],
  ['/v1/requests/7ab8c8ec-7b2d-4fd6-9b52-752f9515eb71', 'GET', [404, 'not_found']],
  ['/v1/requests/..%2f..%2fx', 'GET', [404, 'not_found']],
])('%s by %s is refused in the form of the protocol', async (path, method, code) => {
  const said = await machine.ask(path, { method })
  expect(codeOf(said)).toEqual(code)
  expect(said.body.error.request_id).toBe(said.headers['x-request-id'])
})

describe('the task of a request', () => {
  const withTask = (task: string, name = 'k1') =>
    machine.ask('/v1/requests', {
      method: 'POST',
      body: submission,
      headers: { ...key(name), 'hotwork-task': task },
    })
  const asked = async () =>
    (await machine.requests()).map(({ ask }) => [ask.parentTask.id, ask.taskSource, ask.purpose])

  test("a request has the header's task, and the map's constants without one", async () => {
    await create()
    await withTask('INC-1', 'k2')
    expect(await asked()).toEqual(
      expect.arrayContaining([
        ['REL-7', 'map', 'release'],
        ['INC-1', 'header', 'release'],
      ]),
    )
  })

  test.each([
    ["a purpose that is not the map's", 'INC-1; purpose=maintenance', 'unknown_purpose', 'name one of `release`'],
    ['257 characters', 'x'.repeat(257), 'invalid_parent_task', '1 to 256 characters'],
  ])('a header with %s is refused, and asks no one', async (_, task, code, fix) => {
    const { status, body } = await withTask(task)
    expect([status, body.error]).toEqual([
      400,
      expect.objectContaining({ code, param: 'Hotwork-Task', message: expect.stringContaining(fix) }),
    ])
    expect(await machine.requests()).toEqual([])
  })
})

test('the reason of a request is the reasoning of the agent', async () => {
  await create({ agent_reasoning: 'checkout refuses payments' })
  const [request] = await machine.requests()
  expect((await scene.state(request?.ask.id)).ask.justification).toBe('checkout refuses payments')
})
