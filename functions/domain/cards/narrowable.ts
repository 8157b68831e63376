import type { CatalogueEntry } from '../policy/catalogue.ts'
import { stepsLeft } from '../record/plan-step.ts'
import type { Ask } from '../record/request.ts'
import type { JsonObject } from '../values.ts'
import type { Narrowable, RequestView } from './request-view.ts'

/** What an approver may leave less of. */

/** Of an action its arguments, uses and minutes; of a plan each step has its own. Not what is at its least already. */
export function narrowableOf(ask: Ask, entry: CatalogueEntry | undefined): readonly Narrowable[] {
  if (!entry) return []
  const all: readonly Narrowable[] = [
    ...narrowableArguments(ask.arguments, entry),
    { of: 'uses', name: 'uses', least: 1, most: ask.uses },
    { of: 'minutes', name: 'minutes', least: 1, most: Math.floor(ask.lifetime / 60) },
  ]
  return all.filter(({ least, most }) => most > least)
}

/** Whether an approver may leave less of it: of a plan with several steps one can be struck out. */
export const canBeLess = ({ narrowable, steps }: Pick<RequestView, 'narrowable' | 'steps'>): boolean =>
  steps ? stepsLeft(steps).length > 1 || steps.some((step) => step.narrowable.length > 0) : narrowable.length > 0

/** The catalogue's narrowable arguments that are numbers, but not those that are at their least already. */
export function narrowableArguments(args: JsonObject, entry: CatalogueEntry | undefined): readonly Narrowable[] {
  return (entry?.narrowable ?? []).flatMap((name): Narrowable[] => {
    const [schema, most] = [entry?.arguments.properties[name], args[name]]
    if (schema?.type !== 'integer' || typeof most !== 'number' || most <= schema.minimum) return []
    return [{ of: 'argument', name, least: schema.minimum, most }]
  })
}
