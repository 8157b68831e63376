import type { CatalogueEntry } from '../../../domain/policy/catalogue.ts'
import type { Narrow } from '../../../domain/requests/narrow.ts'
import type { Ask } from '../../../domain/requests/request.ts'

/** One thing that an approver may leave less of, with what it may be at least and what it is now. */
export type NarrowField = { name: string; label: string; least: number; most: number }

const argumentPrefix = 'argument:'

/**
 * What of an ask can be made less in a form: the catalogue's narrowable arguments that are numbers, the uses, and the
 * minutes that the credential is good for. What is at its least already is left out.
 */
export function narrowFields(ask: Ask, entry: CatalogueEntry | undefined): readonly NarrowField[] {
  if (!entry) return []
  const fields = [
    ...entry.narrowable.map((name) => argumentField(name, ask, entry)),
    { name: 'uses', label: 'Uses', least: 1, most: ask.uses },
    {
      name: 'minutes',
      label: 'Minutes that the credential is good for',
      least: 1,
      most: Math.floor(ask.lifetime / 60),
    },
  ]
  return fields.filter((field): field is NarrowField => field !== undefined && field.most > field.least)
}

function argumentField(name: string, ask: Ask, { arguments: { properties } }: CatalogueEntry): NarrowField | undefined {
  const [schema, value] = [properties[name], ask.arguments[name]]
  if (schema?.type !== 'integer' || typeof value !== 'number') return undefined
  return { name: `${argumentPrefix}${name}`, label: name, least: schema.minimum, most: value }
}

/** What was changed, as a decision takes it. */
export function narrowOf(changed: ReadonlyMap<string, number>): Narrow {
  const args = [...changed].filter(([name]) => name.startsWith(argumentPrefix))
  const [uses, minutes] = [changed.get('uses'), changed.get('minutes')]
  return {
    ...(args.length === 0
      ? {}
      : { arguments: Object.fromEntries(args.map(([name, value]) => [name.slice(argumentPrefix.length), value])) }),
    ...(uses === undefined ? {} : { uses }),
    ...(minutes === undefined ? {} : { minutes }),
  }
}

/** The field that a refusal speaks of: it names an argument, `uses` or `minutes` first, between backticks. */
export function fieldNamed(detail: string | undefined, fields: readonly string[]): string | undefined {
  const named = detail?.match(/`([^`]+)`/)?.[1]
  return fields.find((field) => field === named || field === `${argumentPrefix}${named}`)
}
