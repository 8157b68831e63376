import {
  evolveHalt,
  type Halt,
  type HaltActor,
  type HaltEvent,
  halt,
  haltBySignal,
  haltInForceBy,
  haltKey,
  haltOf,
  isCutOff,
  isHaltInForce,
  isRepeated,
  isSilenced,
  lift,
  liftedBefore,
  silencerOf,
} from '../../../functions/domain/halts/halt.ts'
import type { HaltId, TransmitterId } from '../../../functions/domain/values.ts'
import { bundle, decision, failed, forbid, permit, person, sampleAsk, submittedAt } from '../../support/ask.ts'
import { live } from '../story.ts'

/** A halt's life, and what it ends. */

const now = submittedAt
const okta = 'transmitter:okta' as TransmitterId
const everything = { kind: 'all', value: 'all' } as const
const idOf = (n: number) => `hlt_${String(n).padStart(26, '0')}` as HaltId
const haltNumber = (n: number, changes: Partial<Halt> = {}): Halt => ({
  ...{ id: idOf(n), target: everything, reason: 'an exercise', by: person('gus'), at: now - 100 },
  ...changes,
})
const liftedAt = (at: number) => ({ lifted: { by: person('hana'), at } })
const actor = (changes: Partial<HaltActor> = {}): HaltActor => ({
  ...{ person: person('hana'), answer: permit, silenced: false, bundle },
  ...changes,
})

test('a halt is in force from its declaration until it is lifted or its end has come', () => {
  expect([haltNumber(1), haltNumber(1, { until: now + 1 })].map((each) => isHaltInForce(each, now))).toEqual([
    true,
    true,
  ])
  const over = [
    haltNumber(1, { until: now }),
    haltNumber(1, liftedAt(now - 1)),
    haltNumber(1, { until: now + 1, ...liftedAt(now) }),
  ]
  expect(over.map((each) => isHaltInForce(each, now))).toEqual([false, false, false])
})

test('a halt is repeated by one of the same target and end, while it is in force', () => {
  const before = haltNumber(1, { until: now + 60 })
  const again = { target: everything, reason: 'other words', until: now + 60 }
  expect(isRepeated(before, again, now)).toBe(true)
  expect(isRepeated(before, { ...again, until: now + 61 }, now)).toBe(false)
  expect(isRepeated(before, { ...again, target: { kind: 'environment', value: 'prod' } }, now)).toBe(false)
  expect(isRepeated(before, again, now + 60)).toBe(false)
  expect(isRepeated(haltNumber(1, liftedAt(now)), { target: everything, reason: 'x' }, now)).toBe(false)
})

describe('a halt of everything', () => {
  const { state } = live(1, [])

  test('ends a request of before it, and one that was submitted while it holds', () => {
    for (const at of [now - 100, now, now + 100]) expect(haltOf(state, [haltNumber(1, { at })])?.id).toBe(idOf(1))
    expect(haltOf(state, [haltNumber(1, { until: now + 1 })])?.id).toBe(idOf(1))
  })

  test('that was over when a request was submitted leaves it alone', () => {
    expect(haltOf(state, [haltNumber(1, { until: now }), haltNumber(2, liftedAt(now - 1))])).toBeUndefined()
  })

  test('lifted in the second of the submission ends it, but where the submission found it lifted', () => {
    const lifted = haltNumber(1, liftedAt(now))
    expect(haltOf(state, [lifted])?.id).toBe(idOf(1))
    const after = { ...state, ask: { ...state.ask, afterHalts: [idOf(1)] } }
    expect(haltOf(after, [lifted])).toBeUndefined()
    expect(haltOf(after, [{ ...lifted, id: idOf(2) }])?.id).toBe(idOf(2))
  })
})

test('an act keeps the halts that it found lifted in its own second or later, and nothing where there are none', () => {
  const halts = [
    haltNumber(1, liftedAt(now - 1)),
    haltNumber(2, liftedAt(now)),
    haltNumber(3, liftedAt(now + 1)),
    haltNumber(4),
  ]
  expect(liftedBefore(halts, now)).toEqual({ afterHalts: [idOf(2), idOf(3)] })
  expect(liftedBefore(halts.slice(0, 1), now)).toEqual({})
})

