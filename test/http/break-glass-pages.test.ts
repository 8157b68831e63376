import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { refusals } from '../../functions/domain/refusals.ts'
import { reportSealedUse } from '../../functions/operations/break-glass/report-sealed-use.ts'
import { hour, minute, Night } from '../operations/break-glass/night.ts'
import { TimedNight } from '../operations/break-glass/timed-night.ts'
import { sealedRoleOf } from '../support/break-glass/sealed-role.ts'
import { PageDoors } from '../support/pages/page-doors.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { MemoryLoginProvider } from '../support/people/memory-login-provider.ts'
import { issuer, person, sampleBundle } from '../support/world.ts'

/** The pages of break-glass, request by request. Jade and kofi are on call, gus and eve may review, gus may end. */

const bundle = sampleBundle()
const profile = { what: { profile: 'checkout-recovery' } }
let night: Night
let provider: MemoryLoginProvider
let doors: PageDoors
beforeEach(() => {
  night = new TimedNight(bundle)
  provider = new MemoryLoginProvider()
  doors = new PageDoors(night, issuer, { provider, tokens: provider })
})

const openAs = async (name: string): Promise<Tab> => {
  const tab = new Tab({ doors, provider, world: night })
  await tab.logIn(`person-${name}`)
  return tab
}
const pathTo = ({ ask }: ApprovalRequest) => `/break-glass/${ask.id}`
const textOf = (body: string) =>
  body
    .slice(body.indexOf('<main'))
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
const see = async (name: string, path: string) => textOf((await (await openAs(name)).go('GET', path)).body)
const story = (request: ApprovalRequest) => night.story(request.ask.id)

/** An ended opening, ready for its review. */
async function ended(changes: Parameters<Night['opened']>[1] = {}): Promise<ApprovalRequest> {
  const request = await night.opened('jade', changes)
  night.clock.advance(5 * minute)
  await night.end(request)
  return request
}

/** An opening whose AWS credentials were issued. */
async function used(): Promise<ApprovalRequest> {
  const request = await night.opened('jade', profile)
  const token = await night.issueToken(request)
  const live = (await night.state(request.ask.id)) as Extract<ApprovalRequest, { status: 'approved' }>
  const presented = live.grant.credentials.access_token
  if (!token.ok || !presented) throw new Error('no token')
  const issued = await night.issueAws(live, presented.id)
  if (!issued.ok) throw new Error(issued.code)
  return request
}
const call = (name: string, more: { error?: string } = {}) => ({
  ...{ id: `event-${name}`, at: night.clock.now(), service: 'ssm', name, account: '000000000000', region: 'us-east-1' },
  resources: ['/prod/checkout/payment-timeout-ms'],
  ...more,
})

test('the list of openings has each person, reason and end, the due reviews, and the minutes left', async () => {
  await night.opened('jade', profile)
  night.clock.advance(10 * minute)
  await night.opened('kofi', { drill: true })
  const text = await see('ana', '/break-glass')
  expect(text).toMatch(/In force now: 2 openings/)
  expect(text).toMatch(/Get the checkout service going again/)
  expect(text).toMatch(/Jade .*\(person:jade\) opened .* INC-2041 checkout-recovery .* UTC \(in 20 min\)/)
  expect(text).toMatch(/Opening State Incident Profile End Review due/)
  expect(text).toMatch(/DRILL: BREAK-GLASS/)
  expect(text).toMatch(/You 240 of 240 minutes left/)
  expect(text).toMatch(/Jade .* 210 of 240 minutes left/)
  expect(text).toMatch(/\(checkout-recovery\) 210 of 240 minutes left/)
})

test('the list says that no opening is in force, and begins with an overdue review', async () => {
  expect(await see('ana', '/break-glass')).toMatch(/No opening is in force/)
  await ended()
  expect(await see('ana', '/break-glass')).toMatch(/Reviews to be done/)
  night.clock.advance(25 * hour)
  const text = await see('ana', '/break-glass')
  expect(text).toMatch(/^.{0,40}1 review is overdue.*second person/)
  expect(text).toMatch(/its review is OVERDUE/)
})

