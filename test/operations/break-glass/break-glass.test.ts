import { budgetWindow } from '../../../functions/domain/break-glass/break-glass.ts'
import type { HaltTarget } from '../../../functions/domain/halts/halt.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { Thumbprint } from '../../../functions/domain/values.ts'
import { vouchForBreakGlass } from '../../../functions/operations/break-glass/budget.ts'
import type { OpeningAsk } from '../../../functions/operations/break-glass/open-break-glass.ts'
import { foreseeReview, listBreakGlass, reviewBreakGlass } from '../../../functions/operations/break-glass/openings.ts'
import { unwrap } from '../../support/unwrap.ts'
import { parameter, person, sampleBundle } from '../../support/world.ts'
import { hour, minute, Night } from './night.ts'

const profile = { profile: 'checkout-recovery' }
const bundle = sampleBundle()
const otherKey = 'b'.repeat(43) as Thumbprint
let night: Night
beforeEach(() => {
  night = new Night(bundle)
})

/** A halt of one person, or of another target, declared now. */
const stop = (who: string, target: HaltTarget = { kind: 'person', value: person(who) }) => night.putHalt(target)

test('an opening holds at once, without a decision, for as long as was said, and its record replays to its state', async () => {
  const { ask, status, stages, review, ...rest } = await night.opened()
  expect([status, stages]).toEqual(['approved', []])
  expect(ask.id).toMatch(/^bgl_/)
  expect('grant' in rest && rest.grant?.notAfter).toBe(night.clock.now() + 30 * minute)
  expect(review).toEqual({ dueAt: night.clock.now() + 24 * hour })
  expect(await night.story(ask.id)).toEqual(['BreakGlassOpened', 'ReviewDue'])
  const [opened] = await night.ledger.entries(ask.id)
  expect(opened?.actor).toEqual({ type: 'person', id: 'person:jade' })
  expect(opened?.policies).toEqual(['on-call-breaks-the-glass'])
  await night.expectReplay(ask.id)
})

test.each([
  ['empty', ''],
  ['white space', '   \n '],
  ['too short', 'outage'],
  ['one word, often', 'outage outage outage outage'],
  ['the incident alone', 'INC-2041 INC-2041 INC-2041'],
  ['signs', '.............. ----------- !!!!!!'],
])('a reason that says nothing is refused: %s', async (_, reason) => {
  expect(await night.open('jade', { reason })).toMatchObject({ ok: false, code: 'bad_reason' })
})

test('a reason that is word for word that of an earlier opening is refused, however it is dressed up', async () => {
  await night.end(await night.opened('jade', { reason: 'checkout is down, restoring the old timeout' }))
  night.clock.advance(hour)
  const again = await night.open('jade', { reason: '  Checkout is DOWN - restoring the old timeout!! ' })
  expect(again).toMatchObject({ ok: false, code: 'bad_reason' })
})

test.each([
  ['JIRA-1', 'the pattern of the folder'],
  ['INC-', 'no digits'],
  ['INC-1\nINC-2', 'two lines'],
  [`INC-${'1'.repeat(200)}`, 'endless'],
])('an invalid incident is refused: %s', async (incident) => {
  expect(await night.open('jade', { incident })).toMatchObject({ ok: false, code: 'bad_incident' })
})

test('an unknown incident is refused, and one is let through while the service does not answer', async () => {
  night.incidents = { look: async () => ({ answer: 'unknown' }) }
  expect(await night.open()).toMatchObject({ ok: false, code: 'bad_incident' })
  night.incidents = { look: async () => ({ answer: 'unreachable' }) }
  expect(await night.open()).toMatchObject({ ok: true })
})

test('a window longer than the profile’s is refused', async () => {
  expect(await night.open('jade', { minutes: 61 })).toMatchObject({ ok: false, code: 'window_too_long' })
})

test.each(['ana', 'gus', 'lena'])('a person that policy does not let use break-glass does not: %s', async (who) => {
  expect(await night.open(who)).toMatchObject({ ok: false, code: 'not_permitted' })
  expect((await night.ledger.entries(`person:${who}`)).map(({ type }) => type)).toEqual(['Refused'])
})

