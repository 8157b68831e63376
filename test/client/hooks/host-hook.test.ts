import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answerHook } from '../../../client/hooks/host-hook.ts'
import { useRealTime } from '../support/agent-machine.ts'
import { useScene } from '../support/scene.ts'
import { decisionOf, flag, HostMachine, map, reasonOf } from './support/host-machine.ts'

/** The answers of a hook to an agent's program, before and after each call of a tool. */

const scene = useScene()
let machine: HostMachine
beforeEach(() => {
  machine = new HostMachine(scene)
})
afterEach(() => machine.close())

const approving = () => machine.decideAll()
const denying = () => scene.decideAll('deny')
const minute = 60_000

test.each([
  ['no map names', { tool_name: 'Read', tool_input: { file_path: '/etc/hosts' } }],
  ['a map passes', { tool_name: 'mcp__flags__read_flag', tool_input: { flag: 'x' } }],
  ['another server has by the same name', { tool_name: 'mcp__other__set_flag' }],
  ['is named as a member of every object', { tool_name: 'constructor' }],
])('a tool that %s is not answered, and never allowed', async (_what, event) => {
  expect(await machine.before(event)).toEqual({})
  expect(await machine.requests()).toEqual([])
})

describe('a gated call', () => {
  test('a gated call is denied while people have not decided, and the agent is told to call again', async () => {
    const answer = await machine.before()
    const [request] = await machine.requests()
    expect([decisionOf(answer), request?.status]).toEqual(['deny', 'pending'])
    expect(reasonOf(answer)).toContain(request?.ask.id)
    expect(reasonOf(answer)).toContain('same arguments')
  })

  test('a gated call is allowed when people approve within the wait', async () => {
    machine.waiting = approving
    expect(decisionOf(await machine.before({}, { wait: minute }))).toBe('allow')
  })

  test('a repeated call goes on with the same request, and is allowed once it is approved', async () => {
    await machine.before()
    await approving()
    expect(decisionOf(await machine.before())).toBe('allow')
    expect(await machine.requests()).toHaveLength(1)
  })

  test('a denied call is denied, and so is a repeat without asking people again', async () => {
    machine.waiting = denying
    const first = await machine.before({}, { wait: minute })
    const again = await machine.before({}, { wait: minute })
    expect([decisionOf(first), decisionOf(again)]).toEqual(['deny', 'deny'])
    expect(reasonOf(again)).toContain('denied')
    expect(await machine.requests()).toHaveLength(1)
    scene.advance(11 * 60)
    machine.waiting = async () => {}
    await machine.before()
    expect(await machine.requests()).toHaveLength(2)
  })

  test("a call that is sent back is denied with the person's words, quoted; the session's next call is its revision", async () => {
    // Marks are by the time of their files.
    useRealTime(scene)
    machine.waiting = () => scene.sendBack('Off.\n```', { ...flag, value: false })
    const back = await machine.before({}, { wait: minute })
    expect(reasonOf(back)).toContain('The approver says: "Off.\\n\\u0060\\u0060\\u0060".')
    expect(reasonOf(back)).toContain(`arguments: ${JSON.stringify({ ...flag, value: false })}.`)
    expect(reasonOf(await machine.before({}))).toBe(reasonOf(back))
    machine.waiting = async () => {}
    await machine.before({ session_id: 'other', tool_input: { ...flag, flag: 'other' } })
    await machine.before({ tool_input: { ...flag, value: false } })
    const [revision, other, first] = await machine.requests()
    expect(revision?.ask).toMatchObject({ revises: first?.ask.id, revision: { suggested: true } })
    expect(other?.ask).not.toHaveProperty('revises')
  })

  test('a question ends the wait once, with the command that answers it, and a repeat goes on', async () => {
    let asked = ''
    machine.waiting = async () => {
      if (asked === '') [asked = ''] = await scene.question('Why now?')
    }
    const told = await machine.before({}, { wait: minute })
    const [request] = await machine.requests()
    expect(reasonOf(told)).toContain(`(question ${asked}): "Why now?".`)
    expect(reasonOf(told)).toContain(`hotwork answer ${request?.ask.id} TEXT --question QUESTION`)
    machine.waiting = approving
    expect(decisionOf(await machine.before({}, { wait: minute }))).toBe('allow')
  })

  test('a call with invalid arguments is denied with the mistake', async () => {
    const answer = await machine.before({ tool_input: { ...flag, environment: 'moon' } })
    expect(decisionOf(answer)).toBe('deny')
    expect(reasonOf(answer)).toContain('invalid_arguments')
  })

  test.each([
    ['an ambiguous member', `{ "environment": "prod", "flag": "x", "value": true, "__proto__": {} }`],
    ['an ambiguous number', `{ "environment": "prod", "flag": "x", "value": 9007199254740993 }`],
  ])('a call with %s is denied: people would be asked about another call', async (_what, text) => {
    machine.waiting = approving
    const answer = await machine.before({ tool_input: JSON.parse(text) }, { wait: minute })
    expect([decisionOf(answer), await machine.requests()]).toEqual(['deny', []])
  })

  test('a call of an unknown action is denied', async () => {
    const maps = [{ ...map, tools: { Bash: { action: 'shell:run' } } }]
    const answer = await machine.before({ tool_name: 'Bash', tool_input: { command: 'ls' } }, { maps })
    expect([decisionOf(answer), reasonOf(answer)]).toEqual(['deny', expect.stringContaining('unknown_action')])
  })

  test('a gated call is denied while Hotwork does not answer, without a word of its content', async () => {
    scene.api.nextCalls.push(...Array<'unheard'>(20).fill('unheard'))
    const answer = await machine.before()
    expect([decisionOf(answer), reasonOf(answer)]).toEqual(['deny', expect.stringContaining('does not answer')])
    expect(reasonOf(answer)).not.toMatch(/eyJ|express-checkout/)
  })

  test('an allowed call runs with the approved arguments, which the host gets', async () => {
    machine.waiting = approving
    const { hookSpecificOutput } = await machine.before({}, { wait: minute })
    expect(hookSpecificOutput).toMatchObject({ permissionDecision: 'allow', updatedInput: flag })
  })

  test('a call is deferred if the host can resume it, and that is wanted', async () => {
    const event = { tool_use_id: 'toolu_deferred' }
    expect(decisionOf(await machine.before(event, { pending: 'defer' }))).toBe('defer')
    await approving()
    expect(decisionOf(await machine.before(event, { pending: 'defer' }))).toBe('allow')
  })

  test('a call of Codex is never deferred, and gets an empty answer once it is approved', async () => {
    const codex = { host: 'codex', pending: 'defer' } as const
    expect(decisionOf(await machine.before({}, codex))).toBe('deny')
    await approving()
    expect(await machine.before({}, codex)).toEqual({})
  })

  const resize = 'mcp__aws__resize'
  const worker = { FunctionName: 'checkout-worker', MemorySize: 2048 }
  const resizing = {
    maps: [
      {
        purpose: 'remediation',
        parent_task: { id: 'INC-4822' },
        tools: { [resize]: { action: 'lambda:UpdateFunctionConfiguration' } },
      },
    ],
  }
  const resized = (changes: object = {}) =>
    machine.before({ tool_name: resize, tool_input: { ...worker, ...changes } }, resizing)
  /** One person narrows, which begins another round; then all approvers approve that. */
  const narrow = async (to: object) => {
    const [first] = await machine.requests()
    if (first) await scene.api.world.decide(first, 'ben', 'approve', { narrow: to } as never)
    for (const who of ['ben', 'ana', 'eve']) await machine.decideAll(who)
    expect(await machine.requests()).toMatchObject([{ status: 'approved' }])
  }

  test('a narrowed call is denied, and with the narrowed arguments it is allowed by the same request', async () => {
    expect(decisionOf(await resized())).toBe('deny')
    await narrow({ arguments: { MemorySize: 1024 } })
    const answer = await resized()
    expect([decisionOf(answer), reasonOf(answer)]).toEqual(['deny', expect.stringContaining('"MemorySize":1024')])
    expect(decisionOf(await resized({ MemorySize: 1024 }))).toBe('allow')
    expect(await machine.requests()).toHaveLength(1)
  })

  test('a call that was narrowed in time alone is allowed: it is the same call', async () => {
    await resized()
    await narrow({ minutes: 5 })
    expect(decisionOf(await resized())).toBe('allow')
  })
})

