import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { joinRequest } from '../../../functions/operations/ledger/texts.ts'
import { asRoot, whereRoot } from '../../support/as-root.ts'
import { start } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'

/** Processes of one agent that share a folder: the same call is one request and is done once, even if one dies. */

const scene = useScene()
const program = join(import.meta.dirname, 'support/one-call.ts')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotwork-processes-'))
  writeFileSync(join(folder, 'done'), '')
  // Another process has the real time.
  scene.advance(Math.floor(jest.getRealSystemTime() / 1000) - start)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function run(die = '', callId = 'call-1', within: readonly string[] = []): Promise<string> {
  const [first = '', ...words] = [...within, process.execPath, program, callId, join(folder, 'done')]
  const child = spawn(first, words, {
    env: {
      ...{ PATH: process.env['PATH'], HOTWORK_API: scene.api.url, XDG_STATE_HOME: folder },
      ...{ HOTWORK_TEST_TOKEN: scene.workload('agent-remediator'), HOTWORK_TEST_DIE: die },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, errors, [, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return `${out}${errors}${signal ?? ''}`
}
const done = () => readFileSync(join(folder, 'done'), 'utf8').split('\n').filter(Boolean).length
const requests = async () => {
  const { requests, ledger } = scene.api.world
  const { items } = await requests.list({}, { limit: 10 })
  return Promise.all(items.map(({ state }) => joinRequest(state, ledger.texts)))
}

test('one of several concurrent processes does the call, and the others are told that it is done or running', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => run()))
  expect(all.filter((each) => each === 'ran')).toHaveLength(1)
  for (const each of all.filter((each) => each !== 'ran'))
    expect(each).toMatch(/^(AlreadyRun (running|succeeded)|refused completed)$/)
  expect([done(), await requests()]).toMatchObject([1, [{ status: 'completed', outcome: 'succeeded' }]])
})

test('a process that is killed before it begins leaves the call to the next', async () => {
  expect(await run('before')).toBe('SIGKILL')
  expect(await run()).toBe('ran')
  expect([done(), (await requests()).length]).toEqual([1, 1])
})

test('a call whose process is killed is not repeated: the request ends as failed, its outcome unknown', async () => {
  expect(await run('within')).toBe('SIGKILL')
  expect(await run()).toBe('AlreadyRun outcome unknown')
  expect(await run()).toBe('refused completed')
  expect([done(), await requests()]).toMatchObject([
    1,
    [{ status: 'completed', outcome: 'failed', note: expect.stringContaining('outcome unknown') }],
  ])
})

const full =
  'mount -t tmpfs -o size=4k tmpfs "$XDG_STATE_HOME"; head -c 4096 /dev/zero >"$XDG_STATE_HOME/fill"; exec "$0" "$@"'

whereRoot('a full disk fails the call before anything is asked, with the place and the fix', async () => {
  // A namespace of its own, with a disk of one page.
  const said = await run('', 'call-1', [...asRoot, 'unshare', '--mount', 'sh', '-c', full])
  expect(said).toContain(`nothing can be kept in \`${join(folder, 'hotwork')}\` (ENOSPC)`)
  expect(said).toContain('XDG_STATE_HOME')
  expect([done(), await requests()]).toEqual([0, []])
})
