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
  targetsOf,
  withHalt,
} from '../../../functions/domain/halts/halt.ts'
import type { HaltId, TransmitterId } from '../../../functions/domain/values.ts'
import {
  bundle,
  decision,
  failed,
  forbid,
  jade,
  openingAsk,
  owner,
  permit,
  person,
  sampleAsk,
  submittedAt,
} from '../../support/ask.ts'
import { samplePlan } from '../../support/plan.ts'
import { Desk, live } from '../story.ts'

/** The life of a halt, and the requests that it ends. */

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

const { state } = live(1, sampleAsk())

test('a halt of everything ends an earlier request, and one that was submitted during it', () => {
  for (const at of [now - 100, now, now + 100]) expect(haltOf(state, [haltNumber(1, { at })])?.id).toBe(idOf(1))
  expect(haltOf(state, [haltNumber(1, { until: now + 1 })])?.id).toBe(idOf(1))
})

test('a halt of everything that was over at the submission leaves the request alone', () => {
  expect(haltOf(state, [haltNumber(1, { until: now }), haltNumber(2, liftedAt(now - 1))])).toBeUndefined()
})

test('a halt lifted in the second of the submission ends the request, unless the submission found it lifted', () => {
  const lifted = haltNumber(1, liftedAt(now))
  expect(haltOf(state, [lifted])?.id).toBe(idOf(1))
  const after = { ...state, ask: { ...state.ask, afterHalts: [idOf(1)] } }
  expect(haltOf(after, [lifted])).toBeUndefined()
  expect(haltOf(after, [{ ...lifted, id: idOf(2) }])?.id).toBe(idOf(2))
})

test('an act keeps the halts that it found lifted in its own second or later', () => {
  const halts = [
    haltNumber(1, liftedAt(now - 1)),
    haltNumber(2, liftedAt(now)),
    haltNumber(3, liftedAt(now + 1)),
    haltNumber(4),
  ]
  expect(liftedBefore(halts, now)).toEqual({ afterHalts: [idOf(2), idOf(3)] })
  expect(liftedBefore(halts.slice(0, 1), now)).toEqual({})
})

test('a halt of a person ends what they began before it, and not what they begin once it is lifted', () => {
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
  const { state } = live(2, ask, [10, decision(ask, 'ana', 'approve'), 'pending'])

  test('a halt of a person silences them while it is in force, and no other person', () => {
    expect(isSilenced(person('ana'), [ofPerson('ana')], { now })).toBe(true)
    expect(isSilenced(person('ana'), [ofPerson('ben')], { now })).toBe(false)
    expect(isSilenced(person('ana'), [haltNumber(1)], { now })).toBe(false)
    expect(
      isSilenced(person('ana'), [haltNumber(1, { target: { kind: 'owner', value: person('ana') } })], { now }),
    ).toBe(false)
    expect(isSilenced(person('ana'), [ofPerson('ana', liftedAt(now - 1))], { now })).toBe(false)
  })

  test('a halt of a person silences their acts from before its lift', () => {
    const lifted = [ofPerson('ana', liftedAt(now))]
    expect(isSilenced(person('ana'), lifted, { at: now })).toBe(true)
    expect(isSilenced(person('ana'), lifted, { at: now + 1 })).toBe(false)
    expect(isSilenced(person('ana'), lifted, { at: now, afterHalts: [idOf(1)] })).toBe(false)
  })

  test('a halt of a person is found by their approvals, also for an absent person', () => {
    expect(silencerOf(state, [ofPerson('ana')])?.id).toBe(idOf(1))
    expect(silencerOf(state, [ofPerson('ben')])).toBeUndefined()
    const stages = state.stages.map((stage) => ({
      ...stage,
      decisions: stage.decisions.map((each) => ({ ...each, for: person('ben') })),
    }))
    expect(silencerOf({ ...state, stages }, [ofPerson('ben')])?.id).toBe(idOf(1))
    expect(silencerOf({ ...state, stages }, [ofPerson('eve')])).toBeUndefined()
  })

  test('a halt of a person ends what they opened or asked, and not what they decided', () => {
    expect(haltOf(state, [ofPerson('ana')])).toBeUndefined()
    const asked = { ...state, ask: { ...ask, askedBy: person('ana') } }
    expect(haltOf(asked, [ofPerson('ana')])?.id).toBe(idOf(1))
    expect(haltOf(asked, [ofPerson('ben')])).toBeUndefined()
  })
})

