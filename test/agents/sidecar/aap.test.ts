import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { python } from '../install.ts'
import { startHotwork } from '../support/commands.ts'
import { Machine } from '../support/gate.ts'
import { HotworkInMemory } from '../support/hotwork-in-memory.ts'
import { serversBundle } from '../support/policies.ts'

/** `hotwork sidecar` under the Agent Approval Protocol's own Python client, and one of its adapters. */

const bundle = serversBundle()
const hotwork = new HotworkInMemory()
let machine: Machine
let sidecar: ReturnType<typeof startHotwork>
let url = ''
const tokenFile = () => join(machine.home, 'sidecar-token')

beforeAll(async () => {
  await hotwork.open(bundle)
  machine = new Machine(hotwork, bundle)
  const tools = { write_file: { action: 'files:WriteFile' } }
  writeFileSync(
    join(machine.home, 'map.json'),
    JSON.stringify({ purpose: 'release', parent_task: { id: 'REL-7' }, tools }),
  )
  await start('0')
})
beforeEach(() => {
  // The content contains Ana's verdict.
  hotwork.decides = ({ ask }) => {
    const content = String(ask.arguments['content'])
    return content.startsWith('approve') ? 'approve' : content.startsWith('deny') ? 'deny' : undefined
  }
})
afterAll(async () => {
  sidecar.kill('SIGKILL')
  await hotwork.close()
  machine.close()
})

async function start(port: string): Promise<void> {
  const map = ['--map', join(machine.home, 'map.json'), '--map-in-project']
  const words = ['sidecar', ...map, '--token-file', tokenFile(), '--port', port]
  sidecar = startHotwork(words, { ...machine.env, HOTWORK_TOOL_TOKEN_FILE: join(machine.home, 'tool-files-gate') })
  url = (await sidecar.prints(/^url +(\S+)$/m))[1] ?? ''
}

async function tell(story: string): Promise<{ [name: string]: unknown }> {
  const token = readFileSync(tokenFile(), 'utf8').trim()
  const host = [join(__dirname, 'aap_host.py'), url, token, machine.home, story]
  const { stdout } = await promisify(execFile)(python('python'), host)
  return JSON.parse(stdout)
}
const ran = () => {
  try {
    return readFileSync(join(machine.home, 'ran.txt'), 'utf8').trim().split('\n')
  } catch {
    return []
  }
}
const became = async (content: string) => {
  const { ask } = await hotwork.request((request) => request.ask.arguments['content'] === content)
  const state = await hotwork.world.state(ask.id)
  return state.status === 'completed' ? state.outcome : state.status
}

test('an approved call runs once, a denied one does not, and each says why', async () => {
  const told = await tell('by_gate')
  expect(told).toMatchObject({ approved: 'wrote staging/aap.txt', again: expect.stringContaining('already attempted') })
  expect(told['denied']).not.toBe('wrote staging/aap.txt')
  expect(told['unknown']).not.toBe('wrote staging/aap.txt')
  expect(ran()).toEqual(['approve by gate'])
  expect(await became('approve by gate')).toBe('succeeded')
  expect(await became('deny by gate')).toBe('denied')
})

test('a tool that fails is on record as failed', async () => {
  expect(await tell('failing')).toEqual({ raised: 'the tool has failed' })
  expect(await became('approve failing')).toBe('failed')
})

test('an undecided call is withdrawn at its end and does not run', async () => {
  await tell('too_late')
  expect(ran()).not.toContain('wait and see')
  expect(await became('wait and see')).toMatch(/withdrawn|expired/)
})

test('the strict client takes every answer, and every conflict has its code', async () => {
  expect(await tell('wire')).toEqual({
    same: [true, true],
    statuses: ['approved', 'succeeded', 'pending', 'cancelled'],
    codes: [
      ...['idempotency_conflict', 'not_consumed', 'already_consumed'],
      ...['already_terminal', 'outcome_conflict', 'not_approved'],
    ],
  })
})

test('a wrong token is refused', async () => {
  expect(await tell('stranger')).toEqual({ refused: expect.stringContaining('refused') })
})

test('an agent of Pydantic AI under the adapter runs approved calls, and hears of denied ones', async () => {
  const { told } = (await tell('pydantic_ai')) as { told: string[] }
  expect(told[0]).toBe('wrote staging/aap.txt')
  expect(told[1]).not.toBe('wrote staging/aap.txt')
  expect(ran()).toContain('approve by agent')
  expect(ran()).not.toContain('deny by agent')
})

test('a call that waits while the sidecar is killed and started again is decided, and runs once', async () => {
  hotwork.decides = () => undefined
  const { port } = new URL(url)
  const waiting = tell('restarted')
  const request = await hotwork.request(({ ask }) => ask.arguments['content'] === 'approve after the restart')
  sidecar.kill('SIGKILL')
  await sidecar.ends
  await start(port)
  await hotwork.decide(request, 'approve')
  expect(await waiting).toEqual({ approved: 'wrote staging/aap.txt' })
  expect(ran().filter((content) => content === 'approve after the restart')).toHaveLength(1)
})