test('a halt of a person cuts off what they began before it, and lets stand what they begin once it is lifted', () => {
  expect(isCutOff(now, [], now)).toBe(false)
  expect(isCutOff(now, [haltNumber(1, { at: now })], now + 9)).toBe(true)
  expect(isCutOff(now + 1, [haltNumber(1, { at: now })], now + 9)).toBe(false)
  const lifted = haltNumber(1, liftedAt(now + 5))
  expect([now + 5, now + 6].map((at) => isCutOff(at, [lifted], now + 9))).toEqual([true, false])
  const ended = haltNumber(1, { until: now + 5 })
  expect([now + 4, now + 5].map((at) => isCutOff(at, [ended], now + 9))).toEqual([true, false])
})

describe('a halt of a person', () => {
  const ask = sampleAsk()
  const ofPerson = (name: string, changes: Partial<Halt> = {}) =>
    haltNumber(1, { target: { kind: 'person', value: person(name) }, ...changes })
  const { state } = live(2, [[10, decision(ask, 'ana', 'approve'), 'pending']], ask)

  test('silences them while it is in force, and no other person', () => {
    expect(isSilenced(person('ana'), [ofPerson('ana')], { now })).toBe(true)
    expect(isSilenced(person('ana'), [ofPerson('ben')], { now })).toBe(false)
    expect(isSilenced(person('ana'), [haltNumber(1)], { now })).toBe(false)
    expect(
      isSilenced(person('ana'), [haltNumber(1, { target: { kind: 'owner', value: person('ana') } })], { now }),
    ).toBe(false)
    expect(isSilenced(person('ana'), [ofPerson('ana', liftedAt(now - 1))], { now })).toBe(false)
  })

  test('silences what they did before it was lifted', () => {
    const lifted = [ofPerson('ana', liftedAt(now))]
    expect(isSilenced(person('ana'), lifted, { at: now })).toBe(true)
    expect(isSilenced(person('ana'), lifted, { at: now + 1 })).toBe(false)
    expect(isSilenced(person('ana'), lifted, { at: now, afterHalts: [idOf(1)] })).toBe(false)
  })

  test('is found by the approvals that a request rests on, also where they approved for another', () => {
    expect(silencerOf(state, [ofPerson('ana')])?.id).toBe(idOf(1))
    expect(silencerOf(state, [ofPerson('ben')])).toBeUndefined()
    const stages = state.stages.map((stage) => ({
      ...stage,
      decisions: stage.decisions.map((each) => ({ ...each, for: person('ben') })),
    }))
    expect(silencerOf({ ...state, stages }, [ofPerson('ben')])?.id).toBe(idOf(1))
    expect(silencerOf({ ...state, stages }, [ofPerson('eve')])).toBeUndefined()
  })

  test('ends what they opened or asked, and not what they decided', () => {
    expect(haltOf(state, [ofPerson('ana')])).toBeUndefined()
    const asked = { ...state, ask: { ...ask, askedBy: person('ana') } }
    expect(haltOf(asked, [ofPerson('ana')])?.id).toBe(idOf(1))
    expect(haltOf(asked, [ofPerson('ben')])).toBeUndefined()
  })
})

