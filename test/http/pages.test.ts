import { createHash } from 'node:crypto'
import script from '../../functions/adapters/pages/bundled-script.ts'
import { requestPage } from '../../functions/adapters/pages/request-page.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { refusals } from '../../functions/domain/refusals.ts'
import { corpus } from '../channels/slack/cards/inert-corpus.ts'
import { withPerson } from '../support/bundles.ts'
import { PageDoors, type Shown } from '../support/pages/page-doors.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { MemoryLoginProvider } from '../support/people/memory-login-provider.ts'
import { issuer, person, prodParameter, sampleBundle, type What, World, withTerms } from '../support/world.ts'

/** The pages, request by request: the answers to a browser, its forms and their effects. */

const sample = sampleBundle()
const stopWorker: What = {
  action: 'lambda:PutFunctionConcurrency',
  arguments: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 0 },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
}

let world: World
let provider: MemoryLoginProvider
let doors: PageDoors
beforeEach(() => {
  world = new World(sample)
  provider = new MemoryLoginProvider()
  doors = new PageDoors(world, issuer, { provider, tokens: provider })
})

const form = (fields: { [name: string]: string }) => new URLSearchParams(fields).toString()
const formType = { 'content-type': 'application/x-www-form-urlencoded' }

const newTab = () => new Tab({ doors, provider, world })
const openAs = async (subject: string): Promise<Tab> => {
  const tab = newTab()
  await tab.logIn(subject)
  return tab
}
const pathTo = ({ ask }: ApprovalRequest) => `/decide/${ask.id}`
const decisions = async (request: ApprovalRequest) =>
  (await world.state(request.ask.id)).stages.flatMap((each) => each.decisions)

test('the page of groups has the people on call with their end, and the problems of a source', async () => {
  const at = world.clock.now()
  const tab = await openAs('person-ana')
  expect((await tab.go('GET', '/groups')).body).toContain('its source has not been read yet')
  const members = [{ person: person('jade'), until: at + 600 }]
  world.requests.putReading('on-call-now', { source: 'pager PONCALL 1', members, readAt: at, holdsUntil: at + 900 })
  const { status, body } = await tab.go('GET', '/groups')
  expect(status).toBe(200)
  expect(body).toMatch(/Jade Jones[^<]*<\/strong>, by the source, until <time datetime="2027-01-15T08:10:00Z">/)
  expect(body).not.toContain('Look at it')
})

describe("a page's headers", () => {
  const pages: [what: string, () => Promise<Shown>][] = [
    ['the list', async () => (await openAs('person-ana')).go('GET', '/decide')],
    ['a request', async () => (await openAs('person-ana')).go('GET', pathTo(await world.submitted(prodParameter)))],
    ['an unknown request', async () => (await openAs('person-ana')).go('GET', '/decide/req_x')],
    ['a failed login', async () => newTab().go('GET', '/login/callback?code=x&state=y')],
    ['a form without a session', async () => newTab().go('POST', '/decide/req_x', {})],
    ['the page of the Slack account', async () => (await openAs('person-mia')).go('GET', '/link')],
    ['the page of groups', async () => (await openAs('person-ana')).go('GET', '/groups')],
    ['the list of openings', async () => (await openAs('person-ana')).go('GET', '/break-glass')],
    ['an unknown opening', async () => (await openAs('person-ana')).go('GET', `/break-glass/bgl_${'0'.repeat(26)}`)],
    ['a logout', async () => newTab().go('POST', '/logout', {})],
  ]
  test.each(pages)(
    '%s has no script but its own, by its hash, and nothing from other sites, and is kept out of frames and caches',
    async (_what, open) => {
      const { headers, body } = await open()
      const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(body) ?? []
      const [hash, hashOfScript] = [style, script].map((text) =>
        createHash('sha256').update(text, 'utf8').digest('base64'),
      )
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; script-src 'sha256-${hashOfScript}'; connect-src 'self'; img-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
        'cache-control': 'no-store',
        'referrer-policy': 'same-origin',
        'strict-transport-security': expect.stringContaining('max-age'),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
      })
      expect(body.replace(`<script>${script}</script>`, '')).not.toMatch(
        /<script|<img|<iframe|<link[^>]* href="(?!\/[a-z])|style="|\son[a-z]+="/i,
      )
      expect(body).toMatch(/^<!doctype html>\n<html lang="en">/)
    },
  )

  test('the cookie is for this host alone, over TLS, out of reach of scripts and of other sites, for an hour', async () => {
    const { headers } = await newTab().logIn('person-ana')
    expect(headers['set-cookie']).toMatch(
      /^__Host-hotwork-session=[\w-]{43}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure$/,
    )
  })

  test('the cookie on loopback without TLS has another name, and all other attributes', async () => {
    doors = new PageDoors(world, 'http://127.0.0.1:4000', { provider, tokens: provider })
    const { headers } = await newTab().go('GET', '/login')
    expect(headers['set-cookie']).toMatch(/^hotwork-session=[\w-]{43}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/)
  })
})

