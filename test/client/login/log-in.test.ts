import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { giveAway, whereRoot } from '../../support/as-root.ts'
import { useServer } from '../../support/http-server.ts'
import { logInAs } from '../support/browser.ts'
import { freeAddress } from '../support/free-address.ts'
import { useLoginScene } from '../support/login-scene.ts'
import { recovery } from '../support/scene.ts'
import { ScriptedProvider, tokenFor } from '../support/scripted-provider.ts'
import { Terminal } from '../support/terminal.ts'

/** The ways to log in: with a browser, as a person of the local stack, or with a token. */

const scene = useLoginScene('break-glass')
const { api } = scene
let terminal: Terminal
beforeEach(() => {
  terminal = scene.terminal
})

const writeLocalFile = (changes: object = {}, folder?: string) => scene.writeLocalFile('kofi', changes, folder)

test('a person logs in once, as strongly as opening takes, and opens; no token is on the disk', async () => {
  const pages: Promise<Response>[] = []
  terminal.browser = (address) => void pages.push(logInAs('person-jade', address))
  const { exit, out, err } = await terminal.type('start', ...recovery)
  expect([exit, out]).toEqual([0, expect.stringContaining('OPEN  bgl_')])
  const [only, ...others] = terminal.visited.map((address) => new URL(address).searchParams)
  expect(others).toEqual([])
  expect(['acr_values', 'max_age', 'code_challenge_method'].map((name) => only?.get(name))).toEqual([
    ...['strong', '900', 'S256'],
  ])
  expect(err).not.toContain('once more')
  for (const page of await Promise.all(pages)) expect(await page.text()).toContain('You are logged in')
  for (const { text } of terminal.files()) expect(text).not.toMatch(/eyJ/)
  expect((await terminal.json('end')).body.person).toBe('person:jade')
})

test('a provider that logs them in too weakly is asked once more, as the API says', async () => {
  terminal.browser = (address) => {
    const url = new URL(address)
    if (terminal.visited.length === 1) url.searchParams.delete('acr_values')
    void logInAs('person-kofi', url.href)
  }
  const { exit, err } = await terminal.type('start', ...recovery)
  expect([exit, terminal.visited.length]).toEqual([0, 2])
  expect(err).toContain('this needs a stronger login: log in again')
  expect(new URL(terminal.visited[1] ?? '').searchParams.get('acr_values')).toBe('strong')
})

test('the address is printed too, for a machine without a browser', async () => {
  terminal.browser = (address) => void logInAs('person-gus', address)
  const { exit, err } = await terminal.type('list')
  expect([exit, err]).toEqual([0, expect.stringContaining(`  ${terminal.visited[0]}\n`)])
})

test('a person who cancels the login is not logged in: exit 4', async () => {
  terminal.browser = (address) => {
    const { searchParams } = new URL(address)
    const back = new URL(searchParams.get('redirect_uri') ?? '')
    back.search = `${new URLSearchParams({ error: 'access_denied', state: searchParams.get('state') ?? '', iss: scene.provider.url })}`
    void fetch(back)
  }
  const { exit, body } = await terminal.json('list')
  expect([exit, body]).toEqual([
    4,
    {
      error: 'login_failed',
      title: 'you are not logged in',
      detail: 'the identity provider says `access_denied`',
      exit: 4,
    },
  ])
})

test('an answer to another login is ignored: the program waits for the right one', async () => {
  const stray: Promise<Response>[] = []
  terminal.browser = (address) => {
    const { searchParams } = new URL(address)
    stray.push(fetch(`${searchParams.get('redirect_uri')}?code=stolen&state=another`))
    void stray[0]?.then(() => logInAs('person-gus', address))
  }
  expect((await terminal.type('list')).exit).toBe(0)
  expect((await stray[0])?.status).toBe(404)
})

test('an API with another name is refused: exit 2, with its name', async () => {
  const other = api.url.replace('127.0.0.1', 'localhost')
  const { exit, err } = await terminal.type('list', '--api', other)
  expect([exit, err]).toEqual([2, expect.stringContaining(`--api ${api.url}`)])
  expect(terminal.visited).toEqual([])
})

test('a person of the local stack has the login that is needed', async () => {
  writeLocalFile()
  const { exit, out } = await terminal.type('start', '--as', 'person:kofi', ...recovery)
  expect([exit, out]).toEqual([0, expect.stringContaining('OPEN  bgl_')])
  expect(out).toMatch(/--api \S+ --as person:kofi\n/)
  expect(out).toContain('endpoint_url = http://127.0.0.1:1')
  expect((await terminal.json('end', '--as', 'person:kofi')).body.person).toBe('person:kofi')
})

test("the local stack's address is known, and HOTWORK_AS names the person", async () => {
  writeLocalFile()
  terminal.env = { ...terminal.env, HOTWORK_API: undefined, HOTWORK_AS: 'person:kofi' }
  expect((await terminal.json('list')).exit).toBe(0)
})