test("a map in the agent's own folder lets nothing through, not even tools that it passes", async () => {
  const file = join(machine.folder, 'map.json')
  writeFileSync(file, JSON.stringify(map))
  const denied = async (cwd: string, tool_name: string) => {
    const answer = await machine.before({ cwd, tool_name }, { mapFiles: [file] })
    return decisionOf(answer) === 'deny' && reasonOf(answer).includes('--map-in-project')
  }
  for (const tool of ['mcp__flags__set_flag', 'mcp__flags__read_flag', 'Read']) {
    expect(await denied(machine.folder, tool)).toBe(true)
    expect(await denied(join(machine.folder, 'project'), tool)).toBe(false)
  }
})

describe('an approval is for one run', () => {
  const allowed = async (event: object = {}) => {
    machine.waiting = approving
    expect(decisionOf(await machine.before(event, { wait: minute }))).toBe('allow')
  }

  test('a call that was begun is not begun again', async () => {
    await allowed({ tool_use_id: 'toolu_a' })
    const again = await machine.before({ tool_use_id: 'toolu_a' }, { wait: minute })
    expect([decisionOf(again), reasonOf(again)]).toEqual(['deny', expect.stringContaining('begun before')])
    expect(await machine.requests()).toHaveLength(1)
  })

  test('another call with the same arguments is a new request', async () => {
    await allowed()
    machine.waiting = async () => {}
    expect(decisionOf(await machine.before())).toBe('deny')
    expect((await machine.requests()).map(({ status }) => status).sort()).toEqual(['approved', 'pending'])
  })

  test('one of two concurrent hooks with the same arguments is allowed', async () => {
    await machine.before()
    await approving()
    machine.waiting = () => new Promise((resolve) => setImmediate(resolve))
    const both = await Promise.all([machine.before(), machine.before()])
    expect(both.map(decisionOf).sort()).toEqual(['allow', 'deny'])
  })

  test('one of two concurrent answers to the same call allows it', async () => {
    await machine.before()
    await approving()
    machine.waiting = () => new Promise((resolve) => setImmediate(resolve))
    const twice = [machine.before({ tool_use_id: 'toolu_b' }), machine.before({ tool_use_id: 'toolu_b' })]
    expect((await Promise.all(twice)).map(decisionOf).sort()).toEqual(['allow', 'deny'])
  })

  test('an answer that the host has given up on begins nothing, and the approval stays', async () => {
    await machine.before()
    await approving()
    const gone = AbortSignal.abort(new Error('gone'))
    expect(decisionOf(await machine.before({ tool_use_id: 'toolu_c' }, {}, gone))).toBe('deny')
    expect(decisionOf(await machine.before({ tool_use_id: 'toolu_c' }))).toBe('allow')
  })

  test('two sessions with the same name of a call are two calls', async () => {
    await allowed({ tool_use_id: 'toolu_d' })
    machine.waiting = approving
    const other = await machine.before({ tool_use_id: 'toolu_d', session_id: 'session-2' }, { wait: minute })
    expect(decisionOf(other)).toBe('allow')
    expect(await machine.requests()).toHaveLength(2)
  })
})

