// Rules: test/policies/runs.test.ts
import { reachesOurselves } from '../../domain/policy/bundle.ts'
import { type CatalogueEntry, startsRun } from '../../domain/policy/catalogue.ts'
import { previewOfRun } from '../../domain/previews/preview-source.ts'
import type { Path, Say } from '../../domain/what-is-wrong.ts'
import { kindOf } from '../../targets/kinds.ts'
import { type Problem, problemsIn } from './json-document.ts'
import type { Folder } from './read-folder.ts'

/** Checks that no entry of a run names what Hotwork is made of, and that its preview is left to Hotwork. */
export function checkRuns({ actions, resources }: Pick<Folder, 'actions' | 'resources'>): Problem[] {
  const rules = resources.value.resources
  return actions.flatMap(({ value: entry, document }) =>
    problemsIn(document, (say) => {
      if (!startsRun(entry)) {
        // The kind has said that its credential is wrong.
        if (kindOf(entry).startsRun?.(entry)) return
        if (entry.follow) say(['follow'], `\`${entry.name}\` starts no run`, 'remove it')
        if (entry.runsAs) say(['runsAs'], `\`${entry.name}\` starts no run`, 'remove it')
        return
      }
      checkPreview(entry, say)
      for (const [path, text] of namedBy(entry))
        if (reachesOurselves(text, rules))
          say(path, `\`${text}\` is what Hotwork itself is made of`, 'no run ever concerns that: name something else')
    }),
  )
}

/** The reading of a run covers all of its arguments, so that a lower one would be another state. */
function checkPreview({ preview, narrowable }: CatalogueEntry, say: Say): void {
  if (preview) say(['preview'], 'Hotwork reads the definition of a run by itself', 'remove it')
  if (narrowable.length > 0) say(['narrowable'], 'the arguments of a run cannot be narrowed', 'make it empty')
}

function namedBy({ resource, statement, follow, runsAs, arguments: args }: CatalogueEntry): [Path, string][] {
  const listed = Object.entries(args.properties).flatMap(([name, schema]) =>
    'enum' in schema
      ? (schema.enum ?? []).map((each): [Path, string] => [['arguments', 'properties', name], String(each)])
      : [],
  )
  return [
    [['resource', 'id'], resource.id],
    ...(runsAs === undefined ? [] : [[['runsAs'], runsAs] satisfies [Path, string]]),
    ...(statement?.resources ?? []).map((each, at): [Path, string] => [['statement', 'resources', at], each]),
    ...(follow?.rights ?? []).flatMap(({ resources }, at) =>
      resources.map((each, index): [Path, string] => [['follow', 'rights', at, 'resources', index], each]),
    ),
    ...listed,
  ]
}

/** The entry with the preview that every run has. */
export const withRunPreview = (entry: CatalogueEntry): CatalogueEntry =>
  startsRun(entry) ? { ...entry, preview: previewOfRun } : entry
