import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { examples } from '../../../client/command-line/examples.ts'
import { KeptLogin } from '../../../client/login/kept-login.ts'
import { logInAs, typeCode } from '../support/browser.ts'
import { useLoginScene } from '../support/login-scene.ts'
import { recovery } from '../support/scene.ts'
import { ScriptedProvider } from '../support/scripted-provider.ts'
import type { Terminal } from '../support/terminal.ts'

/** `login`, `whoami` and `logout`: one login for many commands, for a person who asks for that. */

const scene = useLoginScene()
const scripted = new ScriptedProvider()
let terminal: Terminal
beforeAll(() => scripted.open())
beforeEach(() => {
  terminal = scene.terminal
  browseAs('person-jade')
})
afterAll(() => scripted.close())

const minutes = 60_000
const list = ['break-glass', 'list'] as const
const start = ['break-glass', 'start', ...recovery] as const
const browseAs = (subject: string) => {
  terminal.browser = (address) => void logInAs(subject, address)
}
const later = (milliseconds: number) => {
  terminal.now = () => new Date(Date.now() + milliseconds)
}
const kept = () => JSON.parse(terminal.files().find(({ name }) => name.startsWith('login-'))?.text ?? '{}')
const file = () => new KeptLogin(scene.api.url, { env: terminal.env, now: () => new Date() }).file

test('a kept login serves later commands of a known person without a browser', async () => {
  const { exit, out } = await terminal.type('login')
  expect([exit, out]).toEqual([0, expect.stringContaining(`person:jade at ${scene.api.url}\n`)])
  expect((await terminal.json('whoami')).body).toMatchObject({ person: 'person:jade', by: 'kept login' })
  expect((await terminal.type(...list)).exit).toBe(0)
  expect(terminal.visited).toHaveLength(1)
})

test('a kept login is in a private file, which holds the token, its end, and nothing else', async () => {
  const { body } = await terminal.json('login')
  expect(terminal.files()).toEqual([expect.objectContaining({ mode: '600' })])
  expect(kept()).toEqual({
    version: 1,
    api: scene.api.url,
    token: expect.stringMatching(/^eyJ/),
    until: expect.any(Number),
  })
  expect(Date.parse(body.until)).toBe(kept().until)
})

test('`login` prints no token', async () => {
  const { out, err } = await terminal.type('login', '--json')
  expect(out + err).not.toMatch(/eyJ/)
})

test('a kept login is for one API: another gets no token of it', async () => {
  await terminal.type('login')
  const other = new KeptLogin('https://elsewhere.example', { env: terminal.env, now: () => new Date() })
  expect(other.read()).toBeUndefined()
  writeFileSync(other.file, JSON.stringify(kept()))
  expect(other.read()).toEqual({ lives: false })
})

test('a kept login that has ended opens the browser, and the new login is kept', async () => {
  await terminal.type('login')
  const before = kept()
  later(11 * minutes)
  expect(await terminal.json('whoami')).toMatchObject({ exit: 4, body: { error: 'not_logged_in' } })
  const { exit, err } = await terminal.type(...list)
  expect([exit, err]).toEqual([0, expect.stringContaining('your kept login has ended')])
  expect(terminal.visited).toHaveLength(2)
  expect(kept().until).toBeGreaterThan(before.until)
})

test('an opening takes a stronger login once, and that one is kept instead', async () => {
  await terminal.type('login')
  const before = kept()
  expect((await terminal.type(...start)).exit).toBe(0)
  expect(kept().token).not.toBe(before.token)
  expect((await terminal.type('break-glass', 'end')).exit).toBe(0)
  expect(await terminal.json('whoami')).toMatchObject({ body: { person: 'person:jade', acr: 'strong' } })
  expect(terminal.visited).toHaveLength(2)
  // It is strong enough for the next opening.
  await terminal.type('break-glass', 'vouch', '--person', 'person:kofi', '--profile', 'checkout-recovery')
  expect(terminal.visited).toHaveLength(2)
})

test('a stronger login as another person is refused, and the kept one stays', async () => {
  await terminal.type('login')
  const before = kept()
  browseAs('person-kofi')
  const { exit, body } = await terminal.json(...start)
  expect([exit, body.title]).toEqual([4, expect.stringContaining('a different person')])
  expect(kept()).toEqual(before)
})

test('a kept login that the API refuses is replaced', async () => {
  await terminal.type('login')
  writeFileSync(file(), JSON.stringify({ ...kept(), token: 'eyJ.of-yesterday.x' }))
  expect((await terminal.type(...list)).exit).toBe(0)
  expect(terminal.visited).toHaveLength(2)
  expect((await terminal.json('whoami')).body.person).toBe('person:jade')
})

test.each([
  ['torn', (text: string) => text.slice(0, 40)],
  ['of another version', (text: string) => text.replace('"version":1', '"version":2')],
  ['with a token that would break a header', (text: string) => text.replace('eyJ', 'ey\\nJ')],
  ['empty', () => ''],
])('a file that is %s is ignored, and is replaced', async (_how, change) => {
  await terminal.type('login')
  writeFileSync(file(), change(JSON.stringify(kept())))
  expect((await terminal.type(...list)).exit).toBe(0)
  expect(terminal.visited).toHaveLength(2)
  expect((await terminal.type('whoami')).exit).toBe(0)
})

test('a person who has not run `login` has no login on the disk', async () => {
  await terminal.type(...list)
  expect(terminal.files()).toEqual([])
})

