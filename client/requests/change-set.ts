// Rules: test/client/requests/change-set.test.ts
import type { ChangeSet } from '../../functions/domain/cards/wire/request.ts'
import { type Context, type IdTyped, show as print } from '../context.ts'
import { type Exit, exits, wrongUsage } from '../outcome.ts'
import { jsonText, lines } from '../screen.ts'
import { read } from './read.ts'

const words: { readonly [action: string]: string } = {
  remove: 'removed',
  replace: 'replaced',
  change: 'changed',
  import: 'imported',
  add: 'added',
  keep: 'stays',
}

/** A change set in lines: its numbers, then its resources in the order of the answer. @param most of the resources */
export function changeSetWords(set: ChangeSet, most = Number.POSITIVE_INFINITY): string[] {
  const { removed, replaced, changed, added, stateful_removed: lost, resources, more, guarded } = set
  const changes = resources.filter(({ action }) => action !== 'keep')
  const kept = resources.length - changes.length
  const left = changes.length - Math.min(changes.length, most)
  return [
    `${removed} removed, ${replaced} replaced, ${changed} changed, ${added} added${lost === 0 ? '' : `; ${lost} HOLD DATA, WHICH IS LOST`}`,
    ...changes.slice(0, most).map(lineOf),
    ...(left > 0 ? [`and ${left} more changes`] : []),
    ...(most === Number.POSITIVE_INFINITY ? resources.slice(changes.length).map(lineOf) : []),
    ...(kept > 0 && most !== Number.POSITIVE_INFINITY ? [`${kept} stay as they are`] : []),
    ...(more > 0 ? [`${more} more are not kept: resources that stay, or the last of the changes`] : []),
    ...(guarded
      ? []
      : [
          'this wall is a courtesy: others with the right may execute it without Hotwork; see `hotwork changes guardrail aws`',
        ]),
  ]
}

function lineOf({ action, type, id, depth, data, maybe, leaves, scope }: ChangeSet['resources'][number]): string {
  const notes = [
    ...(data && action !== 'keep' ? ['HOLDS DATA'] : []),
    ...(leaves === undefined ? [] : [leaves === 'resource' ? 'the resource itself stays' : 'a snapshot stays']),
    ...(scope.length === 0 ? [] : [scope.join(', ')]),
  ]
  const what = `${maybe ? 'may be ' : ''}${words[action] ?? action}`
  return `${'  '.repeat(depth)}${what.padEnd(9)} ${id}  ${type}${notes.length === 0 ? '' : `  (${notes.join('; ')})`}`
}

/** The whole change set of a request. */
export async function showChanges({ id }: IdTyped, context: Context): Promise<Exit> {
  const set = (await read(id, context)).preview?.change
  if (!set)
    throw wrongUsage(`\`${id}\` is not about a change set that was read`, `see \`npx --no-install hotwork show ${id}\``)
  return print(context, set, () => changeSetWords(set), exits.done)
}

type GuardrailTyped = {
  target: string
  stack: string
  except?: readonly string[]
  serviceRole?: readonly string[]
}

/** CDK names one with each change set. */
const cdkExecution = ['arn:*:iam::*:role/cdk-*-cfn-exec-role-*']

/** A service control policy with which only Hotwork's runner changes stacks. It is printed without asking the desk. */
export async function changesGuardrail(
  { stack, except = [], serviceRole = cdkExecution }: GuardrailTyped,
  { surroundings }: Pick<Context, 'surroundings'>,
): Promise<Exit> {
  const wrong = [...except, ...serviceRole].find(
    (arn) => !/^arn:(?:aws[a-z-]*|\*):iam::(?:\d{12}|\*):role\/[\w+=,.@/*-]+$/.test(arn),
  )
  if (wrong !== undefined)
    throw wrongUsage(`\`${wrong}\` is not the ARN of a role`, 'write arn:aws:iam::ACCOUNT:role/NAME')
  const others = { 'aws:PrincipalArn': [`arn:*:iam::*:role/hotwork/${stack}-runner`, ...except] }
  surroundings.out(
    jsonText({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'ChangesOnlyThroughHotwork',
          Effect: 'Deny',
          Action: ['ExecuteChangeSet', 'CreateStack', 'UpdateStack', 'DeleteStack'].map(
            (each) => `cloudformation:${each}`,
          ),
          Resource: '*',
          Condition: { ArnNotLike: others },
        },
        // A change set acts as the role that it names, which AWS may not show before its execution.
        {
          Sid: 'ServiceRolesAsListed',
          Effect: 'Deny',
          Action: 'cloudformation:CreateChangeSet',
          Resource: '*',
          Condition: {
            ArnNotLike: { ...others, 'cloudformation:RoleArn': serviceRole },
            Null: { 'cloudformation:RoleArn': 'false' },
          },
        },
      ],
    }),
  )
  surroundings.err(
    lines(
      `It denies changes of stacks to all but the runner, and change sets that name another role than ${serviceRole.join(', ')}. Save it as guardrail.json, then, in the management account:`,
      '  aws organizations create-policy --type SERVICE_CONTROL_POLICY --content file://guardrail.json --name hotwork-changes --description "stacks only through Hotwork"',
      '  aws organizations attach-policy --policy-id ID --target-id ACCOUNT',
      'Name with --except the roles that deploy Hotwork itself, and the service roles of stacks that have nested stacks:',
      'CloudFormation makes those with the service role. Agents keep cloudformation:CreateChangeSet. If stacks have service',
      "roles of their own, list all of them with --service-role: CDK's execution role may do more than they.",
      'Then say `"changesGuardrail": true` in the deployment file: Hotwork cannot see whether the policy is attached.',
    ),
  )
  return exits.done
}