test('a person without a session logs in, and then reaches the page they wanted', async () => {
  const request = await world.submitted(prodParameter)
  const tab = newTab()
  const { status, headers } = await tab.go('GET', pathTo(request))
  expect([status, headers['location']]).toEqual([303, `/login?to=${encodeURIComponent(pathTo(request))}`])
  expect((await tab.logIn('person-ana', pathTo(request))).headers['location']).toBe(pathTo(request))
})
test.each(['https://evil.example', '//evil.example', '/decide/../v1', '/decide?x=y', 'javascript:alert(1)', ''])(
  'a login never redirects to %p',
  async (to) => expect((await newTab().logIn('person-ana', to)).headers['location']).toBe('/decide'),
)
test('a form without a session decides nothing, even if it is valid', async () => {
  const request = await world.submitted(prodParameter)
  const tab = await openAs('person-ana')
  const fields = tab.fields(await tab.go('GET', pathTo(request)), 'verdict', 'approve')
  expect((await newTab().go('POST', pathTo(request), fields)).status).toBe(401)
  expect(await decisions(request)).toEqual([])
})

describe('a form', () => {
  let request: ApprovalRequest
  let tab: Tab
  let fields: { [name: string]: string }
  beforeEach(async () => {
    request = await world.submitted(prodParameter)
    tab = await openAs('person-ana')
    fields = tab.fields(await tab.go('GET', pathTo(request)), 'verdict', 'approve')
  })
  const send = (changes: { [name: string]: string }, headers = {}) =>
    tab.go('POST', pathTo(request), { ...fields, ...changes }, headers)

  test.each<[rule: string, { [name: string]: string }, { [name: string]: string }]>([
    ['without its mark', { csrf: '' }, {}],
    ['with another mark', { csrf: 'x'.repeat(43) }, {}],
    ['from another origin', {}, { origin: 'https://evil.example' }],
    ['from an opaque origin', {}, { origin: 'null' }],
    ['from another site', {}, { 'sec-fetch-site': 'cross-site' }],
    ['from a sibling of this site', {}, { 'sec-fetch-site': 'same-site' }],
  ])('a form %s is 403, and nothing is recorded', async (_rule, changes, headers) => {
    expect((await send(changes, headers)).status).toBe(403)
    expect(await decisions(request)).toEqual([])
  })
  test('a form with the mark of another login, even of the same person, is refused', async () => {
    await tab.logIn('person-ana')
    expect((await send({})).status).toBe(403)
  })
  test('a form that names a field twice is refused', async () => {
    const body = `${form(fields)}&verdict=deny`
    const headers = { ...formType, cookie: `__Host-hotwork-session=${tab.session}` }
    expect((await doors.ask({ method: 'POST', url: pathTo(request), headers, body })).status).toBe(400)
  })
  test('a form with two cookies of one name counts as one without a cookie', async () => {
    const cookie = `__Host-hotwork-session=${tab.session}; __Host-hotwork-session=${'x'.repeat(43)}`
    const { status } = await doors.ask({
      method: 'POST',
      url: pathTo(request),
      headers: { ...formType, cookie },
      body: form(fields),
    })
    expect(status).toBe(401)
  })
  test('a form of the page counts, and leads to a new page, so that a reload decides nothing', async () => {
    const { status, headers } = await send({}, { origin: issuer, 'sec-fetch-site': 'same-origin' })
    expect([status, headers['location']]).toEqual([303, pathTo(request)])
    expect(await decisions(request)).toHaveLength(1)
  })
})

