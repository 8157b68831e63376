import { execFileSync } from 'node:child_process'
import { AgentApi } from '../../../client/agent/agent-api.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { AgentMachine, file, prod } from '../support/agent-machine.ts'
import { minute, useScene } from '../support/scene.ts'
import { startedRun } from '../support/started-run.ts'

/** `hotwork credentials` and `call`: what an agent gets outside `exec`. */

const scene = useScene()
let agent: AgentMachine
beforeEach(() => {
  agent = new AgentMachine(scene)
})
afterEach(() => agent.close())

test('credentials are printed exactly as by a credential_process', async () => {
  const { exit, out, err } = await agent.type('credentials', await agent.approved())
  expect([exit, err, out.split('\n').length]).toEqual([0, '', 2])
  expect(Object.keys(JSON.parse(out)).sort()).toEqual([
    ...['AccessKeyId', 'Expiration', 'SecretAccessKey', 'SessionToken', 'Version'],
  ])
})

test('credentials are the same for concurrent callers on this machine, since new ones end those before', async () => {
  const id = await agent.approved()
  const all = await Promise.all(Array.from({ length: 4 }, () => agent.type('credentials', id)))
  expect(new Set(all.map(({ out }) => out)).size).toBe(1)
  expect(scene.api.calls.filter((call) => call === 'POST /aws/credentials')).toHaveLength(1)
})

test('`credentials --setup` prints a profile whose process is this very program, and asks nothing', async () => {
  const id = await agent.asked(prod)
  const asked = scene.api.calls.length
  const { exit, out } = await agent.type('credentials', id, '--setup')
  expect([exit, scene.api.calls.length]).toEqual([0, asked])
  expect(out).toMatch(
    new RegExp(`^\\[profile hotwork\\]\\ncredential_process = \\S+ \\S+ credentials ${id} --api \\S+\\n$`),
  )
})

test('`credentials --setup` prints a line that a shell takes literally', async () => {
  const id = await agent.asked(prod)
  const who = `agent:$(id) \`id\` "it's" \\`
  const { exit, out } = await agent.type('credentials', id, '--setup', '--as', who)
  const line = /^credential_process = (.*)$/m.exec(out)?.[1] ?? ''
  const words = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' }).split('\n')
  expect([exit, words.slice(2, -1)]).toEqual([0, ['credentials', id, '--api', scene.api.url, '--as', who]])
  const split = execFileSync('python3', ['-c', 'import shlex, sys; print("\\n".join(shlex.split(sys.argv[1])))', line])
  expect(split.toString().split('\n')).toEqual(words)
})

test('credentials of a pending request exit with 3; after its end with 5, and the key is deleted', async () => {
  const id = await agent.asked()
  expect((await agent.type('credentials', id)).exit).toBe(3)
  const approved = await agent.approved()
  await agent.type('credentials', approved)
  scene.advance(60 * minute)
  agent.logIn()
  expect([(await agent.type('credentials', approved)).exit, agent.files()]).toEqual([5, []])
})

test.each<[verb: string, words: (id: string) => string[]]>([
  ['credentials', (id) => ['credentials', id]],
  ['call', (id) => ['call', id]],
  ['extend', (id) => ['extend', id, '--minutes', '5']],
])('`%s` of an ended request gives its outcome, even after its key is deleted', async (_, words) => {
  const [revoked, expired] = [await agent.approved(), await agent.asked(file('prod-throttle-worker'))]
  await scene.at('gus').type('revoke', revoked, '--reason', 'INC-4822: not now')
  scene.advance(2 * 60 * minute)
  agent.logIn()
  for (const id of [revoked, expired]) await agent.type('exec', id, '--', 'true')
  expect(agent.files()).toEqual([])
  expect(await agent.type(...words(revoked))).toMatchObject({ exit: 6, err: expect.stringContaining('is revoked') })
  expect(await agent.type(...words(expired))).toMatchObject({ exit: 5, err: expect.stringContaining('is expired') })
})

test('credentials of a request whose end this machine missed are deleted at the next ask', async () => {
  const id = await agent.approved()
  await agent.type('credentials', id)
  const files = () => agent.files().filter(({ name }) => name.startsWith(id))
  expect(files()).toHaveLength(2)
  agent.now = () => new Date(Date.now() + 30 * 86_400_000)
  await agent.type('request', prod)
  expect(files()).toEqual([])
})

test('a mediated call has no credentials; `call` has it made, once', async () => {
  const id = await agent.approved(file('prod-worker-timeout'))
  expect(await agent.type('credentials', id)).toMatchObject({
    exit: 2,
    err: expect.stringContaining(`npx --no-install hotwork call ${id}`),
  })
  expect(await agent.json('call', id)).toEqual({ exit: 0, body: { output: { Timeout: 60 } } })
  expect(await agent.type('call', id)).toMatchObject({ exit: 4, err: expect.stringContaining('the call was made') })
  expect(scene.api.ports.caller.done).toHaveLength(1)
})

test('`call` of an action that the agent does itself is wrong usage', async () => {
  const id = await agent.approved()
  expect(await agent.type('call', id)).toMatchObject({ exit: 2, err: expect.stringContaining(`hotwork exec ${id}`) })
})

/** A claimed request whose call started a run. */
async function running() {
  const id = await agent.approved(file('prod-worker-timeout'))
  await agent.type('credentials', id)
  return { id, ...(await startedRun(scene, id as RequestId)) }
}

test('`wait` waits for the end of a run, and fails if the run does', async () => {
  const { id, end } = await running()
  const waiting = agent.json('wait', id, '--for', '0s')
  expect(await waiting).toMatchObject({ exit: 3, body: { run: { status: 'running' } } })
  await end(false)
  expect(await agent.type('wait', id)).toMatchObject({ exit: 1, out: expect.stringMatching(/run +failed at/) })
})

test('`wait` exits with 0 once the run has succeeded, and the key is deleted', async () => {
  const { id, end } = await running()
  await end()
  expect(await agent.json('wait', id)).toMatchObject({
    exit: 0,
    body: { status: 'completed', run: { status: 'succeeded' } },
  })
  expect(agent.files()).toEqual([])
})

test('`call` says that a run began; with `--wait` it waits for its end', async () => {
  const { id } = await running()
  const answer = { output: { id: 'run-1' }, run: { status: 'running' as const, since: new Date().toISOString() } }
  const answered = jest.spyOn(AgentApi.prototype, 'mediatedCall').mockResolvedValue(answer)
  expect(await agent.type('call', id)).toMatchObject({ exit: 0, out: expect.stringContaining(`hotwork wait ${id}`) })
  expect(await agent.json('call', id, '--wait=0s')).toMatchObject({ exit: 3, body: { run: { status: 'running' } } })
  answered.mockRestore()
})

test('`show` says that the run of a request goes on, and how it ended', async () => {
  const { id, end } = await running()
  expect((await scene.at('gus').type('show', id)).out).toMatch(/^ITS RUN GOES ON[\s\S]*its run: running since/)
  await end()
  const { out } = await scene.at('gus').type('show', id)
  expect(out).toMatch(/^COMPLETED, succeeded[\s\S]*its run: succeeded at/)
  expect(out).toContain('started a run')
})

test('`show` says that a run of a revoked request cannot be stopped', async () => {
  const { id } = await running()
  await scene.at('gus').type('revoke', id, '--reason', 'INC-4822: not now')
  expect((await scene.at('gus').type('show', id)).out).not.toContain('cannot be stopped')
})
