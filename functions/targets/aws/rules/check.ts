// Rules: test/policies/bad-folder.test.ts
import { mayBeAbsent } from '../../../domain/policy/absent.ts'
import { formOf } from '../../../domain/policy/arguments.ts'
import {
  checkAccount,
  checkBraces,
  checkLiteral,
  checkTemplate,
  checkWildcards,
} from '../../../domain/policy/check-templates.ts'
import { placesOf } from '../../../domain/policy/templates.ts'
import { describesRun, type PreviewSource, type ReachSource } from '../../../domain/previews/preview-source.ts'
import { known, type Path, type Say } from '../../../domain/what-is-wrong.ts'
import { checkRuns, type RunEntry } from './check-runs.ts'
import { comparesPatterns, conditionPlace, conditionTemplates } from './conditions.ts'
import { iamActionOf, namesMembers, usesHandlers, whyNever } from './reads.ts'
import { rightStartsRun, runOf, runRules } from './runs.ts'
import { type AwsEntry, naming, unpinnedByResource } from './statement.ts'

/** Checks that an entry's statement, look-up and read fit its arguments and its credential. */
export function checkAws(entry: RunEntry, accounts: readonly string[], say: Say): void {
  for (const [at, template] of (entry.statement?.resources ?? []).entries()) {
    const path = ['statement', 'resources', at]
    if (template === '*' && !runOf(entry)) checkAnyResource(entry, path, say)
    else checkArn(entry, template, 'acted on', path, say)
  }
  checkConditions(entry, say)
  checkWhenAbsent(entry, say)
  checkCredential(entry, accounts, say)
  checkReads(entry, say)
  checkRuns(entry, say)
  for (const [at, each] of (entry.statement?.actions ?? []).entries())
    if (rightStartsRun(each) && each !== runOf(entry))
      say(
        ['statement', 'actions', at],
        `\`${each}\` starts a run, without its role on record`,
        'remove it, or make it an entry of a run',
      )
  for (const [at, { resources }] of ((runOf(entry) && entry.follow?.rights) ?? []).entries())
    for (const [index, template] of resources.entries())
      checkArn(entry, template, 'followed', ['follow', 'rights', at, 'resources', index], say)
}

/** Checks the statement of an action for which IAM takes no ARN: only the Region limits its sessions. */
function checkAnyResource({ statement }: AwsEntry, path: Path, say: Say): void {
  const { resources, conditions } = statement ?? { resources: [] }
  if (resources.length > 1) say(path, '`*` is every resource, and others stand beside it', 'take one or the others out')
  if (conditions?.['StringEquals']?.['aws:RequestedRegion'] !== '{region}')
    say(
      path,
      '`*` reaches every Region',
      'add `"StringEquals": { "aws:RequestedRegion": "{region}" }` to `statement.conditions`, or name exactly what is acted on',
    )
}

/**
 * Checks that each condition compares an existing argument. An argument that may be absent needs a condition for its
 * absence, since an omitted condition pins nothing.
 */
function checkConditions(entry: AwsEntry, say: Say): void {
  const { properties } = entry.arguments
  const { conditions, whenAbsent = {} } = entry.statement ?? {}
  for (const name of Object.keys(whenAbsent))
    if (!Object.hasOwn(properties, name) || !mayBeAbsent(entry.arguments, name))
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
          if (naming.places.includes(place)) checkAccount(place, entry, path, say)
          else checkCompared(entry, { operator, template, place }, path, say)
      }
}

