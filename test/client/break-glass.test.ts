import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { start } from '../support/world.ts'
import { caller, calls } from './support/memory-wiring.ts'
import { Night, recovery, why } from './support/night.ts'
import type { Terminal } from './support/terminal.ts'

/** `hotwork break-glass`: each verb and each exit code, against the handlers that are deployed. */

const minute = 60
const night = new Night()
let jade: Terminal
beforeAll(() => night.open())
beforeEach(() => {
  night.begin()
  jade = night.at('jade')
})
afterAll(() => night.close())

/** Opens what must be opened; its id. */
async function opened(terminal = jade, words = recovery): Promise<string> {
  const { exit, body } = await terminal.json('start', ...words)
  expect([exit, body.detail]).toEqual([0, undefined])
  return body.id
}

describe('start', () => {
  test('says what is open, until when, how to use it, how to end it, and when the review is due', async () => {
    const { exit, out, err } = await jade.type('start', ...recovery)
    const [first = ''] = out.split('\n')
    expect([exit, err]).toEqual([0, ''])
    expect(first).toMatch(/^OPEN {2}bgl_[0-9a-z]{26}$/)
    const id = first.slice(6)
    expect(out).toContain('until    08:30 UTC, in 30 min; 210 min left of seven days')
    expect(out).toContain('ssm:PutParameter on arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/*')
    expect(out).toMatch(/credential_process = \S+ \S+hotwork\.ts break-glass credentials --api http:/)
    expect(out).toContain(`npx hotwork break-glass end ${id}`)
    expect(out).toContain('by 16 Jan 08:00 UTC')
    expect(out.trim().split('\n').length).toBeLessThan(14)
  })

  test('in another time zone the wall clock and UTC are both there', async () => {
    jade.env['TZ'] = 'Asia/Kolkata'
    const { out } = await jade.type('start', ...recovery)
    expect(out).toContain('until    14:00 here (08:30 UTC), in 30 min')
    expect(out).toContain('by 16 Jan 13:30 here (08:00 UTC)')
  })

  test('--json is the answer of the API, and where the key is', async () => {
    const { exit, body } = await jade.json('start', ...recovery)
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
      key_file: `${jade.home}/hotwork/${body.id}.json`,
    })
  })

  test('the key is in a file that nobody else may read, and with it no token, no reason and no incident', async () => {
    const id = await opened()
    const [file, ...others] = jade.files()
    expect(others).toEqual([])
    expect([file?.name, file?.mode]).toEqual([`${id}.json`, '600'])
    expect(file?.text).not.toMatch(/eyJ|checkout|INC-2041/)
    expect(Object.keys(JSON.parse(file?.text ?? '')).sort()).toEqual(
      ['api', 'id', 'idempotencyKey', 'jwk', 'until', 'version'].sort(),
    )
  })

  test('opens one action of the catalogue with its arguments', async () => {
    const Name = '/prod/checkout/payment-timeout-ms'
    const typed = JSON.stringify({ Name, Value: '3000', Overwrite: true })
    const resource = ['ssm:parameter', `arn:aws:ssm:us-east-1:000000000000:parameter${Name}`]
    const words = ['--action', 'ssm:PutParameter', '--arguments', typed, '--resource', ...resource]
    const { exit, body } = await jade.json('start', ...words, ...why(), '--minutes', '5')
    expect([exit, body.action, body.arguments.Name]).toEqual([0, 'ssm:PutParameter', Name])
  })

  test('takes the arguments from a file, wherever it is, and says which one it cannot read', async () => {
    const file = join(jade.home, 'arguments.json')
    const words = ['--action', 'ssm:PutParameter', '--arguments', `@${file}`, ...why(), '--minutes', '5']
    expect(await jade.json('start', ...words)).toMatchObject({ exit: 2, body: { title: `\`${file}\` cannot be read` } })
    writeFileSync(file, JSON.stringify({ Name: '/prod/checkout/payment-timeout-ms', Value: '3000', Overwrite: true }))
    expect(await jade.json('start', ...words)).toMatchObject({ exit: 0, body: { action: 'ssm:PutParameter' } })
  })

  test('a drill is marked as one', async () => {
    const { exit, out } = await jade.type('drill', ...recovery)
    expect(exit).toBe(0)
    expect(out).toMatch(/^OPEN {2}bgl_\w+ {2}DRILL, its credentials can do nothing\n/)
    expect((await jade.json('status')).body.drill).toBe(true)
  })
})

