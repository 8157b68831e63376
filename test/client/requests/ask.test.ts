import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { start } from '../../support/world.ts'
import { AgentMachine, approve, file, prod, staging, useRealTime } from '../support/agent-machine.ts'
import { minute, useScene } from '../support/scene.ts'

/** `hotwork request`, `wait`, `cancel` and `complete`: an agent asks from a shell. */

const scene = useScene()
let agent: AgentMachine
beforeEach(() => {
  agent = new AgentMachine(scene)
})
afterEach(() => agent.close())

async function decide(id: string, who: string, verdict: 'approve' | 'deny' = 'approve', changes = {}): Promise<void> {
  expect(await scene.api.world.decide(await scene.state(id), who, verdict, changes)).toMatchObject({ ok: true })
}

test('`request` prints id, tier, reason, approvers and deadline: exit 3 while people decide', async () => {
  const { exit, out, err } = await agent.type('request', prod)
  expect([exit, err]).toEqual([3, ''])
  expect(out).toMatch(/^PENDING: ssm:PutParameter on arn:aws:ssm:us-east-1:000000000000:parameter\/prod\/checkout/)
  expect(out).toMatch(/^id {7}req_[0-9a-z]{26}$/m)
  expect(out).toMatch(/^tier {5}2$/m)
  expect(out).toMatch(/^why {6}approval_required: /m)
  expect(out).toMatch(/^decides {2}owner \(0 of 1\), then sre \(0 of 1\)$/m)
  expect(out).toMatch(/^until {4}08:\d\d UTC, in \d+ min$/m)
})

test('`request` exits with 0 if policy alone decides', async () => {
  const { exit, body } = await agent.json('request', staging)
  expect([exit, body.status, body.tier, body.stages]).toEqual([0, 'approved', 0, []])
  expect(body.until).toBe(body.grant.claim_by)
})

test('`request` of a pending ask is the same request', async () => {
  const ids = [await agent.asked(), await agent.asked()]
  expect(ids[0]).toBe(ids[1])
  const all = await Promise.all([agent.asked(), agent.asked(), agent.asked()])
  expect(new Set([...ids, ...all]).size).toBe(1)
})

test('`request` of an ended ask is another request', async () => {
  const id = await agent.asked()
  await agent.type('cancel', id)
  expect(await agent.asked()).not.toBe(id)
})

test("`request --reason` replaces the file's reason, and its standard members stay", async () => {
  const { body } = await agent.json('request', prod, '--reason', 'checkout is down')
  const { ask } = await scene.state(body.id)
  expect([ask.justification, ask.purpose]).toEqual(['checkout is down', 'remediation'])
})

test('`request --evidence` attaches files behind the evidence of the request file, each with its name and type', async () => {
  const asked = JSON.parse(readFileSync(prod, 'utf8'))
  asked.context.evidence = [{ title: 'the ticket', text: 'checkout is slow' }]
  writeFileSync(join(agent.home, 'mine.json'), JSON.stringify(asked))
  writeFileSync(join(agent.home, 'last.log'), 'timeout\n')
  writeFileSync(join(agent.home, 'state.json'), '{}')
  const { body } = await agent.json('request', 'mine.json', '--evidence', 'last.log', '--evidence', 'state.json')
  const { evidence } = (await scene.state(body.id)).ask
  expect(evidence?.map(({ digest: _, ...item }) => item)).toEqual([
    { title: 'the ticket', text: 'checkout is slow' },
    { title: 'last.log', text: 'timeout\n', media_type: 'text/plain' },
    { title: 'state.json', text: '{}', media_type: 'application/json' },
  ])
})

test.each<[what: string, content: Buffer | undefined, says: RegExp]>([
  ['missing', undefined, /cannot be read \(ENOENT\)/],
  ['empty', Buffer.from(''), /is empty/],
  ['of 33 KiB', Buffer.alloc(33 * 1024, 'x'), /33792 bytes, and all evidence together may have 32768/],
  ['a picture', Buffer.from([0x89, 0x50, 0xff, 0xfe]), /not text in UTF-8/],
])('a file of evidence that is %s is wrong usage, and nothing is asked', async (_what, content, says) => {
  if (content) writeFileSync(join(agent.home, 'last.log'), content)
  const { exit, err } = await agent.type('request', prod, '--evidence', 'last.log')
  expect([exit, err]).toEqual([2, expect.stringMatching(says)])
  expect(err).toContain('--evidence last.log')
  expect(scene.api.calls).not.toContain('POST /access/v1/requests')
})

