import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { RequestId } from '../../../functions/domain/values.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { askedOnBehalf } from '../../support/asked-on-behalf.ts'
import { useServer } from '../../support/http-server.ts'
import { root } from '../../support/repository.ts'
import { person, prodParameter } from '../../support/world.ts'
import { AgentMachine, approve, file, prod, staging, useRealTime } from '../support/agent-machine.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork exec`: a command runs with the approved rights, and nothing outlives it. */

const scene = useScene()
let agent: AgentMachine
beforeEach(() => {
  agent = new AgentMachine(scene)
})
afterEach(() => agent.close())

const node = (text: string) => [process.execPath, '-e', text]
/** Writes a value that the command sees into a file of the machine. */
const tells = (expression: string, name = 'told') =>
  node(`require('node:fs').writeFileSync(${JSON.stringify(join(agent.home, name))}, JSON.stringify(${expression}))`)
const told = (name = 'told') => JSON.parse(readFileSync(join(agent.home, name), 'utf8'))
const has = (name: string) => existsSync(join(agent.home, name))
const exec = (...words: string[]) => agent.type('exec', ...words)
const end = async (id: string) => {
  const { status, ...state } = await scene.state(id)
  return status === 'completed' && 'note' in state ? [state.outcome, state.note] : [status]
}

/** Gets credentials as an AWS tool does. */
const getCredentials = `const get = () => new Promise((resolve, reject) => require('node:http').get(
  process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI,
  { headers: { authorization: process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN } },
  async (answer) => { let text = ''; for await (const chunk of answer) text += chunk; resolve([answer.statusCode, JSON.parse(text)]) },
).on('error', reject));`

test('a command gets credentials on loopback, once and the same, and completes the request as succeeded', async () => {
  const id = await agent.approved()
  const asks = `${getCredentials} (async () => require('node:fs').writeFileSync('told', JSON.stringify([await get(), await get()])))()`
  expect(await exec(id, '--', ...node(asks))).toMatchObject({ exit: 0, out: '' })
  const [[status, credentials], again] = told()
  expect([status, Object.keys(credentials)]).toEqual([200, ['AccessKeyId', 'SecretAccessKey', 'Token', 'Expiration']])
  expect(again).toEqual([200, credentials])
  expect(scene.api.calls.filter((call) => call === 'POST /aws/credentials')).toHaveLength(1)
  expect(await end(id)).toEqual(['succeeded', 'the command exited with 0'])
})

test('a command leaves nothing behind: no key, no mark, no server', async () => {
  await exec(await agent.approved(), '--', ...tells('process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI'))
  expect(agent.files()).toEqual([])
  const { hostname, port } = new URL(told())
  const refused = new Promise((resolve) => request({ hostname, port }).once('error', resolve).end())
  expect(await refused).toMatchObject({ code: 'ECONNREFUSED' })
})

test('a command that fails completes as failed, and its exit code is returned', async () => {
  const id = await agent.approved()
  expect((await exec(id, '--', ...node('process.exit(7)'))).exit).toBe(7)
  expect(await end(id)).toEqual(['failed', 'the command exited with 7'])
})

test('a command that a signal ended has failed, and exits with 128 and the signal', async () => {
  const id = await agent.approved()
  expect((await exec(id, '--', ...node("process.kill(process.pid, 'SIGKILL')"))).exit).toBe(137)
  expect(await end(id)).toEqual(['failed', 'the command was ended by SIGKILL'])
})

test('a command has none of this machine’s credentials, no identity of the agent, and the approved Region', async () => {
  Object.assign(agent.env, { AWS_ACCESS_KEY_ID: 'mine', AWS_PROFILE: 'mine', AWS_CA_BUNDLE: '/ca', PATH: '/bin' })
  await exec(await agent.approved(), '--', ...tells('process.env'))
  const env = told()
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'HOTWORK_WORKLOAD_TOKEN_FILE'])
    expect(env).not.toHaveProperty(name)
  expect(env).toMatchObject({
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_CA_BUNDLE: '/ca',
    PATH: '/bin',
  })
})

test('a command gets its arguments unchanged, even if they look like options', async () => {
  const id = await agent.approved(staging)
  await exec(id, '--', ...tells('process.argv.slice(1)'), '--', '--json', '-x', '--', 'a b')
  expect(told()).toEqual(['--json', '-x', '--', 'a b'])
})