describe('an answer that is lost', () => {
  test('is asked for again by itself, and is one opening', async () => {
    night.api.weather.push('answer_lost', 'unheard', 'busy')
    const { exit, err } = await jade.type('start', ...recovery)
    expect([exit, jade.pauses]).toEqual([0, [1, 2, 7]])
    expect(err).toContain('no answer yet (503), asking again in 7 s')
    expect((await jade.json('list')).body.break_glass).toHaveLength(1)
  })

  test('for good is a fault that says what to do, and the same command again is the same opening', async () => {
    night.api.weather.push('answer_lost', 'unheard', 'unheard', 'unheard')
    const { exit, err } = await jade.type('start', ...recovery)
    expect(exit).toBe(1)
    expect(err).toContain('it may be open all the same: run the same command again, which is the same opening')
    expect(jade.files()).toMatchObject([{ name: expect.stringMatching(/^asked-/), mode: '600' }])
    const again = await jade.type('start', ...recovery)
    expect([again.exit, again.err]).toEqual([0, expect.stringContaining('asking for the same opening again')])
    expect((await jade.json('list')).body.break_glass).toHaveLength(1)
    expect((await jade.type('credentials')).exit).toBe(0)
    expect(jade.files().map(({ name }) => name)).not.toContainEqual(expect.stringMatching(/^asked-/))
  })

  test('is not forgotten over a login that failed in between', async () => {
    night.api.weather.push('answer_lost', 'unheard', 'unheard', 'unheard')
    await jade.type('start', ...recovery)
    const token = jade.env['HOTWORK_TOKEN']
    jade.env['HOTWORK_TOKEN'] = 'nonsense'
    expect((await jade.type('start', ...recovery)).exit).toBe(4)
    jade.env['HOTWORK_TOKEN'] = token
    expect((await jade.type('start', ...recovery)).exit).toBe(0)
    expect((await jade.type('credentials')).exit).toBe(0)
  })

  test('once it can be open no more, the same command is another opening', async () => {
    night.api.weather.push('answer_lost', 'unheard', 'unheard', 'unheard')
    await jade.type('start', ...recovery)
    night.advance(60 * minute)
    const again = await jade.type('start', ...recovery)
    expect(again.err).not.toContain('the same opening')
    // The one that got lost is on the record all the same: the same words are no reason twice.
    expect([again.exit, again.err]).toEqual([2, expect.stringContaining('word for word')])
  })

  test('a refusal is an answer: nothing is kept of it', async () => {
    expect((await jade.type('start', ...recovery.with(3, 'outage'))).exit).toBe(2)
    expect(jade.files()).toEqual([])
  })
})

