import fc from 'fast-check'
import { covers, evolvePermit, type Giving, givePermit } from '../../../functions/domain/permits/permit.ts'
import { fits, readShape, shapeWritten } from '../../../functions/domain/permits/shape.ts'
import type { CatalogueEntry } from '../../../functions/domain/policy/catalogue.ts'
import { replay } from '../../../functions/domain/record/evolve.ts'
import type { Ask } from '../../../functions/domain/record/request.ts'
import { decide } from '../../../functions/domain/requests/decide.ts'
import type { AgentId, Json, JsonObject, StandingPermitId } from '../../../functions/domain/values.ts'
import * as sample from '../../support/ask.ts'

/** The shape of a standing permit: which asks it covers beside the approved one. */

const text = { type: 'string', maxLength: 256 }
const entry = {
  arguments: {
    type: 'object',
    additionalProperties: false,
    properties: {
      Name: text,
      Mode: text,
      Count: { type: 'integer', minimum: 0, maximum: 1000 },
      Ratio: { type: 'number', minimum: 0, maximum: 10 },
      Force: { type: 'boolean' },
      Tags: { type: 'array', items: text, maxItems: 5 },
      Limits: {
        type: 'object',
        additionalProperties: false,
        properties: {
          min: { type: 'integer', minimum: 0, maximum: 9 },
          max: { type: 'integer', minimum: 0, maximum: 9 },
        },
        required: [],
      },
      Note: text,
    },
    required: ['Name'],
  },
} as unknown as CatalogueEntry

const approved: JsonObject = {
  ...{ Name: '/prod/checkout/retry-limit', Mode: 'dark', Count: 10, Ratio: 0.5, Force: true },
  ...{ Tags: ['a', 'b'], Limits: { min: 1, max: 9 } },
}
const written: JsonObject = {
  ...{ Name: '/prod/checkout/*-limit', Mode: 'dark', Count: { min: 5, max: 20 }, Ratio: { min: 0.25, max: 0.75 } },
  ...{ Force: true, Tags: ['a', 'b'], Limits: { min: 1, max: 9 } },
}
const shape = (() => {
  const read = readShape(entry, written, approved)
  if (!read.ok) throw new Error(read.detail)
  return read.value
})()

test('a shape is stored with its kinds named, and shown as it was written', () => {
  expect(shape).toMatchObject({
    Name: { like: '/prod/checkout/*-limit' },
    Count: { min: 5, max: 20 },
    // The argument takes an object, so this is an exact value and no range.
    Limits: { is: { min: 1, max: 9 } },
  })
  expect(shapeWritten(shape)).toEqual(written)
})

test.each<[what: string, changes: { [name: string]: Json }, detail: string]>([
  ['an unknown argument', { Other: 'x' }, 'shape.Other'],
  ['an argument that the approved request lacks', { Note: 'x' }, 'shape.Note'],
  ['two `*`', { Name: '/prod/*/*-limit' }, 'one `*`'],
  ['three fixed characters before its `*`', { Name: '/pr*' }, '4 characters'],
  ['a pattern for a number', { Count: '1000*' }, 'no text'],
  ['a `min` alone', { Count: { min: 5 } }, '`min` and `max`'],
  ['a `max` alone', { Count: { max: 5 } }, '`min` and `max`'],
  ['a third member beside `min` and `max`', { Count: { min: 5, max: 20, step: 1 } }, '`min` and `max`'],
  ['texts as its ends', { Count: { min: '5', max: '20' } }, '`min` and `max`'],
  ['its ends the wrong way round', { Count: { min: 20, max: 5 } }, 'at most its `max`'],
  ['another exact value than was approved', { Mode: 'light' }, 'shape.Mode'],
  ['a range without the approved number', { Count: { min: 11, max: 20 } }, 'shape.Count'],
  ['a pattern that the approved text does not match', { Name: '/prod/basket/*' }, 'shape.Name'],
])('a shape with %s is refused, with the argument and the fix', (_what, changes, detail) => {
  const read = readShape(entry, { ...written, ...changes }, approved)
  expect(read).toMatchObject({ ok: false, code: 'invalid_shape', detail: expect.stringContaining(detail) })
})

test('a shape without an argument of the approved request is refused', () => {
  const { Mode: _, ...rest } = written
  expect(readShape(entry, rest, approved)).toMatchObject({ code: 'invalid_shape' })
})

test.each<[what: string, name: string, fit: boolean]>([
  ['other characters', '/prod/checkout/cart-limit', true],
  ['no character', '/prod/checkout/-limit', true],
  ['a slash', '/prod/checkout/a/b-limit', false],
  ['a colon', '/prod/checkout/a:b-limit', false],
  ['a look-alike of a slash', '/prod/checkout/a\u2215b-limit', false],
  ['a backslash', '/prod/checkout/a\\b-limit', false],
  ['a percent sign', '/prod/checkout/a%2Fb-limit', false],
  ['a `*`', '/prod/checkout/a*b-limit', false],
  ['a fullwidth colon', '/prod/checkout/a\uff1ab-limit', false],
  ['a line break', '/prod/checkout/a\n-limit', false],
  ['a right-to-left mark', '/prod/checkout/a\u202e-limit', false],
])('the `*` of a pattern stands for %s: %s is %s', (_what, Name, fit) => {
  expect(fits(shape, { ...approved, Name })).toBe(fit)
})