test.each([
  ['weak', {}],
  ['of another strength', { acr: 'pwd', at: 1_800_000_000 }],
  ['old', { acr: 'strong', at: 1_800_000_000 - hour }],
  ['of the future', { acr: 'strong', at: 1_800_000_000 + hour }],
])('a login that is not strong and fresh does not do: %s', async (_, login) => {
  expect(await night.open('jade', { login })).toMatchObject({ ok: false, code: 'insufficient_login' })
})

test('Hotwork’s own parts cannot be opened', async () => {
  const { action, arguments: args } = parameter('/prod/hotwork/mode')
  const own = await night.open('jade', { what: { action, arguments: args } })
  expect(own).toMatchObject({ ok: false, code: 'not_permitted' })
})

test('an unknown action, argument or profile is refused', async () => {
  expect(await night.open('jade', { what: { action: 'ssm:DeleteParameter', arguments: {} } })).toMatchObject({
    code: 'unknown_action',
  })
  expect(await night.open('jade', { what: { action: 'ssm:PutParameter', arguments: {} } })).toMatchObject({
    code: 'invalid_arguments',
  })
  expect(await night.open('jade', { what: { profile: 'everything' } })).toMatchObject({ code: 'unknown_profile' })
})

test('a stopped person opens nothing, and what they opened is dead', async () => {
  const request = await night.opened()
  await night.claim(request)
  stop('jade')
  expect(await night.issueToken(request)).toMatchObject({ ok: false, code: 'halted' })
  expect((await night.state(request.ask.id)).status).toBe('revoked')
  night.clock.advance(2 * hour)
  expect(await night.open()).toMatchObject({ ok: false, code: 'halted' })
})

test('a freeze of the environment stops no opening, before or after', async () => {
  const before = await night.opened()
  stop('', { kind: 'environment', value: 'prod' })
  expect(await night.issueToken(before)).toMatchObject({ ok: true })
  expect(await night.opened('kofi')).toMatchObject({ status: 'approved', ask: { environment: 'prod' } })
})

test.each([
  ['of the action itself', {}],
  ['of a profile that covers it', { what: profile }],
])('a halt of an action stops an opening %s, and ends what was opened', async (_what, changes) => {
  const before = await night.opened('jade', changes)
  stop('', { kind: 'action', value: 'ssm:PutParameter' })
  expect(await night.issueToken(before)).toMatchObject({ ok: false, code: 'halted' })
  expect(await night.open('kofi', changes)).toMatchObject({ ok: false, code: 'halted' })
})

test('the same key and body is the same opening, another body under it is none', async () => {
  const same = { idempotencyKey: 'once', body: { same: true } }
  const one = await night.opened('jade', same)
  expect((await night.opened('jade', same)).ask.id).toBe(one.ask.id)
  expect(await night.open('jade', { ...same, body: { same: false } })).toMatchObject({ code: 'duplicate_request' })
  expect(await night.open('jade', { ...same, jkt: otherKey })).toMatchObject({ code: 'key_mismatch' })
})

test('twenty concurrent openings by one person are one', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => night.open()))
  expect(all.filter(({ ok }) => ok)).toHaveLength(1)
  expect(new Set(all.map((each) => (each.ok ? 'open' : each.code)))).toEqual(new Set(['open', 'already_open']))
})

test('a store that does not answer opens nothing, and one whose answer is lost has opened it once', async () => {
  const same = { idempotencyKey: 'k', body: 1 }
  night.requests.failNextCommit('unheard')
  await expect(night.open('jade', same)).rejects.toMatchObject({ name: 'StoreUnavailable' })
  expect(await listBreakGlass(person('gus'), night.ports)).toEqual([])
  night.requests.failNextCommit('answer_lost')
  await expect(night.open('jade', same)).rejects.toMatchObject({ name: 'StoreUnavailable' })
  expect(await night.open('jade', same)).toMatchObject({ ok: true })
  expect(await listBreakGlass(person('gus'), night.ports)).toHaveLength(1)
})

test('a person has one opening at a time', async () => {
  await night.opened()
  expect(await night.open('jade', { what: profile })).toMatchObject({ code: 'already_open' })
})

test('a person who ends an opening has to wait before the next', async () => {
  const request = await night.opened()
  night.clock.advance(minute)
  await night.end(request)
  expect(await night.open()).toMatchObject({ code: 'cool_down' })
  night.clock.advance(15 * minute)
  expect(await night.open()).toMatchObject({ ok: true })
})