describe('wrong usage is 2, says what is right, and asks nobody', () => {
  test.each<[what: string, words: string[], says: string]>([
    ['no verb', [], 'Usage: hotwork break-glass'],
    ['an unknown verb', ['begin'], 'unknown command'],
    ['an unknown option', ['list', '--all'], "unknown option '--all'"],
    ['nothing to open', ['start', ...why(), '--minutes', '5'], '`--profile NAME`, or `--action NAME`'],
    ['a profile and an action', ['start', '--action', 'a', ...recovery], 'either `--profile NAME`'],
    ['a profile with arguments', ['start', '--arguments', '{}', ...recovery], 'a profile takes no arguments'],
    ['an action without arguments', ['start', '--action', 'a', ...why(), '--minutes', '5'], '--arguments'],
    [
      'arguments that are no JSON',
      ['start', '--action', 'a', '--arguments', '{Name}', ...why(), '--minutes', '5'],
      'quote it',
    ],
    ['no reason', ['start', '--profile', 'p', '--incident', 'INC-1', '--minutes', '5'], '--reason'],
    ['no incident', ['start', '--profile', 'p', '--reason', 'r', '--minutes', '5'], '--incident'],
    ['no minutes', ['start', '--profile', 'p', ...why()], '--minutes'],
    ['minutes that are none', ['start', '--profile', 'p', ...why(), '--minutes', '0'], 'from 1 to 60'],
    ['too many minutes', ['start', '--profile', 'p', ...why(), '--minutes', '61'], 'from 1 to 60'],
    ['an id that is none', ['status', 'bgl_1'], 'an id is `bgl_` and 26 characters'],
    ['no id, and nothing open here', ['end'], 'nothing is open from this machine'],
    ['a review without an outcome', ['review', `bgl_${'0'.repeat(26)}`, '--note', 'n'], '--outcome'],
    [
      'an outcome that is none',
      ['review', `bgl_${'0'.repeat(26)}`, '--note', 'n', '--outcome', 'fine'],
      'justified, not_justified',
    ],
    [
      'credentials of another machine',
      ['credentials', `bgl_${'0'.repeat(26)}`],
      'only the machine that opened it has its key',
    ],
    ['somebody where no local stack is', ['list', '--as', 'person:ana'], '`--as` is for the local stack alone'],
    ['an address that is not safe', ['list', '--api', 'http://hotwork.example'], 'use https'],
    ['no address', ['list', '--api', ''], 'HOTWORK_API'],
  ])('%s', async (_what, words, says) => {
    const { exit, out, err } = await jade.type(...words)
    expect([exit, out]).toEqual([2, ''])
    expect(err).toContain(says)
    expect(night.api.calls).toEqual([])
    expect(jade.files()).toEqual([])
  })

  test('with --json it is JSON', async () => {
    const { exit, body } = await jade.json('start', '--profile', 'p')
    expect([exit, body]).toEqual([2, { error: 'usage', title: expect.stringContaining('--reason'), exit: 2 }])
  })

  test('help that was asked for is none', async () => {
    expect(await jade.type('start', '--help')).toMatchObject({
      exit: 0,
      out: expect.stringContaining('--incident <id>'),
    })
  })
})

describe('what the API refuses is told in its words', () => {
  test.each<[what: string, exit: number, who: string, words: string[], error: string]>([
    [
      'a reason that says nothing',
      2,
      'jade',
      ['--profile', 'checkout-recovery', ...why('outage'), '--minutes', '5'],
      'bad_reason',
    ],
    [
      'a profile that there is not',
      2,
      'jade',
      ['--profile', 'everything', ...why(), '--minutes', '5'],
      'unknown_profile',
    ],
    ['somebody whom policy does not let', 4, 'ana', recovery, 'not_permitted'],
  ])('%s: exit %d', async (_what, exit, who, words, error) => {
    expect(await night.at(who).json('start', ...words)).toMatchObject({
      exit,
      body: { error, exit, title: expect.any(String), detail: expect.any(String) },
    })
  })

  test('what is open already: exit 4', async () => {
    await opened()
    const other = recovery.with(3, 'now the worker stands still as well, throttling it')
    const { exit, err } = await jade.type('start', ...other)
    expect([exit, err]).toEqual([
      4,
      'hotwork: You have the glass broken already (already_open)\n  use what is open, or end it first\n',
    ])
  })

  test('a login that is too weak: exit 4, with the login that is wanted', async () => {
    jade.env['HOTWORK_TOKEN'] = night.token('jade', {})
    const { exit, err } = await jade.type('start', ...recovery)
    expect([exit, err]).toEqual([4, expect.stringContaining('`acr_values=strong`')])
    expect(jade.files()).toEqual([])
  })

  test('a login that is strong and too old: exit 4, with all that is wanted, so that one more login is enough', async () => {
    jade.env['HOTWORK_TOKEN'] = night.token('jade', { acr: 'strong', auth_time: Math.floor(Date.now() / 1000) - 901 })
    const { exit, err } = await jade.type('start', ...recovery)
    expect([exit, err]).toEqual([4, expect.stringMatching(/`acr_values=strong`.*at most 900 s/)])
  })

  test('a token that is none: exit 4', async () => {
    jade.env['HOTWORK_TOKEN'] = 'nonsense'
    expect(await jade.json('list')).toMatchObject({ exit: 4, body: { error: 'invalid_token' } })
  })

  test('what nobody knows: exit 2', async () => {
    expect(await jade.json('status', `bgl_${'z'.repeat(26)}`)).toMatchObject({
      exit: 2,
      body: { error: 'unknown_request' },
    })
  })

  test('an address that is no Hotwork: exit 2', async () => {
    expect((await jade.type('list', '--api', `${night.api.url}/elsewhere`)).exit).toBe(2)
  })

  test('an API that does not answer: exit 1', async () => {
    night.api.weather.push('unheard', 'unheard', 'unheard', 'unheard')
    expect(await jade.json('list')).toMatchObject({ exit: 1, body: { error: 'no_answer', exit: 1 } })
  })
})