test('`request --not-before` asks ahead: the start is printed, and nothing can be claimed before it', async () => {
  const { exit, body } = await agent.json('request', staging, '--not-before', '2h')
  expect([exit, body.status, body.not_before]).toEqual([0, 'approved', expect.stringMatching(/T10:00:00(\.000)?Z$/)])
  expect((await scene.state(body.id)).ask.notBefore).toBe(start + 7200)
  const early = await agent.type('exec', body.id, '--', 'true')
  expect([early.exit, early.err]).toEqual([3, expect.stringContaining('it can be claimed from')])
  expect((await agent.type('request', staging, '--not-before', '8d')).err).toContain('at most 7 days from now')
  expect((await agent.type('request', staging, '--not-before', 'soon')).exit).toBe(2)
})

test('a no of policy is exit 4 with its reason, and keeps no key', async () => {
  const { exit, body } = await agent.json('request', file('forbidden-hotwork-parameter'))
  expect([exit, body]).toEqual([4, expect.objectContaining({ error: 'policy_denied' })])
  expect(agent.files()).toEqual([])
})

test('arguments that the catalogue refuses are wrong usage: exit 2, and the member is named', async () => {
  const path = join(agent.home, 'mine.json')
  writeFileSync(path, readFileSync(prod, 'utf8').replace('"Overwrite"', '"Overwrites"'))
  const { exit, err } = await agent.type('request', path)
  expect([exit, err]).toEqual([2, expect.stringMatching(/invalid_arguments[\s\S]*Overwrites/)])
})

test.each([
  ['no JSON', '{', /mine\.json:1: not JSON/],
  ['a missing member', '{ "subject": { "type": "agent" } }', /mine\.json:1: `subject\.id` is missing\n {2}add it/],
])('a file with %s exits with 2, with file, line and fix', async (_what, text, says) => {
  writeFileSync(join(agent.home, 'mine.json'), text)
  expect(await agent.type('request', 'mine.json')).toMatchObject({ exit: 2, err: expect.stringMatching(says) })
})

test("an agent whose token differs from the file's agent is refused, and nothing is asked", async () => {
  const other = new AgentMachine(scene, 'builder')
  const { exit } = await other.type('request', prod)
  expect(exit).not.toBe(0)
  expect(scene.api.calls).not.toContain('POST /access/v1/requests')
  other.close()
})

test.each(['--as', 'HOTWORK_AS'])(
  "an agent by %s that differs from the file's is wrong usage that names both, and nothing is asked",
  async (by) => {
    if (by === 'HOTWORK_AS') agent.env[by] = 'agent:builder'
    const as = by === '--as' ? [by, 'agent:builder'] : []
    for (const words of [
      ['request', prod],
      ['exec', '--request', prod],
    ]) {
      const behind = words[0] === 'exec' ? ['--', 'true'] : []
      const { exit, err } = await agent.type(...words, ...as, ...behind)
      expect(exit).toBe(2)
      expect(err).toMatch(/by `agent:remediator`, and you are `agent:builder`/)
    }
    expect(scene.api.calls).toEqual([])
  },
)

test('an agent without an identity exits with 2, and the sentence names every source', async () => {
  delete agent.env['HOTWORK_WORKLOAD_TOKEN_FILE']
  Object.assign(agent.env, { AWS_EC2_METADATA_DISABLED: 'true' })
  const { exit, err } = await agent.type('request', prod)
  expect([exit, err]).toEqual([2, expect.stringContaining('HOTWORK_WORKLOAD_TOKEN_FILE')])
})

test('a lost answer makes no second request', async () => {
  scene.api.nextCalls.push('answered', 'answer_lost')
  const { exit } = await agent.json('request', prod)
  expect(exit).toBe(3)
  expect(await scene.requests()).toHaveLength(1)
})

test('the key of a request is kept with mode 0600, without a token and without a reason', async () => {
  const id = await agent.asked()
  expect(agent.files().map(({ name, mode }) => [name.replace(/ask-\w+/, 'ask'), mode])).toEqual([
    ['ask.json', '600'],
    [`${id}.json`, '600'],
  ])
  for (const { text } of agent.files()) expect(text).not.toMatch(/eyJ|Checkout/)
})

test('`request -` reads standard input', async () => {
  useRealTime(scene)
  agent.logIn()
  const started = agent.start('request', '-', '--json')
  started.child.stdin?.end(readFileSync(staging))
  expect([await started.ends, JSON.parse(started.out).status]).toEqual([0, 'approved'])
  const wrong = agent.start('request', '-')
  wrong.child.stdin?.end('{')
  expect([await wrong.ends, wrong.err]).toEqual([2, expect.stringContaining('standard input:1: not JSON')])
})

