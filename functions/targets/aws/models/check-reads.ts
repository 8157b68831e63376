// Rules: test/policies/bad-folder.test.ts
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { known, type Path, type Say } from '../../../domain/what-is-wrong.ts'
import type { Check } from '../../kind.ts'
import { readsIn } from '../rules/check.ts'
import { whyNever } from '../rules/reads.ts'
import type { AwsEntry } from '../rules/statement.ts'
import { isInstallable, isKnown, modelOf, packageOf } from './models.ts'
import { membersOf } from './read-model.ts'

/** IAM's actions of the levels List and Read, by service. `*` after one says that IAM knows no resource of it. */
const iamReads: { readonly [prefix: string]: string } = JSON.parse(
  readFileSync(join(import.meta.dirname ?? __dirname, 'iam-reads.json'), 'utf8'),
)

/** Whether IAM judges a read by its resource; undefined for an action that is no read of IAM's. */
function namesResource(action: string): boolean | undefined {
  const [prefix = '', name = ''] = action.split(':')
  const names = (iamReads[prefix] ?? '').split(' ')
  return names.includes(name) || (names.includes(`${name}*`) ? false : undefined)
}

export const modelsOfAws = (entries: readonly AwsEntry[]): { readonly [action: string]: unknown } => {
  const calls = entries.flatMap(readsIn)
  const absent = calls.flatMap((call) => call.absent)
  return Object.fromEntries(calls.map(({ action }) => [action, modelOf(action, absent)]))
}

/** Checks reads by what IAM and AWS's SDK know of them. */
export const checkReadsOfAws: Check<AwsEntry> = (entry, _aliases, say) => {
  for (const [at, { actions, resources }] of (entry.reads ?? []).entries()) {
    for (const [index, action] of actions.entries()) checkLevel(action, ['reads', at, 'actions', index], say)
    for (const [index, resource] of resources.entries())
      for (const action of actions) checkResource(action, resource, ['reads', at, 'resources', index], say)
  }
  for (const call of readsIn(entry)) if (whyNever(call.action) === undefined) checkCall(call, say)
}

function checkLevel(action: string, path: Path, say: Say): void {
  if (whyNever(action, { byHandlers: true }) === undefined && namesResource(action) === undefined)
    say(path, `IAM knows no read \`${action}\``, 'name an action whose access level is List or Read')
}

function checkResource(action: string, resource: string, path: Path, say: Say): void {
  const named = namesResource(action)
  if (resource === '*' && named === true)
    say(path, `\`*\` has a wildcard, and IAM judges \`${action}\` by its resource`, 'name exactly what is read')
  if (resource !== '*' && named === false)
    say(
      path,
      `IAM judges \`${action}\` by no resource: this right would never hold`,
      'write `*` for it, in an object of its own',
    )
}

type Call = ReturnType<typeof readsIn>[number]

function checkCall({ action, arguments: args, path }: Call, say: Say): void {
  const model = modelOf(action, [])
  const [prefix = '', operation] = action.split(':')
  if (!model) {
    const at = [...path, 'action']
    if (isKnown(prefix)) say(at, `\`${prefix}\` has no read \`${operation}\``, 'name an operation of its API')
    else if (!isInstallable(prefix))
      say(at, `Hotwork cannot address \`${prefix}\``, 'read it by `cloudcontrol:GetResource`')
    else say(at, `no model of \`${action}\` was found`, `install its client: npm install -D ${packageOf(prefix)}`)
    return
  }
  const { names, required } = membersOf(model, 'input')
  for (const name of Object.keys(args))
    if (!names.includes(name)) say([...path, 'arguments', name], `\`${action}\` has no \`${name}\``, known(names))
  for (const name of names.slice(0, required))
    if (!Object.hasOwn(args, name)) say([...path, 'arguments'], `\`${action}\` needs \`${name}\``, 'add it')
}
