import fc from 'fast-check'
import { type Right, within } from '../../../functions/domain/delegation/attenuation.ts'
import type { Json, JsonObject } from '../../../functions/domain/values.ts'

/** "Within" is a partial order in which any two rights of the same thing have a greatest right within both. */

const narrowable = ['count', 'size']
const value = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom<Json>('on', 'off', true, null, [1], { a: 1 }))
const right: fc.Arbitrary<Right> = fc.record({
  action: fc.constantFrom('flags:set', 'ssm:PutParameter'),
  arguments: fc.dictionary(fc.constantFrom('count', 'size', 'name', '__proto__'), value, { maxKeys: 3 }),
  resource: fc.record({ type: fc.constantFrom('a', 'b'), id: fc.constantFrom('x', 'y') }),
  uses: fc.integer({ min: 1, max: 3 }),
  notAfter: fc.integer({ min: 10, max: 13 }),
}) as fc.Arbitrary<Right>
/** A right with lower terms, so that drawn rights are often ordered. */
const lessOf = (of: Right): fc.Arbitrary<Right> =>
  fc.record({ uses: fc.nat({ max: 2 }), later: fc.nat({ max: 2 }), count: fc.nat({ max: 2 }) }).map((by) => ({
    ...of,
    uses: Math.max(1, of.uses - by.uses),
    notAfter: of.notAfter - by.later,
    arguments: Object.fromEntries(
      Object.entries(of.arguments).map(([name, held]) => [
        name,
        narrowable.includes(name) && typeof held === 'number' ? held - by.count : held,
      ]),
    ),
  }))
const chain = right.chain((top) => lessOf(top).chain((mid) => lessOf(mid).map((low) => [top, mid, low] as const)))
const same = (one: Right, other: Right) => expect(sorted(one)).toEqual(sorted(other))
const sorted = (of: Right) => ({ ...of, arguments: Object.entries(of.arguments).sort() })
const runs = { numRuns: 2_000 }

/** The greatest right within both, or undefined if they are of different things. */
function meet(one: Right, other: Right, narrowable: readonly string[]): Right | undefined {
  const names = Object.keys(one.arguments)
  const lower = Object.fromEntries(
    names.map((name) => [
      name,
      narrowable.includes(name) ? lesser(one.arguments, other.arguments, name) : one.arguments[name],
    ]),
  ) as JsonObject
  const both = {
    ...one,
    arguments: lower,
    uses: Math.min(one.uses, other.uses),
    notAfter: Math.min(one.notAfter, other.notAfter),
  }
  return within(both, one, narrowable) && within(both, other, narrowable) ? both : undefined
}

function lesser(one: JsonObject, other: JsonObject, name: string): Json | undefined {
  const [a, b] = [one[name], other[name]]
  return typeof a === 'number' && typeof b === 'number' ? Math.min(a, b) : a
}

test('a right is within itself', () => {
  fc.assert(
    fc.property(right, (one) => expect(within(one, structuredClone(one), narrowable)).toBe(true)),
    runs,
  )
})

test('a right within a second one that is within a third is within the third', () => {
  fc.assert(
    fc.property(chain, ([top, mid, low]) => {
      expect([within(mid, top, narrowable), within(low, mid, narrowable)]).toEqual([true, true])
      expect(within(low, top, narrowable)).toBe(true)
    }),
    runs,
  )
})

test('two rights within each other are the same', () => {
  fc.assert(
    fc.property(fc.oneof(fc.tuple(right, right), chain), ([one, other]) => {
      if (within(one, other, narrowable) && within(other, one, narrowable)) same(one, other)
    }),
    runs,
  )
})

test.each<[what: string, more: (of: Right) => Right]>([
  ['one use more', (of) => ({ ...of, uses: of.uses + 1 })],
  ['one second more', (of) => ({ ...of, notAfter: of.notAfter + 1 })],
  ['another action', (of) => ({ ...of, action: `${of.action}s` })],
  ['another resource', (of) => ({ ...of, resource: { ...of.resource, id: `${of.resource.id}*` } })],
  ['another type of resource', (of) => ({ ...of, resource: { ...of.resource, type: 'c' } })],
  ['one argument more', (of) => ({ ...of, arguments: { ...of.arguments, another: 1 } })],
  ['one argument less', (of) => ({ ...of, arguments: Object.fromEntries(Object.entries(of.arguments).slice(1)) })],
  ['a number one higher', (of) => ({ ...of, arguments: { ...of.arguments, count: 4 } })],
  ['another name', (of) => ({ ...of, arguments: { ...of.arguments, name: 'other' } })],
  ['a lower number where none may be lower', (of) => ({ ...of, arguments: { ...of.arguments, name: -1 } })],
  ['a number for a word', (of) => ({ ...of, arguments: { ...of.arguments, size: 0 } })],
])('a right with %s is not within, however much else is less', (_what, more) => {
  const full: Right = {
    action: 'flags:set',
    arguments: { count: 3, size: 'on', name: 0 },
    resource: { type: 'a', id: 'x' },
    uses: 3,
    notAfter: 13,
  }
  fc.assert(fc.property(lessOf(full), (less) => expect(within(more(less), less, narrowable)).toBe(false)))
  expect(within(more(full), full, narrowable)).toBe(false)
})

test('a number that may be narrowed may be lower, in the order of numbers and not of words', () => {
  const of = (count: number): Right => ({
    action: 'flags:set',
    arguments: { count },
    resource: { type: 'a', id: 'x' },
    uses: 1,
    notAfter: 1,
  })
  expect([within(of(9), of(10), ['count']), within(of(10), of(9), ['count'])]).toEqual([true, false])
  expect(within(of(9), of(10), [])).toBe(false)
})

test('the most within both lies within both, is the same either way, and has all that lies within both', () => {
  fc.assert(
    fc.property(
      right.chain((top) => fc.tuple(lessOf(top), lessOf(top), lessOf(top))),
      ([one, other, third]) => {
        const both = meet(one, other, narrowable)
        const turned = meet(other, one, narrowable)
        if (!both || !turned) throw new Error('rights of the same thing have something in common')
        same(both, turned)
        expect([within(both, one, narrowable), within(both, other, narrowable)]).toEqual([true, true])
        const lies = within(third, one, narrowable) && within(third, other, narrowable)
        expect(within(third, both, narrowable)).toBe(lies)
      },
    ),
    runs,
  )
})

test('the most within both is undefined for different things', () => {
  fc.assert(
    fc.property(right, right, (one, other) => {
      const both = meet(one, other, narrowable)
      if (one.action !== other.action || one.resource.id !== other.resource.id) expect(both).toBeUndefined()
      if (both) expect([within(both, one, narrowable), within(both, other, narrowable)]).toEqual([true, true])
    }),
    runs,
  )
})

test('one is within another exactly when it is the most within both', () => {
  fc.assert(
    fc.property(fc.oneof(fc.tuple(right, right), chain), ([one, other]) => {
      const both = meet(other, one, narrowable)
      const isMeet = both !== undefined && JSON.stringify(sorted(both)) === JSON.stringify(sorted(other))
      expect(within(other, one, narrowable)).toBe(isMeet)
    }),
    runs,
  )
})
