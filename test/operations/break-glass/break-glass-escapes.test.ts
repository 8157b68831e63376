import { decodeJwt } from 'jose'
import { budgetWindow } from '../../../functions/domain/break-glass/break-glass.ts'
import { deniesOf } from '../../../functions/domain/credentials/denies.ts'
import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { type ApprovalRequest, grantOf, usesLeft } from '../../../functions/domain/record/request.ts'
import type { AgentId, CredentialId, Thumbprint } from '../../../functions/domain/values.ts'
import { vouchForBreakGlass } from '../../../functions/operations/break-glass/budget.ts'
import type { OpeningAsk } from '../../../functions/operations/break-glass/open-break-glass.ts'
import { readTrail } from '../../../functions/operations/ledger/read-trail.ts'
import { readLedger } from '../../../functions/operations/requests/read-requests.ts'
import { renderDeny } from '../../../functions/targets/aws/iam/role-policies.ts'
import { withAgent } from '../../support/bundles.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, agentKey, person, prodParameter } from '../../support/world.ts'
import { hour, minute, Night } from './night.ts'

/**
 * Known ways to keep an opening beyond its end, one a test. All ways together are bounded in
 * test/domain/break-glass/openings.test.ts and break-glass-bounds.test.ts.
 */

const profile = { profile: 'checkout-recovery' }
const flag = { action: 'flags:set', arguments: { environment: 'prod', flag: 'payments', value: true } }
const stranger = 'b'.repeat(43) as Thumbprint
/** The same organisation, where the remediation agent is jade's own. */
const withHerAgent = withAgent(agent('remediator'), { owner: person('jade') })
let night: Night
beforeEach(() => {
  night = new Night(withHerAgent)
})

const strong = () => ({ acr: 'strong', at: night.clock.now() })

/** Minutes of openings in the last seven days, by the record. */
async function minutesOpen(requests: readonly ApprovalRequest[]): Promise<number> {
  const ends = await Promise.all(
    requests.map(async ({ ask, submittedAt }) => {
      const state = await night.state(ask.id)
      const end = 'completedAt' in state ? state.completedAt : submittedAt + (ask.breakGlass?.window ?? 0)
      return end - submittedAt
    }),
  )
  return ends.reduce((sum, seconds) => sum + seconds, 0) / minute
}

test('a person who ends it a minute early and opens it again all week gets their budget and no more, with a pause each time', async () => {
  const opened: ApprovalRequest[] = []
  const refused = new Set<string>()
  const began = night.clock.now()
  while (night.clock.now() < began + budgetWindow - hour) {
    const tried = await night.open('jade', { minutes: 60 })
    if (!tried.ok) refused.add(tried.code)
    else {
      opened.push(tried.value.stored.state)
      night.clock.advance(59 * minute)
      await night.end(tried.value.stored.state)
      await night.review(tried.value.stored.state, 'gus')
    }
    night.clock.advance(8 * minute)
  }
  expect(await minutesOpen(opened)).toBeLessThanOrEqual(240)
  expect(refused).toEqual(new Set(['cool_down', 'budget_spent']))
  const times = opened.map(({ submittedAt }) => submittedAt)
  for (const [at, next] of times.slice(1).entries())
    expect(next - ((times[at] as number) + 59 * minute)).toBeGreaterThanOrEqual(15 * minute)
})

test('a person who renews its credentials as long as it lasts moves no end, and gets none after it', async () => {
  const request = await night.opened()
  const ends: number[] = []
  for (let minutes = 0; minutes < 40; minutes += 4) {
    const issued = await night.issueToken(request)
    if (issued.ok) ends.push(night.clock.now() + issued.value.expiresIn)
    night.clock.advance(4 * minute)
  }
  expect(Math.max(...ends)).toBe(request.submittedAt + 30 * minute)
  expect(ends).toHaveLength(8)
  expect(await night.issueToken(request)).toMatchObject({ ok: false, code: 'expired' })
})