test('an early end gives unused minutes back, however it came about', async () => {
  const minutesLeft = async (who: string) => {
    const opened = unwrap(await night.open(who, { minutes: 60 }))
    return [opened.left / minute, opened.stored.state] as const
  }
  const [left, first] = await minutesLeft('jade')
  expect(left).toBe(180)
  night.clock.advance(10 * minute)
  await night.end(first, 'kofi')
  night.clock.advance(30 * minute)
  const [after] = await minutesLeft('jade')
  expect(after).toBe(170)
})

test('one person opens no more in seven days than their budget, and as much again when those are over', async () => {
  for (let count = 0; count < 4; count++) {
    await night.opened('jade', { minutes: 60 })
    night.clock.advance(2 * hour)
  }
  const other = parameter('/prod/billing/mode')
  expect(await night.open('jade', { what: other })).toMatchObject({ code: 'budget_spent' })
  night.clock.advance(budgetWindow)
  for (const { ask } of (await listBreakGlass(person('gus'), night.ports)) ?? [])
    await reviewBreakGlass({ id: ask.id, person: person('gus'), outcome: 'justified', note: 'seen' }, night.ports)
  expect(await night.open('jade', { what: other })).toMatchObject({ ok: true })
})

test('two people who alternate are stopped by the budget of the profile', async () => {
  const turns: string[] = []
  for (let turn = 0; turn < 8; turn++) {
    const opened = await night.open(turn % 2 === 0 ? 'jade' : 'kofi', { what: profile, minutes: 60 })
    turns.push(opened.ok ? 'open' : opened.code)
    night.clock.advance(hour)
  }
  expect(turns).toEqual([...Array(4).fill('open'), ...Array(4).fill('budget_spent')])
})

test('one action that a profile covers is counted against that profile', async () => {
  for (let turn = 0; turn < 4; turn++) {
    await night.opened(turn % 2 === 0 ? 'jade' : 'kofi', { what: profile, minutes: 60 })
    night.clock.advance(hour)
  }
  expect(await night.open('jade', { minutes: 10 })).toMatchObject({ code: 'budget_spent' })
})

test('a new key, another incident or other words give no other budget', async () => {
  await night.opened()
  const others = { jkt: otherKey, incident: 'INC-9', reason: 'quite another thing is broken now' }
  expect(await night.open('jade', others)).toMatchObject({ code: 'already_open' })
})

test('a clock that goes back an hour opens nothing and revives nothing', async () => {
  const request = await night.opened()
  await night.end(request)
  night.clock.advance(-hour)
  expect(await night.open()).toMatchObject({ ok: false })
  expect(await night.issueToken(request)).toMatchObject({ ok: false, code: 'completed' })
})

test('credentials of an opening are the person’s own, bound to the key that opened it, for at most a quarter of an hour', async () => {
  const request = await night.opened()
  const issued = unwrap(await night.issueToken(request))
  expect(issued.expiresIn).toBe(15 * minute)
  expect(issued.details[0]).toMatchObject({ request: request.ask.id, break_glass: true })
  expect(await night.issueToken(request, { jkt: otherKey })).toMatchObject({ code: 'key_mismatch' })
  expect(await night.issueToken(request, { agent: person('kofi') })).toMatchObject({ code: 'unknown_request' })
})

test('credentials of an opening are renewed inside the window and never past it', async () => {
  const request = await night.opened()
  night.clock.advance(20 * minute)
  expect(await night.issueToken(request)).toMatchObject({ ok: true, value: { expiresIn: 10 * minute } })
  night.clock.advance(10 * minute)
  expect(await night.issueToken(request)).toMatchObject({ ok: false, code: 'expired' })
  expect((await night.state(request.ask.id)).status).toBe('expired')
})

