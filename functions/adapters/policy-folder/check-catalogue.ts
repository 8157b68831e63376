import { type ArgumentSchema, isScalar } from '../../domain/policy/arguments.ts'
import { accountOf } from '../../domain/policy/bundle.ts'
import { type CatalogueEntry, sometimesUnpinned, unpinnedByResource } from '../../domain/policy/catalogue.ts'
import {
  comparesPatterns,
  conditionPlace,
  conditionTemplates,
  isLiteral,
  placesOf,
} from '../../domain/policy/conditions.ts'
import { personActions } from '../../domain/policy/question.ts'
import type { CompiledPolicies } from './compile-folder.ts'
import { known, type Path, type Problem, problemsIn, type Say } from './json-document.ts'
import type { Folder } from './read-folder.ts'

const reserved: readonly string[] = [...personActions, 'mutating']

/** Do an action's parts fit one another: arguments, resource, title, statement, account, tool? */
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
      checkTemplates(entry, say)
      checkConditions(entry, say)
      checkWhenAbsent(entry, say)
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
}

const facts = ['partition', 'region', 'account']

function checkTemplates(entry: CatalogueEntry, say: Say): void {
  const { properties, required } = entry.arguments
  for (const [template, path, inResource] of templatesOf(entry)) {
    checkBraces(template, path, say)
    for (const place of placesOf(template)) {
      const name = place.startsWith('arguments.') ? place.slice('arguments.'.length) : undefined
      if (name === undefined) {
        if (!facts.includes(place) || !inResource) {
          const fix = 'use {arguments.Name}, or in an ARN {partition}, {region}, {account}'
          say(path, `nothing fills \`{${place}}\``, fix)
        } else checkAccount(place, entry, path, say)
        continue
      }
      const schema = Object.hasOwn(properties, name) ? properties[name] : undefined
      if (!schema) say(path, `\`{${place}}\` is not one of the arguments`, known(Object.keys(properties)))
      else if (!required.includes(name))
        say(path, `\`{${place}}\` may be absent`, `add \`${name}\` to \`arguments.required\``)
      else if (inResource) checkLiteral(schema, name, template, ['arguments', 'properties', name], say)
    }
    if (path[0] !== 'statement') continue
    if (!/^arn:\{partition\}:[a-z0-9-]+:[^:]*:[^:]*:.+$/.test(template))
      say(path, `\`${template}\` is no ARN`, 'begin it with arn:{partition}:service:{region}:{account}:')
    checkWildcards(template, 'acted on', path, say)
  }
}

/** Each template with where it stands, and whether what fills it must be literal. */
const templatesOf = ({ title, resource, statement }: CatalogueEntry): [string, Path, boolean][] => [
  [title, ['title'], false],
  [resource.id, ['resource', 'id'], true],
  ...(statement?.resources ?? []).map((text, at): [string, Path, boolean] => [
    text,
    ['statement', 'resources', at],
    true,
  ]),
]

function checkBraces(template: string, path: Path, say: Say): void {
  if (/[{}]/.test(template.replace(/\{[A-Za-z][A-Za-z0-9_.]*\}/g, '')))
    say(path, `\`${template}\` has a brace that encloses no name`, 'write {arguments.Name}')
}

function checkWildcards(template: string, what: string, path: Path, say: Say): void {
  if (/[*?$]/.test(template)) say(path, `\`${template}\` has a wildcard`, `name exactly what is ${what}`)
}

function checkAccount(place: string, { account }: CatalogueEntry, path: Path, say: Say): void {
  if (account === undefined) say(path, `\`{${place}}\` needs an account`, 'add `account`, an alias of the deployment')
}

function checkLiteral(schema: ArgumentSchema, name: string, template: string, path: Path, say: Say): void {
  const problem = whyNotLiteral(schema)
  if (problem) say(path, `\`${name}\` stands in \`${template}\`, but ${problem[0]}`, problem[1])
}

/**
 * Does each condition compare something that is there? An argument that may be absent needs a word for its absence, since
 * a condition that is left out pins nothing.
 */
function checkConditions(entry: CatalogueEntry, say: Say): void {
  const { properties, required } = entry.arguments
  const { conditions, whenAbsent = {} } = entry.statement ?? {}
  for (const name of Object.keys(whenAbsent))
    if (!Object.hasOwn(properties, name) || required.includes(name))
      say(['statement', 'whenAbsent', name], `\`${name}\` is never absent`, 'name an argument that is not required')
  const groups: [Path, Parameters<typeof conditionTemplates>[0]][] = [
    [['statement', 'conditions'], conditions],
    ...Object.entries(whenAbsent).map(([name, each]): (typeof groups)[number] => [
      ['statement', 'whenAbsent', name],
      each,
    ]),
  ]
  for (const [at, each] of groups)
    for (const { operator, key, templates } of conditionTemplates(each))
      for (const template of templates) {
        const path = [...at, operator, key]
        checkBraces(template, path, say)
        checkWildcards(template, 'compared', path, say)
        for (const place of placesOf(template))
          if (facts.includes(place)) checkAccount(place, entry, path, say)
          else checkCompared(entry, { operator, template, place }, path, say)
      }
}

