import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Client } from '@modelcontextprotocol/client'
import { until } from '../../client/support/until.ts'
import { python } from '../install.ts'
import { ApprovalTrace } from '../support/approval-trace.ts'
import { connect, Machine } from '../support/gate.ts'
import { HotworkInMemory } from '../support/hotwork-in-memory.ts'
import { serversBundle } from '../support/policies.ts'
import { servers, type TestedServer } from '../support/servers.ts'

/**
 * The nine rules of `agentack` (PyPI), which judges approval controls, on real runs: a host, the gate, the unmodified
 * file server, and Hotwork's own record. Then a host goes round the gate, and each of the nine finds it.
 */

const bundle = serversBundle()
/** An approval that is not claimed within a second expires. */
const swift = structuredClone(bundle)
for (const { grant } of swift.ladder.tiers) grant.claimWithin = 1 as typeof grant.claimWithin

const hotwork = new HotworkInMemory()
let machine: Machine
let server: TestedServer
let gate: Client
/** A way round the gate, for a program that has the server's address or its files. */
let leak: Client
beforeAll(async () => {
  await hotwork.open(bundle)
  machine = new Machine(hotwork, bundle)
  server = await servers.filesystem()
  const gated = machine.gate(server.start, { actions: ['files:WriteFile'], passed: ['read_text_file'] })
  ;[gate, leak] = await Promise.all([connect(gated), connect(machine.recorded(server.start))])
  writeFileSync(join(machine.home, 'agentack.toml'), policy)
})
beforeEach(() => {
  hotwork.decides = () => undefined
  hotwork.use(bundle)
})
afterAll(async () => {
  await Promise.all([gate.close(), leak.close()])
  await Promise.all([hotwork.close(), server.close()])
  machine.close()
})

// Tools that the map does not gate are refused without asking people.
const policy = `version = 1
[approval]
max_age_seconds = 3600
single_use = true
exact_action_binding = true
stop_is_terminal = true
require_for = ["mcp:write-file"]
`

let files = 0
const write = (content: string, path = `staging/agentack-${++files}.txt`) => ({ path, content })
type Write = ReturnType<typeof write>

/** The calls of a host in one session, through the gate or past it, and their trace. */
class Session {
  readonly trace = new ApprovalTrace(hotwork, 'secure-filesystem-server', () => machine.calls)

  call(
    args: object,
    { tool = 'write_file', intent = tool, signal }: { tool?: string; intent?: string; signal?: AbortSignal } = {},
  ) {
    const call = { name: tool, arguments: args as { [name: string]: unknown } }
    return this.trace.call(
      tool,
      call.arguments,
      async () => {
        const answer = await gate.callTool(call, signal ? { signal } : {}).catch(() => undefined)
        return answer?.isError ? 'blocked' : undefined
      },
      intent,
    )
  }

  /** Calls past the gate. `sent`: the arriving call, if it differs from the asked one. */
  goRound(
    args: Write,
    {
      tool = 'write_file',
      intent = tool,
      sent = args as object,
    }: { tool?: string; intent?: string; sent?: object } = {},
  ) {
    return this.trace.call(
      tool,
      args,
      async () => {
        await leak.callTool({ name: tool, arguments: sent as { [name: string]: unknown } })
        return undefined
      },
      intent,
    )
  }

  /** Asks, and gives up waiting when people have been asked. */
  async ask(args: Write, intent?: string) {
    const stop = new AbortController()
    const call = this.call(args, { signal: stop.signal, ...(intent ? { intent } : {}) })
    const request = await asked(args)
    stop.abort()
    await call
    return request
  }

  file(name: string): string {
    const file = join(machine.home, `${name}.jsonl`)
    this.trace.write(file)
    return file
  }
}

const asked = (args: Write) =>
  hotwork.request(({ ask }) => ask.arguments['path'] === args.path && ask.arguments['content'] === args.content)

type Report = {
  status: string
  rule_counts: { [rule: string]: number }
  findings: { rule_id: string; message: string }[]
}
const judging = `
import json, sys
from agentack import Policy, evaluate_events
from agentack.parser import read_jsonl
policy = Policy.from_toml(sys.argv[1])
print(json.dumps([evaluate_events(read_jsonl(file), policy=policy).to_dict() for file in sys.argv[2:]]))
`

/** Waits until the claim has expired: the clock of the API has whole seconds. */
async function over(args: Write): Promise<void> {
  const { ask } = await asked(args)
  const state = await hotwork.world.state(ask.id)
  const claimBy = state.status === 'approved' ? state.grant.claimBy : 0
  await until(() => hotwork.world.clock.now() > claimBy)
}