test('credentials of a profile reach what it opens, action by action, and end with the shorter of both times', async () => {
  const request = await night.opened('jade', { what: profile, minutes: 20 })
  const issued = unwrap(await night.issueAws(request, await night.claim(request)))
  expect(issued.expiresAt).toBe(night.clock.now() + 15 * minute)
  const policy = JSON.parse(night.broker.session(issued.accessKeyId)?.policy ?? '')
  expect(
    policy.Statement.map(({ Effect, Action, Resource }: { [name: string]: unknown }) => [Effect, Action, Resource]),
  ).toEqual([
    ['Allow', ['ssm:PutParameter'], ['arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/*']],
    ['Allow', ['lambda:PutFunctionConcurrency'], ['arn:aws:lambda:us-east-1:000000000000:function:checkout-*']],
    ['Deny', ['iam:*', 'sts:*', 'organizations:*'], '*'],
  ])
})

test('credentials of a drill can do nothing, and the drill has budgets of its own', async () => {
  const request = await night.opened('jade', { what: profile, drill: true })
  const { policy } = await night.session(request, await night.claim(request))
  expect(JSON.parse(policy).Statement).toContainEqual({ Sid: 'Drill', Effect: 'Deny', Action: '*', Resource: '*' })
  expect(await night.open('jade', { what: profile })).toMatchObject({ ok: true })
})

test('an opening gives no credential once policy lets no person use break-glass', async () => {
  const request = await night.opened()
  const ask = night.policy.ask.bind(night.policy)
  night.policy = {
    bundle: night.policy.bundle,
    ask: (question) =>
      question.kind === 'person' && question.action === 'breakGlass' ? { permit: false, policies: [] } : ask(question),
  }
  expect(await night.issueToken(request)).toMatchObject({ ok: false, code: 'policy_denied' })
})

test('an opening is ended by its person, and by people who may revoke', async () => {
  const request = await night.opened()
  expect(await night.end(request, 'ana')).toMatchObject({ code: 'not_permitted' })
  expect(await night.end(request, 'gus')).toMatchObject({ ok: true })
  expect((await night.state(request.ask.id)).status).toBe('revoked')
  expect(await night.issueToken(request)).toMatchObject({ code: 'revoked' })
})

test('an opening ends by reading, without timers', async () => {
  const request = await night.opened()
  night.clock.advance(30 * minute)
  const [listed] = (await listBreakGlass(person('gus'), night.ports)) ?? []
  expect(listed?.status).toBe('expired')
  expect(await night.end(request)).toMatchObject({ ok: false })
})