test('an unwritable home is reported before anything is asked', async () => {
  writeFileSync(join(agent.home, 'hotwork'), 'a file where the folder should be')
  const { exit, err } = await agent.type('request', prod)
  expect([exit, scene.api.calls]).toEqual([1, []])
  expect(err).toContain('XDG_STATE_HOME')
})

test('`wait` ends with the decision, with each change on standard error', async () => {
  const id = await agent.asked()
  const waiting = agent.type('wait', id)
  const isHeld = () => scene.api.calls.filter((call) => call === `GET /access/v1/requests/${id}`).length > 1
  while (!isHeld()) await new Promise((resolve) => setImmediate(resolve))
  await approve(scene, id)
  const { exit, out, err } = await waiting
  expect([exit, err]).toEqual([0, expect.stringContaining(`${id}: waiting for owner`)])
  expect(out).toMatch(/^APPROVED\n/)
  expect(out).toContain(`npx --no-install hotwork exec ${id} -- CMD...`)
})

test('`wait` names the stages whose approval is missing, and no other', async () => {
  const id = await agent.asked()
  await decide(id, 'ben')
  const { exit, err } = await agent.type('request', prod, '--wait=0s')
  expect([exit, err]).toEqual([3, expect.stringContaining(`${id}: waiting for sre (0 of 1)\n`)])
})

test('`wait` gives up with 3 after its time, and the request stays', async () => {
  const id = await agent.asked()
  expect((await agent.json('wait', id, '--for', '0s')).body).toMatchObject({ id, status: 'pending' })
  const { exit, body } = await agent.json('request', prod, '--wait=0s')
  expect([exit, body.id, body.status]).toEqual([3, id, 'pending'])
})

test('a denial exits with 4, silence with 5, a withdrawal with 6; the key is deleted', async () => {
  const denied = await agent.asked()
  await decide(denied, 'ana', 'deny', { comment: 'no' })
  expect((await agent.json('wait', denied)).body.status).toBe('denied')
  expect([(await agent.type('wait', denied)).exit, agent.files()]).toEqual([4, []])

  const expired = await agent.asked()
  scene.advance(24 * 60 * minute)
  agent.logIn()
  expect([(await agent.type('wait', expired)).exit, agent.files()]).toEqual([5, []])

  const withdrawn = await agent.asked()
  await agent.type('cancel', withdrawn)
  expect((await agent.type('wait', withdrawn)).exit).toBe(6)
})

test('`wait` says what an approver left of a narrowed request', async () => {
  const id = await agent.asked()
  await decide(id, 'ana', 'approve', { narrow: { uses: 1, minutes: 2 } })
  await approve(scene, id)
  const { out, exit } = await agent.type('wait', id)
  expect([exit, out]).toEqual([
    0,
    expect.stringMatching(/^left {5}narrowed by an approver to \{"Name".*, 1 use, 120 s$/m),
  ])
})

test.each(['req_1', 'bgl_01k00000000000000000000000', ''])('%j is no id: exit 2', async (id) => {
  expect((await agent.type('wait', id)).exit).toBe(2)
})

test('another agent does not find the request', async () => {
  const id = await agent.asked()
  const other = new AgentMachine(scene, 'builder')
  expect((await other.json('wait', id)).body.error).toBe('unknown_task')
  other.close()
})

test('`cancel` takes a pending request back, once', async () => {
  const id = await agent.asked()
  const first = await agent.json('cancel', id)
  expect([first.exit, first.body.status, agent.files()]).toEqual([0, 'withdrawn', []])
  expect((await agent.json('cancel', id)).exit).toBe(0)
})

test('`cancel` of an approved request exits with 4, with the alternative', async () => {
  const id = await agent.approved()
  const { exit, err } = await agent.type('cancel', id)
  expect([exit, err]).toEqual([4, expect.stringContaining(`npx --no-install hotwork complete ${id} --failed`)])
})

test('`complete` reports the outcome and the note, and is idempotent', async () => {
  const id = await agent.approved()
  const done = await agent.json('complete', id, '--failed', '--note', 'still unhealthy')
  expect([done.exit, done.body.status, agent.files()]).toEqual([0, 'completed', []])
  expect(await scene.state(id)).toMatchObject({ status: 'completed', outcome: 'failed', note: 'still unhealthy' })
  expect((await agent.type('complete', id, '--failed')).exit).toBe(0)
})

test('`complete` of a pending request exits with 4', async () => {
  const { exit, body } = await agent.json('complete', await agent.asked())
  expect([exit, body.error]).toEqual([4, 'invalid_task_state'])
})