const wanted = { target: everything, reason: 'stop' }
const many = (count: number, changes: Partial<Halt> = {}) =>
  Array.from({ length: count }, (_, n) => haltNumber(n, changes))

test('a halt is declared by a permit of policy and a person who is not halted', () => {
  expect(halt([], { ...actor(), ...wanted }, now)).toEqual({
    ...{ type: 'Halted', at: now, actor: { type: 'person', id: person('hana') } },
    ...{ policies: permit.policies, bundle, target: everything, reason: 'stop' },
  })
  expect(halt([], { ...actor({ answer: forbid }), ...wanted }, now)).toBe('not_permitted')
  expect(halt([], { ...actor({ silenced: true }), ...wanted }, now)).toBe('not_permitted')
  expect(halt([], { ...actor({ answer: failed }), ...wanted }, now)).toBe('policy_error')
  expect(halt([], { ...actor({ answer: { ...permit, error: true } }), ...wanted }, now)).toBe('policy_error')
})

test('a halt is refused beside twenty lasting ones of its target; ones with an end, and ended ones, count apart', () => {
  expect(halt(many(19), { ...actor(), ...wanted }, now)).toMatchObject({ type: 'Halted' })
  expect(halt(many(20), { ...actor(), ...wanted }, now)).toBe('too_many_halts')
  expect(halt(many(20), { ...actor(), ...wanted, until: now + 60 }, now)).toMatchObject({ until: now + 60 })
  expect(halt(many(20, { until: now + 9 }), { ...actor(), ...wanted }, now)).toMatchObject({ type: 'Halted' })
  expect(halt(many(20, { until: now + 9 }), { ...actor(), ...wanted, until: now + 60 }, now)).toBe('too_many_halts')
  expect(halt(many(20, liftedAt(now)), { ...actor(), ...wanted }, now)).toMatchObject({ type: 'Halted' })
})

test('a transmitter needs no policy, and has one halt in force', () => {
  expect(haltBySignal(wanted, { transmitter: okta, bundle }, now)).toEqual({
    ...{ type: 'Halted', at: now, actor: { type: 'transmitter', id: okta }, policies: [], bundle },
    ...wanted,
  })
  const own = haltNumber(2, { by: okta })
  expect(haltInForceBy([haltNumber(1), own], okta, now)).toBe(own)
  expect(haltInForceBy([haltNumber(1), { ...own, ...liftedAt(now) }], okta, now)).toBeUndefined()
})

const inForce = haltNumber(1)

test('a lift takes a permit, a second person and a halt in force', () => {
  expect(lift(inForce, [inForce], actor(), now)).toMatchObject({ type: 'Lifted', at: now, policies: permit.policies })
  expect(lift(inForce, [inForce], actor({ person: person('gus') }), now)).toBe('self_lift')
  expect(lift(inForce, [inForce], actor({ answer: forbid }), now)).toBe('not_permitted')
  expect(lift(haltNumber(1, liftedAt(now)), [], actor(), now)).toBe('already_lifted')
  expect(lift(haltNumber(1, { until: now }), [], actor(), now)).toBe('already_lifted')
})

test('a lift is no earlier than the halt, nor than earlier lifts on its target, with a slow clock too', () => {
  const late = haltNumber(1, { at: now + 5 })
  expect(lift(late, [late], actor(), now)).toMatchObject({ at: now + 5 })
  expect(lift(late, [late, haltNumber(2, liftedAt(now + 7))], actor(), now)).toMatchObject({ at: now + 7 })
})

const declared = haltBySignal({ target: everything, reason: 'stop' }, { transmitter: okta, bundle }, now)
const lifted = lift(haltNumber(1), [], actor(), now) as HaltEvent

test('the events of a halt are a declaration by a person or a transmitter, and a lift by a person', () => {
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
])('the events of a halt are refused if it was %s', (_why, before, event) => {
  expect(() => evolveHalt(idOf(1), before, event)).toThrow(TypeError)
})