test('a local file that names an address elsewhere is ignored: its author gets no token', async () => {
  writeLocalFile({ apiUrl: 'https://hotwork.elsewhere.example' })
  terminal.env = { ...terminal.env, HOTWORK_API: undefined, HOTWORK_TOKEN: 'one.of.jade' }
  expect((await terminal.type('list')).err).not.toContain('hotwork.elsewhere.example')
})

test("the local stack's file is the nearest at or above the working folder", async () => {
  writeLocalFile({ people: [] })
  writeLocalFile({}, join(terminal.home, 'checkout'))
  terminal.folder = join(terminal.home, 'checkout/services/cart')
  mkdirSync(terminal.folder, { recursive: true })
  expect((await terminal.json('list', '--as', 'person:kofi')).exit).toBe(0)
})

test("HOTWORK_LOCAL names the local stack's file, and goes before the nearest", async () => {
  const file = writeLocalFile({}, join(terminal.home, 'stack'))
  writeLocalFile({ people: [] })
  terminal.env = { ...terminal.env, HOTWORK_API: undefined, HOTWORK_LOCAL: file }
  expect((await terminal.json('list', '--as', 'person:kofi')).exit).toBe(0)
})

test('a local stack that has died is told from a wrong login', async () => {
  const gone = await freeAddress()
  writeLocalFile({ apiUrl: gone, identityProviderUrl: gone })
  terminal.env = { ...terminal.env, HOTWORK_API: undefined }
  const { exit, body } = await terminal.json('list', '--as', 'person:kofi')
  expect([exit, body.detail]).toEqual([1, expect.stringMatching(/^no answer: connection refused .*`npm start`/)])
  expect((await terminal.json('list')).body).toMatchObject({
    error: 'no_answer',
    detail: expect.stringContaining('(ECONNREFUSED)'),
  })
})

test.each([
  ['agent:remediator', 'this is for a person, and `agent:remediator` is not one'],
  ['person:unknown', 'the local stack has no person `person:unknown`'],
])('`%s` cannot log in: exit 2, with the people who can', async (as, title) => {
  writeLocalFile({ agents: [{ id: 'agent:remediator', clientId: 'agent-remediator', privateJwk: {} }] })
  const { exit, body } = await terminal.json('list', '--as', as)
  expect([exit, body.title, body.detail]).toEqual([2, title, expect.stringContaining('person:kofi')])
})

test.each([
  ['is not there', undefined, 'missing'],
  ['names an address elsewhere', { apiUrl: 'http://10.0.0.1:80' }, '`apiUrl`'],
  ['has another identity provider elsewhere', { identityProviderUrl: 'https://id.example' }, '`identityProviderUrl`'],
  ['has an AWS elsewhere', { aws: { endpointUrl: 'https://aws.example', region: 'us-east-1' } }, '`aws.endpointUrl`'],
])('a file of HOTWORK_LOCAL that %s exits with 2, with the mistake', async (_, changes, wrong) => {
  const file = changes ? writeLocalFile(changes, join(terminal.home, 'stack')) : '/nowhere/local.json'
  terminal.env = { ...terminal.env, HOTWORK_LOCAL: file }
  const { exit, body } = await terminal.json('list', '--as', 'person:kofi')
  expect([exit, body.title, body.detail]).toEqual([2, expect.stringContaining(file), expect.stringContaining(wrong)])
})

whereRoot("another user's local file is ignored", async () => {
  giveAway(writeLocalFile())
  expect((await terminal.json('list', '--as', 'person:kofi')).exit).toBe(2)
})

test('a local file from a repository cannot write into the printed profile', async () => {
  writeLocalFile({ apiUrl: 'http://127.0.0.1:1/$(id)' })
  terminal.env = { ...terminal.env, HOTWORK_API: undefined, HOTWORK_TOKEN: 'one.of.jade' }
  expect(await terminal.type('credentials', '--setup')).toMatchObject({ exit: 2, out: '' })
})

test('a token in HOTWORK_TOKEN is used unchanged', async () => {
  terminal.env['HOTWORK_TOKEN'] = 'one.that.is-none'
  expect(await terminal.json('list')).toMatchObject({ exit: 4, body: { error: 'invalid_token' } })
  expect(terminal.visited).toEqual([])
})

