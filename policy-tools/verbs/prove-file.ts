// Rules: test/policies/changes/prove.test.ts
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { JsonDocument, type Problem, problemsIn } from '../../functions/adapters/policy-folder/json-document.ts'
import { known } from '../../functions/domain/what-is-wrong.ts'
import { ProveFile } from '../proof/property.ts'
import type { Policies } from './open.ts'

/** `prove.json` of a folder, or its defaults. */
export function readProveFile(
  folder: string,
  { bundle, index }: Policies,
): { ok: true; settings: ProveFile } | { ok: false; problems: readonly Problem[] } {
  const file = join(folder, 'prove.json')
  if (!existsSync(file)) return { ok: true, settings: ProveFile.parse({}) }
  const document = new JsonDocument(file)
  const settings = document.parse(ProveFile)
  if (!settings) return { ok: false, problems: document.problems }
  const environments = new Set(bundle.resources.map(({ environment }) => environment))
  const problems = problemsIn(document, (say) => {
    for (const [at, name] of settings.people.entries())
      if (!environments.has(name))
        say(['people', at], `resources.json has no environment \`${name}\``, known(environments))
    for (const [at, id] of settings.standby.entries())
      if (!Object.hasOwn(index, id))
        say(['standby', at], `there is no policy \`${id}\``, 'write its `@id`, or remove it')
  })
  return problems.length > 0 ? { ok: false, problems } : { ok: true, settings }
}
