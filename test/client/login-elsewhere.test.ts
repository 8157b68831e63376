import type { Browser, Page } from 'playwright-core'
import { inBrowser, launchBrowser } from '../local/support/browser.ts'
import { endOfLogin, logInAs, typeCode } from './support/browser.ts'
import { useLoginScene } from './support/login-scene.ts'
import { recovery } from './support/scene.ts'
import { ScriptedProvider, tokenFor } from './support/scripted-provider.ts'
import type { Terminal } from './support/terminal.ts'

/** A person at a machine without a browser: with a code that they type elsewhere, or by pasting an address. */

const scene = useLoginScene()
const scripted = new ScriptedProvider()
let terminal: Terminal
beforeAll(() => scripted.open())
beforeEach(() => {
  terminal = scene.terminal
  terminal.answers = []
  delete terminal.env['DISPLAY']
})
afterAll(() => scripted.close())

const codeIn = (printed: string) => {
  const [, address = '', code = ''] = /open\n {2}(\S+)\n.*code (\S+)/.exec(printed) ?? []
  return { address, code }
}
const addressIn = (printed: string) => /any machine\n {2}(\S+)\n/.exec(printed)?.[1] ?? ''

test('a person who types the code elsewhere is logged in here', async () => {
  const pages: string[] = []
  terminal.pausing = async ({ err }) => {
    // At the first pause they have not typed it yet.
    if (terminal.pauses.length === 1) return
    const { address, code } = codeIn(err)
    pages.push(await typeCode('person-jade', address, code))
  }
  const { exit, body } = await terminal.json('login')
  expect([exit, body]).toEqual([0, expect.objectContaining({ person: 'person:jade' })])
  expect(pages).toEqual([expect.stringContaining('You are logged in')])
  expect([terminal.visited, terminal.pauses]).toEqual([[], [5, 5]])
})

test('a stronger login works by a code too', async () => {
  terminal.pausing = ({ err }) => {
    const { address, code } = codeIn(err)
    return typeCode('person-jade', address, code)
  }
  const { exit, out } = await terminal.type('break-glass', 'start', ...recovery)
  expect([exit, out]).toEqual([0, expect.stringContaining('OPEN  bgl_')])
})

test('a person who refuses the code is not logged in: exit 4', async () => {
  terminal.pausing = ({ err }) => {
    const { address, code } = codeIn(err)
    return typeCode('person-jade', address, code, true)
  }
  const { exit, body } = await terminal.json('login')
  expect([exit, body.detail]).toEqual([4, 'the identity provider says `access_denied`'])
})

test('a code that is not typed in time expires: exit 4', async () => {
  terminal.pausing = () => {
    terminal.now = () => new Date(Date.now() + 3_600_000)
  }
  expect(await terminal.json('login')).toMatchObject({ exit: 4, body: { title: 'the code was not typed in time' } })
  expect(terminal.files()).toEqual([])
})

test('a wrong code logs in at no terminal', async () => {
  terminal.pausing = async ({ err }) => {
    const { address } = codeIn(err)
    expect(await typeCode('person-jade', address, 'BBBB-BBBB')).toContain('No terminal waits for this code')
    terminal.now = () => new Date(Date.now() + 3_600_000)
  }
  expect((await terminal.json('login')).exit).toBe(4)
})

const device = { device_code: 'd', user_code: 'WORD-WORD', expires_in: 600, interval: 1 }
const scripts = () => {
  scripted.metadata = { device_authorization_endpoint: `${scripted.url}/device` }
  scripted.answers['/device'] = [[200, { ...device, verification_uri: 'https://id.example/device' }]]
  scene.logInAt(scripted.url)
}

test('a lost answer, a busy provider and `slow_down` make the program ask more slowly, and not give up', async () => {
  scripts()
  scripted.answers['/token'] = [
    'nothing',
    [503, {}],
    [400, { error: 'slow_down' }],
    [400, { error: 'authorization_pending' }],
    [200, { access_token: tokenFor(`${scene.api.url}/people`), token_type: 'bearer', expires_in: 600 }],
  ]
  // Hotwork refuses the token, and is asked only once there is one.
  expect(await terminal.json('login')).toMatchObject({ exit: 4, body: { error: 'invalid_token' } })
  expect(terminal.pauses).toEqual([1, 6, 11, 16, 16])
})

test("a provider's expired code exits with 4", async () => {
  scripts()
  scripted.answers['/token'] = [[400, { error: 'expired_token' }]]
  expect(await terminal.json('login')).toMatchObject({ exit: 4, body: { title: 'the code was not typed in time' } })
})

test('a wrong clock is named as the reason: exit 1', async () => {
  scripts()
  scene.logInAt(scripted.url, 'openid')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const hourAgo = Math.floor(Date.now() / 1000) - 3600
  const claims = { iss: scripted.url, aud: 'hotwork-command-line', sub: 'person-jade', iat: hourAgo, exp: hourAgo + 60 }
  const id_token = `${part({ alg: 'RS256' })}.${part(claims)}.${part({})}`
  scripted.answers['/token'] = [[200, { access_token: 'of.no.person', token_type: 'bearer', id_token }]]
  const { exit, body } = await terminal.json('login', '--device')
  expect([exit, body.detail]).toEqual([1, expect.stringContaining('set the clock of this machine')])
})

test('a provider that gives this client no codes makes the person paste', async () => {
  scripts()
  scripted.metadata['authorization_endpoint'] = `${scripted.url}/authorize`
  scripted.answers['/device'] = [[400, { error: 'unauthorized_client' }]]
  const { exit, err } = await terminal.type('login')
  expect([exit, err]).toEqual([4, expect.stringContaining('Paste all of that address here')])
})

