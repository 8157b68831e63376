import { describeRequest } from '../../../functions/domain/cards/request-view.ts'
import { suggestiblesOf, suggestionOf } from '../../../functions/domain/cards/suggestible.ts'
import { resizeWorker } from '../../channels/slack/cards/states.ts'
import { repairPlan } from '../../support/plan.ts'
import { prodParameter, sampleBundle, World } from '../../support/world.ts'

const bundle = sampleBundle()
const of = async (what: Parameters<World['submitted']>[0]) =>
  suggestiblesOf(describeRequest(await new World(bundle).submitted(what), bundle), bundle)

test('a suggestion has a field for each argument that does not name the resource, asked for or not', async () => {
  const [action, ...more] = await of(resizeWorker)
  expect(more).toEqual([])
  expect(action?.arguments).toEqual(resizeWorker.arguments)
  const all = Object.keys(bundle.actions[resizeWorker.action]?.arguments.properties ?? {})
  expect(action?.names).toEqual(all.filter((name) => name !== 'FunctionName'))
})

test('a suggestion for a plan has fields for each step that is left', async () => {
  const state = await new World(bundle).submitted(repairPlan)
  const [first, ...rest] = state.ask.steps ?? []
  if (!first) throw new Error('a plan has steps')
  const view = describeRequest(
    { ...state, ask: { ...state.ask, steps: [{ ...first, struck: true }, ...rest] } },
    bundle,
  )
  expect(suggestiblesOf(view, bundle).map(({ step }) => step)).toEqual([2, 3])
})

test('an argument that hides characters has no field, since a person would not see what they leave', () => {
  const view = (Value: string) => ({ ...prodParameter, title: [], arguments: { ...prodParameter.arguments, Value } })
  const fields = (Value: string) => suggestiblesOf(view(Value), bundle).flatMap(({ names }) => names)
  expect(fields('two\nlines')).toContain('Value')
  for (const hidden of ['a\u200bb', 'a\u202eb', 'a\u0007b', 'a\tb']) expect(fields(hidden)).not.toContain('Value')
})

test('an action that the catalogue no longer has takes no suggestion', async () => {
  const view = describeRequest(await new World(bundle).submitted(resizeWorker), bundle)
  expect(suggestiblesOf(view, { actions: {} })).toEqual([])
})

test('a suggestion is whole arguments, of a plan those of the changed steps, and absent if nothing differs', async () => {
  const one = await of(resizeWorker)
  const less = { ...resizeWorker.arguments, MemorySize: 1024 }
  expect(suggestionOf(one, one)).toBeUndefined()
  expect(suggestionOf(one, [{ arguments: less }])).toEqual(less)
  const plan = await of(repairPlan)
  const filled = plan.map((each) =>
    each.step === 2 ? { ...each, arguments: { ...each.arguments, Timeout: 60 } } : each,
  )
  expect(suggestionOf(plan, filled)).toEqual({ steps: [{ step: 2, arguments: filled[1]?.arguments }] })
})