const click = async (
  tab: Tab,
  request: ApprovalRequest,
  verdict: 'approve' | 'deny',
  changes: { [name: string]: string } = {},
) => {
  const fields = tab.fields(await tab.go('GET', pathTo(request)), 'verdict', verdict)
  return tab.go('POST', pathTo(request), { ...fields, ...changes })
}

test('a person without the right gets no form, and a forged form is refused and recorded', async () => {
  const request = await world.submitted(prodParameter)
  const tab = await openAs('person-lena')
  const page = await tab.go('GET', pathTo(request))
  expect(page.body).toContain(refusals.not_eligible.so)
  expect(page.body).not.toContain('name="verdict"')
  const mine = await openAs('person-ana')
  const { csrf: _, ...fields } = mine.fields(await mine.go('GET', pathTo(request)), 'verdict', 'approve')
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(page.body) ?? []
  const refused = await tab.go('POST', pathTo(request), { ...fields, csrf })
  expect([refused.status, refused.body.includes('Your form was not recorded')]).toEqual([403, true])
  expect((await world.ledger.entries(request.ask.id)).at(-1)).toMatchObject({
    type: 'Refused',
    actor: { id: 'person:lena' },
    facts: { code: 'not_eligible' },
  })
})

test('the owner of the agent reads that another person must decide', async () => {
  const request = await world.submitted(prodParameter)
  const { body } = await (await openAs('person-dan')).go('GET', pathTo(request))
  expect(body).toContain(refusals.self_approval.so)
  expect(body).not.toContain('name="verdict"')
})

test('a decision that comes second is refused, and the page shows the first', async () => {
  const request = await world.submitted(prodParameter)
  const tab = await openAs('person-ana')
  const fields = tab.fields(await tab.go('GET', pathTo(request)), 'verdict', 'approve')
  await world.decide(request, 'eve', 'deny')
  const { status, body } = await tab.go('POST', pathTo(request), fields)
  expect([status, body.includes(refusals.already_settled.so), body.includes('Denied by <strong>Eve Evans')]).toEqual([
    409,
    true,
    true,
  ])
})

test('a decision on another round or on another page than recorded is refused', async () => {
  const request = await world.submitted(prodParameter)
  const tab = await openAs('person-ana')
  expect(await click(tab, request, 'approve', { round: '2' })).toMatchObject({ status: 409 })
  expect(await click(tab, request, 'approve', { seen: `sha-256:${'x'.repeat(43)}` })).toMatchObject({ status: 409 })
  expect(await click(tab, request, 'approve', { digest: `sha-256:${'x'.repeat(43)}` })).toMatchObject({ status: 409 })
  expect(await decisions(request)).toEqual([])
})

test('a second approval by the same person counts once', async () => {
  const request = await world.submitted(stopWorker)
  const tab = await openAs('person-ana')
  const fields = tab.fields(await tab.go('GET', pathTo(request)), 'verdict', 'approve')
  await tab.go('POST', pathTo(request), fields)
  expect((await tab.go('POST', pathTo(request), fields)).status).toBe(409)
  expect(await decisions(request)).toHaveLength(1)
})

test('a stage that wants a comment gets one, and the typed text is not lost on the way', async () => {
  world = new World(withTerms(sample, 'owner', { comment: 'required' }))
  doors = new PageDoors(world, issuer, { provider, tokens: provider })
  const asked = await world.submitted(prodParameter)
  const tab = await openAs('person-ana')
  expect((await tab.go('GET', pathTo(asked))).body).toMatch(/<textarea id="approve-comment"[^>]* required>/)
  const without = await click(tab, asked, 'approve')
  expect([without.status, without.body.includes(refusals.comment_required.so)]).toEqual([400, true])
  expect((await click(tab, asked, 'approve', { comment: 'seen with the owner' })).status).toBe(303)
})