describe('status', () => {
  test('one that is open: exit 0, and how to end it', async () => {
    const id = await opened()
    const { exit, out } = await jade.type('status')
    expect(exit).toBe(0)
    expect(out).toContain(`OPEN  ${id}`)
    expect(out).toContain('when     until 08:30 UTC, in 30 min')
    expect(out).toContain('who      person:jade, for INC-2041: checkout refuses payments')
    expect(out).toContain(`npx hotwork break-glass end ${id}`)
  })

  test('one whose time is over: exit 5, and nothing is kept of it', async () => {
    const id = await opened()
    night.advance(31 * minute)
    const { exit, out } = await jade.type('status', id)
    expect([exit, out]).toEqual([5, expect.stringContaining(`OVER  ${id}`)])
    expect(out).toContain(`npx hotwork break-glass review ${id}`)
    expect(jade.files()).toEqual([])
  })

  test('one that somebody else ended: exit 6', async () => {
    const id = await opened()
    await night.at('gus').type('end', id)
    const { exit, out } = await jade.type('status')
    expect([exit, out]).toEqual([6, expect.stringContaining(`ENDED by person:gus  ${id}`)])
    expect(jade.files()).toEqual([])
  })

  test('each call that was made with it is there, refused ones too; and that no record answers is said', async () => {
    const id = await opened()
    await jade.type('credentials')
    const call = { id: '1', at: start + 5, service: 'ssm', account: '000000000000', region: 'us-east-1' }
    const name = '/prod/checkout/payment-timeout-ms'
    calls.put(id, { ...call, name: 'PutParameter', resources: [name] })
    calls.put(id, { ...call, id: '2', name: 'DeleteParameter', resources: [], error: 'AccessDenied' })
    const gus = night.at('gus')
    const { out } = await gus.type('status', id)
    expect(out).toContain(`done     08:00 UTC  ssm:PutParameter  ${name}\n`)
    expect(out).toContain('         08:00 UTC  ssm:DeleteParameter  REFUSED AccessDenied\n')
    calls.isSilent = true
    expect((await gus.type('status', id)).out).toContain(
      'done     no record of calls answers\n         2 credentials issued',
    )
  })

  test('an ended one of which no call is on record says whether credentials were issued', async () => {
    const unused = await opened()
    await jade.type('end', unused)
    expect((await jade.type('status', unused)).out).toContain('done     nothing: no credential was issued')
    night.advance(60 * minute)
    const used = await opened(jade, [
      '--profile',
      'checkout-recovery',
      ...why('payments fail again, and the timeout is low again'),
      ...['--minutes', '30'],
    ])
    await jade.type('credentials')
    await jade.type('end', used)
    expect((await jade.type('status', used)).out).toContain(
      'done     no call is on record so far: CloudTrail tells minutes later\n         2 credentials issued',
    )
  })

  test('the resources that it opened are named whole, in the account and Region that they are in', async () => {
    const { body } = await jade.json('start', ...recovery)
    const listed = await jade.json('list')
    for (const { rights } of [body, listed.body.break_glass[0]]) {
      expect(JSON.stringify(rights)).toContain('arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/*')
      expect(JSON.stringify(rights)).not.toMatch(/[{](partition|region|account)[}]/)
    }
  })

  test('a drill tells each step against what it is held to', async () => {
    await jade.type('drill', ...recovery)
    const { out } = await jade.type('status')
    expect(out).toMatch(/drill {4}open: met, took [\d.]+ s \(within 5 s\)\n {9}tell: /)
    expect(out).toContain('review: waiting (within 86400 s)')
    expect((await jade.json('status')).body.report).toMatchObject({ drill: true, steps: expect.any(Array) })
  })

  test('nothing that anybody wrote moves the cursor or hides', async () => {
    const id = await opened(jade, recovery.with(3, 'checkout is \u001b[2Jdown \u202eagain\nOPEN bgl_0 putting it back'))
    const { out } = await night.at('gus').type('status', id)
    expect(out).toContain('checkout is ·[2Jdown ·again·OPEN bgl_0 putting it back')
  })
})