test('a person without a session logs in first, and then sees the opening or drill they came for', async () => {
  const request = await night.opened('jade', { drill: true })
  for (const path of ['/break-glass', pathTo(request), `${pathTo(request)}/drill`]) {
    const tab = new Tab({ doors, provider, world: night })
    const { headers } = await tab.go('GET', path)
    expect(headers['location']).toBe(`/login?to=${encodeURIComponent(path)}`)
    expect((await tab.logIn('person-ana', path)).headers['location']).toBe(path)
  }
})

test('an opening among requests redirects to its own page, and an unknown one is 404', async () => {
  const request = await night.opened()
  const tab = await openAs('ana')
  expect((await tab.go('GET', `/decide/${request.ask.id}`)).headers['location']).toBe(pathTo(request))
  for (const id of ['bgl_x', `bgl_${'0'.repeat(26)}`, `req_${'0'.repeat(26)}`])
    expect((await tab.go('GET', `/break-glass/${id}`)).status).toBe(404)
})

test("an opening's page has its reason, incident, rights, credentials and uses, and AWS's record of its calls", async () => {
  const request = await used()
  night.callRecord.put(request.ask.id, call('PutParameter'))
  night.callRecord.put(request.ask.id, call('GetParameter'))
  night.callRecord.put(request.ask.id, call('DeleteParameter', { error: 'AccessDenied' }))
  const text = await see('gus', pathTo(request))
  for (const said of [/refuses payments since/, /INC-2041/, /ssm:PutParameter on arn:/, /for 30 min/])
    expect(text).toMatch(said)
  expect(text).toMatch(/access token, valid until/)
  expect(text).toMatch(/AWS credentials, valid until .* of arn:aws:iam::000000000000:role\/hotwork\/Hotwork-target/)
  expect(text).toMatch(/Uses \d\d:\d\d:\d\d UTC : aws/)
  expect(text).toMatch(/ssm:PutParameter on \/prod\/checkout\/payment-timeout-ms , us-east-1/)
  expect(text).toMatch(/ssm:GetParameter on [^:]*: extra , not one of these actions/)
  expect(text).toMatch(/ssm:DeleteParameter on .* refused , AccessDenied/)
})

test("an opening's page tells a silent record of calls from an empty one", async () => {
  const request = await used()
  night.callRecord.isSilent = true
  expect(await see('gus', pathTo(request))).toMatch(/CloudTrail does not answer for account 000000000000/)
  night.actual.isSilent = true
  expect(await see('gus', pathTo(request))).toMatch(/CloudTrail does not answer, so this page/)
  night.callRecord.isSilent = night.actual.isSilent = false
  expect(await see('gus', pathTo(request))).toMatch(/CloudTrail has none so far/)
})

test('a record of calls is asked only if AWS credentials were issued', async () => {
  night.callRecord.isSilent = true
  expect(await see('gus', pathTo(await night.opened()))).toMatch(/no AWS credentials were issued/)
})

test('a hostile reason is shown as text, without markup and hidden characters', async () => {
  const reason = 'the <b>checkout</b> service \u202eis down\u202c, <script>alert(1)</script> restoring it'
  const { body } = await (await openAs('gus')).go('GET', pathTo(await night.opened('jade', { reason })))
  expect(body).toContain('the &lt;b&gt;checkout&lt;/b&gt; service [U+202E]is down[U+202C]')
  expect(body.split('<script')).toHaveLength(2)
  expect(body).not.toMatch(/\p{Cf}/u)
})

