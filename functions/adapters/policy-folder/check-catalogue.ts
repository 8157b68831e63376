// Rules: test/policies/bad-folder.test.ts
import { formOf, type ListSchema } from '../../domain/policy/arguments.ts'
import { settingsOf } from '../../domain/policy/bundle.ts'
import { type CatalogueEntry, parseArguments, sometimesUnpinned } from '../../domain/policy/catalogue.ts'
import { checkTemplate } from '../../domain/policy/check-templates.ts'
import { personActions } from '../../domain/policy/question.ts'
import { known, type Say } from '../../domain/what-is-wrong.ts'
import { checks } from '../../targets/checks.ts'
import { actOf, allKinds, isTargetId, kindOf, placeKindOf, wordsOf } from '../../targets/kinds.ts'
import type { CompiledPolicies } from './compile-folder.ts'
import { type Problem, problemsIn } from './json-document.ts'
import type { Folder } from './read-folder.ts'

const reserved: readonly string[] = [...personActions, 'mutating']

/** Checks that an action's parts fit one another: arguments, resource, title, target, credential, tool. */
export function checkCatalogue(folder: Folder): Problem[] {
  const names = new Map<string, string>()
  const tools = new Map<string, string>()
  return folder.actions.flatMap(({ value: entry, document }) =>
    problemsIn(document, (say) => {
      const other = names.get(entry.name)
      if (other !== undefined) say(['name'], `\`${entry.name}\` is in ${other} too`, 'keep one of them')
      names.set(entry.name, document.file)
      if (reserved.includes(entry.group))
        say(['group'], `group \`${entry.group}\` is taken by the schema`, 'use another name')

      checkArguments(entry, say)
      checkExample(entry, say)
      const { ids, places } = placeKindOf(entry)
      checkTemplate(entry, entry.title, ['title'], { ids, places, inResource: false }, say)
      checkTemplate(entry, entry.resource.id, ['resource', 'id'], { ids, places, inResource: true }, say)
      checkAccount(entry, folder, say)
      for (const [kind, check] of Object.entries(checks)) check(entry, aliasesOf(kind, folder), say)
      checkCredential(entry, folder, say)
      checkMcp(entry, tools, say)
    }),
  )
}

function checkArguments(
  { arguments: { properties, required }, narrowable, leavesOpen }: CatalogueEntry,
  say: Say,
): void {
  for (const [list, path] of [
    [required, ['arguments', 'required']],
    [narrowable, ['narrowable']],
    [Object.keys(leavesOpen), ['leavesOpen']],
  ] as const)
    for (const name of list)
      if (!Object.keys(properties).includes(name))
        say(path, `\`${name}\` is not one of the arguments`, known(Object.keys(properties)))
  for (const [at, name] of narrowable.entries()) {
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (schema && !['integer', 'number', 'list'].includes(formOf(schema)))
      say(['narrowable', at], `\`${name}\` has nothing to lose`, 'name an argument that is a number or a list')
    // Many calls take an empty list for everything, so a list must not lose all items.
    if (schema && formOf(schema) === 'list' && !((schema as ListSchema).minItems ?? 0))
      say(['narrowable', at], `\`${name}\` may lose all its items`, 'give it `minItems` of 1 or more')
  }
}

function checkExample(entry: CatalogueEntry, say: Say): void {
  const parsed = entry.example && parseArguments(entry, entry.example.arguments)
  if (parsed?.ok === false)
    say(['example'], `the example is refused: ${parsed.detail}`, 'give arguments that the schema takes')
}

function aliasesOf(kind: string, { deployment: { value } }: Pick<Folder, 'deployment'>): readonly string[] {
  if (kind === 'aws') return Object.keys(value.accounts)
  return Object.entries(value.targets ?? {}).flatMap(([alias, each]) => (each.kind === kind ? [alias] : []))
}

function checkAccount({ account }: CatalogueEntry, folder: Folder, say: Say): void {
  const accounts = aliasesOf('aws', folder)
  if (account !== undefined && !accounts.includes(account))
    say(['account'], `account \`${account}\` is not in the deployment`, known(accounts))
}

function checkCredential({ credential, tool }: CatalogueEntry, { tools }: Folder, say: Say): void {
  const kind = kindOf({ tool })
  if (!Object.hasOwn(kind.credentials, credential)) {
    const own = Object.keys(kind.credentials)
      .map((each) => `\`${each}\``)
      .join(' or ')
    const others = allKinds.filter(({ credentials }) => Object.hasOwn(credentials, credential))
    if (actOf(credential) === 'access_token')
      say(['tool'], `${kind.name} takes no access token`, `name a tool of tools.json, or use ${own}`)
    else
      say(
        ['tool'],
        `\`${credential}\` is for ${others.map(({ name }) => name).join(', ')}`,
        `write ${others.map(({ id }) => `\`${id}\``).join(' or ')}, or use ${own}`,
      )
  }
  const ids: readonly string[] = tools.value.tools.map(({ id }) => id)
  if (!isTargetId(tool) && !ids.includes(tool)) say(['tool'], `\`${tool}\` is not in tools.json`, known(ids))
}

/** Checks that an MCP tool is behind a gate, and belongs to one action. */
function checkMcp({ name, credential, mcp }: CatalogueEntry, tools: Map<string, string>, say: Say): void {
  if (!mcp) return
  if (credential !== 'token')
    say(
      ['mcp'],
      'an MCP tool is called through its gate',
      'make `credential` `token`, and `tool` the gate of tools.json',
    )
  const called = JSON.stringify([mcp.server.name, mcp.tool])
  const other = tools.get(called)
  if (other !== undefined)
    say(
      ['mcp', 'tool'],
      `\`${mcp.tool}\` of \`${mcp.server.name}\` is \`${other}\` already`,
      'keep one action for each tool of a server',
    )
  tools.set(called, name)
}

/**
 * Checks that credentials pin each value that a policy judges. IAM compares few: an agent that asked for 5 may call
 * with 0.
 */
export function checkUnpinned({ actions, deployment }: Folder, index: CompiledPolicies['index']): Problem[] {
  return Object.entries(index).flatMap(([id, { file, line, actions: asked, reads }]) => {
    if (reads.unpinned) return []
    return actions.flatMap(({ value: entry }) => {
      if (!asked.includes(entry.name)) return []
      const at = settingsOf({ deployment: deployment.value }, entry)
      const open = sometimesUnpinned(entry, at)
      const judged = reads.arguments === 'all' ? open : open.filter((name) => reads.arguments.includes(name))
      return judged.map((name) => ({
        file,
        line,
        message: `\`${id}\` reads \`${name}\`, which ${wordsOf(entry.credential)} for \`${entry.name}\` do not hold the agent to`,
        fix: `add \`|| context.unpinned.contains("${name}")\` to a forbid (\`&& !\` to a permit), or make the action \`mediated\``,
      }))
    })
  })
}
