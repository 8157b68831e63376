import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import fc from 'fast-check'
import { endpoint } from '../../../functions/adapters/http/endpoint.ts'
import { AccessTokenVerifier } from '../../../functions/adapters/jose/access-token.ts'
import { budgetWindow, longestCredential } from '../../../functions/domain/break-glass/break-glass.ts'
import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { type ApprovalRequest, grantOf } from '../../../functions/domain/record/request.ts'
import { type CredentialId, rfc3339, type ToolId } from '../../../functions/domain/values.ts'
import type { OpeningAsk } from '../../../functions/operations/break-glass/open-break-glass.ts'
import type { OnceOnly } from '../../../functions/operations/ports.ts'
import type { Commit } from '../../../functions/operations/record/ports.ts'
import { advanceWorkflow } from '../../../functions/operations/requests/workflow.ts'
import { beginUse } from '../../../functions/operations/uses/use.ts'
import { withoutDates } from '../../support/bundles.ts'
import { MemoryLog } from '../../support/memory-log.ts'
import { issuer, sampleBundle, start } from '../../support/world.ts'
import { hour, minute, Night } from './night.ts'

/**
 * No renewal, clock jump, timer or restored table keeps an opening longer than the bound. Every order of openings is
 * searched in test/domain/break-glass/openings.test.ts; here the operations themselves are driven.
 */

const bundle = sampleBundle()
const flag = { action: 'flags:set', arguments: { environment: 'prod', flag: 'payments', value: true } }
const profile = { profile: 'checkout-recovery' }
/**
 * The largest difference between API Gateway's clock and a Lambda's at which a decision is made
 * (functions/domain/values.ts).
 */
const tolerance = 30

/** A night in which every machine has a clock of its own, and may be wrong about the time. */
class Skewed extends Night {
  #skew = 0

  override get ports(): Night['ports'] {
    return { ...super.ports, clock: { now: () => this.clock.now() + this.#skew } }
  }

  /** Acts on a machine whose clock is off by `skew`. */
  async on<T>(skew: number, act: () => Promise<T>): Promise<T> {
    this.#skew = skew
    return act().finally(() => {
      this.#skew = 0
    })
  }

  /** Acts at a door of the API: undefined if it refuses to decide by such a clock. */
  async door<T>(skew: number, act: () => Promise<T>): Promise<T | undefined> {
    let answer: T | undefined
    const { statusCode } = await this.on(skew, () =>
      endpoint({ issuer, log: new MemoryLog(), clock: this.ports.clock }, async () => {
        answer = await act()
        return { status: 200 }
      })({
        routeKey: 'POST /',
        headers: {},
        // API Gateway's own time.
        requestContext: { requestId: 'one', timeEpoch: this.clock.now() * 1000 },
        isBase64Encoded: false,
      } as unknown as APIGatewayProxyEventV2),
    )
    expect(statusCode).toBe(Math.abs(skew) > tolerance ? 503 : 200)
    return answer
  }

  /** A token as the gate and the broker verify it. */
  async shown(token: string) {
    const verified = await new AccessTokenVerifier(issuer, this.signer, this.ports.clock).verify(
      token,
      claimsOf(token).aud,
    )
    return verified.ok ? verified.value : undefined
  }

  async useBy(token: string, { ask }: ApprovalRequest) {
    const shown = await this.shown(token)
    if (!shown) return undefined
    const use = {
      tool: 'tool:flag-service' as ToolId,
      token: shown,
      action: ask.action,
      arguments: ask.arguments as never,
    }
    return beginUse({ ...use, key: `use ${shown.jti} ${this.clock.now()}`, once: this.proof() }, this.ports)
  }

  /** The end of a new session by IAM's own clock. */
  async sessionBy(token: string, request: ApprovalRequest): Promise<readonly string[] | undefined> {
    const shown = await this.shown(token)
    const issued = shown && (await this.issueAws(request, shown.jti))
    if (!issued?.ok) return undefined
    const { policy = '' } = this.broker.session(issued.value.accessKeyId) ?? {}
    return [...policy.matchAll(/"aws:CurrentTime":"([^"]+)"/g)].map(([, at = '']) => at)
  }
}

const claimsOf = (token: string): { aud: string; exp: number; jti: CredentialId } =>
  JSON.parse(atob(token.split('.')[1] as string))

const skew = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: -tolerance, max: tolerance }) },
  { weight: 3, arbitrary: fc.constantFrom(-hour, hour) },
)
const step = fc.record({
  after: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 120 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 900 }) },
  ),
  skew,
  what: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom('token' as const, 'aws' as const, 'use' as const) },
    { weight: 3, arbitrary: fc.constant('timer' as const) },
    { weight: 1, arbitrary: fc.constant('end' as const) },
  ),
})

