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
import {
  bundle,
  decision,
  minutes,
  otherKey,
  person,
  remediator,
  requestId,
  sampleAsk,
  submit,
  submittedAt,
  permit as yes,
} from '../../support/ask.ts'

/** A standing permit is a budget: it is given once, spent by requests, and over when it is spent, late or taken back. */

const id = `stp_${'0'.repeat(26)}` as StandingPermitId
const ask = sampleAsk()
const until = submittedAt + minutes(60)

function approved(): ApprovalRequest {
  const { events } = decide(undefined, submit(ask, 1), submittedAt)
  const pending = replay(events)
  if (!pending) throw new Error('nothing was submitted')
  const { events: more } = decide(pending, decision(ask, 'ana', 'approve'), submittedAt + 1)
  return replay(more, pending) as ApprovalRequest
}

const ladder: Ladder = {
  tiers: [{ tier: 0, name: 'none', stages: [], grant: { claimWithin: 60, lifetime: 60, uses: 1 } }],
}
const giving: Giving = {
  ...{ person: person('ana'), answer: yes, silenced: false, bundle },
  ...{ group: 'remediation', ladder, login: {}, uses: 5, until },
}
function given(changes: Partial<typeof giving> = {}): StandingPermit {
  const event = givePermit(approved(), { ...giving, ...changes }, submittedAt + 2)
  if ('code' in event) throw new Error(event.detail ?? event.code)
  return evolvePermit(id, undefined, event)
}
const draw = (permit: StandingPermit, n: number, now: number) =>
  drawPermit(permit, { request: requestId(n), agent: remediator, policies: [], bundle }, now)

test('it is what was approved, by whom and for how long, and nothing of it can be lengthened', () => {
  expect(given()).toMatchObject({
    from: ask.id,
    agent: remediator,
    by: 'person:ana',
    tier: 1,
    uses: 5,
    until,
    drawn: [],
  })
})

test('a budget is never overdrawn, whatever is drawn, taken back or too late, in whatever order', () => {
  const step = fc.oneof(
    fc.record({ draw: fc.integer({ min: 1, max: 12 }) }),
    fc.constant({ revoke: true as const }),
    fc.record({ wait: fc.integer({ min: 1, max: minutes(20) }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (steps, uses) => {
      const first = givePermit(approved(), { ...giving, uses }, submittedAt + 2)
      if ('code' in first) throw new Error(first.code)
      const events: PermitEvent[] = [first]
      let [permit, now] = [evolvePermit(id, undefined, first), submittedAt + 2]
      for (const each of steps) {
        if ('wait' in each) now += each.wait
        const who = { person: person('ana'), answer: yes, silenced: false, bundle, reason: 'enough' }
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
    (permit) => Array.from({ length: 6 }, (_, n) => draw(permit, n + 1, submittedAt + 3) as PermitEvent),
  ],
  ['a draw after the end', (permit) => [{ ...(draw(permit, 1, submittedAt + 3) as PermitEvent), at: until }]],
  [
    'a draw after it was taken back',
    (permit) => [
      revokePermit(
        permit,
        { person: person('ana'), answer: yes, silenced: false, bundle, reason: 'enough' },
        until - 9,
      ) as PermitEvent,
      draw(permit, 1, until - 8) as PermitEvent,
    ],
  ],
])('a ledger with %s is one that was tampered with', (_what, forged) => {
  const permit = given()
  const first = givePermit(approved(), giving, submittedAt + 2) as PermitEvent
  const { entries } = chainEntries(id, noEntries, [first, ...forged(permit)], undefined)
  expect(verifyPermit(id, entries).broken?.why).toBe('state')
})

test.each<[what: string, group: string, changes: Partial<typeof giving>]>([
  ['for what destroys', 'permit_refused', { group: 'destructive' }],
  ['by somebody who approved nothing', 'permit_refused', { person: person('ben') }],
  ['by the owner', 'permit_refused', { person: ask.owner }],
  ['for longer than a day', 'permit_refused', { until: submittedAt + 2 + 86_401 }],
  ['for more than fifty', 'permit_refused', { uses: 51 }],
  ['against policy', 'not_permitted', { answer: { permit: false, policies: [] } }],
  ['by somebody who is stopped', 'not_permitted', { silenced: true }],
  ['with policy in error', 'policy_error', { answer: { permit: true, policies: [], error: true } }],
])('none is given %s', (_what, code, changes) => {
  expect(givePermit(approved(), { ...giving, ...changes }, submittedAt + 2)).toMatchObject({ code })
})

test.each<[what: string, age: number, given: object]>([
  ['for a day after the approval', 86_400, { type: 'PermitGiven' }],
  ['no later', 86_401, { code: 'permit_refused', detail: 'you approved it more than a day ago' }],
])('one is given %s', (_what, age, given) => {
  const at = submittedAt + 1 + age
  expect(givePermit(approved(), { ...giving, until: at + 60 }, at)).toMatchObject(given)
})

test('none is given in the stead of somebody else, whose right it is', () => {
  const state = approved()
  const stages = state.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.map((each) => ({ ...each, for: person('ben') })),
  }))
  expect(givePermit({ ...state, stages }, giving, submittedAt + 2)).toMatchObject({ code: 'permit_refused' })
})

test('it covers the same or narrower, where the catalogue lets it be narrowed, and nothing else', () => {
  const permit = given()
  const drawing = { ...ask, agent: remediator }
  const now = submittedAt + 3
  const terms = { narrowable: [], mayRebind: false }
  expect(covers(permit, drawing, terms, now)).toBe(true)
  for (const other of [
    { arguments: { ...ask.arguments, Value: '2001' } },
    { resource: { ...ask.resource, id: `${ask.resource.id}x` } },
    { purpose: 'maintenance' },
    { environment: 'staging' },
    { owner: person('ana') },
    { action: 'ssm:DeleteParameter' },
  ])
    expect(covers(permit, { ...drawing, ...other }, terms, now)).toBe(false)
  const narrowable = { ...terms, narrowable: ['MemorySize'] }
  const memory = { ...permit, arguments: { MemorySize: 512 } }
  expect(covers(memory, { ...drawing, arguments: { MemorySize: 256 } }, narrowable, now)).toBe(true)
  expect(covers(memory, { ...drawing, arguments: { MemorySize: 256 } }, terms, now)).toBe(false)
  expect(covers(memory, { ...drawing, arguments: { MemorySize: 513 } }, narrowable, now)).toBe(false)
})

test('it covers what the key of the approved request asks, and another key only where the agent may change its key', () => {
  const permit = given()
  const terms = { narrowable: [], mayRebind: false }
  const now = submittedAt + 3
  const { jkt: _, ...keyless } = { ...ask, agent: remediator }
  expect(permit.jkt).toBe(ask.jkt)
  expect(covers(permit, { ...keyless, jkt: otherKey }, terms, now)).toBe(false)
  expect(covers(permit, keyless, terms, now)).toBe(false)
  expect(covers(permit, { ...keyless, jkt: otherKey }, { ...terms, mayRebind: true }, now)).toBe(true)
  const { jkt: __, ...unbound } = permit
  expect(covers(unbound, keyless, terms, now)).toBe(false)
})
