import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { minute, opened, recovery, useScene, why } from '../support/scene.ts'

/** `hotwork break-glass start` and `drill`, each wrong usage and each refusal, against the deployed handlers. */

const scene = useScene('break-glass')

test('`start` says what is open, until when, how to use and end it, and when the review is due', async () => {
  const { exit, out, err } = await scene.jade.type('start', ...recovery)
  const [first = ''] = out.split('\n')
  expect([exit, err]).toEqual([0, ''])
  expect(first).toMatch(/^OPEN {2}bgl_[0-9a-z]{26}$/)
  const id = first.slice(6)
  expect(out).toContain('until    08:30 UTC, in 30 min; 210 min left of seven days')
  expect(out).toContain('ssm:PutParameter on arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/*')
  expect(out).toMatch(/credential_process = \S+ \S+hotwork\.ts break-glass credentials --api http:/)
  expect(out).toContain(`npx --no-install hotwork break-glass end ${id}`)
  expect(out).toContain('by 16 Jan 08:00 UTC')
  expect(out.trim().split('\n').length).toBeLessThan(14)
})

test('`start` prints local time and UTC in another time zone', async () => {
  scene.jade.env['TZ'] = 'Asia/Kolkata'
  const { out } = await scene.jade.type('start', ...recovery)
  expect(out).toContain('until    14:00 here (08:30 UTC), in 30 min')
  expect(out).toContain('by 16 Jan 13:30 here (08:00 UTC)')
})

test('`start --json` is the answer of the API, and the place of the key', async () => {
  const { exit, body } = await scene.jade.json('start', ...recovery)
  expect(exit).toBe(0)
  expect(body).toMatchObject({
    status: 'approved',
    person: 'person:jade',
    profile: 'checkout-recovery',
    incident: 'INC-2041',
    minutes: 30,
    drill: false,
    budget_left_minutes: 210,
    not_after: '2027-01-15T08:30:00Z',
    review: { due_at: '2027-01-16T08:00:00Z', status: 'due' },
    key_file: `${scene.jade.home}/hotwork/${body.id}.json`,
  })
})

test('the key of an opening is in a private file, without token, reason or incident', async () => {
  const id = await opened(scene.jade)
  const [file, ...others] = scene.jade.files()
  expect(others).toEqual([])
  expect([file?.name, file?.mode]).toEqual([`${id}.json`, '600'])
  expect(file?.text).not.toMatch(/eyJ|checkout|INC-2041/)
  expect(Object.keys(JSON.parse(file?.text ?? '')).sort()).toEqual(
    ['api', 'id', 'idempotencyKey', 'jwk', 'until', 'version'].sort(),
  )
})

test('`start` opens one action of the catalogue with its arguments', async () => {
  const Name = '/prod/checkout/payment-timeout-ms'
  const typed = JSON.stringify({ Name, Value: '3000', Overwrite: true })
  const resource = ['ssm:parameter', `arn:aws:ssm:us-east-1:000000000000:parameter${Name}`]
  const words = ['--action', 'ssm:PutParameter', '--arguments', typed, '--resource', ...resource]
  const { exit, body } = await scene.jade.json('start', ...words, ...why(), '--minutes', '5')
  expect([exit, body.action, body.arguments.Name]).toEqual([0, 'ssm:PutParameter', Name])
})

test('`start` takes the arguments from a file, and names one that it cannot read', async () => {
  const file = join(scene.jade.home, 'arguments.json')
  const words = ['--action', 'ssm:PutParameter', '--arguments', `@${file}`, ...why(), '--minutes', '5']
  expect(await scene.jade.json('start', ...words)).toMatchObject({
    exit: 2,
    body: { title: `\`${file}\` cannot be read` },
  })
  writeFileSync(file, JSON.stringify({ Name: '/prod/checkout/payment-timeout-ms', Value: '3000', Overwrite: true }))
  expect(await scene.jade.json('start', ...words)).toMatchObject({ exit: 0, body: { action: 'ssm:PutParameter' } })
})