test('renewals, clocks an hour off at issuer, gate or broker, timers late, twice or never: nothing of it is good past its window', async () => {
  let given = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<OpeningAsk['what']>(flag, profile),
      fc.integer({ min: 1, max: 60 }),
      skew,
      fc.array(step, { minLength: 5, maxLength: 30, size: 'max' }),
      async (what, minutes, skewed, steps) => {
        const night = new Skewed(bundle)
        const opened = await night.door(skewed, () => night.open('jade', { what, minutes }))
        const request = opened?.ok ? opened.value.stored.state : await night.opened('jade', { what, minutes })
        const { id } = request.ask
        const until = grantOf(request)?.notAfter ?? 0
        expect(until).toBeLessThanOrEqual(start + tolerance + minutes * minute)
        let token: string | undefined
        let ended = false
        for (const { after, skew, what } of steps) {
          night.clock.advance(after)
          const now = night.clock.now()
          const got = () => {
            given += 1
            expect([now < until + tolerance, ended]).toEqual([true, false])
          }
          if (what === 'token') {
            const issued = await night.door(skew, () => night.issueToken(request))
            if (!issued?.ok) continue
            got()
            token = issued.value.token
            expect(claimsOf(token).exp).toBeLessThanOrEqual(Math.min(until, now + longestCredential + 2 * tolerance))
          } else if (what === 'end') {
            const done = await night.door(skew, () => night.end(request))
            ended ||= done?.ok ?? false
          } else if (what === 'timer') {
            // Step Functions and the Scheduler come through no door: a machine that is ahead can only end it early.
            for (let times = 0; times < 2; times++) await night.on(skew, () => advanceWorkflow(id, night.ports))
            ended ||= (await night.state(id)).status !== 'approved'
          } else if (token !== undefined) {
            const shown = token
            if (what === 'aws') {
              const ends = await night.door(skew, () => night.sessionBy(shown, request))
              if (ends) got()
              for (const at of ends ?? []) expect(at <= rfc3339(until)).toBe(true)
            } else if ((await night.door(skew, () => night.useBy(shown, request)))?.ok) got()
          }
        }
        const entries = await night.ledger.entries(id)
        expect(verify(id, entries)).toEqual({ state: await night.stored(id) })
        expect(entries.filter(({ type }) => type === 'Expired' || type === 'Completed').length).toBeLessThanOrEqual(1)
      },
    ),
    { numRuns: 60 },
  )
  expect(given).toBeGreaterThan(20)
})

test.each([
  ['clocks go forward in Europe', '2027-03-28T00:45:00Z'],
  ['clocks go back in Europe', '2027-10-31T00:45:00Z'],
  ['clocks go forward in the United States', '2027-03-14T06:45:00Z'],
  ['clocks go back in the United States', '2027-11-07T05:45:00Z'],
  ['a leap second would be', '2027-06-30T23:45:00Z'],
])('half an hour is half an hour when %s', async (_what, at) => {
  const night = new Skewed(withoutDates(bundle))
  night.clock.advance(Date.parse(at) / 1000 - start)
  const request = await night.opened('jade', { what: profile, minutes: 30 })
  expect(grantOf(request)?.notAfter).toBe(Date.parse(at) / 1000 + 1800)
  night.clock.advance(29 * minute)
  const issued = await night.issueToken(request)
  expect(issued).toMatchObject({ ok: true, value: { expiresIn: 60 } })
  // UTC, which no time zone can shift.
  const end = `${new Date(Date.parse(at) + 1_800_000).toISOString().slice(0, 19)}Z`
  expect(await night.sessionBy(issued.ok ? issued.value.token : '', request)).toEqual([end, end])
  night.clock.advance(minute)
  expect(await night.issueToken(request)).toMatchObject({ ok: false, code: 'expired' })
})

/** Two people who open, end and review at random. */
const try_ = fc.record({
  after: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 90 * minute }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 30 * hour }) },
  ),
  who: fc.constantFrom('jade', 'kofi'),
  what: fc.constantFrom('profile', 'within it', 'beside it', 'end', 'review'),
  minutes: fc.integer({ min: 1, max: 60 }),
})