test('a use of the sealed role is shown as outside Hotwork, which can neither open nor end it', async () => {
  const { target } = bundle.deployment.accounts
  if (!target) throw new Error('the sample has no such account')
  const user = 'arn:aws:iam::000000000000:user/jade'
  const accounts = { target: { ...target, sealed: { people: { [person('jade')]: user } } } }
  night = new Night({ ...bundle, deployment: { ...bundle.deployment, accounts } })
  doors = new PageDoors(night, issuer, { provider, tokens: provider })
  const use = { eventId: 'e1', user, role: sealedRoleOf('Hotwork', target), at: night.clock.now(), seconds: hour }
  const reported = await reportSealedUse(use, night.ports)
  if (!reported.ok) throw new Error(reported.code)
  const request = reported.value.stored.state
  expect(await see('gus', '/break-glass')).toMatch(
    /took the sealed role .*Hotwork-sealed” SEALED ROLE USED, outside Hotwork/,
  )
  const { body } = await (await openAs('gus')).go('GET', pathTo(request))
  expect(body).not.toContain('value="end"')
  expect(textOf(body)).toMatch(/Hotwork did not open it and cannot end it/)
  expect(textOf(body)).toMatch(/CloudTrail has none so far/)
})

describe('a review by the form of the page', () => {
  const forms = async (name: string, request: ApprovalRequest, act: 'review' | 'end') => {
    const tab = await openAs(name)
    const fields = tab.fields(await tab.go('GET', pathTo(request)), 'act', act)
    return {
      tab,
      fields,
      send: (more: { [name: string]: string }) => tab.go('POST', pathTo(request), { ...fields, ...more }),
    }
  }
  const found = { outcome: 'not_justified', note: 'the timeout was not the cause; ana follows it up' }

  test('a review is recorded, and its page then shows it in place of the form', async () => {
    const request = await ended()
    const { tab, send } = await forms('gus', request, 'review')
    const sent = await send(found)
    expect([sent.status, sent.headers['location']]).toEqual([303, pathTo(request)])
    expect(await story(request)).toEqual(['BreakGlassOpened', 'ReviewDue', 'Completed', 'Reviewed'])
    const { body } = await tab.go('GET', pathTo(request))
    expect(textOf(body)).toMatch(/You reviewed this; it is on record.*not justified.*ana follows it up/)
    expect(body).not.toContain('value="review"')
  })

  test('a review without its note or outcome is refused, and the typed text stays', async () => {
    const request = await ended()
    const { send } = await forms('gus', request, 'review')
    const noNote = await send({ outcome: 'justified', note: '  ' })
    expect([noNote.status, textOf(noNote.body)]).toEqual([400, expect.stringMatching(/Write what you looked at/)])
    expect(noNote.body).toMatch(/value="justified" required checked/)
    const noOutcome = await send({ note: 'read <all> of it' })
    expect([noOutcome.status, textOf(noOutcome.body)]).toEqual([400, expect.stringMatching(/Choose one of the two/)])
    expect(noOutcome.body).toContain('>read &lt;all&gt; of it</textarea>')
    expect(await story(request)).not.toContain('Reviewed')
  })

  test('a review is refused to the opener, to people without the right, and while the opening is open', async () => {
    const open = await night.opened()
    expect(await see('gus', pathTo(open))).toMatch(refusals.no_review_due.so)
    await night.end(open)
    const others = await forms('gus', open, 'review')
    for (const [name, why] of [
      ['jade', refusals.self_review.so],
      ['ben', refusals.not_permitted.so],
    ] as const) {
      const { tab, fields } = await forms(name, open, 'review')
      expect(fields).toEqual({})
      expect(await see(name, pathTo(open))).toMatch(why)
      const page = await tab.go('GET', '/break-glass')
      const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(page.body) ?? []
      const sent = await tab.go('POST', pathTo(open), { ...others.fields, ...found, csrf })
      expect([sent.status, textOf(sent.body)]).toEqual([403, expect.stringMatching(/Your form was not recorded/)])
    }
    expect(await story(open)).toEqual(['BreakGlassOpened', 'ReviewDue', 'Completed', 'Refused', 'Refused'])
  })

  test('a second review is refused, and the first one stays', async () => {
    const request = await ended()
    const { send } = await forms('gus', request, 'review')
    await night.review(request, 'eve')
    const sent = await send(found)
    expect([sent.status, textOf(sent.body)]).toEqual([409, expect.stringMatching(refusals.already_reviewed.so)])
    expect((await night.state(request.ask.id)).review?.done?.by).toBe(person('eve'))
  })

  test("a review's form counts only from a page of the same session", async () => {
    const request = await ended()
    const { tab, fields } = await forms('gus', request, 'review')
    const foreign = await (await openAs('eve')).go('POST', pathTo(request), { ...fields, ...found })
    const crossSite = await tab.go('POST', pathTo(request), { ...fields, ...found }, { 'sec-fetch-site': 'cross-site' })
    const loggedOut = await new Tab({ doors, provider, world: night }).go('POST', pathTo(request), {
      ...fields,
      ...found,
    })
    expect([foreign.status, crossSite.status, loggedOut.status]).toEqual([403, 403, 401])
    expect(await story(request)).not.toContain('Reviewed')
  })

  test('an end is for the opener, and with a reason for people who may revoke', async () => {
    const own = await night.opened('jade')
    expect((await (await forms('jade', own, 'end')).send({})).status).toBe(303)
    expect((await night.state(own.ask.id)).status).toBe('completed')
    const other = await night.opened('kofi', { reason: 'the checkout queue is stuck, draining it by hand' })
    expect((await forms('ana', other, 'end')).fields).toEqual({})
    await (await forms('gus', other, 'end')).send({ why: 'the incident is over' })
    expect(await night.state(other.ask.id)).toMatchObject({
      status: 'revoked',
      revokedBy: 'person:gus',
      reason: 'the incident is over',
    })
    expect(await see('ana', pathTo(other))).toMatch(/Ended early by Gus .*“the incident is over”/)
  })
})