test('an agent does not hear of the call of another with the same issuer and subject', async () => {
  scene.shareSubject({ 'agent:builder': 'build', 'agent:remediator': 'repair' })
  const calls = (workflow: string) => machine.calls({ token: () => scene.workload('ci', { workflow }) })
  machine.waiting = denying
  const first = await machine.before({}, { wait: minute, calls: calls('repair') })
  machine.waiting = async () => {}
  const other = await machine.before({}, { calls: calls('build') })
  expect([reasonOf(first), reasonOf(other)]).toEqual([
    expect.stringContaining('denied'),
    expect.stringContaining('not decided yet'),
  ])
  expect((await machine.requests()).map(({ ask }) => ask.agent.id).sort()).toEqual([
    'agent:builder',
    'agent:remediator',
  ])
})

describe('the end of a call', () => {
  const began = async () => {
    machine.waiting = approving
    const answer = await machine.before({ tool_use_id: 'toolu_e' }, { wait: minute })
    expect([decisionOf(answer), reasonOf(answer)]).toEqual(['allow', expect.anything()])
  }
  const ended = { tool_use_id: 'toolu_e' }

  test('the end of a call completes the request, as the host reports it', async () => {
    await began()
    expect(await machine.after(ended)).toEqual({})
    expect(await machine.requests()).toMatchObject([{ status: 'completed', outcome: 'succeeded' }])
  })

  test('the end of a failed call is reported without its error', async () => {
    await began()
    await machine.after({ ...ended, hook_event_name: 'PostToolUseFailure', error: 'password is hunter2' })
    const requests = await machine.requests()
    expect(requests).toMatchObject([{ status: 'completed', outcome: 'failed' }])
    expect(JSON.stringify(requests)).not.toContain('hunter2')
  })

  test.each(['PostToolUse', 'PostToolUseFailure'])(
    'a call that ran with other than the approved arguments has failed, and a person is told: %s',
    async (hook_event_name) => {
      await began()
      await machine.after({ ...ended, hook_event_name, tool_input: { ...flag, value: false } })
      expect(await machine.requests()).toMatchObject([{ status: 'completed', outcome: 'failed' }])
      expect(machine.told).toEqual([expect.stringContaining('arguments that people did not approve')])
    },
  )

  test('a call with its members in another order is the approved call', async () => {
    await began()
    const tool_input = Object.fromEntries(Object.entries(flag).reverse())
    await machine.after({ ...ended, tool_input })
    expect(await machine.requests()).toMatchObject([{ outcome: 'succeeded' }])
  })

  test("a use of this machine's own tool begins before the call is allowed, and has an end", async () => {
    const calls = machine.calls({ tool: true })
    const tools = { mcp__files__write_file: { action: 'files:WriteFile' } }
    const maps = [{ purpose: 'remediation', parent_task: { id: 'INC-1042' }, tools }]
    const written = { tool_use_id: 'toolu_f', tool_name: 'mcp__files__write_file' }
    const input = { path: 'staging/checkout.yaml', content: 'retries: 3' }
    expect(decisionOf(await machine.before({ ...written, tool_input: input }, { maps, calls }))).toBe('allow')
    const [begun] = await machine.requests()
    expect(begun).toMatchObject({ grant: { uses: [{ tool: 'tool:files-gate' }] } })
    await machine.after({ ...written, tool_input: input }, { maps, calls: machine.calls({ tool: true }) })
    const [done] = await machine.requests()
    expect(done).toMatchObject({ status: 'completed', grant: { uses: [{ ended: { outcome: 'succeeded' } }] } })
  })

  test('the end of a call that is not gated is not answered', async () => {
    expect(await machine.after({ tool_name: 'Read', tool_input: {} })).toEqual({})
    expect(machine.told).toEqual([])
  })

  test('an end that could not be reported is reported with the next gated call', async () => {
    await began()
    scene.api.nextCalls.push(...Array<'unheard'>(20).fill('unheard'))
    machine.waiting = async () => {}
    expect(await machine.after(ended)).toEqual({})
    expect(machine.told).toEqual([expect.stringContaining('not reported to Hotwork yet')])
    scene.api.nextCalls.length = 0
    await machine.before()
    expect((await machine.requests()).map(({ status }) => status).sort()).toEqual(['completed', 'pending'])
  })

  test('an end is not reported by another agent of the same folder, and waits for its own', async () => {
    machine.waiting = approving
    const event = { tool_use_id: 'toolu_own' }
    await machine.before(event, { wait: minute })
    const other = machine.calls({ agent: 'agent-builder' })
    await machine.after(event, { calls: other })
    expect((await machine.requests())[0]?.status).toBe('approved')
    // Its own agent reports it while Hotwork does not answer; then the other agent is called.
    scene.api.nextCalls.push(...Array<'unheard'>(20).fill('unheard'))
    await machine.after(event)
    scene.api.nextCalls.length = 0
    await other.reportLate()
    expect((await machine.requests())[0]?.status).toBe('approved')
    await machine.calls().reportLate()
    expect((await machine.requests())[0]).toMatchObject({ status: 'completed', outcome: 'succeeded' })
  })

  test('an end that a host tells twice is reported once', async () => {
    await began()
    await machine.after(ended)
    await machine.after({ ...ended, hook_event_name: 'PostToolUseFailure' })
    expect(await machine.requests()).toMatchObject([{ status: 'completed', outcome: 'succeeded' }])
  })
})