describe('end', () => {
  test('it is over at once, the key is deleted, and saying it again is no trouble', async () => {
    const id = await opened()
    const { exit, out } = await jade.type('end')
    expect([exit, out]).toEqual([0, expect.stringContaining(`ENDED by person:jade  ${id}`)])
    expect(out).toContain('key      deleted from this machine')
    expect(jade.files()).toEqual([])
    expect(await jade.json('end', id)).toMatchObject({ exit: 0, body: { id, status: 'completed' } })
  })

  test('what is over by itself is told so: exit 5', async () => {
    const id = await opened()
    night.advance(31 * minute)
    expect(await jade.json('end', id)).toMatchObject({ exit: 5, body: { status: 'expired' } })
  })

  test("another's, for whoever may revoke, and for nobody else", async () => {
    const id = await opened()
    expect(await night.at('ana').json('end', id)).toMatchObject({ exit: 4, body: { error: 'not_permitted' } })
    expect(await night.at('gus').json('end', id)).toMatchObject({ exit: 0, body: { status: 'revoked' } })
    expect((await jade.type('end', id)).exit).toBe(6)
  })
})

describe('credentials', () => {
  test('are of what is open, though an earlier opening was ended where this machine heard nothing of it', async () => {
    const id = await opened()
    const files = jade.files()
    await night.at('gus').type('end', id)
    night.advance(16 * 60)
    await jade.type(
      'start',
      ...['--profile', 'checkout-recovery'],
      ...why('it broke again: putting it back again'),
      '--minutes',
      '10',
    )
    expect(jade.files().length).toBeGreaterThan(files.length)
    expect((await jade.type('credentials')).exit).toBe(0)
    expect(jade.files().filter(({ name }) => name.includes(id))).toEqual([])
  })

  const members = ['AccessKeyId', 'Expiration', 'SecretAccessKey', 'SessionToken', 'Version']

  test('are what a credential_process prints, to the letter, and no more than a quarter of an hour', async () => {
    await opened()
    const { exit, out, err } = await jade.type('credentials')
    expect([exit, err]).toEqual([0, ''])
    expect(out.split('\n')).toHaveLength(2)
    const printed = JSON.parse(out)
    expect(Object.keys(printed).sort()).toEqual(members)
    expect([printed.Version, printed.Expiration]).toEqual([1, '2027-01-15T08:15:00Z'])
  })

  test('are the same for all who ask on this machine, since new ones end those before', async () => {
    const id = await opened()
    const all = await Promise.all(Array.from({ length: 5 }, () => jade.type('credentials', id)))
    expect(new Set(all.map(({ exit, out }) => `${exit} ${out}`)).size).toBe(1)
    expect(all[0]?.exit).toBe(0)
    expect(night.api.calls.filter((call) => call === 'POST /aws/credentials')).toHaveLength(1)
  })

  test('are renewed inside the window, and last no longer than it', async () => {
    await opened()
    const first = JSON.parse((await jade.type('credentials')).out)
    night.advance(14.5 * minute)
    const second = JSON.parse((await jade.type('credentials')).out)
    expect(second.AccessKeyId).not.toBe(first.AccessKeyId)
    expect(second.Expiration).toBe('2027-01-15T08:29:30Z')
    night.advance(15 * minute - 30)
    expect(JSON.parse((await jade.type('credentials')).out).Expiration).toBe('2027-01-15T08:30:00Z')
    night.advance(2 * minute)
    const after = await jade.type('credentials')
    expect([after.exit, after.out]).toEqual([2, ''])
  })

  test('lie where nobody else may read them, beside no access token, and are deleted with the end', async () => {
    const id = await opened()
    await jade.type('credentials')
    expect(jade.files().map(({ name, mode }) => [name, mode])).toEqual([
      [`${id}.aws.json`, '600'],
      [`${id}.json`, '600'],
    ])
    for (const { text } of jade.files()) expect(text).not.toMatch(/eyJ/)
    await jade.type('end')
    expect(jade.files()).toEqual([])
  })

  test('of what somebody else ended there are none: exit 6, nothing printed but why, and nothing kept', async () => {
    const id = await opened()
    await night.at('gus').type('end', id)
    const { exit, out, err } = await jade.type('credentials', id, '--json')
    expect([exit, out]).toEqual([6, ''])
    expect(err).toContain('the request has no live grant')
    expect(jade.files()).toEqual([])
  })

  test('STS down is a fault, and the opening stays', async () => {
    await opened()
    night.api.world.broker.setDown(true)
    expect((await jade.type('credentials')).exit).toBe(1)
    night.api.world.broker.setDown(false)
    expect((await jade.type('credentials')).exit).toBe(0)
  })

  test('--setup prints what to put into ~/.aws/config, before anything is open', async () => {
    const { exit, out } = await jade.type('credentials', '--setup')
    expect(exit).toBe(0)
    expect(out).toMatch(
      /^\[profile hotwork\]\ncredential_process = \S+ \S+hotwork\.ts break-glass credentials --api \S+\n$/,
    )
  })

  test('a process that was killed while it asked holds nobody up', async () => {
    const id = await opened()
    const { writeFileSync } = await import('node:fs')
    // No process has a number as high as this.
    writeFileSync(`${jade.home}/hotwork/${id}.lock`, `999999999 ${Date.now()}`)
    expect((await jade.type('credentials')).exit).toBe(0)
  })
})