test('`drill` is marked as a drill', async () => {
  const { exit, out } = await scene.jade.type('drill', ...recovery)
  expect(exit).toBe(0)
  expect(out).toMatch(/^OPEN {2}bgl_\w+ {2}DRILL, its credentials can do nothing\n/)
  expect((await scene.jade.json('status')).body.drill).toBe(true)
})

test('a start whose answer is lost is sent again, and is one opening', async () => {
  scene.api.nextCalls.push('answer_lost', 'unheard', 'busy')
  const { exit, err } = await scene.jade.type('start', ...recovery)
  expect([exit, scene.jade.pauses]).toEqual([0, [1, 2, 7]])
  expect(err).toContain('no answer yet (503), asking again in 7 s')
  expect((await scene.jade.json('list')).body.break_glass).toHaveLength(1)
})

test('a start whose answers are all lost is a fault with the fix, and the same command again is the same opening', async () => {
  scene.api.nextCalls.push('answer_lost', 'unheard', 'unheard', 'unheard')
  const { exit, err } = await scene.jade.type('start', ...recovery)
  expect(exit).toBe(1)
  expect(err).toContain('it may be open: repeat the command, which asks for the same opening')
  expect(scene.jade.files()).toMatchObject([{ name: expect.stringMatching(/^asked-/), mode: '600' }])
  const again = await scene.jade.type('start', ...recovery)
  expect([again.exit, again.err]).toEqual([0, expect.stringContaining('asking for the same opening again')])
  expect((await scene.jade.json('list')).body.break_glass).toHaveLength(1)
  expect((await scene.jade.type('credentials')).exit).toBe(0)
  expect(scene.jade.files().map(({ name }) => name)).not.toContainEqual(expect.stringMatching(/^asked-/))
})

test('a start whose answer is lost survives a failed login', async () => {
  scene.api.nextCalls.push('answer_lost', 'unheard', 'unheard', 'unheard')
  await scene.jade.type('start', ...recovery)
  const token = scene.jade.env['HOTWORK_TOKEN']
  scene.jade.env['HOTWORK_TOKEN'] = 'nonsense'
  expect((await scene.jade.type('start', ...recovery)).exit).toBe(4)
  scene.jade.env['HOTWORK_TOKEN'] = token
  expect((await scene.jade.type('start', ...recovery)).exit).toBe(0)
  expect((await scene.jade.type('credentials')).exit).toBe(0)
})

test('the same command is another opening once the lost one has expired', async () => {
  scene.api.nextCalls.push('answer_lost', 'unheard', 'unheard', 'unheard')
  await scene.jade.type('start', ...recovery)
  scene.advance(60 * minute)
  const again = await scene.jade.type('start', ...recovery)
  expect(again.err).not.toContain('the same opening')
  // The lost one is on the record: the same words are no reason twice.
  expect([again.exit, again.err]).toEqual([2, expect.stringContaining('it repeats the reason')])
})

test('a start that is refused keeps nothing', async () => {
  expect((await scene.jade.type('start', ...recovery.with(3, 'outage'))).exit).toBe(2)
  expect(scene.jade.files()).toEqual([])
})

