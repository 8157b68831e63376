import fc from 'fast-check'
import { chainEntries, noEntries, verifyPermit } from '../../../functions/domain/ledger/ledger.ts'
import {
  covers,
  drawPermit,
  drawsLeft,
  evolvePermit,
  type Giving,
  givePermit,
  isLive,
  type PermitEvent,
  revokePermit,
  type StandingPermit,
} from '../../../functions/domain/permits/permit.ts'
import type { Ladder } from '../../../functions/domain/policy/ladder.ts'
import { replay } from '../../../functions/domain/record/evolve.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { decide } from '../../../functions/domain/requests/decide.ts'
import type { StandingPermitId } from '../../../functions/domain/values.ts'
import * as sample from '../../support/ask.ts'

/** A standing permit is a budget: given once, spent by requests, and over when it is spent, expired or revoked. */

const id = `stp_${'0'.repeat(26)}` as StandingPermitId
const ask = sample.sampleAsk()
const until = sample.submittedAt + sample.minutes(60)

function approved(): ApprovalRequest {
  const { events } = decide(undefined, sample.submit(ask, 1), sample.submittedAt)
  const pending = replay(events)
  if (!pending) throw new Error('nothing was submitted')
  const { events: more } = decide(pending, sample.decision(ask, 'ana', 'approve'), sample.submittedAt + 1)
  return replay(more, pending) as ApprovalRequest
}

const ladder: Ladder = {
  tiers: [{ tier: 0, name: 'none', stages: [], grant: { claimWithin: 60, lifetime: 60, uses: 1 } }],
}
const giving: Giving = {
  ...{ person: sample.person('ana'), answer: sample.permit, silenced: false, bundle: sample.bundle },
  ...{ group: 'remediation', ladder, login: {}, uses: 5, until },
}
function given(changes: Partial<typeof giving> = {}): StandingPermit {
  const event = givePermit(approved(), { ...giving, ...changes }, sample.submittedAt + 2)
  if ('code' in event) throw new Error(event.detail ?? event.code)
  return evolvePermit(id, undefined, event)
}
const draw = (permit: StandingPermit, n: number, now: number) =>
  drawPermit(
    permit,
    { request: sample.requestId(n), agent: sample.remediator, policies: [], bundle: sample.bundle },
    now,
  )

test('a standing permit has the approved right, its giver and its end', () => {
  expect(given()).toMatchObject({
    from: ask.id,
    agent: sample.remediator,
    by: 'person:ana',
    tier: 1,
    uses: 5,
    until,
    drawn: [],
  })
})