describe('an impostor of a Hotwork', () => {
  let login: object = {}
  /** The authorization of its calls: a token there is a loss. */
  const sent: (string | undefined)[] = []

  const stranger = useServer(({ url: path = '', headers }, response) => {
    const url = stranger()
    if (!path.startsWith('/.well-known/')) sent.push(headers.authorization)
    const metadata = { issuer: scene.provider.url, client_id: 'hotwork-command-line', scope: 'openid', ...login }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ resource: url, [`${url}/ns/hotwork`]: { login: metadata }, openings: [] }))
  })
  beforeEach(() => {
    sent.length = 0
    login = {}
    terminal.env['HOTWORK_API'] = stranger()
    terminal.browser = (address) => void logInAs('person-jade', address)
  })

  test.each<[string, () => object]>([
    ['the address of another as its resource', () => ({ resource: api.url })],
    ['a resource that is not an address', () => ({ resource: 'api://hotwork' })],
    ['a scope of another address', () => ({ scope: `openid ${api.url}/.default` })],
    ['a scope that begins with the name of another', () => ({ scope: 'openid api://hotwork/.default' })],
  ])(
    'an impostor that names %s sends no person to a login, even one who tied a name to their own Hotwork',
    async (_what, names) => {
      login = names()
      for (const pair of [undefined, `${api.url}=api://hotwork`]) {
        terminal.env['HOTWORK_AUDIENCE'] = pair
        const { exit, body } = await terminal.json('list')
        expect([exit, body.title, terminal.visited]).toEqual([2, expect.stringContaining('not its own'), []])
        // A victim would set a name that the false API suggests.
        expect(body.detail).toContain('Ask its operator for the `HOTWORK_AUDIENCE`')
        expect(body.detail).not.toContain('api://hotwork')
      }
    },
  )

  test('a name in HOTWORK_AUDIENCE that is tied to another address, or to none, is not its own', async () => {
    terminal.env['HOTWORK_AUDIENCE'] = `${api.url}=api://hotwork`
    expect((await typedAt(tokenFor('api://hotwork'), ...list)).exit).toBe(2)
    terminal.env['HOTWORK_TOKEN'] = tokenFor('api://hotwork')
    expect((await typedAt('none', ...list)).exit).toBe(2)
    delete terminal.env['HOTWORK_TOKEN']
    for (const tied of [
      'api://hotwork',
      '=api://hotwork',
      'stranger=api://hotwork',
      `${terminal.env['HOTWORK_API']}=`,
    ]) {
      terminal.env['HOTWORK_AUDIENCE'] = tied
      const { exit, title } = await typedAt(tokenFor('api://hotwork'), ...list)
      expect([exit, title]).toEqual([2, expect.stringContaining('names no Hotwork address')])
    }
    expect(sent).toEqual([])
  })

  /** The person types the code of a provider that gives this token. */
  async function typedAt(token: string, ...words: string[]) {
    const provider = await new ScriptedProvider().open()
    provider.metadata = { device_authorization_endpoint: `${provider.url}/device` }
    const device = { device_code: 'd', user_code: 'WORD-WORD', expires_in: 600, interval: 1 }
    provider.answers['/device'] = [[200, { ...device, verification_uri: 'https://id.example/device' }]]
    provider.answers['/token'] = [[200, { access_token: token, token_type: 'bearer', expires_in: 600 }]]
    login = { issuer: provider.url }
    const apart = new Terminal({ ...terminal.env, DISPLAY: undefined })
    apart.answers = []
    const { exit, body } = await apart.json(...words)
    const kept = apart.files()
    apart.close()
    await provider.close()
    return { exit, title: body.title as string, kept }
  }
  const list = ['break-glass', 'list']

  test.each([
    ['break-glass list', list],
    ['login', ['login']],
  ])('an impostor that names nothing gets no token for another Hotwork by `%s`', async (_verb, words) => {
    const { exit, title, kept } = await typedAt(tokenFor([`${api.url}/people`, 'api://hotwork']), ...words)
    expect([exit, title]).toEqual([2, expect.stringContaining(`\`${api.url}/people\`, which is not its own`)])
    expect([sent, kept]).toEqual([[], []])
  })

  test('a token without an audience is not sent', async () => {
    expect(await typedAt('opaque', ...list)).toMatchObject({
      exit: 2,
      title: expect.stringContaining('gave a token that is not a JWT'),
    })
    expect(sent).toEqual([])
  })

  test('a name that HOTWORK_AUDIENCE ties to a Hotwork is its own, and no other is', async () => {
    terminal.env['HOTWORK_AUDIENCE'] = `${terminal.env['HOTWORK_API']}=api://hotwork`
    await typedAt(tokenFor('api://hotwork'), ...list)
    expect(sent).toEqual([`Bearer ${tokenFor('api://hotwork')}`])
    expect((await typedAt(tokenFor('api://hotwork-prod'), ...list)).exit).toBe(2)
    terminal.env['HOTWORK_TOKEN'] = tokenFor('api://hotwork-prod')
    expect((await typedAt('none', ...list)).exit).toBe(2)
    expect(sent).toHaveLength(1)
    login = { scope: 'openid api://hotwork-prod/.default' }
    delete terminal.env['HOTWORK_TOKEN']
    expect((await terminal.json('list')).exit).toBe(2)
    login = { scope: 'openid api://hotwork/.default', resource: 'api://hotwork' }
    await terminal.json('list')
    expect(terminal.visited).toHaveLength(1)
  })
})
