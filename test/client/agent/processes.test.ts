import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { joinRequest } from '../../../functions/operations/ledger/texts.ts'
import { asRoot, whereRoot } from '../../support/as-root.ts'
import { useRealTime } from '../support/agent-machine.ts'
import { useFolder } from '../support/folder.ts'
import { ran } from '../support/ran.ts'
import { useScene } from '../support/scene.ts'

/** Processes of one agent that share a folder: the same call is one request and is done once, even if one dies. */

const scene = useScene()
const program = join(import.meta.dirname, 'support/one-call.ts')
const folder = useFolder()
beforeEach(() => {
  writeFileSync(folder('done'), '')
  useRealTime(scene)
})

async function run(die = '', callId = 'call-1', within: readonly string[] = []): Promise<string> {
  const [first = '', ...words] = [...within, process.execPath, program, callId, folder('done')]
  const own = { PATH: process.env['PATH'], HOTWORK_API: scene.api.url, XDG_STATE_HOME: folder() }
  const env = { ...own, HOTWORK_TEST_TOKEN: scene.workload('agent-remediator'), HOTWORK_TEST_DIE: die }
  const { exit, out, err } = await ran(first, words, { env })
  return `${out}${err}${typeof exit === 'string' ? exit : ''}`
}
const done = () => readFileSync(folder('done'), 'utf8').split('\n').filter(Boolean).length
const requests = async () => {
  const { texts } = scene.api.world.ledger
  return Promise.all((await scene.requests()).map((state) => joinRequest(state, texts)))
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
  expect(said).toContain(`nothing can be kept in \`${folder('hotwork')}\` (ENOSPC)`)
  expect(said).toContain('XDG_STATE_HOME')
  expect([done(), await requests()]).toEqual([0, []])
})