test.each<[what: string, event: unknown]>([
  ['nothing', undefined],
  ['a list', []],
  ['an event without a name', { tool_name: 'x' }],
  ['a call without an id', { hook_event_name: 'PreToolUse', session_id: 's', tool_name: 'x', tool_input: {} }],
  ['arguments that are a text', { hook_event_name: 'PreToolUse', session_id: 's', tool_name: 'x', tool_input: 'y' }],
])('an unreadable message is denied: %s', async (_what, event) => {
  const { answerHook } = await import('../../../client/hooks/host-hook.ts')
  expect(decisionOf(await answerHook(event, machine.parts()))).toBe('deny')
})

test('an event of another kind is not answered', async () => {
  expect(await machine.after({ hook_event_name: 'SessionStart' })).toEqual({})
})

test('two maps that disagree about a tool let nothing through', async () => {
  const other = { ...map, tools: { ...map.tools, mcp__flags__set_flag: { action: 'ssm:PutParameter' } } }
  const answer = await machine.before({}, { maps: [map, other] })
  expect([decisionOf(answer), reasonOf(answer)]).toEqual(['deny', expect.stringContaining('two maps')])
})

test.each([
  ['two underscores in the name of the server', 'a__b', 'c', 'mcp__a__b__c'],
  ['two underscores in the name of the tool', 'a', 'b__c', 'mcp__a__b__c'],
  ['three', 'a_', 'b', 'mcp__a___b'],
  ['what hosts write otherwise', 'a.b', 'set flag', 'mcp__a_b__set_flag'],
  ['hyphens, which Codex writes otherwise', 'secure-files', 'write-file', 'mcp__secure_files__write_file'],
  ['hyphens, which Claude Code keeps', 'secure-files', 'write-file', 'mcp__secure-files__write-file'],
])("a tool of a map is known by its host's name with %s", async (_what, server, tool, named) => {
  const maps = [{ ...map, server: { name: server, version: '1' }, tools: { [tool]: { action: 'flags:set' } } }]
  expect(decisionOf(await machine.before({ tool_name: named }, { maps }))).toBe('deny')
  const whole = [{ ...map, tools: { [`mcp__${server}__${tool}`]: { action: 'flags:set' } } }]
  expect(decisionOf(await machine.before({ tool_name: named }, { maps: whole }))).toBe('deny')
})