test('the key of a halt names the kind and the value of its target', () => {
  expect(haltKey({ kind: 'environment', value: 'prod' })).toBe('HALT#environment#prod')
})

/** The targets whose halts stop a request, which are read before each act. */

const ask = sampleAsk()
const { state: rested } = live(1, ask, [1, decision(ask, 'ana', 'approve'), 'approved'])
const valuesOf = (kind: string, of = rested) =>
  targetsOf(of, 'arn:role').flatMap((target) => (target.kind === kind ? [target.value] : []))

test('a halt of a person who approved stops a request, also of the absent person they approved for', () => {
  expect(valuesOf('person')).toEqual([person('ana')])
  const stages = rested.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.map((each) => ({ ...each, for: person('ben') })),
  }))
  expect(valuesOf('person', { ...rested, stages })).toEqual([person('ana'), person('ben')])
})

test('a halt of the person who asked on behalf of the agent stops a request', () => {
  expect(valuesOf('person', { ...rested, ask: { ...ask, askedBy: person('gus') } })).toContain(person('gus'))
})

test('a halt of the agent, owner, action or environment of a step that waits for people stops its plan', () => {
  const { state: plan } = live(1, samplePlan())
  const steps = plan.ask.steps ?? []
  expect(steps.length).toBeGreaterThan(1)
  for (const { agent, owner: answers, action, environment } of steps) {
    expect(valuesOf('agent', plan)).toContain(agent)
    expect(valuesOf('owner', plan)).toContain(answers)
    expect(valuesOf('action', plan)).toContain(action)
    expect(valuesOf('environment', plan)).toContain(environment)
  }
  const { state: approved } = live(0, samplePlan())
  expect(valuesOf('environment', approved)).toEqual([])
  expect(valuesOf('agent', approved)).toEqual([plan.ask.agent.id])
})

test('a request is stopped by a halt of all, its agent, owner, action, environment, role or approver, and by no other', () => {
  const always = [
    { kind: 'all', value: 'all' },
    { kind: 'agent', value: ask.agent.id },
    { kind: 'owner', value: owner },
    { kind: 'action', value: ask.action },
    { kind: 'environment', value: ask.environment },
  ]
  expect(targetsOf(live(1, ask).state, undefined)).toEqual(always)
  const more = [
    { kind: 'role', value: 'arn:role' },
    { kind: 'person', value: person('ana') },
  ]
  expect(targetsOf(rested, 'arn:role')).toEqual(expect.arrayContaining([...always, ...more]))
  expect(targetsOf(rested, 'arn:role')).toHaveLength(7)
})

test("a halt of an opening's person or of a right in it stops the opening, and one of an environment does not", () => {
  const desk = new Desk(0, openingAsk())
  const rights = desk.ask.breakGlass?.rights.map(({ action }) => action) ?? []
  expect(rights.length).toBeGreaterThan(0)
  const values = (kind: string) => valuesOf(kind, desk.state)
  expect([values('person'), values('agent'), values('environment')]).toEqual([[jade], [], []])
  expect(values('action')).toEqual(rights)
})

/** A halt that was declared later than ones of lower numbers. */
const haltAt = (n: number, changes: Partial<Halt> = {}) => haltNumber(n, { at: now - 100 + n, ...changes })

test('a halt in force is kept, and so are the last lifted and the last ended one', () => {
  const [endless, running] = [haltAt(1), haltAt(2, { until: now + 1 })]
  const [ended, endedLast] = [haltAt(3, { until: now - 20 }), haltAt(4, { until: now - 10 })]
  // It has the last `until`, and was lifted earlier.
  const [lifted, liftedLast] = [haltAt(5, { until: now - 5, ...liftedAt(now - 50) }), haltAt(6, liftedAt(now - 40))]
  const kept = withHalt([endless, running, ended, endedLast, lifted], liftedLast, now)
  expect(kept).toEqual([endless, running, endedLast, liftedLast])
})

test('a changed halt replaces its earlier state', () => {
  const changed = haltAt(1, liftedAt(now))
  expect(withHalt([haltAt(1), haltAt(2)], changed, now)).toEqual([haltAt(2), changed])
})