test('a person that Hotwork does not know is not logged in: exit 4, and nothing is kept', async () => {
  const { directory } = scene.api.world.policy.bundle
  const jade = directory.people.find(({ id }) => id === 'person:jade')
  Object.assign(jade as object, { status: 'inactive' })
  try {
    expect(await terminal.json('login')).toMatchObject({ exit: 4, body: { error: 'invalid_token' } })
    expect(terminal.files()).toEqual([])
  } finally {
    Object.assign(jade as object, { status: 'active' })
  }
})

const lock = () => {
  // Permissions would not do: root may write anywhere.
  writeFileSync(join(terminal.home, 'hotwork'), 'a file where the folder would be')
}

test('`login` that cannot be kept fails, with the person and the reason', async () => {
  lock()
  const { exit, body } = await terminal.json('login')
  expect([exit, body.error]).toEqual([1, 'login_not_kept'])
  expect(body.title).toContain('person:jade')
  expect(body.detail).toContain(join(terminal.home, 'hotwork'))
})

test('a later command still has its login, and says that it is not kept', async () => {
  mkdirSync(file(), { recursive: true })
  const { exit, err } = await terminal.type(...list)
  expect([exit, err]).toEqual([0, expect.stringContaining('the login is for this command alone')])
  expect(readdirSync(join(terminal.home, 'hotwork'))).toHaveLength(1)
})

test('a login of unknown length, or by a wrong clock, is not kept', async () => {
  const end = Math.floor(Date.now() / 1000) - 3600
  const ended = `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify({ exp: end })).toString('base64url')}.`
  const keep = new KeptLogin(scene.api.url, { env: terminal.env, now: () => new Date() })
  expect(keep.keep({ token: 'opaque' })).toContain('does not say how long')
  expect(keep.keep({ token: ended, until: end * 1000 })).toContain('clock of this machine')
  expect(terminal.files()).toEqual([])
})

test('`logout` deletes the file, asks the provider to end the token, and says until when a copy is good', async () => {
  await terminal.type('login')
  const { exit, out } = await terminal.type('logout')
  expect([exit, terminal.files()]).toEqual([0, []])
  expect(out).toMatch(/a copy of the token would be good until (\d+ \w+ )?\d\d:\d\d UTC/)
  expect(await terminal.json('whoami')).toMatchObject({ exit: 4, body: { error: 'not_logged_in' } })
})

test('`logout` tells a provider that takes tokens back', async () => {
  await terminal.type('login')
  const { token } = kept()
  scripted.metadata = { revocation_endpoint: `${scripted.url}/revoke` }
  scripted.answers['/revoke'] = [[200, {}]]
  scene.logInAt(scripted.url)
  expect((await terminal.json('logout')).body).toMatchObject({
    logged_out: true,
    provider: expect.stringContaining('accepted'),
  })
  expect(new URLSearchParams(scripted.calls.at(-1)?.split(' ')[1]).get('token')).toBe(token)
})

test.each([
  ['refuses', [[400, { error: 'unsupported_token_type' }]]],
  ['does not answer', ['nothing']],
] as const)('a provider that %s keeps no login on this machine', async (_how, answers) => {
  await terminal.type('login')
  scripted.metadata = { revocation_endpoint: `${scripted.url}/revoke` }
  scripted.answers['/revoke'] = [...answers]
  scene.logInAt(scripted.url)
  const { exit, body } = await terminal.json('logout')
  expect([exit, body.provider, terminal.files()]).toEqual([
    0,
    expect.stringContaining('the revocation at the identity provider failed'),
    [],
  ])
})

test('`logout` without a kept login exits with 0', async () => {
  expect(await terminal.json('logout')).toMatchObject({ exit: 0, body: { logged_out: false } })
})

test('`whoami` opens no browser: a person without a login gets exit 4', async () => {
  expect(await terminal.json('whoami')).toMatchObject({ exit: 4, body: { error: 'not_logged_in' } })
  expect(terminal.visited).toEqual([])
})

test('`whoami` prefers HOTWORK_TOKEN to a kept login, and says so', async () => {
  await terminal.type('login')
  const { token } = kept()
  terminal.env['HOTWORK_TOKEN'] = token
  await terminal.type('logout')
  expect((await terminal.json('whoami')).body).toMatchObject({
    person: 'person:jade',
    by: 'HOTWORK_TOKEN',
    until: expect.any(String),
  })
})

test('`whoami` on the local stack says `--as`', async () => {
  scene.writeLocalFile('kofi')
  expect((await terminal.json('whoami', '--as', 'person:kofi')).body).toMatchObject({
    person: 'person:kofi',
    by: '--as',
  })
  expect(await terminal.json('login', '--as', 'person:kofi')).toMatchObject({ exit: 2, body: { error: 'usage' } })
})

test('`login` with HOTWORK_TOKEN is wrong usage', async () => {
  terminal.env['HOTWORK_TOKEN'] = 'one.of.jade'
  expect(await terminal.json('login')).toMatchObject({
    exit: 2,
    body: { title: expect.stringContaining('HOTWORK_TOKEN') },
  })
})

test.each([...(examples['login'] ?? []), ...(examples['logout'] ?? [])])('`%s` works as in its help', async (line) => {
  terminal.pausing = ({ err }) => {
    const [, address = '', code = ''] = /open\n {2}(\S+)\n.*code (\S+)/.exec(err) ?? []
    return typeCode('person-jade', address, code)
  }
  expect((await terminal.type(...line.split(' '))).exit).toBe(0)
})