test('no seven days in which two people open, end and review hold more than the budgets allow', async () => {
  const { breakGlass } = bundle
  const [ofPerson, ofProfile] = [breakGlass?.budgetOfPerson ?? 0, breakGlass?.profiles[0]?.budget ?? 0]
  let total = 0
  await fc.assert(
    fc.asyncProperty(fc.array(try_, { minLength: 10, maxLength: 40, size: 'max' }), async (tries) => {
      const night = new Skewed(bundle)
      const all: { who: string; counted: boolean; request: ApprovalRequest }[] = []
      for (const { after, who, what, minutes } of tries) {
        night.clock.advance(after)
        const last = all.findLast((each) => each.who === who)?.request
        if (what === 'end') {
          if (last) await night.end(last, who)
        } else if (what === 'review') {
          for (const { request } of all) await night.review(request, 'gus')
        } else {
          const opened = await night.open(who, {
            minutes,
            ...(what === 'within it' ? {} : { what: what === 'profile' ? profile : flag }),
          })
          if (opened.ok) all.push({ who, counted: what !== 'beside it', request: opened.value.stored.state })
        }
      }
      total += all.length
      const spans = await Promise.all(
        all.map(async ({ request, ...rest }) => {
          const state = await night.state(request.ask.id)
          const from = request.submittedAt
          return { ...rest, from, to: 'completedAt' in state ? state.completedAt : (grantOf(request)?.notAfter ?? 0) }
        }),
      )
      for (const { to: until } of spans) {
        const within = (some: typeof spans) =>
          some.reduce(
            (sum, { from, to }) => sum + Math.max(0, Math.min(to, until) - Math.max(from, until - budgetWindow)),
            0,
          )
        expect(within(spans.filter(({ counted }) => counted))).toBeLessThanOrEqual(ofProfile)
        for (const who of ['jade', 'kofi'])
          expect(within(spans.filter((each) => each.who === who))).toBeLessThanOrEqual(ofPerson)
      }
      for (const who of ['jade', 'kofi']) {
        const own = spans.filter((each) => each.who === who)
        for (const [at, next] of own.slice(1).entries())
          expect(next.from - (own[at]?.to ?? 0)).toBeGreaterThanOrEqual(15 * minute)
      }
    }),
    { numRuns: 40 },
  )
  expect(total).toBeGreaterThan(100)
})

/** A night that records every change, so that its tables can be restored to each. */
class Recorded extends Skewed {
  readonly changes: ({ commit: Commit } | { putOnce: OnceOnly })[] = []

  override get ports(): Night['ports'] {
    const { requests } = this
    const recording = new Proxy(requests, {
      get: (_, member) => {
        if (member === 'commit')
          return async (commit: Commit) => {
            const done = await requests.commit(commit)
            if (done.outcome === 'committed') this.changes.push({ commit: structuredClone(commit) })
            return done
          }
        const value = Reflect.get(requests, member, requests)
        return typeof value === 'function' ? value.bind(requests) : value
      },
    })
    return { ...super.ports, requests: recording }
  }

  /**
   * The same night, with its tables as they were after `count` changes. `alone`: the ledger was not restored with them.
   */
  async restored(count: number, { alone }: { alone: boolean }): Promise<Skewed> {
    const again = new Skewed(this.policy.bundle)
    again.clock.advance(this.clock.now() - start)
    // Real ids and proofs are random, so these counters skip those already used.
    for (let used = 0; used < 50; used++) [again.ids.credential(), again.proof()]
    for (const change of this.changes.slice(0, count))
      if ('commit' in change) await again.requests.commit(change.commit)
    if (alone)
      for (const change of this.changes.slice(count)) if ('commit' in change) again.ledger.put(change.commit.entries)
    return again
  }
}

test('a table that is put back to any time forgets minutes, and lengthens nothing: each opening ends when it would have', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.boolean(), fc.integer({ min: 0, max: 70 * minute }), async (moment, alone, later) => {
      const night = new Recorded(bundle)
      const first = await night.opened('jade', { what: flag, minutes: 30 })
      await night.issueToken(first)
      night.clock.advance(5 * minute)
      await night.end(first)
      night.clock.advance(15 * minute)
      const second = await night.opened('jade', { what: profile, minutes: 60 })
      await night.issueToken(second)
      const third = await night.opened('kofi', { what: profile, minutes: 20 })
      const again = await night.restored(moment % (night.changes.length + 1), { alone })
      again.clock.advance(later)
      for (const request of [first, second, third]) {
        const until = request.submittedAt + (request.ask.breakGlass?.window ?? 0)
        const issued = await again
          .issueToken(request)
          .catch((fault: Error) => ({ ok: false as const, code: fault.name }))
        if (issued.ok) {
          expect(again.clock.now()).toBeLessThan(until)
          expect(again.clock.now() + issued.value.expiresIn).toBeLessThanOrEqual(until)
        } else expect(['unknown_request', 'expired', 'completed', 'StoreUnavailable']).toContain(issued.code)
      }
    }),
    { numRuns: 60 },
  )
})