test('a value as it was approved is exact, also with a `*` in it', () => {
  const content = '#!/bin/sh\necho *\n'
  fc.assert(
    fc.property(fc.constantFrom(content, '*/5', '0 * * * *', 'https://*.example.com'), fc.string(), (Name, more) => {
      const read = readShape(entry, { ...approved, Name }, { ...approved, Name })
      if (!read.ok) throw new Error(read.detail)
      expect(fits(read.value, { ...approved, Name })).toBe(true)
      expect(fits(read.value, { ...approved, Name: Name.replace('*', `${more}x`) })).toBe(false)
    }),
  )
})

test('the two ends of a pattern do not share characters', () => {
  const ends = { Name: { like: 'aaaa*aa' } }
  expect(['aaaa', 'aaaaa', 'aaaaaa', 'aaaabaa'].map((Name) => fits(ends, { Name }))).toEqual([false, false, true, true])
})

test('the `*` of a pattern makes no segment of dots', () => {
  const dots = { Name: { like: '/prod/checkout/*' } }
  expect(fits(dots, { Name: '/prod/checkout/..' })).toBe(false)
  expect(fits(dots, { Name: '/prod/checkout/.' })).toBe(false)
  expect(fits(dots, { Name: '/prod/checkout/...' })).toBe(true)
})

const until = sample.submittedAt + sample.minutes(60)
const ask = sample.sampleAsk({ arguments: approved })
const permit = (() => {
  const { events } = decide(undefined, sample.submit(ask, 1), sample.submittedAt)
  const { events: more } = decide(replay(events), sample.decision(ask, 'ana', 'approve'), sample.submittedAt + 1)
  const state = replay(more, replay(events))
  if (!state) throw new Error('it was submitted')
  const giving: Giving = {
    ...{ person: sample.person('ana'), answer: sample.permit, silenced: false, bundle: sample.bundle },
    ...{ group: 'remediation', ladder: { tiers: [] }, login: {}, uses: 5, until },
    shape: { arguments: shape, classification: ask.classification },
  }
  const event = givePermit(state, giving, sample.submittedAt + 2)
  if ('code' in event) throw new Error(event.detail)
  return evolvePermit(`stp_${'0'.repeat(26)}` as StandingPermitId, undefined, event)
})()

type Asked = { ask: Omit<Ask, 'agent'> & { agent: AgentId }; tier: number; now: number; mayRebind: boolean }
const fitting: Asked = {
  ask: { ...ask, agent: sample.remediator },
  ...{ tier: 1, now: sample.submittedAt + 3, mayRebind: true },
}

const letters = new Set([
  ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !"#$&\'()+,-.;<=>?@[]^_`{|}~',
])
const separators = ['/', ':']

/** The covered asks in words of their own: each character is looked at, and each member is named. */
function oracle({ ask: asked, tier, now }: Asked): boolean {
  const args = asked.arguments as { [name: string]: unknown }
  const names = Object.keys(args).sort().join()
  if (names !== 'Count,Force,Limits,Mode,Name,Ratio,Tags') return false
  const { Name, Mode, Count, Ratio, Force, Tags, Limits } = args
  if (typeof Name !== 'string' || Mode !== 'dark' || Force !== true) return false
  if (typeof Count !== 'number' || typeof Ratio !== 'number') return false
  if (Count < 5 || Count > 20 || Ratio < 0.25 || Ratio > 0.75) return false
  if (!Array.isArray(Tags) || Tags.length !== 2 || Tags[0] !== 'a' || Tags[1] !== 'b') return false
  const limits = Limits as { [name: string]: unknown } | null
  if (!limits || Array.isArray(limits) || Object.keys(limits).sort().join() !== 'max,min') return false
  if (limits['min'] !== 1 || limits['max'] !== 9) return false
  const characters = Name.split('')
  const start = '/prod/checkout/'.split('')
  const end = '-limit'.split('')
  if (characters.length < start.length + end.length) return false
  for (const [at, each] of characters.entries()) {
    const fromEnd = at - (characters.length - end.length)
    const wanted = at < start.length ? start[at] : fromEnd >= 0 ? end[fromEnd] : undefined
    if (wanted === undefined ? !letters.has(each) || separators.includes(each) : each !== wanted) return false
  }
  return (
    asked.agent === 'agent:remediator' &&
    asked.jkt === sample.agentKey &&
    asked.owner === ask.owner &&
    asked.action === ask.action &&
    asked.purpose === ask.purpose &&
    asked.environment === ask.environment &&
    asked.classification === ask.classification &&
    asked.resource.type === ask.resource.type &&
    asked.mcp === undefined &&
    tier === 1 &&
    now < until
  )
}

