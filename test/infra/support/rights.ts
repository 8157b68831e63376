import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lambdas } from '../../../infra/functions.ts'
import { folderMadeOnce } from '../../support/made-once.ts'
import { root } from '../../support/repository.ts'
import type { Call, Reached } from './reach.ts'
import { functionOf, grantsIn, listOf, resourcesOf, type Statement, type Template, textOf } from './template.ts'

/** The reach of each function's code, by the function's name: one call graph for all tests of a run. */
export function reachedBy(): { readonly [name: string]: Reached } {
  const folder = folderMadeOnce('reached', (path) => {
    const program = join(root, 'test/infra/support/reach.ts')
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8', maxBuffer: 1 << 26 })
    if (status !== 0) throw new Error(stderr)
    writeFileSync(join(path, 'reached.json'), stdout)
  })
  return JSON.parse(readFileSync(join(folder, 'reached.json'), 'utf8'))
}

/** `keys`: the key prefixes of rows that it may put. */
export type Right = { action: string; resource: string; keys: readonly string[] }
/** The rights of one function, and its environment. */
export type Granted = { rights: readonly Right[]; told: { readonly [variable: string]: string } }

export function grantedIn(template: Template): { readonly [name: string]: Granted } {
  const grants = grantsIn(template)
  return Object.fromEntries(
    resourcesOf(template, 'AWS::Lambda::Function').map(([id, { Properties }]) => {
      const { Role, Environment } = Properties as {
        Role: { 'Fn::GetAtt': [string, string] }
        Environment: { Variables: { [name: string]: unknown } }
      }
      const own = grants.filter(({ roles }) => roles.includes(Role['Fn::GetAtt'][0]))
      const rights = own.flatMap(({ statements }) => statements.flatMap(rightsIn))
      const told = Object.entries(Environment.Variables).map(([name, value]) => [name, textOf(value)])
      const itself = textOf({ Ref: id })
      return [
        functionOf(Properties),
        { rights, told: { ...Object.fromEntries(told), AWS_LAMBDA_FUNCTION_NAME: itself } },
      ]
    }),
  )
}

function rightsIn({ Effect, Action, Resource, Condition }: Statement): readonly Right[] {
  if (Effect !== 'Allow') throw new Error(`a statement that is no Allow: ${JSON.stringify(Action)}`)
  const { 'ForAllValues:StringLike': like } = (Condition ?? {}) as { [operator: string]: { [key: string]: string[] } }
  const keys = like?.['dynamodb:LeadingKeys'] ?? []
  return listOf(Action).flatMap((action) =>
    listOf(Resource).map((resource) => ({ action: String(action), resource: textOf(resource), keys })),
  )
}

/** A right that code needs. `thing`: its resource by the function's variables; any if the code does not tell. */
export type Need = { action: string; thing: string | undefined; by: readonly string[] }

/** Calls in sessions of target accounts, which AWS judges by the session's role. */
const isOfSession = ({ action, by }: Call) =>
  action === 'sts:GetScopedCredentials' ||
  /^functions\/targets\/aws\/(?:calls\/|reads\/(?!reader-sessions))/.test(by[0] ?? '')

/** The rights that AWS demands beside a call's own, with the variables of their resources. */
function impliedBy({ action, by, on }: Call): readonly { action: string; on: readonly string[] }[] {
  // Without it, S3 answers 403 for a missing object.
  if (action === 's3:GetObject') return [{ action: 's3:ListBucket', on }]
  if (action === 'scheduler:CreateSchedule') return [{ action: 'iam:PassRole', on: ['TIMER_ROLE'] }]
  const tags = action === 'sts:AssumeRole' && by[0]?.startsWith('functions/targets/aws/sts/broker.ts')
  return tags ? ['sts:TagSession', 'sts:SetSourceIdentity'].map((each) => ({ action: each, on })) : []
}

/** Calls whose resource differs from the class's variables: a timer names its group, a tier its own machine. */
const told: { readonly [action: string]: readonly string[] } = {
  'scheduler:CreateSchedule': ['TIMER_GROUP'],
  'states:StartExecution': [],
}

export function needsOf({ calls }: Reached, own: Granted): readonly Need[] {
  return calls
    .filter((call) => !isOfSession(call))
    .flatMap((call) =>
      [{ action: call.action, on: told[call.action] ?? call.on }, ...impliedBy(call)].map((each) => ({
        ...each,
        by: call.by,
      })),
    )
    .flatMap(({ action, on, by }): Need[] => {
      const things = on.flatMap((each) => thingsOf(each, own, action))
      return things.length > 0 ? things.map((thing) => ({ action, thing, by })) : [{ action, thing: undefined, by }]
    })
}

/** Kinds of targets with variables of their own, such as `TOY_DENIES_QUEUE`. */
const kinds = [...new Set(lambdas.flatMap(({ kind = 'aws' }) => (kind === 'aws' ? [] : kind)))]

/** A table without a name in the environment stays as its variable, which no right is on. */
function thingsOf(variable: string, { told: values }: Granted, action: string): readonly string[] {
  const [name = '', ...index] = variable.split('/')
  const found = [name, ...kinds.map((kind) => `${kind.toUpperCase()}_${name}`)].flatMap((each) => values[each] ?? [])
  if (found.length > 0) return found.flatMap(namesIn).map((each) => [each, ...index].join('/'))
  // A function without the table of texts has none to put: the store throws.
  return action.startsWith('dynamodb:') && name !== 'TEXTS_TABLE' ? [variable] : []
}

/** A variable has one name, several, or one for each alias. */
const namesIn = (value: string): readonly string[] =>
  value.startsWith('{') ? Object.values(JSON.parse(value) as { [alias: string]: string }) : value.split(' ')

/** Whether a right meets a need: on a table or an index by its whole name, on others by a part of it. */
export const meets = ({ action, resource }: Right, { action: needed, thing }: Need): boolean =>
  action === needed &&
  (thing === undefined ||
    resource === '*' ||
    (action.startsWith('dynamodb:') ? resource === thing : resource.includes(thing)))