describe('review', () => {
  let request: ApprovalRequest
  beforeEach(async () => {
    request = await night.opened()
    await night.end(request)
  })

  test('a review is for another person that policy lets review, and said once', async () => {
    expect(await night.review(request, 'jade')).toMatchObject({ code: 'self_review' })
    expect(await night.review(request, 'kofi')).toMatchObject({ code: 'not_permitted' })
    expect(await night.review(request, 'gus', 'not_justified')).toMatchObject({ ok: true })
    expect(await night.review(request, 'eve')).toMatchObject({ code: 'already_reviewed' })
    expect((await night.story(request.ask.id)).filter((type) => type === 'Reviewed')).toHaveLength(1)
    await night.expectReplay(request.ask.id)
  })

  test('a review waits for the end: a running opening cannot be judged yet', async () => {
    night.clock.advance(hour)
    expect(await night.review(await night.opened('kofi'), 'gus')).toMatchObject({ code: 'no_review_due' })
  })

  test('a stopped person’s review does not count', async () => {
    stop('gus')
    expect(await foreseeReview({ id: request.ask.id, person: person('gus') }, night.ports)).toMatchObject({
      code: 'not_permitted',
    })
    expect(await night.review(request, 'gus')).toMatchObject({ code: 'not_permitted' })
    expect(await night.review(request, 'eve')).toMatchObject({ ok: true })
  })

  test('an overdue review has the next opening refused until it is done', async () => {
    night.clock.advance(25 * hour)
    expect(await night.open()).toMatchObject({ code: 'review_overdue' })
    await night.review(request, 'gus')
    expect(await night.open()).toMatchObject({ ok: true })
  })

  test('an overdue review blocks the profile for all people', async () => {
    night.clock.advance(25 * hour)
    expect(await night.open('kofi')).toMatchObject({ code: 'review_overdue' })
    expect(await night.open('kofi', { what: parameter('/prod/billing/mode') })).toMatchObject({ ok: true })
  })

  describe('a second person who vouches', () => {
    const what = { profile: 'checkout-recovery' }
    const vouch = (by: string, about: OpeningAsk['what'] = what, acr = 'strong') =>
      vouchForBreakGlass(
        { by: person(by), login: { acr, at: night.clock.now() }, person: person('jade'), what: about },
        night.ports,
      )
    beforeEach(() => night.clock.advance(25 * hour))

    test('a voucher’s login is as strong as the opening’s own', async () => {
      expect(await vouch('eve', what, 'usual')).toMatchObject({ code: 'insufficient_login' })
      expect(await night.open()).toMatchObject({ code: 'review_overdue' })
    })

    test('a voucher lets one opening go on, once, and may not review it', async () => {
      expect(await vouch('eve')).toMatchObject({ ok: true })
      const opened = await night.opened()
      expect(opened.ask.breakGlass?.secondedBy).toBe('person:eve')
      await night.end(opened)
      expect(await night.review(opened, 'eve')).toMatchObject({ code: 'self_review' })
      night.clock.advance(hour)
      expect(await night.open()).toMatchObject({ code: 'review_overdue' })
    })

    test('people vouch neither for themselves, nor where policy lets them neither open nor review', async () => {
      expect(await vouch('jade')).toMatchObject({ code: 'self_review' })
      expect(await vouch('ben')).toMatchObject({ code: 'not_permitted' })
      expect(await night.open()).toMatchObject({ code: 'review_overdue' })
    })

    test('two concurrent vouchers are each on record once, also the second one', async () => {
      expect(await Promise.all([vouch('kofi'), vouch('eve')])).toMatchObject([{ ok: true }, { ok: true }])
      for (const who of ['kofi', 'eve']) {
        const entries = await night.ledger.entries(person(who))
        expect(entries.filter(({ type }) => type === 'Vouched')).toHaveLength(1)
      }
    })

    test('a stopped person vouches for no one, and a word from before the stop is void', async () => {
      expect(await vouch('kofi')).toMatchObject({ ok: true })
      stop('kofi')
      expect(await night.open()).toMatchObject({ code: 'review_overdue' })
      expect(await vouch('kofi')).toMatchObject({ code: 'not_permitted' })
      expect(await vouch('eve')).toMatchObject({ ok: true })
      expect(await night.open()).toMatchObject({ ok: true })
    })

    test('a word is for one profile and ten minutes', async () => {
      const { action, arguments: args } = parameter('/prod/billing/mode')
      await vouch('kofi', { action, arguments: args })
      expect(await night.open()).toMatchObject({ code: 'review_overdue' })
      await vouch('kofi')
      night.clock.advance(10 * minute)
      expect(await night.open()).toMatchObject({ code: 'review_overdue' })
    })
  })

  test('an overdue review is on the record once the opening is read', async () => {
    night.clock.advance(25 * hour)
    await night.review(request, 'ben')
    const story = ['BreakGlassOpened', 'ReviewDue', 'Completed', 'ReviewOverdue', 'Refused']
    expect(await night.story(request.ask.id)).toEqual(story)
  })
})

const sources = (breakGlass: boolean) => ({
  'on-call': { source: { pager: { schedule: 'PONCALL', level: 1 } }, tiers: 1, breakGlass },
})
const begin = (breakGlass: boolean) => {
  night = new Night({ ...bundle, directory: { ...bundle.directory, sources: sources(breakGlass) } })
  const at = night.clock.now()
  const shift = { person: person('lena'), from: at, until: at + 10 * minute }
  night.requests.putReading('on-call', {
    ...{ source: 'pager PONCALL 1', members: [shift], readAt: at, holdsUntil: at + 15 * minute },
  })
}

test('a person on call opens where the group lets them, without a deployment, and nothing elsewhere', async () => {
  begin(false)
  expect(await night.open('lena')).toMatchObject({ ok: false, code: 'not_permitted' })
  begin(true)
  expect(await night.open('lena')).toMatchObject({ ok: true })
})

test('a person on call gets no credential once the shift is over: policy is asked again at issue', async () => {
  begin(true)
  const request = await night.opened('lena')
  night.clock.advance(9 * minute)
  expect(await night.issueToken(request)).toMatchObject({ ok: true })
  night.clock.advance(minute)
  expect(await night.issueToken(request)).toMatchObject({ ok: false })
})