describe('to declare a halt', () => {
  const wanted = { target: everything, reason: 'stop' }
  const many = (count: number, changes: Partial<Halt> = {}) =>
    Array.from({ length: count }, (_, n) => haltNumber(n, changes))

  test('takes a permit of policy, by a person who is not stopped', () => {
    expect(halt([], { ...actor(), ...wanted }, now)).toEqual({
      ...{ type: 'Halted', at: now, actor: { type: 'person', id: person('hana') } },
      ...{ policies: permit.policies, bundle, target: everything, reason: 'stop' },
    })
    expect(halt([], { ...actor({ answer: forbid }), ...wanted }, now)).toBe('not_permitted')
    expect(halt([], { ...actor({ silenced: true }), ...wanted }, now)).toBe('not_permitted')
    expect(halt([], { ...actor({ answer: failed }), ...wanted }, now)).toBe('policy_error')
    expect(halt([], { ...actor({ answer: { ...permit, error: true } }), ...wanted }, now)).toBe('policy_error')
  })

  test('is refused beside twenty lasting ones of its target; those with an end, and those that are over, count apart', () => {
    expect(halt(many(19), { ...actor(), ...wanted }, now)).toMatchObject({ type: 'Halted' })
    expect(halt(many(20), { ...actor(), ...wanted }, now)).toBe('too_many_halts')
    expect(halt(many(20), { ...actor(), ...wanted, until: now + 60 }, now)).toMatchObject({ until: now + 60 })
    expect(halt(many(20, { until: now + 9 }), { ...actor(), ...wanted }, now)).toMatchObject({ type: 'Halted' })
    expect(halt(many(20, { until: now + 9 }), { ...actor(), ...wanted, until: now + 60 }, now)).toBe('too_many_halts')
    expect(halt(many(20, liftedAt(now)), { ...actor(), ...wanted }, now)).toMatchObject({ type: 'Halted' })
  })

  test('a transmitter needs no policy, and has one in force', () => {
    expect(haltBySignal(wanted, { transmitter: okta, bundle }, now)).toEqual({
      ...{ type: 'Halted', at: now, actor: { type: 'transmitter', id: okta }, policies: [], bundle },
      ...wanted,
    })
    const own = haltNumber(2, { by: okta })
    expect(haltInForceBy([haltNumber(1), own], okta, now)).toBe(own)
    expect(haltInForceBy([haltNumber(1), { ...own, ...liftedAt(now) }], okta, now)).toBeUndefined()
  })
})

describe('to lift a halt', () => {
  const inForce = haltNumber(1)

  test('takes a permit, a second person and a halt that is in force', () => {
    expect(lift(inForce, [inForce], actor(), now)).toMatchObject({ type: 'Lifted', at: now, policies: permit.policies })
    expect(lift(inForce, [inForce], actor({ person: person('gus') }), now)).toBe('self_lift')
    expect(lift(inForce, [inForce], actor({ answer: forbid }), now)).toBe('not_permitted')
    expect(lift(haltNumber(1, liftedAt(now)), [], actor(), now)).toBe('already_lifted')
    expect(lift(haltNumber(1, { until: now }), [], actor(), now)).toBe('already_lifted')
  })

  test('is no earlier than the halt, nor than the lifts before it on its target, however slow the clock', () => {
    const late = haltNumber(1, { at: now + 5 })
    expect(lift(late, [late], actor(), now)).toMatchObject({ at: now + 5 })
    const before = haltNumber(2, liftedAt(now + 7))
    expect(lift(late, [late, before], actor(), now)).toMatchObject({ at: now + 7 })
  })
})

describe('a halt as its events make it', () => {
  const declared = haltBySignal({ target: everything, reason: 'stop' }, { transmitter: okta, bundle }, now)
  const lifted = lift(haltNumber(1), [], actor(), now) as HaltEvent

  test('is declared once, by a person or a transmitter, and lifted once, by a person', () => {
    const made = evolveHalt(idOf(1), undefined, declared)
    expect(made).toEqual({ id: idOf(1), target: everything, reason: 'stop', by: okta, at: now })
    expect(evolveHalt(idOf(1), made, lifted)).toEqual({ ...made, lifted: { by: person('hana'), at: now } })
  })

  test.each<[why: string, before: Halt | undefined, event: HaltEvent]>([
    ['declared twice', haltNumber(1), declared],
    ['lifted before it is declared', undefined, lifted],
    ['lifted twice', haltNumber(1, liftedAt(now)), lifted],
    ['declared by an agent', undefined, { ...declared, actor: { type: 'agent', id: 'agent:remediator' } } as never],
    ['declared without a target', undefined, { ...lifted, type: 'Halted' } as never],
    ['lifted by a transmitter', haltNumber(1), { ...lifted, actor: { type: 'transmitter', id: okta } } as never],
  ])('is none that was %s', (_why, before, event) => {
    expect(() => evolveHalt(idOf(1), before, event)).toThrow(TypeError)
  })
})

test('the key of a halt names the kind and the value of its target', () => {
  expect(haltKey({ kind: 'environment', value: 'prod' })).toBe('HALT#environment#prod')
})
