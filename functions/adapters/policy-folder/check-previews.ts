// Rules: test/policies/bad-folder.test.ts
import { JMESPathTypeError, search } from '@aws-lambda-powertools/jmespath'
import type { CatalogueEntry } from '../../domain/policy/catalogue.ts'
import { checkTemplate } from '../../domain/policy/check-templates.ts'
import { placesOf } from '../../domain/policy/templates.ts'
import type { PreviewSource } from '../../domain/previews/preview-source.ts'
import type { Json, JsonObject } from '../../domain/values.ts'
import { known, type Path, type Say } from '../../domain/what-is-wrong.ts'
import { placeKindOf } from '../../targets/kinds.ts'
import { mustBeIn, type Problem, problemsIn } from './json-document.ts'
import type { Folder } from './read-folder.ts'

/** Checks that the reads, places and expressions of each preview are valid. */
export function checkPreviews(folder: Folder): Problem[] {
  const classes = new Set(folder.resources.value.resources.map(({ classification }) => classification))
  return [
    ...folder.actions.flatMap(({ value: entry, document }) =>
      problemsIn(document, (say) => {
        if (entry.preview) checkPreview(entry, entry.preview, say)
        for (const [at, { arguments: args, value }] of (entry.reach ?? []).entries()) {
          checkArguments(entry, args, ['reach', at, 'arguments'], say)
          checkExpression(value, ['reach', at, 'value'], say)
        }
        for (const member of ['done', 'succeeded'] as const)
          if (entry.follow) checkExpression(entry.follow[member], ['follow', member], say)
      }),
    ),
    ...problemsIn(folder.resources.document, (say) => {
      for (const name of Object.keys(folder.resources.value.show ?? {}))
        if (!classes.has(name)) say(['show', name], `no resource has the classification \`${name}\``, known(classes))
    }),
  ]
}

function checkPreview(entry: CatalogueEntry, preview: PreviewSource, say: Say): void {
  const isArgument = mustBeIn(Object.keys(entry.arguments.properties), say)
  checkArguments(entry, preview.arguments, ['preview', 'arguments'], say)
  if (Object.keys(preview.show).length === 0)
    say(['preview', 'show'], 'show one argument at least', 'docs/policies.md says how')
  for (const [name, expression] of Object.entries(preview.show)) {
    isArgument(['preview', 'show', name], name, `\`${name}\` is not one of the arguments`)
    checkExpression(expression, ['preview', 'show', name], say)
  }
  for (const [at, expression] of preview.guard.entries()) checkExpression(expression, ['preview', 'guard', at], say)
  const isShown = mustBeIn(Object.keys(preview.show), say)
  for (const name of Object.keys(preview.atMost ?? {}))
    isShown(['preview', 'atMost', name], name, `\`${name}\` is not shown`)
}

function checkArguments(entry: CatalogueEntry, args: JsonObject, path: Path, say: Say): void {
  const { ids, places } = placeKindOf(entry)
  for (const [template, at] of templatesOfRead(args)) {
    const named = placesOf(template)
    // Text with a place of the account is an ARN.
    const inResource = named.some((place) => places.includes(place))
    checkTemplate(entry, template, [...path, ...at], { ids, places, inResource }, say)
    for (const place of named) {
      const name = place.replace(/^arguments\./, '')
      // A narrowed value would name a different resource, whose state could not be compared.
      if (entry.narrowable.includes(name))
        say(
          [...path, ...at],
          `\`{${place}}\` names the resource that is read, and may be narrowed`,
          `take \`${name}\` out of \`narrowable\``,
        )
    }
  }
}

/**
 * Evaluates an expression over an empty answer. A wrong type of a missing value is ignored: it proves nothing about the
 * expression.
 */
export function checkExpression(expression: string, path: Path, say: Say): void {
  try {
    search(expression, {})
  } catch (fault) {
    if (fault instanceof JMESPathTypeError) return
    const why = fault instanceof Error ? fault.message : String(fault)
    say(path, `\`${expression}\` is not JMESPath: ${why}`, 'write it as https://jmespath.org says')
  }
}

/** The texts with places in a read's arguments, each with its path. */
function templatesOfRead(value: Json, path: readonly (string | number)[] = []): [string, (string | number)[]][] {
  if (typeof value === 'string') return placesOf(value).length > 0 || /[{}]/.test(value) ? [[value, [...path]]] : []
  if (typeof value !== 'object' || value === null) return []
  const members: [string | number, Json][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return members.flatMap(([name, each]) => templatesOfRead(each, [...path, name]))
}