test('a tier that asks for the name of the resource gets it typed, with nothing but a form', async () => {
  world = new World(withTerms(sample, 'owner', { typeTheName: true }))
  doors = new PageDoors(world, issuer, { provider, tokens: provider })
  const asked = await world.submitted(prodParameter)
  const tab = await openAs('person-ana')
  const { body } = await tab.go('GET', pathTo(asked))
  expect(body).toMatch(/type the name of the resource: <code>payment-timeout-ms<\/code>/)
  expect(body).toMatch(/<input id="approve-typed" name="typed" required/)
  for (const typed of [undefined, 'Payment-timeout-ms']) {
    const told = await click(tab, asked, 'approve', { comment: 'seen', ...(typed === undefined ? {} : { typed }) })
    expect([told.status, told.body.includes(refusals.name_mismatch.so)]).toEqual([409, true])
    expect(told.body).toContain('seen')
  }
  expect(await decisions(asked)).toEqual([])
  expect((await click(tab, asked, 'approve', { typed: 'payment-timeout-ms' })).status).toBe(303)
  expect(await decisions(asked)).toMatchObject([{ person: 'person:ana', typed: true }])
})

test('a name is typed before the login that its stage wants, and is kept over that login', async () => {
  world = new World(withTerms(sample, 'owner', { typeTheName: true, acr: 'strong' }))
  doors = new PageDoors(world, issuer, { provider, tokens: provider })
  const asked = await world.submitted(prodParameter)
  const tab = await openAs('person-ana')
  expect((await click(tab, asked, 'approve', { typed: 'another' })).status).toBe(409)
  expect((await click(tab, asked, 'approve', { typed: 'payment-timeout-ms' })).status).toBe(200)
})

test('a live grant can be denied, which revokes it, and the page says so', async () => {
  const request = await world.approved()
  const tab = await openAs('person-ana')
  expect((await tab.go('GET', pathTo(request))).body).toContain('Deny after all')
  expect((await click(tab, request, 'deny', { comment: 'second thoughts' })).status).toBe(303)
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'revoked', reason: 'second thoughts' })
  const { body } = await tab.go('GET', pathTo(request))
  expect(body).toContain('Revoked')
  expect(body).not.toContain('name="verdict"')
})

test('an unknown request and an invalid id look the same', async () => {
  const tab = await openAs('person-ana')
  const pages = await Promise.all(
    [`/decide/req_${'0'.repeat(26)}`, '/decide/nonsense'].map((path) => tab.go('GET', path)),
  )
  expect(pages.map(({ status }) => status)).toEqual([404, 404])
  expect(pages[0]?.body).toBe(pages[1]?.body)
})

