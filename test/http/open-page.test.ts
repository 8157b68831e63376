import { createHash } from 'node:crypto'
import { PatternIncidents, SystemSecrets } from '../../functions/adapters/system/system.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { refusals } from '../../functions/domain/refusals.ts'
import type { ForeseenAsk } from '../../functions/operations/break-glass/open-break-glass.ts'
import { prepareOpening } from '../../functions/operations/break-glass/prepare-opening.ts'
import { issueToken } from '../../functions/operations/credentials/tokens.ts'
import { joinRequest } from '../../functions/operations/ledger/texts.ts'
import type { Shown } from '../support/pages/page-doors.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { agentKey, issuer, parameter, person, sampleBundle, World } from '../support/world.ts'

/** The page that opens with break-glass an opening prepared in Slack. */

const bundle = sampleBundle()
const minute = 60
let world: World
let tab: Tab
beforeEach(() => {
  world = new World(bundle)
  tab = Tab.of(world)
})

async function prepared(changes: Partial<ForeseenAsk> = {}): Promise<string> {
  const { action, arguments: args } = parameter('/prod/checkout/payment-timeout-ms')
  const ask = {
    person: person('jade'),
    what: { action, arguments: args },
    reason: 'checkout refuses payments since the last deploy, putting the timeout back',
    incident: 'INC-2041',
    minutes: 30,
    drill: false,
    ...changes,
  }
  const done = await prepareOpening(ask, {
    ...world.ports,
    incidents: new PatternIncidents(),
    secrets: new SystemSecrets(),
  })
  if (!done.ok) throw new Error(`${done.code}: ${done.detail}`)
  return `/break-glass/open/${done.value.code}`
}

/** Follows a link from Slack, logs in there, and returns. */
async function follow(path: string, who: { subject: string; acr?: string; at?: number }): Promise<Shown> {
  const sent = await tab.go('GET', path)
  const back = tab.provider.logIn(sent.headers['location'] ?? '', { at: world.clock.now(), ...who })
  const { headers } = await tab.go('GET', `${back.pathname}${back.search}`)
  return tab.go('GET', headers['location'] ?? '')
}
const jade = { subject: 'person-jade', acr: 'strong' }
const csrfOn = ({ body }: Shown) => ({ csrf: /name="csrf" value="([^"]+)"/.exec(body)?.[1] ?? '' })
const openings = async () => (await world.requests.list({ owner: person('jade') }, { limit: 9 })).items

test('a person who follows the link logs in as strongly as needed, and sees the prepared opening, which is not yet open', async () => {
  const path = await prepared()
  const sent = await tab.go('GET', path)
  expect(tab.provider.asked(sent.headers['location'] ?? '')).toMatchObject({ acr: 'strong', maxAge: 900 })
  const page = await follow(path, jade)
  expect(page.status).toBe(200)
  for (const part of ['Nothing is open yet', 'ssm:PutParameter', 'INC-2041', 'putting the timeout back', '30 minutes'])
    expect(page.body).toContain(part)
  expect(await openings()).toEqual([])
})

test('a click opens it, and the page shows its end and the way to credentials', async () => {
  const path = await prepared()
  const { status, headers } = await tab.go('POST', path, csrfOn(await follow(path, jade)))
  expect([status, headers['location']]).toEqual([303, path])
  const page = await tab.go('GET', path)
  const [stored] = (await openings()).map((each) => each.state) as [ApprovalRequest]
  const state = await joinRequest(stored, world.ledger.texts)
  expect(state).toMatchObject({
    status: 'approved',
    ask: { agent: { issuer: 'https://id.example.org', subject: 'person-jade' } },
  })
  for (const part of [
    'It is open',
    `npx --no-install hotwork break-glass claim ${state.ask.id}`,
    `/break-glass/${state.ask.id}"`,
  ])
    expect(page.body).toContain(part)
})

test("an opening's page shows how to claim it until a machine has", async () => {
  const path = await prepared()
  await tab.go('POST', path, csrfOn(await follow(path, jade)))
  const [state] = (await openings()).map((each) => each.state) as [ApprovalRequest]
  const of = `/break-glass/${state.ask.id}`
  expect((await tab.go('GET', of)).body).toContain(`npx --no-install hotwork break-glass claim ${state.ask.id}`)
  const login = { acr: 'strong', at: world.clock.now() }
  const ask = { id: state.ask.id, agent: person('jade'), clientId: 'jade', jkt: agentKey, login, targets: [] }
  await issueToken({ ...ask, once: [world.proof()] }, { ...world.ports, signer: world.signer, issuer })
  expect((await tab.go('GET', of)).body).not.toContain('break-glass claim')
})

