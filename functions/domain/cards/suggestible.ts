// Rules: test/domain/cards/suggestible.test.ts
import { canonicalForm } from '../digest.ts'
import { inert } from '../inert.ts'
import type { ArgumentsSchema } from '../policy/arguments.ts'
import type { Bundle } from '../policy/bundle.ts'
import { pinnedBy } from '../policy/catalogue.ts'
import { stepsLeft } from '../record/plan-step.ts'
import type { Json, JsonObject } from '../values.ts'
import type { RequestView } from './request-view.ts'

/** An action, or a step of a plan, for which a person may suggest other arguments. */
export type Suggestible = {
  step?: number
  title: RequestView['title']
  schema: ArgumentsSchema
  arguments: JsonObject
  /** The arguments with a field: all except those that name the resource or hide characters. */
  names: readonly string[]
}

/** Empty if the catalogue no longer has the action. */
export const suggestiblesOf = (
  view: Pick<RequestView, 'title' | 'action' | 'arguments' | 'steps'>,
  { actions }: Pick<Bundle, 'actions'>,
): readonly Suggestible[] =>
  (view.steps ? stepsLeft(view.steps) : [view]).flatMap(({ title, action, arguments: args, ...own }) => {
    const entry = actions[action]
    if (!entry) return []
    const fixed = pinnedBy(entry)
    const names = Object.keys(entry.arguments.properties).filter(
      (name) => !fixed.includes(name) && isVisible(args[name]),
    )
    const step = 'step' in own ? { step: own.step } : {}
    return names.length === 0 ? [] : [{ ...step, title, schema: entry.arguments, arguments: args, names }]
  })

/** Whether a field shows the value unchanged. */
function isVisible(value: Json | undefined): boolean {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '')
  return text.split('\n').every((line) => inert(line) === line)
}

/** The field of an argument in a form. */
export const suggestField = ({ step }: Pick<Suggestible, 'step'>, name: string): string =>
  `suggest:${step ?? ''}:${name}`

/**
 * The suggestion of a form: whole arguments, of a plan those of each changed step. Undefined if nothing differs.
 * @param filled the same actions with the form's arguments
 */
export function suggestionOf(
  asked: readonly Suggestible[],
  filled: readonly Pick<Suggestible, 'step' | 'arguments'>[],
): JsonObject | undefined {
  const changed = filled.filter(
    (each, at) => canonicalForm(each.arguments) !== canonicalForm(asked[at]?.arguments ?? {}),
  )
  const [first] = changed
  if (!first) return undefined
  return first.step === undefined
    ? first.arguments
    : { steps: changed.map(({ step = 0, arguments: args }) => ({ step, arguments: args })) }
}