test('a name that may be of two servers lets nothing through if their maps differ', async () => {
  const [first, second] = ['a__b', 'a'].map((name) => ({ name, version: '1' }))
  const maps = [
    { ...map, server: first, tools: { c: { action: 'flags:set' } } },
    { ...map, server: second, tools: { b__c: 'pass' as const } },
  ]
  const answer = await machine.before({ tool_name: 'mcp__a__b__c' }, { maps: maps as never })
  expect([decisionOf(answer), reasonOf(answer)]).toEqual(['deny', expect.stringContaining('two maps')])
})

test('a name that may be two tools of a map lets nothing through if they differ', async () => {
  const tools = { 'mcp__s__set-flag': { action: 'flags:set' }, mcp__s__set_flag: 'pass' as const }
  const maps = [{ ...map, tools }]
  expect(decisionOf(await machine.before({ tool_name: 'mcp__s__set_flag' }, { maps }))).toBe('deny')
  expect(reasonOf(await machine.before({ tool_name: 'mcp__s__set-flag' }, { maps }))).not.toContain('two maps')
})

test('a map with a server is about that server alone', async () => {
  const server = { name: 'flags', version: '1.0.0' }
  const maps = [{ ...map, server, tools: { set_flag: { action: 'flags:set' } } }]
  expect(decisionOf(await machine.before({}, { maps }))).toBe('deny')
  expect(await machine.before({ tool_name: 'mcp__flags2__set_flag' }, { maps })).toEqual({})
  expect(await machine.before({ tool_name: 'set_flag' }, { maps })).toEqual({})
  const named = [{ ...map, server: { name: 'flag-server', version: '1.0.0' } }]
  expect(decisionOf(await machine.before({}, { maps: named }))).toBe('deny')
})