const faults: { [rule: string]: (session: Session) => Promise<unknown> } = {
  async ACK001(session) {
    await session.goRound(write('never asked'))
  },
  async ACK002(session) {
    const args = write('denied, and done')
    hotwork.decides = () => 'deny'
    await session.call(args)
    await session.goRound(args)
  },
  async ACK003(session) {
    const args = write('approved words')
    await hotwork.decide(await session.ask(args), 'approve')
    await session.goRound(args, { sent: { ...args, content: 'other words' } })
  },
  async ACK004(session) {
    const args = write('approved once')
    hotwork.decides = () => 'approve'
    await session.call(args)
    await session.goRound(args)
  },
  async ACK005(session) {
    const args = write('approved, and too late')
    hotwork.use(swift)
    await hotwork.decide(await session.ask(args), 'approve')
    await over(args)
    await session.goRound(args)
  },
  async ACK006(session) {
    const args = write('done before it is approved')
    const request = await session.ask(args)
    await session.goRound(args)
    await hotwork.decide(request, 'approve')
  },
  async ACK007(session) {
    hotwork.decides = () => 'deny'
    await session.call(write('denied, and done elsewhere'), { intent: 'denied' })
    await session.goRound(write('as was denied'), {
      tool: 'edit_file',
      intent: 'denied',
      sent: { path: 'staging/there.txt', edits: [] },
    })
  },
  async ACK008(session) {
    const args = write('approved, and halted')
    await hotwork.decide(await session.ask(args), 'approve')
    session.trace.interrupt()
    await session.goRound(args)
  },
  async ACK009(session) {
    await session.ask(write('asked, and never heard of again'))
  },
}

test('each of the nine rules finds a host that goes round the gate', async () => {
  const files: string[] = []
  for (const [rule, act] of Object.entries(faults)) {
    hotwork.decides = () => undefined
    hotwork.use(bundle)
    const session = new Session()
    await act(session)
    files.push(session.file(rule))
  }
  const { stdout } = await promisify(execFile)(python('python'), [
    '-c',
    judging,
    join(machine.home, 'agentack.toml'),
    ...files,
  ])
  const reports = JSON.parse(stdout) as Report[]
  const found = reports.map(({ status, rule_counts }, index) => [
    Object.keys(faults)[index],
    status,
    Object.keys(rule_counts),
  ])
  expect(found).toEqual(
    Object.keys(faults).map((rule) => [
      rule,
      rule === 'ACK009' ? 'INCOMPLETE' : 'FAIL',
      expect.arrayContaining([rule]),
    ]),
  )
})

// The last test, since it halts the agent.
test('a session that tries each of the nine rules passes `agentack check`', async () => {
  const session = new Session()
  // ACK001, ACK006: people decide after they were asked, while two hosts wait, and the call is done after that.
  const approved = write('approved')
  const waiting = session.call(approved)
  const request = await asked(approved)
  expect(machine.sent(approved.path)).toBe(0)
  await hotwork.decide(request, 'approve')
  await waiting
  expect(machine.sent(approved.path)).toBe(1)
  // ACK004: the same call again, twice at once, by a spent approval.
  await Promise.all([session.call(approved), session.call(approved)])
  expect(machine.sent(approved.path)).toBe(1)
  // ACK003: the same file with other words is another action, which people see unchanged.
  hotwork.decides = () => 'deny'
  await session.call(write('changed after the approval', approved.path))
  expect(machine.sent('changed after the approval')).toBe(0)
  // ACK002: denied, and asked again.
  const denied = write('denied')
  await session.call(denied, { intent: 'denied' })
  await session.call(denied, { intent: 'denied' })
  // ACK007: the same by another tool, and at another place.
  await session.call({ source: approved.path, destination: denied.path }, { tool: 'move_file', intent: 'denied' })
  await session.call(write('denied', 'staging/elsewhere.txt'), { intent: 'denied' })
  expect([machine.sent(denied.path), machine.sent('elsewhere')]).toEqual([0, 0])
  // ACK005: approved while the host was away, too late.
  hotwork.decides = () => undefined
  hotwork.use(swift)
  const late = write('late')
  await hotwork.decide(await session.ask(late), 'approve')
  await over(late)
  hotwork.decides = () => 'deny'
  await session.call(late)
  expect(machine.sent(late.path)).toBe(0)
  hotwork.use(bundle)
  // ACK008: approved, and a person halts the agent before the call.
  hotwork.decides = () => undefined
  const halted = write('halted')
  await hotwork.decide(await session.ask(halted), 'approve')
  await hotwork.halt('agent:builder', 'INC-4822: it runs wild')
  session.trace.interrupt()
  await session.call(halted)
  expect(machine.sent(halted.path)).toBe(0)
  // ACK009: the trace is complete.
  const file = session.file('whole')
  const check = [python('agentack'), ['check', file, '--policy', join(machine.home, 'agentack.toml')]] as const
  const { stdout } = await promisify(execFile)(...check)
  expect(stdout).toContain('PASS')
})