function checkCompared(
  { arguments: schemas, statement }: AwsEntry,
  { operator, template, place }: { operator: string; template: string; place: string },
  path: Path,
  say: Say,
): void {
  const { argument = '', take = 'value' } = conditionPlace(place) ?? {}
  const { properties } = schemas
  const schema = Object.hasOwn(properties, argument) ? properties[argument] : undefined
  if (!schema) {
    say(path, `\`{${place}}\` is not one of the arguments`, known(Object.keys(properties)))
    return
  }
  if (take !== 'value' && template !== `{${place}}`)
    say(path, `\`{${place}}\` is a list, and \`${template}\` is not`, 'let it stand alone')
  const form = formOf(schema)
  if (take === 'value' && form === 'list') say(path, `\`{${place}}\` is a list`, 'take its `.values`')
  if (take === 'value' && ['map', 'object', 'oneOf'].includes(form))
    say(path, `\`{${place}}\` is a map`, 'take its `.names` or `.values`')
  if (mayBeAbsent(schemas, argument) && statement?.whenAbsent?.[argument] === undefined)
    say(path, `\`{${place}}\` may be absent`, `add the condition for its absence to \`whenAbsent.${argument}\``)
  if (comparesPatterns(operator)) checkLiteral(schema, argument, template, path, say)
}

/**
 * Checks that the absence of one argument does not loosen the pin of another. If two conditions have the same operator
 * and key, only the last is sent.
 */
function checkWhenAbsent({ statement }: AwsEntry, say: Say): void {
  const conditions = conditionTemplates(statement?.conditions)
  const absences = Object.entries(statement?.whenAbsent ?? {})
  absences.forEach(([name, own], at) => {
    const others = absences.slice(0, at).flatMap(([, each]) => conditionTemplates(each))
    for (const { operator, key } of conditionTemplates(own)) {
      const isThere = (each: { operator: string; key: string }) => each.operator === operator && each.key === key
      // `Null` only tests presence, so it accompanies another operator on the same key.
      const compared = conditions.filter((each) =>
        operator === 'Null' ? each.key === key && each.operator !== operator : isThere(each),
      )
      const isOwn =
        compared.length > 0 && compared.every(({ templates }) => templates.every((each) => takesOnly(each, name)))
      if (others.some(isThere) || (conditions.some(isThere) && !isOwn))
        say(
          ['statement', 'whenAbsent', name, operator, key],
          `without \`${name}\`, \`${key}\` under \`${operator}\` would replace the condition that pins another argument`,
          'use another operator for that key, or remove it',
        )
    }
  })
}

/** Whether all placeholders of a template are this argument. False for a template without placeholders: a fixed pin. */
const takesOnly = (template: string, name: string): boolean => {
  const places = placesOf(template)
  return places.length > 0 && places.every((place) => conditionPlace(place)?.argument === name)
}

function checkCredential(entry: AwsEntry, accounts: readonly string[], say: Say): void {
  const { name, tool, credential, statement, account, resolve } = entry
  if (credential === 'token' && statement) say(['statement'], 'an access token carries no IAM statement', 'remove it')
  if (credential === 'sts' || (credential === 'mediated' && tool === 'aws')) {
    const fix = 'add the IAM actions and resources that the credential may have'
    if (!statement) say([], `\`${credential}\` needs a \`statement\``, fix)
    if (account === undefined) say([], `\`${credential}\` needs an \`account\``, known(accounts))
  }
  const action = entry.call ?? name
  if (statement && !statement.actions.includes(action)) {
    const fix = 'name the action as IAM does, and list it'
    say(['statement', 'actions'], `the statement does not allow \`${action}\``, fix)
  }
  if (resolve && credential !== 'mediated')
    say(['resolve'], 'only a call that Hotwork makes itself is looked up', 'remove it, or use `mediated`')
  const open = credential === 'sts' ? unpinnedByResource(entry) : []
  // Another kind's own credential is checked there.
  const isChecked = ['sts', 'mediated', 'token'].includes(credential)
  for (const argument of Object.keys(entry.leavesOpen))
    if (isChecked && argument in entry.arguments.properties && !open.includes(argument))
      say(['leavesOpen', argument], `\`${argument}\` is not left open: the credential pins it`, 'remove it')
}

function checkArn(entry: AwsEntry, template: string, what: string, path: Path, say: Say): void {
  const places = runOf(entry) ? [...naming.places, 'run'] : naming.places
  checkTemplate(entry, template, path, { ...naming, places, inResource: true }, say)
  if (!/^arn:\{partition\}:[a-z0-9-]+:[^:]*:[^:]*:.+$/.test(template))
    say(path, `\`${template}\` is not an ARN`, 'begin it with arn:{partition}:service:{region}:{account}:')
  checkWildcards(template, what, path, say)
}