test('a person who renews each minute of the longest window meets no bound of claims', async () => {
  const request = await night.opened('jade', { minutes: 60 })
  for (let minutes = 0; minutes < 60; minutes++) {
    expect(await night.issueAws(request, await night.claim(request))).toMatchObject({ ok: true })
    night.clock.advance(minute)
  }
})

test('a person who claims tokens over and over gets a hundred, and the whole record is still read and shown', async () => {
  const request = await night.opened('jade', { minutes: 60 })
  const codes: string[] = []
  for (let count = 0; count < 130; count++) {
    const issued = await night.issueToken(request)
    codes.push(issued.ok ? 'ok' : issued.code)
  }
  expect(codes).toEqual([...Array(100).fill('ok'), ...Array(30).fill('too_many_sessions')])
  const { entries } = await readTrail(request, { ...night.ports, actual: night.actual })
  expect(entries.length).toBeLessThan(250)
  const [gus, pages] = [person('gus'), [] as number[]]
  for (let after: number | undefined = 0; after !== undefined; ) {
    const read = await readLedger({ id: request.ask.id, person: gus, after }, night.ports)
    const page: { entries: readonly unknown[]; next?: number } = unwrap(read)
    pages.push(page.entries.length)
    after = page.next
  }
  expect(pages.reduce((sum, each) => sum + each, 0)).toBe(entries.length)
  expect(Math.max(...pages)).toBe(100)
  expect(await night.end(request, 'gus')).toMatchObject({ ok: true })
})

test('a person who has AWS credentials made over and over is refused long before the record is too large to end it on', async () => {
  const request = await night.opened('jade', { minutes: 60 })
  const token = await night.claim(request)
  const codes = new Set<string>()
  for (let count = 0; count < 200; count++) {
    const issued = await night.issueAws(request, token)
    codes.add(issued.ok ? 'ok' : issued.code)
  }
  expect(codes).toEqual(new Set(['ok', 'too_many_sessions']))
  // An item of DynamoDB may have 400 KB, and the denies of a role 10,240 characters, of all grants together.
  const state = await night.state(request.ask.id)
  expect(JSON.stringify(state).length).toBeLessThan(40_000)
  expect(renderDeny([...(deniesOf(state, night.clock.now()).values().next().value ?? [])]).length).toBeLessThan(5_000)
  expect(await night.end(request, 'gus')).toMatchObject({ ok: true })
})

test('a person who has a tool used over and over, with the longest keys and notes, never fills the record', async () => {
  const request = await night.opened('jade', { what: flag, minutes: 60 })
  const state = await night.state(request.ask.id)
  const grant = grantOf(state)
  const use = {
    id: night.ids.use(request.ask.id),
    key: 'k'.repeat(255),
    tool: 'tool:flag-service',
    credential: 'crd_'.padEnd(30, '0'),
  }
  const ended = { at: night.clock.now(), outcome: 'succeeded', note: 'n'.repeat(1000) }
  const uses = Array.from({ length: grant === undefined ? 0 : usesLeft(state) }, () => ({ ...use, begunAt: 1, ended }))
  // An item of DynamoDB may have 400 KB.
  expect(JSON.stringify({ ...state, grant: { ...grant, uses } }).length).toBeLessThan(380_000)
})

test('a token asked for in the last second, and AWS credentials with an earlier one, end with the opening', async () => {
  const request = await night.opened()
  const early = await night.claim(request)
  night.clock.advance(30 * minute - 1)
  const late = unwrap(await night.issueToken(request))
  expect(late.expiresIn).toBe(1)
  expect(await night.issueAws(request, early)).toMatchObject({ ok: false, code: 'credential_superseded' })
  night.clock.advance(1)
  expect(await night.issueAws(request, decodeJwt(late.token).jti as CredentialId)).toMatchObject({
    ok: false,
    code: 'expired',
  })
})

