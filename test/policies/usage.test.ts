import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArguments } from '../../functions/domain/policy/catalogue.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { entryDiff } from '../../functions/domain/uses/entry-diff.ts'
import { narrowEntry } from '../../functions/domain/uses/narrow-entry.ts'
import { usageOf } from '../../functions/domain/uses/usage.ts'
import type { JsonObject } from '../../functions/domain/values.ts'
import { sampleBundle } from '../support/world.ts'
import { Copy, sampleFolder } from './sample.ts'

/** Proposals of narrower entries: each compiles in the real compiler. */

const bundle = sampleBundle()
const entryOf = (action: string) => {
  const entry = bundle.actions[action]
  if (!entry) throw new Error(action)
  return entry
}
const fileOf = (action: string) => {
  const folder = join(sampleFolder, 'actions')
  const found = readdirSync(folder).find((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).name === action)
  return `policies/actions/${found}`
}

/** All valid asks for an action in the sample's cases. */
function askedOf(action: string): JsonObject[] {
  const found: JsonObject[] = []
  for (const file of readdirSync(join(sampleFolder, 'cases')))
    JSON.parse(readFileSync(join(sampleFolder, 'cases', file), 'utf8'), (_name, value) => {
      if (value?.action === action && parseArguments(entryOf(action), value.arguments).ok) found.push(value.arguments)
      return value
    })
  return found
}

function compileWith(action: string, used: readonly JsonObject[]) {
  using copy = new Copy()
  const { entry } = narrowEntry(entryOf(action), used)
  copy.edit(fileOf(action), () => `${JSON.stringify(entry, null, 2)}\n`)
  return copy.compile()
}

test.each(Object.keys(bundle.actions))(
  'an entry of %s narrowed to the asks of the cases compiles, passes every case and accepts those asks',
  (action) => {
    const used = askedOf(action)
    const { entry, bounds } = narrowEntry(entryOf(action), used)
    expect(bounds).not.toEqual([])
    for (const args of used) expect(parseArguments(entry, args)).toMatchObject({ ok: true })
    const compiled = compileWith(action, used)
    expect(compiled.ok ? [] : compiled.problems).toEqual([])
  },
)

test('an entry narrower than a case does not compile, and the case is named', () => {
  const action = 'lambda:PutFunctionConcurrency'
  const compiled = compileWith(action, [{ FunctionName: 'checkout-none', ReservedConcurrentExecutions: 1 }])
  expect(compiled.ok ? [] : compiled.problems.map(({ file }) => file)).toContainEqual(expect.stringMatching(/cases/))
})

test('a number is bounded by the used values, and a name becomes one of the used ones', () => {
  const used = [128, 512].map((MemorySize) => ({ FunctionName: `checkout-${MemorySize}`, MemorySize }))
  const { entry, bounds } = narrowEntry(entryOf('lambda:UpdateFunctionConfiguration'), used)
  expect(bounds).toEqual(
    expect.arrayContaining([
      { argument: 'MemorySize', keyword: 'maximum', from: 10240, to: 512 },
      { argument: 'FunctionName', keyword: 'enum', from: null, to: ['checkout-128', 'checkout-512'] },
    ]),
  )
  expect(parseArguments(entry, { FunctionName: 'checkout-128', MemorySize: 513 }).ok).toBe(false)
  expect(parseArguments(entry, { FunctionName: 'another', MemorySize: 512 }).ok).toBe(false)
  // Unused arguments keep their bounds.
  expect(entry.arguments.properties['Timeout']).toEqual({ type: 'integer', minimum: 1, maximum: 900 })
})

test('many used names become a pattern of their common beginning', () => {
  const used = Array.from({ length: 30 }, (_, n) => ({ Name: `/prod/checkout/limit-${n}`, Value: '1' }))
  const { entry } = narrowEntry(entryOf('ssm:PutParameter'), used)
  const takes = (Name: string) => parseArguments(entry, { Name, Value: '1' }).ok
  expect(['/prod/checkout/limit-7', '/prod/checkout/other', '/prod/checkout/limit-../x'].map(takes)).toEqual([
    true,
    false,
    false,
  ])
  const compiled = compileWith('ssm:PutParameter', [...used, ...askedOf('ssm:PutParameter')])
  expect(compiled.ok ? [] : compiled.problems).toEqual([])
})

test('a value that names no resource is bounded in length alone: it may be confidential', () => {
  const used = [
    {
      Name: 'a value that names no resource is bounded only in length, because it may be confidential',
      Value: 'a-secret-value',
    },
  ]
  const usage = usageOf(
    used.map((args, n) => requestOf('ssm:PutParameter', args, n)),
    bundle,
  )
  expect(JSON.stringify(usage)).not.toContain('a-secret-value')
  expect(usage[0]?.proposal?.bounds).toContainEqual({ argument: 'Value', keyword: 'maxLength', from: 4096, to: 14 })
})

/** A finished grant with only the members that the sums read. */
const requestOf = (action: string, args: JsonObject, n: number, calls: object = { approved: 1 }) =>
  ({
    status: 'completed',
    completedAt: 1,
    ask: { action, arguments: args, resource: { type: 't', id: `r${n}` } },
    grant: { uses: [{ key: 'aws', tool: 'aws' }], delegations: [] },
    calls: { approved: 0, refused: 0, extraCalls: 0, extra: [], unused: false, complete: true, at: 1, ...calls },
  }) as unknown as ApprovalRequest

test('usage is summed by action: asked, approved, used, unused, extra and refused', () => {
  const of = (n: number, calls: object) => requestOf('ssm:PutParameter', { Name: `/a/${n}`, Value: 'x' }, n, calls)
  const denied = { ...of(9, {}), status: 'denied', grant: undefined, calls: undefined } as unknown as ApprovalRequest
  const usage = usageOf(
    [of(1, { approved: 1, extraCalls: 2 }), of(2, { refused: 3 }), of(3, { unused: true }), denied],
    bundle,
  )
  expect(usage).toMatchObject([
    {
      ...{ action: 'ssm:PutParameter', asked: 4, approved: 3, used: 1, unused: 1, extraCalls: 2, refusedCalls: 3 },
      ...{ resources: 1, arguments: { Name: { distinct: 1, values: ['/a/1'] }, Value: { distinct: 1 } } },
    },
  ])
})

test('the difference of two entries has the changed lines with three around them, and what they have in common in between', () => {
  const [before, after] = [
    { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9 },
    { a: 0, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9 },
  ]
  expect(entryDiff(before, after)).toEqual([
    ' {',
    '-  "a": 1,',
    '+  "a": 0,',
    '   "b": 2,',
    '   "c": 3,',
    '   "d": 4,',
    '…',
  ])
  expect(entryDiff(before, before)).toEqual([])
  expect(entryDiff({ a: [1] }, { a: [1, 2] }).filter((line) => line.startsWith('+'))).toEqual(['+    1,', '+    2'])
})