describe('a stage that wants a stronger login', () => {
  let request: ApprovalRequest
  let tab: Tab
  beforeEach(async () => {
    request = await world.submitted(stopWorker)
    await world.decide(request, 'ana')
    tab = await openAs('person-gus')
  })
  /** Clicks Approve, and returns the address of the provider that the browser goes to. */
  const approve = async (changes: { [name: string]: string } = {}): Promise<string> => {
    const fields = tab.fields(await tab.go('GET', pathTo(request)), 'verdict', 'approve')
    const { body } = await tab.go('POST', pathTo(request), { ...fields, ...changes })
    return /url=([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&') ?? ''
  }
  const back = async (address: string, person: Parameters<MemoryLoginProvider['logIn']>[1]) => {
    const answer = provider.logIn(address, person)
    return tab.go('GET', `${answer.pathname}${answer.search}`)
  }
  const strong = () => ({ subject: 'person-gus', acr: 'strong', at: world.clock.now() })

  test('a stage with a stronger login records nothing until the approver is back, and then the approval with the login', async () => {
    const address = await approve({ comment: 'the runbook says so' })
    expect(provider.asked(address)).toMatchObject({ acr: 'strong', maxAge: 900, redirect: `${issuer}/login/decision` })
    expect(await decisions(request)).toHaveLength(1)
    expect((await back(address, strong())).headers['location']).toBe(pathTo(request))
    expect((await decisions(request)).at(-1)).toMatchObject({ person: 'person:gus', comment: 'the runbook says so' })
    expect((await world.ledger.entries(request.ask.id)).at(-1)?.facts).toMatchObject({
      through: 'page',
      login: { acr: 'strong', evidence: { idToken: expect.any(String) } },
    })
  })
  test('a stage with a stronger login refuses a weaker one than it asked of the provider', async () => {
    const { status, body } = await back(await approve(), { ...strong(), acr: 'plain' })
    expect([status, body.includes(refusals.insufficient_login.so)]).toEqual([409, true])
    expect(await decisions(request)).toHaveLength(1)
  })
  test('a stage with a stronger login refuses an old one', async () => {
    const { status } = await back(await approve(), { ...strong(), at: world.clock.now() - 901 })
    expect(status).toBe(409)
    expect(await decisions(request)).toHaveLength(1)
  })
  test('a stage with a stronger login refuses a provider that leaves out strength and time', async () => {
    expect((await back(await approve(), { subject: 'person-gus' })).status).toBe(409)
    expect(await decisions(request)).toHaveLength(1)
  })
  test('a stage with a stronger login refuses a person who returns as another', async () => {
    const { status, body } = await back(await approve(), { ...strong(), subject: 'person-hana' })
    expect([status, body.includes('a different person logged in')]).toEqual([403, true])
    expect(await decisions(request)).toHaveLength(1)
  })
  test('a login for a request that has changed decides nothing', async () => {
    const address = await approve()
    await world.decide(request, 'ivo', 'deny')
    expect((await back(address, strong())).status).toBe(409)
    expect(await world.state(request.ask.id)).toMatchObject({ status: 'denied', deniedBy: 'person:ivo' })
  })
  test("a login's answer decides once, even if it comes again", async () => {
    const answer = provider.logIn(await approve(), strong())
    const url = `${answer.pathname}${answer.search}`
    expect((await tab.go('GET', url)).status).toBe(303)
    expect((await tab.go('GET', url)).status).toBe(400)
    expect(await decisions(request)).toHaveLength(2)
  })
  test('a denial needs no stronger login', async () => {
    const fields = tab.fields(await tab.go('GET', pathTo(request)), 'verdict', 'deny')
    expect((await tab.go('POST', pathTo(request), fields)).status).toBe(303)
    expect(await world.state(request.ask.id)).toMatchObject({ status: 'denied' })
  })
  test("a stronger login begins a new session, and ends the browser's old one", async () => {
    const before = tab.session
    await back(await approve(), strong())
    expect(tab.session).not.toBe(before)
    const old = { cookie: `__Host-hotwork-session=${before}` }
    expect((await doors.ask({ method: 'GET', url: '/decide', headers: old })).status).toBe(303)
  })
})

test('a person who becomes inactive sees and decides nothing more, at once', async () => {
  const request = await world.submitted(prodParameter)
  const tab = await openAs('person-ana')
  const fields = tab.fields(await tab.go('GET', pathTo(request)), 'verdict', 'approve')
  world.policy = new World(withPerson(person('ana'), { status: 'inactive' })).policy
  expect((await tab.go('GET', '/decide')).headers['location']).toMatch(/^\/login/)
  expect((await tab.go('POST', pathTo(request), fields)).status).toBe(401)
  expect(await decisions(request)).toEqual([])
})

const reader = { name: 'Ana', csrf: 'x', person: person('ana') }
test("a page shows arguments whole, and an agent's words as text, without markup and hidden characters", async () => {
  const request = await world.submitted(prodParameter)
  const open = { approve: undefined, deny: undefined, revise: undefined }
  // A text that is not well-formed is refused, so it is never shown.
  for (const text of corpus.filter((each) => each.length <= 2_000 && each.isWellFormed())) {
    const said = { arguments: { ...request.ask.arguments, Value: text }, justification: text }
    const viewed = { state: { ...request, ask: { ...request.ask, ...said } }, whyNot: open }
    const page = requestPage({ viewed, bundle: sample, reader, now: world.clock.now() })
    const main = page.slice(page.indexOf('<main'), page.lastIndexOf('</main>'))
    expect(main).not.toMatch(/\p{Cf}|(?!\n)\p{Cc}/u)
    const own = main.replace(
      /<\/?(html|body|main|div|p|section|h[1-3]|dl|dt|dd|code|pre|span|strong|ul|ol|li|time|blockquote|form|fieldset|legend|input|label|textarea|select|option|button|details|summary|a|br|del|ins|svg|title|desc|g|text|tspan|line|path|rect|circle)\b[^<>]*>/g,
      '',
    )
    expect(own).not.toMatch(/[<>]/)
  }
})

const nothing = { approve: 'not_eligible', deny: 'not_eligible', revise: 'not_eligible' } as const
test.each([
  ['оff', 'mixes alphabets that look alike'],
  ['３０００', 'has characters that pass for others, has digits that are not 0 to 9'],
])(
  'a page notes after an argument, the task and the purpose that %s may pass for other letters',
  async (text, note) => {
    const asked = { ...prodParameter, arguments: { ...prodParameter.arguments, Value: text } }
    const request = await world.submitted(asked)
    const { body } = await (await openAs('person-ana')).go('GET', pathTo(request))
    expect(body).toContain(`<code>Value</code><strong>   ← ${note}</strong>`)
    const { ask } = request
    const viewed = { state: { ...request, ask: { ...ask, parentTask: { id: text }, purpose: text } }, whyNot: nothing }
    const shown = requestPage({ viewed, bundle: sample, reader, now: world.clock.now() })
    for (const label of ['Task', 'Purpose'])
      expect(shown).toContain(`<dt>${label}</dt><dd>${text}<strong>   ← ${note}</strong></dd>`)
  },
)

test("the page above the agent's statement has none of its words", async () => {
  const request = await world.submitted(prodParameter, { justification: 'it is urgent' })
  const { body } = await (await openAs('person-ana')).go('GET', pathTo(request))
  const [above = '', below = ''] = body.split('The agent says (unverified)')
  for (const said of ['INC-1042', 'remediation</dd>', 'it is urgent'])
    expect([said, above.includes(said), below.includes(said)]).toEqual([said, false, true])
})

test('the page of a denied request has its denier, and the stage that was never reached', async () => {
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana', 'deny')
  const { body } = await (await openAs('person-ben')).go('GET', pathTo(request))
  expect(body).toMatch(/<strong>owner<\/strong>: denied\.<ul><li>Ana Alves \(person:ana\) denied/)
  expect(body).toContain('<strong>sre</strong>: its turn never came.')
})

test('a page never holds the session, nor the code of a link from Slack', async () => {
  const tab = await openAs('person-mia')
  doors.users.set('U0NEW', { team: 'T0HOTWORK', kind: 'member', name: 'new' })
  const address = await doors.offer('U0NEW')
  const code = new URL(address).searchParams.get('code') ?? ''
  const moved = await tab.go('GET', address)
  expect([moved.status, moved.headers['location']]).toEqual([303, '/link'])
  const page = await tab.go('GET', '/link')
  expect(page.body).toContain('Is this Slack account yours?')
  for (const secret of [code, tab.session]) expect(page.body).not.toContain(secret)
  expect(doors.sessions.text).not.toContain(code)
})

test('the page of a request names the last entry that the log has of it', async () => {
  const request = await world.submitted(prodParameter)
  await doors.notary.follow(request.ask.id)
  const { body } = await (await openAs('person-ana')).go('GET', pathTo(request))
  expect(body).toContain('Anchored up to entry 2, its last, in the log’s checkpoint of 2 entries')
})