const post = (request: ApprovalRequest, channel: string, after: number, who?: string, told: string[] = ['opened']) =>
  doors.cards.save({
    ...{
      request: request.ask.id,
      chat: 'slack',
      channel,
      ts: '1',
      rendered: 'x',
      told,
      at: request.submittedAt + after,
    },
    ...(who === undefined ? {} : { person: person(who) }),
  })

test("a drill's report checks each promise of break-glass, and names the people who were not told", async () => {
  const request = await night.opened('jade', { ...profile, drill: true })
  const path = `${pathTo(request)}/drill`
  expect(await see('ana', path)).toMatch(/Drill: all kept so far/)
  await post(request, 'C0APPROVALS', 2, undefined, ['opened', 'ending'])
  await post(request, 'page-hook', 1)
  night.clock.advance(2 * minute)
  const missed = await see('ana', path)
  expect(missed).toMatch(/1 of 5 promises not kept/)
  expect(missed).toMatch(/Not told:.*person:/)
  for (const { id, chatUser: slack } of bundle.directory.people)
    if (slack !== undefined) await post(request, `D${id}`, 3, id.slice('person:'.length))
  night.clock.advance(30 * minute)
  await night.review(request, 'gus')
  const text = await see('ana', path)
  expect(text).toMatch(/People told 3 s 1 min kept/)
  expect(text).toMatch(/Told that 5 min are left – at 25 min kept/)
  expect(text).toMatch(/Ended 30 min 30 min kept/)
  expect(text).toMatch(/Reviewed 32 min 1 d kept/)
  expect(text).toMatch(/DRILL: BREAK-GLASS/)
})

test("a drill's report has the time to open in hundredths of a second, or says that it was not measured", async () => {
  const measured = await night.opened('jade', { drill: true, arrivedAt: night.clock.now() * 1000 - 420 })
  expect(await see('ana', `${pathTo(measured)}/drill`)).toMatch(/Opened 0\.42 s 5 s kept/)
  night = new Night(bundle)
  doors = new PageDoors(night, issuer, { provider, tokens: provider })
  const unmeasured = await night.opened('jade', { drill: true })
  expect(await see('ana', `${pathTo(unmeasured)}/drill`)).toMatch(/Opened – 5 s not measured/)
})

test("a real opening has no drill's report", async () => {
  const sent = await (await openAs('ana')).go('GET', `${pathTo(await night.opened())}/drill`)
  expect([sent.status, textOf(sent.body)]).toEqual([404, expect.stringMatching(/was a real opening/)])
})