test('`--device` at a provider without codes exits with 2, with the alternative', async () => {
  scripted.metadata = {}
  scene.logInAt(scripted.url)
  const { exit, err } = await terminal.type('login', '--device')
  expect([exit, err]).toEqual([2, expect.stringContaining('--no-browser')])
})

test('a provider that is down exits with 1', async () => {
  scene.logInAt('http://127.0.0.1:1')
  expect(await terminal.json('login', '--device')).toMatchObject({ exit: 1, body: { error: 'login_failed' } })
})

describe("a login by pasting a browser's last address", () => {
  /** Pastes these in turn. */
  const paste = (subject: string, change = (address: string) => [address]) => {
    terminal.whenAsked = async (printed) => {
      terminal.whenAsked = async () => {}
      terminal.answers = change(await endOfLogin(subject, addressIn(printed)))
    }
  }

  test('a person who pastes the address is logged in', async () => {
    paste('person-jade')
    const { exit, body } = await terminal.json('login', '--no-browser')
    expect([exit, body]).toEqual([0, expect.objectContaining({ person: 'person:jade' })])
    expect(terminal.visited).toEqual([])
  })

  test('an address without its scheme is taken, as some browsers copy it', async () => {
    paste('person-jade', (address) => [` ${address.replace('http://', '')} `])
    expect((await terminal.type('login', '--no-browser')).exit).toBe(0)
  })

  test('a code alone, or the end of another login, is asked for again', async () => {
    paste('person-jade', (address) => {
      const other = new URL(address)
      other.searchParams.set('state', 'of-another')
      return [new URL(address).searchParams.get('code') ?? '', other.href, 'https://id.example/callback', address]
    })
    const { exit, err } = await terminal.type('login', '--no-browser')
    expect([exit, err.split('that address does not end this login').length - 1]).toEqual([0, 3])
  })

  test('a person who ends the input is not logged in: exit 4', async () => {
    expect((await terminal.type('login', '--no-browser')).exit).toBe(4)
  })

  test('a browser on this machine ends the question', async () => {
    let over = false
    terminal.whenAsked = (printed, signal) => {
      void logInAs('person-jade', addressIn(printed))
      return new Promise((resolve) => {
        signal?.addEventListener('abort', () => {
          over = true
          resolve()
        })
      })
    }
    expect((await terminal.type('login', '--no-browser')).exit).toBe(0)
    expect(over).toBe(true)
  })

  test('a provider without codes makes the person paste', async () => {
    scripted.metadata = { authorization_endpoint: `${scripted.url}/authorize` }
    scene.logInAt(scripted.url)
    const { exit, err } = await terminal.type('login')
    expect([exit, err]).toEqual([4, expect.stringContaining('Paste all of that address here')])
  })
})

const browserOpened = async (env: { [name: string]: string }) => {
  terminal.env = { ...terminal.env, ...env }
  terminal.browser = (address) => void logInAs('person-jade', address)
  terminal.pausing = ({ err }) => {
    const { address, code } = codeIn(err)
    return typeCode('person-jade', address, code)
  }
  expect((await terminal.type('login')).exit).toBe(0)
  return terminal.visited.length === 1
}
test.each([
  [true, { DISPLAY: ':0' }],
  [true, { WAYLAND_DISPLAY: 'wayland-0' }],
  [true, { BROWSER: 'lynx', SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' }],
  [false, {}],
  [false, { DISPLAY: ':0', SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' }],
] as const)('a browser opens (%s) with the environment %j', async (opens, env) => {
  expect(await browserOpened(env)).toBe(opens)
})

test('a command without browser and terminal waits for no login: exit 4, with the fix', async () => {
  terminal.answers = undefined
  const { exit, err } = await terminal.type('break-glass', 'list')
  expect([exit, err]).toEqual([4, expect.stringContaining('`HOTWORK_TOKEN`')])
  expect(terminal.pauses).toEqual([])
})

test('`--device` and `--no-browser` exclude each other: exit 2', async () => {
  expect((await terminal.type('login', '--device', '--no-browser')).exit).toBe(2)
})

inBrowser('a real browser', () => {
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  beforeEach(async () => {
    const context = await browser.newContext()
    page = await context.newPage()
    page.setDefaultTimeout(60_000)
  })
  afterAll(() => browser.close())
  const chooseJade = () => page.click('button[value="person-jade"]')

  test('a person types the code, sees it once more, chooses who they are, and is logged in at the terminal', async () => {
    const titles: string[] = []
    terminal.pausing = async ({ err }) => {
      const { address, code } = codeIn(err)
      await page.goto(address)
      await page.fill('input[name="user_code"]', code)
      await page.click('button:has-text("Go on")')
      titles.push(await page.innerText('h1'))
      await page.click('button:has-text("Go on")')
      await chooseJade()
      titles.push(await page.innerText('h1'))
      expect(titles).toEqual([code, 'You are logged in'])
    }
    expect(await terminal.json('login')).toMatchObject({ exit: 0, body: { person: 'person:jade' } })
    expect(titles).toHaveLength(2)
  })

  test('a browser that cannot reach this machine shows the address to be pasted', async () => {
    terminal.whenAsked = async (printed) => {
      // Nothing listens there on the person's own machine.
      await page.route('http://127.0.0.1:*/callback**', (route) => route.abort('connectionrefused'))
      const ends = page.waitForEvent('requestfailed')
      await page.goto(addressIn(printed))
      await chooseJade().catch(() => {})
      terminal.answers = [(await ends).url()]
    }
    expect(await terminal.json('login', '--no-browser')).toMatchObject({ exit: 0, body: { person: 'person:jade' } })
  })
})
