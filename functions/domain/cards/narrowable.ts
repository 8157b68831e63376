// Rules: test/channels/slack/forms/forms.test.ts
import { forSchema, type NumberSchema } from '../policy/arguments.ts'
import type { CatalogueEntry } from '../policy/catalogue.ts'
import { rulesOf } from '../record/origin.ts'
import { stepsLeft } from '../record/plan-step.ts'
import type { Ask } from '../record/request.ts'
import type { JsonObject } from '../values.ts'
import type { Narrowable, RequestView } from './request-view.ts'

/** The limits between which an approver may narrow a request. */

/** The arguments, uses and minutes of an action, without those at their minimum. In a plan, each step has its own. */
export function narrowableOf(ask: Ask, entry: CatalogueEntry | undefined): readonly Narrowable[] {
  // A change of the registry is decided as a whole.
  if (!entry || rulesOf(ask).asks === 'change') return []
  const all: readonly Narrowable[] = [
    ...narrowableArguments(ask.arguments, entry),
    { of: 'uses', name: 'uses', least: 1, most: ask.uses },
    { of: 'minutes', name: 'minutes', least: 1, most: Math.floor(ask.lifetime / 60) },
  ]
  return all.filter(({ least, most }) => most > least)
}

/** Whether an approver may narrow it: a plan of several steps can lose one. */
export const canBeLess = ({ narrowable, steps }: Pick<RequestView, 'narrowable' | 'steps'>): boolean =>
  steps ? stepsLeft(steps).length > 1 || steps.some((step) => step.narrowable.length > 0) : narrowable.length > 0

/** The numbers and lists that the catalogue lets be narrowed, without those at their minimum. */
export function narrowableArguments(args: JsonObject, entry: CatalogueEntry | undefined): readonly Narrowable[] {
  return (entry?.narrowable ?? []).flatMap((name): Narrowable[] => {
    const schema = entry?.arguments.properties[name]
    const value = args[name]
    if (!schema || value === undefined) return []
    const number = ({ type, minimum: least }: NumberSchema): Narrowable[] =>
      typeof value === 'number' && value > least
        ? [{ of: 'argument', name, least, most: value, ...(type === 'number' ? { decimal: true } : {}) }]
        : []
    const none = () => []
    return forSchema<Narrowable[]>(schema, {
      integer: number,
      number,
      list: ({ minItems: least = 0 }) =>
        Array.isArray(value) && value.length > least
          ? [{ of: 'items', name, least, most: value.length, items: value }]
          : [],
      ...{ string: none, boolean: none, scalar: none, map: none, object: none, oneOf: none },
    })
  })
}
