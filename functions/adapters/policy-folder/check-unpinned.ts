import { accountOf } from '../../domain/policy/bundle.ts'
import { sometimesUnpinned } from '../../domain/policy/catalogue.ts'
import type { CompiledPolicies } from './policy-language.ts'
import type { Problem } from './problem.ts'
import type { Folder } from './read-folder.ts'

/** Is the agent held to each value that a policy judges? IAM compares few: asked for 5, it may call with 0. */
export function checkUnpinned({ actions, deployment }: Folder, index: CompiledPolicies['index']): Problem[] {
  return Object.entries(index).flatMap(([id, { file, line, actions: asked, reads }]) => {
    if (reads.unpinned) return []
    return actions.flatMap(({ value: entry }) => {
      if (!asked.includes(entry.name)) return []
      const account = accountOf({ deployment: deployment.value }, entry)
      const open = sometimesUnpinned(entry, account)
      const judged = reads.arguments === 'all' ? open : open.filter((name) => reads.arguments.includes(name))
      return judged.map((name) => ({
        file,
        line,
        message: `\`${id}\` reads \`${name}\`, which AWS credentials for \`${entry.name}\` do not hold the agent to`,
        fix: `add \`|| context.unpinned.contains("${name}")\` to a forbid (\`&& !\` to a permit), or make the action \`mediated\``,
      }))
    })
  })
}