describe('call', () => {
  const FunctionName = 'checkout-worker'
  const mediated = [
    ...['--action', 'lambda:UpdateFunctionConfiguration'],
    ...['--arguments', JSON.stringify({ FunctionName, Timeout: 60 }), ...why(), '--minutes', '5'],
  ]

  test('has Hotwork make the one call, once, and prints what AWS answered; credentials there are none', async () => {
    const { out } = await jade.type('start', ...mediated)
    expect(out).toMatch(/use {6}Hotwork makes the one call: npx hotwork break-glass call bgl_/)
    const none = await jade.type('credentials')
    expect([none.exit, none.err]).toEqual([2, expect.stringContaining('npx hotwork break-glass call bgl_')])
    expect(await jade.json('call')).toEqual({ exit: 0, body: { output: { Timeout: 60 } } })
    expect(caller.done).toMatchObject([{ arguments: { FunctionName, Timeout: 60 } }])
    await jade.type('call')
    expect(caller.done).toHaveLength(1)
    expect((await jade.type('status')).out).toContain(
      'done     08:00 UTC  lambda:UpdateFunctionConfiguration: succeeded',
    )
  })

  test('what AWS refuses was not done, and is not tried again: exit 1', async () => {
    await jade.type('start', ...mediated)
    caller.next({ refuses: 'AccessDeniedException' })
    const { exit, err } = await jade.type('call')
    expect([exit, err, jade.pauses]).toEqual([1, expect.stringContaining('AccessDeniedException'), []])
  })
})

