// Rules: test/policies/targets.test.ts
import type { Deployment } from '../../domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../domain/policy/catalogue.ts'
import { known, type Say } from '../../domain/what-is-wrong.ts'
import { CredentialKind, isTargetId, kindOf } from '../../targets/kinds.ts'
import type { EntryFile } from './file-shapes.ts'

/** An entry in the bundle's form: its kind is its `tool`, and an AWS alias its `account`. */
export function placeEntry(entry: EntryFile, deployment: Deployment, say: Say): CatalogueEntry | undefined {
  const { tool, account, target } = entry
  if (target === undefined) return withoutTarget(entry, deployment, say)
  const kind = Object.hasOwn(deployment.accounts, target) ? 'aws' : deployment.targets?.[target]?.kind
  if (kind === undefined) {
    const aliases = [...Object.keys(deployment.accounts), ...Object.keys(deployment.targets ?? {})]
    say(['target'], `target \`${target}\` is not in the deployment`, known(aliases))
    return undefined
  }
  if (account !== undefined && account !== target) {
    say(['account'], `\`account\` says \`${account}\`, and \`target\` says \`${target}\``, 'take `account` out')
    return undefined
  }
  const isGated = tool !== undefined && !isTargetId(tool)
  if (isGated ? kind !== 'aws' : tool !== undefined && tool !== kind) {
    const fix = `take \`tool\` out, or name a target of the kind \`${tool}\``
    say(['tool'], `\`${target}\` is of the kind \`${kind}\`, and \`tool\` says \`${tool}\``, fix)
    return undefined
  }
  const { target: _, ...rest } = entry
  return kind === 'aws' ? { ...rest, tool: tool ?? kind, account: target } : spelledOut({ ...entry, tool: kind })
}

/** Gives its credential the name that it has inside: a cluster's `token` is not an access token. */
function spelledOut(entry: CatalogueEntry): CatalogueEntry {
  const name = kindOf(entry).spelled?.[entry.credential]
  return name === undefined ? entry : { ...entry, credential: CredentialKind.parse(name) }
}

function withoutTarget(entry: EntryFile, { targets = {} }: Deployment, say: Say): CatalogueEntry | undefined {
  const { tool } = entry
  if (tool === undefined) {
    say(['tool'], '`tool` is missing', 'add it; docs/policies.md says what it is')
    return undefined
  }
  if (isTargetId(tool) && tool !== 'aws' && tool !== 'hotwork') {
    const aliases = Object.entries(targets).flatMap(([alias, { kind }]) => (kind === tool ? [alias] : []))
    say([], `\`${tool}\` needs a \`target\``, known(aliases))
    return undefined
  }
  return { ...entry, tool }
}