test('a second click makes no second opening', async () => {
  const path = await prepared()
  const fields = csrfOn(await follow(path, jade))
  await tab.go('POST', path, fields)
  expect((await tab.go('POST', path, fields)).status).toBe(303)
  expect(await openings()).toHaveLength(1)
})

test('a login that stays too weak is reported once, without a redirect loop', async () => {
  const page = await follow(await prepared(), { subject: 'person-jade', acr: 'plain' })
  expect(page.status).toBe(403)
  expect(page.body).toContain('as strong as “strong” and at most 15 minutes old')
  expect(await openings()).toEqual([])
})

test('a login that became too old on the open page opens nothing, and the page says what to do', async () => {
  // Another window stays open: the session outlives the freshness of the login.
  const path = await prepared()
  const fields = csrfOn(await follow(path, { ...jade, at: world.clock.now() - 14 * minute }))
  world.clock.advance(2 * minute)
  const page = await tab.go('POST', path, fields)
  expect(page.status).toBe(403)
  expect(page.body).toContain('Log in again')
  expect(await openings()).toEqual([])
})

test('a stranger who follows the link opens nothing, with any login', async () => {
  const path = await prepared()
  const page = await follow(path, { subject: 'person-kofi', acr: 'strong' })
  expect(page.status).toBe(403)
  expect(page.body).not.toContain('putting the timeout back')
  const own = csrfOn(await tab.go('GET', '/decide'))
  expect((await tab.go('POST', path, own)).status).toBe(403)
  expect((await world.ledger.entries('person:kofi')).at(-1)).toMatchObject({ type: 'Refused' })
})

test('a form from another site or without a session opens nothing', async () => {
  const path = await prepared()
  const fields = csrfOn(await follow(path, jade))
  expect((await tab.go('POST', path, { csrf: 'x' })).status).toBe(403)
  expect((await tab.go('POST', path, fields, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  tab.cookies.clear()
  expect((await tab.go('POST', path, fields)).status).toBe(401)
  expect(await openings()).toEqual([])
})

test.each(['x', '', 'c'.repeat(43), '..%2Fdecide'])('an unknown code (%j) has nothing to open', async (code) => {
  expect((await tab.go('GET', `/break-glass/open/${code}`)).status).toBe(404)
})

test('a code older than ten minutes has nothing to open, and the page says where to begin again', async () => {
  const path = await prepared()
  world.clock.advance(10 * minute)
  const page = await tab.go('GET', path)
  expect(page.status).toBe(404)
  expect(page.body).toContain('/hotwork break-glass')
})

test('an obstacle that arose meanwhile is shown on the page, beside the prepared opening', async () => {
  const [path, other] = [await prepared(), await prepared({ incident: 'INC-2042' })]
  const fields = csrfOn(await follow(path, jade))
  await tab.go('POST', path, fields)
  const page = await tab.go('POST', other, fields)
  expect(page.status).toBe(409)
  expect(page.body).toContain(refusals.already_open.so)
  expect(page.body).toContain('INC-2042')
})

test('a drill is called a drill before and after', async () => {
  const path = await prepared({ drill: true })
  const page = await follow(path, jade)
  expect(page.body).toContain('Its credentials can do nothing')
  await tab.go('POST', path, csrfOn(page))
  expect((await tab.go('GET', path)).body).toContain('<h1>Drill: It is open</h1>')
})

test("a person's text is text on the page, and is no script there", async () => {
  const reason = '<script>alert(1)</script> checkout is down, <b>putting</b> the timeout back'
  const { body, headers } = await follow(await prepared({ reason }), jade)
  expect(body).not.toMatch(/<script>alert|<b>putting/)
  const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(body) ?? []
  const hash = createHash('sha256').update(style, 'utf8').digest('base64')
  expect(headers['content-security-policy']).toContain(`style-src 'sha256-${hash}'; script-src 'sha256-`)
})