test('a command with --json has one document on standard output, and its own output elsewhere', async () => {
  const id = await agent.asked(staging)
  const started = await exec('--json', id, '--', ...node('process.exit(3)'))
  expect(JSON.parse(started.out)).toEqual({
    ...{ id, outcome: 'failed', note: 'the command exited with 3', told: true, started: true, exit: 3 },
  })
})

const onBehalf = () => askedOnBehalf(scene.api.world, prodParameter)

test('a request on behalf of an agent is waited for and used by that agent by its id alone, and its first claim binds its key', async () => {
  const id = await onBehalf()
  expect((await exec(id, '--wait=0s', '--', ...tells('1'))).exit).toBe(3)
  expect((await agent.type('wait', id, '--for=0s')).exit).toBe(3)
  await approve(scene, id)
  expect((await agent.json('wait', id)).body).toMatchObject({ status: 'approved' })
  expect((await exec(id, '--', ...tells('1'))).exit).toBe(0)
  expect(await end(id)).toEqual(['succeeded', 'the command exited with 0'])
  expect(await scene.api.world.story(id)).toContain('KeyBound')
})

test('a request on behalf of an agent is no right of another agent, and unknown to it', async () => {
  const id = await onBehalf()
  await approve(scene, id)
  const builder = new AgentMachine(scene, 'builder')
  const { exit, err } = await builder.type('exec', id, '--', ...tells('1'))
  expect([exit === 0, err, has('told')]).toEqual([false, expect.stringContaining('unknown'), false])
  expect((await builder.type('wait', id)).exit).not.toBe(0)
  builder.close()
  expect((await scene.state(id)).status).toBe('approved')
})

test('a request on behalf of an agent is shown to it without the person who asked', async () => {
  const { out } = await agent.type('wait', await onBehalf(), '--json', '--for=0s')
  expect(out).toContain('"on_behalf"')
  expect(out).not.toContain('person:dan')
})

test('a missing program exits with 127, and the request is completed as failed', async () => {
  const id = await agent.approved()
  const { exit, err } = await exec(id, '--', 'hotwork-has-no-such-program')
  expect([exit, err]).toEqual([127, expect.stringContaining('ENOENT')])
  expect(await end(id)).toEqual(['failed', 'the command could not be started (ENOENT)'])
})

test('a pending request starts no command: 3, with how to go on, and the request stays', async () => {
  const { exit, err } = await exec('--request', prod, '--wait=0s', '--', ...tells('1'))
  expect([exit, has('told')]).toEqual([3, false])
  expect(err).toMatch(/go on with `npx --no-install hotwork exec req_[0-9a-z]{26} -- CMD\.\.\.`/)
})

test('a refused request starts no command: 4', async () => {
  const id = await agent.asked()
  await scene.api.world.decide(await scene.state(id), 'ana', 'deny', { comment: 'no' })
  expect((await exec(id, '--', ...tells('1'))).exit).toBe(4)
  expect((await exec('--request', file('forbidden-hotwork-parameter'), '--', ...tells('1'))).exit).toBe(4)
  expect(has('told')).toBe(false)
})

test('a completed request starts no command: not 0, which would say that it ran', async () => {
  const id = await agent.approved()
  await agent.type('complete', id)
  const { exit, err } = await exec(id, '--', ...tells('1'))
  expect([exit, err, has('told')]).toEqual([6, expect.stringContaining('is completed: nothing was started'), false])
})

test('a mediated call starts no command: 2, with the verb that has it made, and the approval stays', async () => {
  const id = await agent.approved(file('prod-worker-timeout'))
  const { exit, err } = await exec(id, '--', ...tells('1'))
  expect([exit, err]).toEqual([2, expect.stringContaining(`npx --no-install hotwork call ${id}`)])
  expect([has('told'), (await scene.state(id)).status]).toEqual([false, 'approved'])
  expect(await agent.json('call', id)).toMatchObject({ exit: 0, body: { output: expect.anything() } })
})

test("a tool's action starts no command: 2, before people are asked", async () => {
  const { exit } = await exec('--request', file('prod-express-checkout-flag'), '--', ...tells('1'))
  expect([exit, scene.api.calls]).toEqual([2, []])
})

test('a request without a key on this machine starts no command: 2', async () => {
  const id = await agent.approved()
  const other = new AgentMachine(scene)
  expect((await other.type('exec', id, '--', 'true')).exit).toBe(2)
  other.close()
})