const args = (changes: { [name: string]: unknown }) => (asked: Asked) =>
  ({ ...asked, ask: { ...asked.ask, arguments: { ...asked.ask.arguments, ...changes } } }) as Asked
const terms = (changes: object) => (asked: Asked) => ({ ...asked, ask: { ...asked.ask, ...changes } }) as Asked
const without = (name: string) => (asked: Asked) => {
  const { [name]: _, ...rest } = asked.ask.arguments
  return { ...asked, ask: { ...asked.ask, arguments: rest } } as Asked
}
const near = [
  'a',
  'Z',
  '9',
  '-',
  '.',
  '..',
  '/',
  ':',
  '\\',
  '%2f',
  ' ',
  '*',
  '?',
  '\n',
  '\0',
  '\u0430',
  '\u2215',
  '\uff0f',
  '\uff1a',
  '\u200b',
  '\u202e',
  'é',
]
const texts = fc.array(fc.constantFrom(...near), { maxLength: 6 }).map((all) => all.join(''))
const numbers = fc.oneof(
  fc.constantFrom<unknown>(
    0,
    4,
    5,
    5.0001,
    20,
    20.0001,
    21,
    0.2499,
    0.25,
    0.75,
    0.7501,
    -5,
    1e3,
    '10',
    '0.5',
    null,
    true,
    [10],
  ),
  fc.integer({ min: 0, max: 25 }),
  fc.integer({ min: 0, max: 10_000 }).map((each) => each / 10_000),
)
/** Half of the mutations leave an ask in the shape. */
const mutation = fc.oneof(
  { weight: 6, arbitrary: texts.map((each) => args({ Name: `/prod/checkout/${each}-limit` })) },
  { weight: 2, arbitrary: texts.map((each) => args({ Name: `/prod/checkout${each}limit` })) },
  { weight: 1, arbitrary: texts.map((each) => args({ Name: `${each}/prod/checkout/x-limit` })) },
  { weight: 1, arbitrary: texts.map((each) => args({ Name: `/prod/checkout/x-limit${each}` })) },
  { weight: 4, arbitrary: numbers.map((each) => args({ Count: each })) },
  { weight: 4, arbitrary: numbers.map((each) => args({ Ratio: each })) },
  { weight: 1, arbitrary: texts.map((each) => args({ Mode: `dark${each}` })) },
  { weight: 1, arbitrary: fc.constantFrom('Name', 'Mode', 'Count', 'Ratio', 'Force', 'Tags', 'Limits').map(without) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[args({ Note: 'x' }), args({ name: '/prod/checkout/x-limit' }), args({ Name: ['/prod/checkout/x-limit'] })],
      ...[args({ Force: false }), args({ Force: 'true' }), args({ Force: 1 }), args({ Mode: 'd\u0430rk' })],
      ...[args({ Tags: ['b', 'a'] }), args({ Tags: ['a'] }), args({ Tags: ['a', 'b', 'c'] }), args({ Tags: 'a,b' })],
      ...[args({ Limits: { max: 9, min: 1 } }), args({ Limits: { min: 1, max: 8 } }), args({ Limits: 5 })],
      ...[args({ Limits: { min: 1, max: 9, more: 0 } }), args({ Limits: [1, 9] }), args({ Limits: null })],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[terms({ agent: sample.otherAgent }), terms({ jkt: sample.otherKey }), terms({ jkt: undefined })],
      ...[
        terms({ purpose: 'maintenance' }),
        terms({ environment: 'staging' }),
        terms({ classification: 'restricted' }),
      ],
      ...[terms({ owner: sample.person('ana') }), terms({ action: 'ssm:DeleteParameter' })],
      terms({ resource: { ...ask.resource, type: 'lambda:function' } }),
      terms({ mcp: { server: 'x', version: '1', tool: 'x', schema: 'sha-256:x' } }),
      (asked: Asked) => ({ ...asked, tier: 2 }),
      (asked: Asked) => ({ ...asked, tier: 0 }),
      (asked: Asked) => ({ ...asked, now: until }),
      // The resource follows from the arguments, and its approver is asked at each draw.
      terms({ resource: { ...ask.resource, id: `${ask.resource.id}x` } }),
    ),
  },
)

test('a permit by shape covers exactly what its shape says, in 10,000 asks near it', () => {
  const seen = { true: 0, false: 0 }
  fc.assert(
    fc.property(fc.array(mutation, { maxLength: 3 }), (mutations) => {
      const asked = mutations.reduce((each, change) => change(each), fitting)
      const { mayRebind, tier, now } = asked
      const covered = covers(permit, asked.ask, { narrowable: ['Count', 'Tags'], mayRebind, tier }, now)
      seen[`${covered}`] += 1
      expect(covered).toBe(oracle(asked))
    }),
    { numRuns: 10_000, seed: 33 },
  )
  expect(seen.true).toBeGreaterThan(1000)
  expect(seen.false).toBeGreaterThan(3000)
})