function checkCompared(
  { arguments: { properties, required }, statement }: CatalogueEntry,
  { operator, template, place }: { operator: string; template: string; place: string },
  path: Path,
  say: Say,
): void {
  const { argument = '', take = 'value' } = conditionPlace(place) ?? {}
  const schema = Object.hasOwn(properties, argument) ? properties[argument] : undefined
  if (!schema) {
    say(path, `\`{${place}}\` is not one of the arguments`, known(Object.keys(properties)))
    return
  }
  if (take !== 'value' && template !== `{${place}}`)
    say(path, `\`{${place}}\` is a list, and \`${template}\` is not`, 'let it stand alone')
  if (take === 'value' && !isScalar(schema) && schema.type === 'object')
    say(path, `\`{${place}}\` is a map`, 'take its `.names` or `.values`')
  if (!required.includes(argument) && statement?.whenAbsent?.[argument] === undefined)
    say(path, `\`{${place}}\` may be absent`, `say what holds then, in \`whenAbsent.${argument}\``)
  if (comparesPatterns(operator)) checkLiteral(schema, argument, template, path, say)
}

/**
 * Does the absence of an argument leave alone what another argument is held to? Where two name one key under one operator,
 * only the later is sent.
 */
function checkWhenAbsent({ statement }: CatalogueEntry, say: Say): void {
  const conditions = conditionTemplates(statement?.conditions)
  const absences = Object.entries(statement?.whenAbsent ?? {})
  absences.forEach(([name, own], at) => {
    const others = absences.slice(0, at).flatMap(([, each]) => conditionTemplates(each))
    for (const { operator, key } of conditionTemplates(own)) {
      const isThere = (each: { operator: string; key: string }) => each.operator === operator && each.key === key
      // `Null` compares nothing itself: it goes with what the other operators hold the key to.
      const compared = conditions.filter((each) =>
        operator === 'Null' ? each.key === key && each.operator !== operator : isThere(each),
      )
      const isOwn =
        compared.length > 0 && compared.every(({ templates }) => templates.every((each) => takesOnly(each, name)))
      if (others.some(isThere) || (conditions.some(isThere) && !isOwn))
        say(
          ['statement', 'whenAbsent', name, operator, key],
          `without \`${name}\`, \`${key}\` under \`${operator}\` would replace what holds the call to something else`,
          'compare that key under another operator, or take it out',
        )
    }
  })
}

/** Whether a template has this argument in it, and no other. Text alone holds every call to itself. */
const takesOnly = (template: string, name: string): boolean => {
  const places = placesOf(template)
  return places.length > 0 && places.every((place) => conditionPlace(place)?.argument === name)
}

/** What a value might hold that means more than itself in an ARN. The pattern is tried on them; it is not read. */
const hostile = ['*', '?', '$', '{', '}', ' ', '\n', '\t', '"', '\\', '..', ':', '\u0000', 'é']

function whyNotLiteral(schema: ArgumentSchema): [string, string] | undefined {
  if (isScalar(schema) || schema.type !== 'string') return ['only text can stand in a resource', 'make it a `string`']
  if (schema.enum) {
    const odd = schema.enum.find((value) => !isLiteral(value))
    return odd === undefined ? undefined : [`\`${odd}\` would mean more than itself there`, 'leave it out']
  }
  if (schema.pattern === undefined) return ['nothing keeps wildcards out of it', 'give it a `pattern`']
  const pattern = new RegExp(schema.pattern, 'u')
  const through = hostile.find((text) =>
    ['', 'a', '/a', 'a/', '/a/', 'aaa'].some((before) =>
      ['', 'a', '/a'].some((after) => pattern.test(before + text + after)),
    ),
  )
  return through === undefined
    ? undefined
    : [`its pattern lets ${JSON.stringify(through)} through`, 'narrow the pattern']
}

function checkCredential(entry: CatalogueEntry, { deployment, tools }: Folder, say: Say): void {
  const { credential, tool, statement, account } = entry
  const accounts = Object.keys(deployment.value.accounts)
  if (account !== undefined && !accounts.includes(account))
    say(['account'], `account \`${account}\` is not in the deployment`, known(accounts))
  if (credential === 'token') {
    if (tool === 'aws')
      say(['tool'], 'AWS takes no access token', 'name a tool of tools.json, or use `sts` or `mediated`')
    if (statement) say(['statement'], 'an access token carries no IAM statement', 'remove it')
  } else {
    if (tool !== 'aws') say(['tool'], `\`${credential}\` is for AWS`, 'write `aws`, or use `token`')
    const fix = 'add the IAM actions and resources that the credential may have'
    if (!statement) say([], `\`${credential}\` needs a \`statement\``, fix)
    if (account === undefined) say([], `\`${credential}\` needs an \`account\``, known(accounts))
  }
  if (statement && !statement.actions.includes(entry.name)) {
    const fix = 'name the action as IAM does, and list it'
    say(['statement', 'actions'], `the statement does not allow \`${entry.name}\``, fix)
  }
  const ids: readonly string[] = tools.value.tools.map(({ id }) => id)
  if (tool !== 'aws' && !ids.includes(tool)) say(['tool'], `\`${tool}\` is not in tools.json`, known(ids))
  if (entry.resolve && credential !== 'mediated')
    say(['resolve'], 'only a call that Hotwork makes itself is looked up', 'remove it, or use `mediated`')
  const open = unpinnedByResource(entry)
  for (const name of Object.keys(entry.leavesOpen))
    if (name in entry.arguments.properties && !open.includes(name))
      say(['leavesOpen', name], `\`${name}\` is not left open: the credential pins it`, 'remove it')
}

/** Is an MCP tool behind a gate, and one action alone? */
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