test('a person with one opening is refused another profile, or another action on the same resource', async () => {
  const request = await night.opened('jade', { what: profile })
  const beside: OpeningAsk['what'][] = [
    { action: 'lambda:UpdateFunctionConfiguration', arguments: { FunctionName: 'checkout-worker', MemorySize: 512 } },
    {
      action: 'lambda:PutFunctionConcurrency',
      arguments: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 5 },
    },
    flag,
    profile,
  ]
  for (const what of beside) expect(await night.open('jade', { what })).toMatchObject({ code: 'already_open' })
  await night.end(request)
  for (const what of beside) expect(await night.open('jade', { what })).toMatchObject({ code: 'cool_down' })
})

test('a colleague’s turn is the colleague’s own, on the same minutes, and no use to the person who opened before', async () => {
  const hers = await night.opened('jade', { what: profile, minutes: 60 })
  const his = await night.opened('kofi', { what: profile, minutes: 60 })
  expect(await night.issueToken(his, { agent: person('jade'), jkt: agentKey })).toMatchObject({
    code: 'unknown_request',
  })
  expect(await night.issueToken(hers, { agent: person('kofi') })).toMatchObject({ code: 'unknown_request' })
  night.clock.advance(2 * hour)
  await night.opened('jade', { what: profile, minutes: 60 })
  await night.opened('kofi', { what: profile, minutes: 60 })
  night.clock.advance(2 * hour)
  for (const who of ['jade', 'kofi'])
    expect(await night.open(who, { what: profile, minutes: 10 })).toMatchObject({ code: 'budget_spent' })
})

test('two people who vouch for one another in turns, with reviews overdue, run out of minutes all the same', async () => {
  const turns: string[] = []
  for (let turn = 0; turn < 12; turn++) {
    const [who, other] = turn % 2 === 0 ? ['jade', 'kofi'] : ['kofi', 'jade']
    await vouchForBreakGlass(
      { by: person(other as string), login: strong(), person: person(who as string), what: profile },
      night.ports,
    )
    const opened = await night.open(who, { what: profile, minutes: 60 })
    turns.push(opened.ok ? 'open' : opened.code)
    night.clock.advance(13 * hour)
  }
  expect(turns.slice(0, 4)).toEqual(Array(4).fill('open'))
  expect(new Set(turns.slice(4))).toEqual(new Set(['budget_spent']))
})

test('a new key opens nothing while the old one has something open, and gets nothing of that', async () => {
  const request = await night.opened()
  expect(await night.open('jade', { jkt: stranger })).toMatchObject({ code: 'already_open' })
  expect(await night.issueToken(request, { jkt: stranger })).toMatchObject({ ok: false, code: 'key_mismatch' })
  await night.end(request)
  expect(await night.open('jade', { jkt: stranger })).toMatchObject({ code: 'cool_down' })
  // The old key gets nothing of the new key's opening either.
  night.clock.advance(15 * minute)
  const another = await night.opened('jade', { jkt: stranger })
  expect(await night.issueToken(another)).toMatchObject({ ok: false, code: 'key_mismatch' })
})

test('a drill opens nothing, and neither becomes an opening nor an opening a drill', async () => {
  const key = { idempotencyKey: 'one', body: { drill: true } }
  const drill = await night.opened('jade', { ...key, what: flag, drill: true })
  expect(await night.open('jade', { ...key, body: { drill: false }, what: flag })).toMatchObject({
    code: 'duplicate_request',
  })
  const token = await night.claim(drill)
  expect(await night.gate(drill, night.accessToken(drill, token))).toMatchObject({ ok: false, code: 'policy_denied' })
  expect((await night.state(drill.ask.id)).ask.breakGlass?.drill).toBe(true)
  // A real opening is counted in budgets that no drill touches.
  const real = await night.opened('jade', { what: flag })
  expect(await night.gate(real, night.accessToken(real, await night.claim(real)))).toMatchObject({ ok: true })
})