test.each<[what: string, words: string[], says: string]>([
  ['no verb', [], 'Usage: hotwork break-glass'],
  ['an unknown verb', ['begin'], 'unknown command'],
  ['an unknown option', ['list', '--all'], "unknown option '--all'"],
  ['nothing to open', ['start', ...why(), '--minutes', '5'], '`--profile NAME`, or `--action NAME`'],
  ['a profile and an action', ['start', '--action', 'a', ...recovery], 'either `--profile NAME`'],
  ['a profile with arguments', ['start', '--arguments', '{}', ...recovery], 'a profile takes no arguments'],
  ['an action without arguments', ['start', '--action', 'a', ...why(), '--minutes', '5'], '--arguments'],
  ['bad JSON', ['start', '--action', 'a', '--arguments', '{Name}', ...why(), '--minutes', '5'], 'quote it'],
  ['no reason', ['start', '--profile', 'p', '--incident', 'INC-1', '--minutes', '5'], '--reason'],
  ['no incident', ['start', '--profile', 'p', '--reason', 'r', '--minutes', '5'], '--incident'],
  ['no minutes', ['start', '--profile', 'p', ...why()], '--minutes'],
  ['zero minutes', ['start', '--profile', 'p', ...why(), '--minutes', '0'], 'from 1 to 60'],
  ['too many minutes', ['start', '--profile', 'p', ...why(), '--minutes', '61'], 'from 1 to 60'],
  ['an invalid id', ['status', 'bgl_1'], 'an id is `bgl_` and 26 characters'],
  ['no id without an opening here', ['end'], 'nothing is open from this machine'],
  ['a review without an outcome', ['review', `bgl_${'0'.repeat(26)}`, '--note', 'n'], '--outcome'],
  [
    'a bad outcome',
    ['review', `bgl_${'0'.repeat(26)}`, '--note', 'n', '--outcome', 'fine'],
    'justified, not_justified',
  ],
  ['a foreign key', ['credentials', `bgl_${'0'.repeat(26)}`], '` is not on this machine'],
  ['no local stack', ['list', '--as', 'person:ana'], '`--as` and `HOTWORK_AS` are for the local stack alone'],
  ['an unsafe address', ['list', '--api', 'http://hotwork.example'], 'use https'],
  ['no address', ['list', '--api', ''], 'HOTWORK_API'],
])('%s is wrong usage: exit 2, with the fix and no call', async (_what, words, says) => {
  const { exit, out, err } = await scene.jade.type(...words)
  expect([exit, out]).toEqual([2, ''])
  expect(err).toContain(says)
  expect(scene.api.calls).toEqual([])
  expect(scene.jade.files()).toEqual([])
})

test('wrong usage with --json is JSON', async () => {
  const { exit, body } = await scene.jade.json('start', '--profile', 'p')
  expect([exit, body]).toEqual([2, { error: 'usage', title: expect.stringContaining('--reason'), exit: 2 }])
})

test('help is no wrong usage', async () => {
  expect(await scene.jade.type('start', '--help')).toMatchObject({
    exit: 0,
    out: expect.stringContaining('--incident <id>'),
  })
})

test.each<[what: string, exit: number, who: string, words: string[], error: string]>([
  ['an empty reason', 2, 'jade', ['--profile', 'checkout-recovery', ...why('outage'), '--minutes', '5'], 'bad_reason'],
  ['an unknown profile', 2, 'jade', ['--profile', 'everything', ...why(), '--minutes', '5'], 'unknown_profile'],
  ['a person that policy does not let open', 4, 'ana', recovery, 'not_permitted'],
])('%s is refused in the words of the API: exit %d', async (_what, exit, who, words, error) => {
  expect(await scene.at(who).json('start', ...words)).toMatchObject({
    exit,
    body: { error, exit, title: expect.any(String), detail: expect.any(String) },
  })
})

test('a second start while one is open exits with 4', async () => {
  await opened(scene.jade)
  const other = recovery.with(3, 'now the worker stands still as well, throttling it')
  const { exit, err } = await scene.jade.type('start', ...other)
  expect([exit, err]).toEqual([4, expect.stringContaining('(already_open)')])
})

test('a start with a weak login exits with 4, with the login that is needed', async () => {
  scene.jade.env['HOTWORK_TOKEN'] = scene.token('jade', {})
  const { exit, err } = await scene.jade.type('start', ...recovery)
  expect([exit, err]).toEqual([4, expect.stringContaining('`acr_values=strong`')])
  expect(scene.jade.files()).toEqual([])
})

test('a start with an old strong login exits with 4, with all that is needed, so that one more login is enough', async () => {
  scene.jade.env['HOTWORK_TOKEN'] = scene.token('jade', {
    acr: 'strong',
    auth_time: Math.floor(Date.now() / 1000) - 901,
  })
  const { exit, err } = await scene.jade.type('start', ...recovery)
  expect([exit, err]).toEqual([4, expect.stringMatching(/`acr_values=strong`.*at most 900 s/)])
})

test('an unknown opening exits with 2', async () => {
  expect(await scene.jade.json('status', `bgl_${'z'.repeat(26)}`)).toMatchObject({
    exit: 2,
    body: { error: 'unknown_request' },
  })
})