test('a budget is never overdrawn, with draws, revocations and delays in any order', () => {
  const step = fc.oneof(
    fc.record({ draw: fc.integer({ min: 1, max: 12 }) }),
    fc.constant({ revoke: true as const }),
    fc.record({ wait: fc.integer({ min: 1, max: sample.minutes(20) }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (steps, uses) => {
      const first = givePermit(approved(), { ...giving, uses }, sample.submittedAt + 2)
      if ('code' in first) throw new Error(first.code)
      const events: PermitEvent[] = [first]
      let [permit, now] = [evolvePermit(id, undefined, first), sample.submittedAt + 2]
      for (const each of steps) {
        if ('wait' in each) now += each.wait
        const who = {
          person: sample.person('ana'),
          answer: sample.permit,
          silenced: false,
          bundle: sample.bundle,
          reason: 'enough',
        }
        const event =
          'draw' in each ? draw(permit, each.draw, now) : 'revoke' in each ? revokePermit(permit, who, now) : undefined
        if (!event || 'code' in event) continue
        if ('draw' in each) expect([isLive(permit, now), drawsLeft(permit) > 0]).toEqual([true, true])
        events.push(event)
        permit = evolvePermit(id, permit, event)
      }
      expect(permit.drawn.length).toBeLessThanOrEqual(uses)
      expect(new Set(permit.drawn).size).toBe(permit.drawn.length)
      const { entries } = chainEntries(id, noEntries, events, undefined)
      expect(verifyPermit(id, entries)).toEqual({ state: permit })
    }),
  )
})

test.each<[what: string, events: (permit: StandingPermit) => readonly PermitEvent[]]>([
  [
    'one draw too many',
    (permit) => Array.from({ length: 6 }, (_, n) => draw(permit, n + 1, sample.submittedAt + 3) as PermitEvent),
  ],
  ['a draw after the end', (permit) => [{ ...(draw(permit, 1, sample.submittedAt + 3) as PermitEvent), at: until }]],
  [
    'a draw after a revocation',
    (permit) => [
      revokePermit(
        permit,
        {
          person: sample.person('ana'),
          answer: sample.permit,
          silenced: false,
          bundle: sample.bundle,
          reason: 'enough',
        },
        until - 9,
      ) as PermitEvent,
      draw(permit, 1, until - 8) as PermitEvent,
    ],
  ],
])('a ledger with %s is broken', (_what, forged) => {
  const permit = given()
  const first = givePermit(approved(), giving, sample.submittedAt + 2) as PermitEvent
  const { entries } = chainEntries(id, noEntries, [first, ...forged(permit)], undefined)
  expect(verifyPermit(id, entries).broken?.why).toBe('state')
})

test.each<[what: string, group: string, changes: Partial<typeof giving>]>([
  ['for a destructive action', 'permit_refused', { group: 'destructive' }],
  ['by a person who approved nothing', 'permit_refused', { person: sample.person('ben') }],
  ['by the owner', 'permit_refused', { person: ask.owner }],
  ['for longer than a day', 'permit_refused', { until: sample.submittedAt + 2 + 86_401 }],
  ['for more than fifty', 'permit_refused', { uses: 51 }],
  ['against policy', 'not_permitted', { answer: { permit: false, policies: [] } }],
  ['by a halted person', 'not_permitted', { silenced: true }],
  ['with policy in error', 'policy_error', { answer: { permit: true, policies: [], error: true } }],
])('a standing permit is refused %s', (_what, code, changes) => {
  expect(givePermit(approved(), { ...giving, ...changes }, sample.submittedAt + 2)).toMatchObject({ code })
})

test.each<[what: string, age: number, given: object]>([
  ['a day later', 86_400, { type: 'PermitGiven' }],
  ['a second more', 86_401, { code: 'permit_refused', detail: 'you approved it more than a day ago' }],
])('a standing permit is given at most a day after the approval: %s', (_what, age, given) => {
  const at = sample.submittedAt + 1 + age
  expect(givePermit(approved(), { ...giving, until: at + 60 }, at)).toMatchObject(given)
})

test('a standing permit is refused in a tier that has the name of the resource typed for each approval', () => {
  const { stages, ...rest } = approved()
  const named = stages.map((stage) => ({ ...stage, terms: { ...stage.terms, typeTheName: true as const } }))
  expect(givePermit({ ...rest, stages: named } as ApprovalRequest, giving, sample.submittedAt + 2)).toMatchObject({
    code: 'permit_refused',
  })
})

test("a standing permit is refused to a stand-in, whose right is another person's", () => {
  const state = approved()
  const stages = state.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.map((each) => ({ ...each, for: sample.person('ben') })),
  }))
  expect(givePermit({ ...state, stages }, giving, sample.submittedAt + 2)).toMatchObject({ code: 'permit_refused' })
})

test('a standing permit covers the same ask, or a narrower one if the catalogue permits it, and no other', () => {
  const permit = given()
  const drawing = { ...ask, agent: sample.remediator }
  const now = sample.submittedAt + 3
  const terms = { narrowable: [], mayRebind: false }
  expect(covers(permit, drawing, terms, now)).toBe(true)
  for (const other of [
    { arguments: { ...ask.arguments, Value: '2001' } },
    { resource: { ...ask.resource, id: `${ask.resource.id}x` } },
    { purpose: 'maintenance' },
    { environment: 'staging' },
    { owner: sample.person('ana') },
    { action: 'ssm:DeleteParameter' },
  ])
    expect(covers(permit, { ...drawing, ...other }, terms, now)).toBe(false)
  const narrowable = { ...terms, narrowable: ['MemorySize'] }
  const memory = { ...permit, arguments: { MemorySize: 512 } }
  expect(covers(memory, { ...drawing, arguments: { MemorySize: 256 } }, narrowable, now)).toBe(true)
  expect(covers(memory, { ...drawing, arguments: { MemorySize: 256 } }, terms, now)).toBe(false)
  expect(covers(memory, { ...drawing, arguments: { MemorySize: 513 } }, narrowable, now)).toBe(false)
})

test('a standing permit covers the key of the approved request, and another only if the agent may change its key', () => {
  const permit = given()
  const terms = { narrowable: [], mayRebind: false }
  const now = sample.submittedAt + 3
  const { jkt: _, ...keyless } = { ...ask, agent: sample.remediator }
  expect(permit.jkt).toBe(ask.jkt)
  expect(covers(permit, { ...keyless, jkt: sample.otherKey }, terms, now)).toBe(false)
  expect(covers(permit, keyless, terms, now)).toBe(false)
  expect(covers(permit, { ...keyless, jkt: sample.otherKey }, { ...terms, mayRebind: true }, now)).toBe(true)
  const { jkt: __, ...unbound } = permit
  expect(covers(unbound, keyless, terms, now)).toBe(false)
})
