// Rules: test/policies/bad-folder.test.ts
import { known, type Path, type Say } from '../../../domain/what-is-wrong.ts'
import type { Check } from '../../kind.ts'
import { readsIn } from '../rules/check.ts'
import type { RunEntry } from '../rules/check-runs.ts'
import { whyNever } from '../rules/reads.ts'
import { runOf, runRules } from '../rules/runs.ts'
import { iamAction } from './iam-reference.ts'
import { isInstallable, isKnown, modelOf, packageOf } from './models.ts'
import { membersOf } from './read-model.ts'

/** Whether IAM judges a read by its resource; undefined for an action that IAM does not list as a read. */
function namesResource(action: string): boolean | undefined {
  const iam = iamAction(action)
  return iam?.name !== action || iam.changes ? undefined : iam.resources.length > 0
}

/** The operations that start, follow and cancel a run. */
const operationsOfRun = (entry: RunEntry): readonly string[] => {
  const run = runOf(entry)
  const { follow } = entry
  const followed = follow ? [follow.action, ...(follow.cancel ? [follow.cancel.action] : [])] : []
  return run && entry.tool === 'aws' ? [runRules[run].starts, ...followed] : []
}

export const modelsOfAws = (entries: readonly RunEntry[]): { readonly [action: string]: unknown } => {
  const calls = entries.flatMap(readsIn)
  const absent = calls.flatMap((call) => call.absent)
  const operations = [...calls.map(({ action }) => action), ...entries.flatMap(operationsOfRun)]
  return Object.fromEntries(operations.map((each) => [each, modelOf(each, absent)]))
}

/** Checks a statement and reads against IAM's reference and AWS's SDK. */
export const checkByReference: Check<RunEntry> = (entry, _aliases, say) => {
  const { actions = [], resources = [] } = entry.statement ?? {}
  const named = actions.find((action) => iamAction(action)?.resources.some(({ required }) => required))
  if (resources[0] === '*' && named !== undefined)
    say(
      ['statement', 'resources', 0],
      `\`*\` is any resource, and \`${named}\` takes one by its ARN`,
      known(iamAction(named)?.resources.map(({ arn }) => arn) ?? []),
    )
  for (const [at, { actions, resources }] of (entry.reads ?? []).entries()) {
    for (const [index, action] of actions.entries()) checkLevel(action, ['reads', at, 'actions', index], say)
    for (const [index, resource] of resources.entries())
      for (const action of actions) checkResource(action, resource, ['reads', at, 'resources', index], say)
  }
  for (const call of readsIn(entry)) if (!call.byModule && whyNever(call.action) === undefined) checkCall(call, say)
  const { follow } = entry
  if (!follow || !runOf(entry)) return
  const { action, arguments: args, cancel } = follow
  const never = whyNever(action)
  if (never !== undefined) say(['follow', 'action'], `\`${action}\` ${never}`, 'name another read')
  else checkCall({ ...bare, action, arguments: args, path: ['follow'] }, say)
  if (cancel) checkCall({ ...bare, ...cancel, path: ['follow', 'cancel'] }, say)
}

const bare = { absent: [], expressions: [] }

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
