import type { Narrowable } from '../../../domain/cards/request-view.ts'
import type { Narrow } from '../../../domain/requests/narrow.ts'

/** One thing that an approver may leave less of, with what it may be at least and what it is now. */
export type NarrowField = { name: string; label: string; least: number; most: number }

const argumentPrefix = 'argument:'

/** A field for each thing that can be made less. */
export const narrowFields = (narrowable: readonly Narrowable[]): readonly NarrowField[] =>
  narrowable.map(({ of, name, least, most }) => ({ ...fieldOf(of, name), least, most }))

function fieldOf(of: Narrowable['of'], name: string): { name: string; label: string } {
  switch (of) {
    case 'argument':
      return { name: `${argumentPrefix}${name}`, label: name }
    case 'uses':
      return { name: 'uses', label: 'Uses' }
    case 'minutes':
      return { name: 'minutes', label: 'Minutes that the credential is valid' }
    default:
      return of satisfies never
  }
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