test.each([[['req_00000000000000000000000001']], [['--request', prod]], [['aws', 'ssm']]])(
  'the words %j without a command are wrong usage: 2',
  async (words) => {
    expect([(await exec(...words)).exit, scene.api.calls]).toEqual([2, []])
  },
)

test('a request whose credentials cannot be made now starts no command: 1, and another try may', async () => {
  const id = await agent.approved()
  scene.api.world.broker.setDown(true)
  expect([(await exec(id, '--', ...tells('1'))).exit, has('told')]).toEqual([1, false])
  scene.api.world.broker.setDown(false)
  expect([(await exec(id, '--', ...tells('1'))).exit, has('told')]).toEqual([0, true])
})

test('an end that Hotwork does not hear of is no success, and is told with the command to repeat', async () => {
  const id = await agent.approved()
  const lost = Array.from({ length: 9 }, () => 'unheard' as const)
  // The first calls claim, and the later ones do not arrive.
  scene.api.nextCalls.push('answered', 'answered', 'answered', ...lost)
  const { exit, err } = await exec(id, '--', ...node('0'))
  expect([exit, err]).toEqual([1, expect.stringContaining(`repeat \`npx --no-install hotwork complete ${id}\``)])
  expect((await scene.state(id)).status).toBe('approved')
})

let toRevoke: RequestId
const revoker = useServer(async (_, response) => {
  await revokeRequest({ id: toRevoke, person: person('jade'), reason: 'stop it' }, scene.api.world.ports)
  response.end()
})

test("an end after that of the grant is told, and the exit code is the command's", async () => {
  const id = await agent.approved()
  toRevoke = RequestId.parse(id)
  const { exit, err } = await exec(id, '--', ...node(`fetch('${revoker()}').then(() => process.exit(5))`))
  expect([exit, err]).toEqual([5, expect.stringContaining('its right had ended before the command did')])
  expect([await end(id), agent.files()]).toEqual([['revoked'], []])
})