test('a colleague who pastes the same reason spends the same budget of the profile', async () => {
  const reason = 'Payments time out since the release, and I set the timeout back.'
  await night.end(await night.opened('jade', { what: profile, minutes: 10, reason }))
  expect(await night.open('kofi', { what: profile, minutes: 10, reason })).toMatchObject({ code: 'bad_reason' })
})

test('an agent of the person climbs the ladder as always, without its owner, and gets nothing of what is open', async () => {
  const open = await night.opened()
  const asked = await night.submitted(prodParameter)
  expect(asked).toMatchObject({ status: 'pending', ask: { owner: 'person:jade' } })
  expect(await night.decide(asked, 'jade')).toMatchObject({ ok: false, code: 'self_approval' })
  expect(await night.issueToken(asked)).toMatchObject({ ok: false, code: 'pending' })
  expect(await night.issueToken(open, { agent: agent('remediator') })).toMatchObject({ code: 'unknown_request' })
  night.clock.advance(30 * minute)
  expect((await night.state(asked.ask.id)).stages[0]?.decisions).toEqual([])
})

test('an opening cannot be delegated, neither now nor for later', async () => {
  const open = await night.opened('jade', { what: flag })
  const token = await night.claim(open)
  for (const from of [person('jade'), agent('remediator')])
    expect(await night.delegate(open, agent('builder'), { agent: from as AgentId })).toMatchObject({ ok: false })
  expect(await night.givePermit(open, 'jade')).toMatchObject({ ok: false, code: 'permit_refused' })
  expect(await night.gate(open, night.accessToken(open, token))).toMatchObject({ ok: true })
  expect(await night.story(open.ask.id)).not.toContain('Delegated')
})

test('an edited incident changes nothing that was said, and new words are another opening', async () => {
  const key = { idempotencyKey: 'one', body: { incident: 'INC-2041' } }
  const open = await night.opened('jade', key)
  const other = { incident: 'INC-9', reason: 'it was for another incident all along, as is well known' }
  expect(await night.open('jade', { ...key, ...other, body: { incident: 'INC-9' } })).toMatchObject({
    code: 'duplicate_request',
  })
  expect(await night.open('jade', other)).toMatchObject({ code: 'already_open' })
  // The same body under the same key gets the first answer.
  expect((await night.opened('jade', { ...key, ...other })).ask).toEqual(open.ask)
  expect((await night.state(open.ask.id)).ask.breakGlass).toMatchObject({ incident: 'INC-2041' })
  const entries = await night.ledger.entries(open.ask.id)
  expect(verify(open.ask.id, entries)).toEqual({ state: await night.stored(open.ask.id) })
  // An edit of the record is found.
  const [first, ...rest] = entries.map((entry) => JSON.parse(JSON.stringify(entry).replaceAll('INC-2041', 'INC-9')))
  expect(verify(open.ask.id, [first, ...rest]).broken).toBeDefined()
})

test('a review comes after the end, from a person who neither opened nor vouched, under any of their names', async () => {
  await night.end(await night.opened())
  night.clock.advance(25 * hour)
  await vouchForBreakGlass({ by: person('eve'), login: strong(), person: person('jade'), what: profile }, night.ports)
  const open = await night.opened()
  expect(await night.review(open, 'gus')).toMatchObject({ code: 'no_review_due' })
  await night.end(open)
  expect(await night.review(open, 'eve')).toMatchObject({ code: 'self_review' })
  expect(await night.review(open, 'jade')).toMatchObject({ code: 'self_review' })
  expect(await night.review(open, 'gus', 'not_justified')).toMatchObject({ ok: true })
  // A review cannot be changed afterwards.
  expect(await night.review(open, 'hana')).toMatchObject({ code: 'already_reviewed' })
  expect((await night.state(open.ask.id)).review?.done?.outcome).toBe('not_justified')
})