describe('review', () => {
  test('by somebody else, once it is over', async () => {
    const id = await opened()
    const words = ['review', id, '--outcome', 'justified', '--note', 'read every call, the timeout was the cause']
    expect(await night.at('gus').json(...words)).toMatchObject({ exit: 3, body: { error: 'no_review_due' } })
    await jade.type('end')
    expect(await jade.json(...words)).toMatchObject({ exit: 4, body: { error: 'self_review' } })
    const { exit, out } = await night.at('gus').type(...words)
    expect([exit, out]).toEqual([0, expect.stringContaining('review   justified, says person:gus')])
    expect(out).toContain('read every call, the timeout was the cause')
  })

  test('is said once: the same words again are that, other words are refused', async () => {
    const id = await opened()
    await jade.type('end')
    night.api.weather.push('answer_lost')
    const gus = night.at('gus')
    const words = ['review', id, '--outcome', 'not_justified', '--note', 'a request would have done: see INC-2042']
    expect(await gus.json(...words)).toMatchObject({
      exit: 0,
      body: { review: { status: 'done', outcome: 'not_justified' } },
    })
    expect(await gus.json(...words.with(3, 'justified'))).toMatchObject({
      exit: 4,
      body: { error: 'already_reviewed' },
    })
  })
})

describe('vouch', () => {
  test('for whoever has a review overdue, and then they open it', async () => {
    await opened()
    night.advance(25 * 60 * minute)
    const words = recovery.with(3, 'payments are refused again, and it is not the timeout')
    expect(await jade.json('start', ...words)).toMatchObject({ exit: 4, body: { error: 'review_overdue' } })
    const vouching = ['vouch', '--person', 'person:jade', '--profile', 'checkout-recovery']
    expect(await jade.json(...vouching)).toMatchObject({ exit: 4, body: { error: 'self_review' } })
    const { exit, out } = await night.at('kofi').type(...vouching)
    expect([exit, out]).toEqual([0, expect.stringContaining('VOUCHED for person:jade')])
    expect(await jade.json('start', ...words)).toMatchObject({ exit: 0, body: { vouched_by: 'person:kofi' } })
  })
})

describe('list', () => {
  test('who holds what until when, which reviews are due, and what is left, as a table', async () => {
    await opened(night.at('kofi'))
    await night.at('kofi').type('end')
    night.advance(20 * minute)
    const id = await opened(jade, recovery.with(3, 'payments are refused again, and it is not the timeout'))
    const { exit, out } = await night.at('gus').type('list')
    const rows = out.split('\n').map((row) => row.split(/ {2,}/))
    expect(exit).toBe(0)
    expect(rows[0]).toEqual(['1 open, 1 to be reviewed'])
    expect(rows[2]).toEqual(['ID', 'WHO', 'WHAT', 'STATE', 'WHEN', 'REVIEW'])
    expect(rows[3]).toEqual([
      ...[id, 'person:jade', 'checkout-recovery', 'OPEN', 'until 08:50 UTC, in 30 min'],
      'due in 24 h',
    ])
    expect(rows[4]?.slice(1, 4)).toEqual(['person:kofi', 'checkout-recovery', 'ENDED by person:kofi'])
    expect(rows).toContainEqual(['person:jade', '210 min', 'of 240'])
    expect(rows).toContainEqual(['checkout-recovery', '210 min', 'of 240'])
  })

  test('--json is the answer of the API', async () => {
    expect(await jade.json('list')).toEqual({
      exit: 0,
      body: {
        break_glass: [],
        budgets: [
          { person: 'person:jade', budget_minutes: 240, left_minutes: 240 },
          { profile: 'checkout-recovery', budget_minutes: 240, left_minutes: 240 },
        ],
      },
    })
  })
})