describe('a process', () => {
  beforeEach(() => {
    useRealTime(scene)
    agent.logIn()
  })
  /** Prints that it runs, ends on a signal only by `exit`, and otherwise lives on. */
  const stays = (exit = 'process.exit(9)') =>
    node(
      `process.on('SIGTERM', () => { ${exit} }); process.on('SIGINT', () => { ${exit} }); process.on('SIGHUP', () => { ${exit} }); console.log('runs ' + process.pid); setInterval(() => {}, 1000)`,
    )

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    '%s is passed on to the command; then the request is completed as failed, and the exit code is %i',
    async (signal, code) => {
      const id = await agent.approved()
      const started = agent.start('exec', id, '--', ...stays())
      await started.prints(/runs/)
      started.child.kill(signal)
      expect(await started.ends).toBe(code)
      expect(await end(id)).toEqual(['failed', `the command was interrupted by ${signal}`])
    },
  )

  test('Ctrl-C at a terminal, which is sent to both, reaches the command once', async () => {
    const id = await agent.approved()
    // A second one would be there at once.
    const counts =
      "let count = 0; process.on('SIGINT', () => { count += 1; setTimeout(() => { console.log('got ' + count); process.exit() }, 300) }); console.log('runs'); setInterval(() => {}, 1000)"
    const typed = agent.startIn(
      ['python3', join(root, 'test/client/python/type_ctrl_c.py')],
      'exec',
      id,
      '--',
      ...node(counts),
    )
    expect([await typed.ends, typed.out]).toEqual([130, expect.stringMatching(/got 1\s+$/)])
    expect(await end(id)).toEqual(['failed', 'the command was interrupted by SIGINT'])
  })

  test('`exec` that is interrupted while Hotwork does not answer ends at once', async () => {
    const id = await agent.approved()
    scene.api.nextCalls.push(...Array.from({ length: 9 }, () => 'unheard' as const))
    const started = agent.start('exec', id, '--', ...tells('1'))
    await started.prints(/no answer yet/)
    started.child.kill('SIGTERM')
    expect([await started.ends, has('told'), (await scene.state(id)).status]).toEqual([143, false, 'approved'])
  })

  test('`exec` that is interrupted while people decide leaves the request, and says how to go on', async () => {
    const started = agent.start('exec', '--request', prod, '--', 'true')
    const [, id = ''] = await started.prints(/(req_\w{26}): waiting/)
    started.child.kill('SIGINT')
    expect([await started.ends, started.err]).toEqual([
      130,
      expect.stringContaining(`npx --no-install hotwork exec ${id} -- CMD`),
    ])
    expect((await scene.state(id)).status).toBe('pending')
  })

  test('a request that another process runs is not started a second time: 3', async () => {
    const id = await agent.approved()
    const first = agent.start('exec', id, '--', ...stays())
    await first.prints(/runs/)
    const second = agent.start('exec', id, '--', ...tells('1'))
    expect([await second.ends, second.err, has('told')]).toEqual([
      ...[3, expect.stringContaining(`process ${first.child.pid} runs it`), false],
    ])
    first.child.kill('SIGTERM')
    await first.ends
  })

  test('one of two concurrent processes starts the command', async () => {
    await agent.asked()
    const both = [1, 2].map((each) => agent.start('exec', '--request', prod, '--', ...tells('1', `told-${each}`)))
    const [found] = await Promise.all(both.map((each) => each.prints(/(req_\w{26}): waiting/)))
    await approve(scene, found?.[1] ?? '')
    const ends = await Promise.all(both.map(({ ends }) => ends))
    expect([has('told-1'), has('told-2')].filter(Boolean)).toHaveLength(1)
    expect(ends.filter((each) => each === 0)).toHaveLength(1)
  })

  test("`exec` that is killed gives no new credential, and the agent's next command completes it as failed", async () => {
    const id = await agent.approved()
    const asks = "get().catch(({ code }) => { console.log('got ' + code); process.exit() })"
    const started = agent.start(
      'exec',
      id,
      '--',
      ...node(`${getCredentials} console.log('runs'); process.stdin.resume().once('end', () => ${asks})`),
    )
    await started.prints(/runs/)
    started.child.kill('SIGKILL')
    // The command lives on, and sees the end of its input.
    await started.prints(/got ECONNREFUSED/)
    const { exit, err } = await agent.type('exec', id, '--', ...tells('1'))
    expect([exit, err, has('told')]).toEqual([1, expect.stringContaining('was killed'), false])
    expect(await end(id)).toEqual(['failed', `outcome unknown: process ${started.child.pid}, which ran it, was killed`])
    expect(agent.files()).toEqual([])
  })

  test('another agent of this machine takes neither the key nor the mark of a killed `exec`', async () => {
    const id = await agent.approved()
    const started = agent.start('exec', id, '--', ...node("console.log('runs'); process.stdin.resume()"))
    await started.prints(/runs/)
    started.child.kill('SIGKILL')
    await started.ends
    const other = new AgentMachine(scene, 'builder')
    other.env['XDG_STATE_HOME'] = agent.home
    await other.type('wait', id)
    other.close()
    expect((await agent.type('exec', id, '--', ...tells('1'))).err).toContain('was killed')
    expect(await end(id)).toEqual(['failed', expect.stringContaining('outcome unknown')])
  })
})

describe('a resource that changes between the approval and the claim', () => {
  const resource = (path: string) =>
    `arn:aws:ssm:us-east-1:000000000000:parameter${JSON.parse(readFileSync(path, 'utf8')).action.properties.Name}`
  beforeEach(() => scene.api.world.reader.preview('ssm:PutParameter'))

  test('a changed resource is decided again: `exec` says so, waits, and runs the command once', async () => {
    useRealTime(scene)
    agent.logIn()
    const id = await agent.approved()
    scene.api.world.reader.set(resource(prod), { Value: '320' })
    const running = agent.start('exec', id, '--', ...tells('1'))
    await running.prints(/has changed since it was approved: people decide again/)
    await running.prints(/waiting for/)
    await approve(scene, id)
    expect(await running.ends).toBe(0)
    expect([told(), await end(id)]).toEqual([1, ['succeeded', 'the command exited with 0']])
    expect(await scene.state(id)).toMatchObject({ round: 2 })
  })

  test('a changed resource that needs no approver runs at the next try', async () => {
    const id = await agent.asked(staging)
    scene.api.world.reader.set(resource(staging), { Value: '320' })
    expect((await exec(id, '--', ...tells('1'))).exit).toBe(0)
    expect(await end(id)).toEqual(['succeeded', 'the command exited with 0'])
  })

  test('a changed resource that no approver decides in time starts nothing, and the request waits on', async () => {
    const id = await agent.approved()
    scene.api.world.reader.set(resource(prod), { Value: '320' })
    expect((await exec('--wait', '0s', id, '--', ...tells('1'))).exit).toBe(3)
    expect([has('told'), await end(id)]).toEqual([false, ['pending']])
  })
})