type Read = Pick<PreviewSource, 'action' | 'arguments' | 'absent'> & {
  path: Path
  /** The expressions over its answer, each with its path. */
  expressions: readonly [Path, string][]
  byModule?: true
}

/** The calls that read for an entry. */
export function readsIn(entry: Pick<AwsEntry, 'name' | 'call' | 'tool' | 'preview' | 'reach'>): readonly Read[] {
  const { tool, preview, reach = [] } = entry
  if (tool !== 'aws') return []
  const run = runOf(entry)
  const own = preview && preview.action !== describesRun ? [readOf(preview)] : []
  return [...own, ...(run ? runRules[run].reads.map(readOfRun) : []), ...reach.map(readOfFact)]
}

/** A read whose arguments its module gives. */
const readOfRun = (action: string): Read => ({
  action,
  arguments: {},
  absent: [],
  path: ['reads'],
  expressions: [],
  byModule: true,
})

const readOfFact = ({ action, arguments: args, value }: ReachSource, at: number): Read => ({
  ...{ action, arguments: args, absent: [], path: ['reach', at] },
  expressions: [[['reach', at, 'value'], value]],
})

const readOf = ({ show, guard, ...call }: PreviewSource): Read => ({
  ...call,
  path: ['preview'],
  expressions: [
    ...Object.entries(show).map(([name, each]): [Path, string] => [['preview', 'show', name], each]),
    ...guard.map((each, at): [Path, string] => [['preview', 'guard', at], each]),
  ],
})

/** Checks that Hotwork may make each read, and that the rights match the reads exactly. */
function checkReads(entry: AwsEntry, say: Say): void {
  const calls = readsIn(entry)
  for (const call of calls) if (!call.byModule) checkRead(entry, call, say)
  if (entry.reads && calls.length === 0) say(['reads'], 'nothing is read with these rights', 'remove them')
  const byHandlers = calls.some(({ action }) => usesHandlers(action))
  for (const [at, { actions, resources }] of (entry.reads ?? []).entries()) {
    for (const [index, action] of actions.entries()) {
      const path = ['reads', at, 'actions', index]
      const never = whyNever(action, { byHandlers })
      if (never !== undefined) say(path, `\`${action}\` ${never}`, 'remove it')
      else if (!byHandlers && !calls.some((call) => iamActionOf(call.action) === action))
        say(path, `nothing is read by \`${action}\``, 'remove it')
    }
    for (const [index, template] of resources.entries())
      if (template !== '*') checkArn(entry, template, 'read', ['reads', at, 'resources', index], say)
  }
}

function checkRead(entry: AwsEntry, { action, arguments: args, path, expressions }: Read, say: Say): void {
  const at = [...path, 'action']
  const never = whyNever(action)
  const right = iamActionOf(action)
  if (never !== undefined) say(at, `\`${action}\` ${never}`, 'name another read')
  else if (!(entry.reads ?? []).some(({ actions }) => actions.includes(right)))
    say(at, `no \`reads\` give \`${right}\``, 'add it to `reads`, with the ARN of what is read')
  if (entry.account === undefined)
    say(at, `\`${action}\` needs an account`, 'add `account`, an alias of the deployment')
  if ((args['WithDecryption'] ?? false) !== false)
    say([...path, 'arguments', 'WithDecryption'], 'a decrypted parameter is a secret', 'remove it')
  if (!usesHandlers(action)) return
  if (typeof args['TypeName'] !== 'string' || args['TypeName'].includes('{'))
    say([...path, 'arguments', 'TypeName'], 'an agent would choose the type that is read', 'name one type')
  if (Object.hasOwn(args, 'RoleArn'))
    say([...path, 'arguments', 'RoleArn'], 'another role would read, with rights of its own', 'remove it')
  for (const [where, expression] of expressions)
    if (!namesMembers(expression))
      say(where, `\`${expression}\` takes more than one member`, 'write ResourceDescription.Properties.Name')
}
