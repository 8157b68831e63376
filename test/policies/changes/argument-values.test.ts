import { readPolicy } from '../../../policy-tools/cedar/policy-reads.ts'
import { argumentValues } from '../../../policy-tools/change/targets.ts'
import { boundsOf } from '../../../policy-tools/symcc/assumptions.ts'
import { withLayers } from '../../support/policies/list-argument.ts'
import { sampleBundle } from '../../support/world.ts'

const { actions } = withLayers(sampleBundle())
const entry = actions['lambda:UpdateFunctionConfiguration']
if (!entry) throw new Error('the action is not in the sample')

const valuesFor = (name: string, condition: string) =>
  argumentValues(name, [entry], readPolicy(`forbid (principal, action, resource) when { ${condition} };`))

test('policies are asked about lists with the items and of the lengths that they compare with', () => {
  const condition = 'context.arguments.Layers.items.contains("root") || context.arguments.Layers.count > 3'
  const values = valuesFor('Layers', condition) as (readonly string[] | undefined)[]
  expect(values).toContain(undefined)
  expect(values.some((list) => list?.includes('root'))).toBe(true)
  expect(values.map((list) => list?.length)).toEqual(expect.arrayContaining([0, 2, 3, 4, 20]))
})

test('policies are asked about decimals around those that they compare with', () => {
  const values = valuesFor('Ratio', 'context.arguments.Ratio.greaterThan(decimal("0.25"))')
  expect(values).toEqual(expect.arrayContaining([0, 0.2499, 0.25, 0.2501, 1]))
})

test('policies are asked about objects with the members that they compare with', () => {
  const values = valuesFor('Scaling', 'context.arguments.Scaling.target > 4 || context.arguments.Scaling has mode')
  const given = values.flatMap((value) => (value === undefined ? [] : [value])) as { target: number; mode?: unknown }[]
  expect(given.map(({ target }) => target)).toEqual(expect.arrayContaining([3, 4, 5]))
  expect(given.some((value) => !('mode' in value))).toBe(true)
  expect(given.some(({ mode }) => mode === null)).toBe(true)
})

test('proofs assume the bounds of lists, decimals and members', () => {
  const holds = boundsOf(entry, 'context.arguments').map((each) => each.holds)
  expect(holds).toContain(
    'if context.arguments has "Layers" then context.arguments["Layers"].count >= 0 && context.arguments["Layers"].count <= 20 else true',
  )
  expect(holds.join('\n')).toContain('context.arguments["Ratio"].lessThanOrEqual(decimal("1.0"))')
})