describe('the task of a call', () => {
  const asked = async () =>
    Promise.all(
      (await machine.requests()).map(async ({ ask: { id, parentTask, taskSource, purpose } }) => ({
        ...{ task: parentTask.id, taskSource, purpose, justification: (await scene.state(id)).ask.justification },
      })),
    )
  const prompted = (prompt: unknown, session = 'session-1') =>
    answerHook({ hook_event_name: 'UserPromptSubmit', session_id: session, prompt }, machine.parts())

  test("a call has its session as task, by the host's name, and two sessions are two tasks", async () => {
    await machine.before()
    await machine.before({ session_id: 'session-2' })
    const said = { taskSource: 'session', purpose: 'release', justification: undefined }
    expect(await asked()).toEqual(
      expect.arrayContaining([
        { task: 'claude-code:session-1', ...said },
        { task: 'claude-code:session-2', ...said },
      ]),
    )
    expect(await machine.before({}, { host: 'codex' })).toBeDefined()
    expect((await asked()).map(({ task }) => task)).toContain('codex:session-1')
  })

  test('a call of a fixed map has the constants', async () => {
    await prompted('put the old checkout back')
    await machine.before({}, { maps: [{ ...map, task: 'fixed' }] })
    expect(await asked()).toEqual([{ task: 'REL-7', taskSource: 'map', purpose: 'release', justification: undefined }])
  })

  test('the prompt of the turn is the reason, and a later one joins the open request', async () => {
    expect(await prompted('put the old checkout back')).toEqual({})
    await prompted('of another session', 'session-2')
    await machine.before()
    await prompted('go on')
    await machine.before()
    expect(await asked()).toMatchObject([{ justification: 'The prompt of this turn: put the old checkout back' }])
  })

  test('a prompt of any length is kept to its first thousand characters', async () => {
    // A character that the thousandth would cut in two is left out.
    await prompted(`${'x'.repeat(999)}${'😀'.repeat(50_000)}`)
    await machine.before()
    expect((await asked())[0]?.justification).toBe(`The prompt of this turn: ${'x'.repeat(999)}`)
  })

  test.each([
    ['too long', 'x'.repeat(257)],
    ['with a direction mark', 'a\u202eb'],
  ])('a session whose id is %s is refused, with the code', async (_, session_id) => {
    const answer = await machine.before({ session_id })
    expect([decisionOf(answer), reasonOf(answer)]).toEqual(['deny', expect.stringContaining('invalid_parent_task')])
    expect(await machine.requests()).toEqual([])
  })
})
