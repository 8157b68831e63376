// Rules: test/targets/aws/rules/check-runs.test.ts
import {
  type ArgumentSchema,
  branchesOf,
  formOf,
  type ListSchema,
  type ObjectSchema,
  type OneOfSchema,
  takesArgument,
  textIn,
} from '../../../domain/policy/arguments.ts'
import type { Follow } from '../../../domain/policy/follow.ts'
import { placesOf } from '../../../domain/policy/templates.ts'
import { known, type Path, type Say } from '../../../domain/what-is-wrong.ts'
import { isRole, type RunAction, runOf, runRules } from './runs.ts'
import { type AwsEntry, naming } from './statement.ts'

export type RunEntry = AwsEntry & { follow?: Follow | undefined }

type Check = (schema: ArgumentSchema, path: Path, say: Say) => void

/** The arguments of one kind of run, by name. Everything else that AWS takes could widen the run. */
type Form = {
  [argument: string]: { required?: true; check?: Check }
}

/** Checks an entry that starts a run. */
export function checkRuns(entry: RunEntry, say: Say): void {
  const action = runOf(entry)
  if (entry.tool !== 'aws' || action === undefined) return
  if (entry.credential !== 'mediated')
    say(['credential'], 'an agent would start more than the approved run', 'make it `mediated`')
  if (entry.resolve) say(['resolve'], 'a lost start is looked up by the reads of its kind', 'remove it')
  checkPresentReads(entry, action, say)
  checkRole(entry, action, say)
  checkFollow(entry, action, say)
  checkForm(entry, forms[action], say)
}

function checkPresentReads({ reads = [] }: RunEntry, action: RunAction, say: Say): void {
  const given = reads.flatMap(({ actions }) => actions)
  for (const read of runRules[action].reads)
    if (!given.includes(read))
      say(
        ['reads'],
        `no \`reads\` give \`${read}\``,
        'add it: people see the definition by it, or a lost start is found by it',
      )
}

function checkRole({ runsAs, statement }: RunEntry, action: RunAction, say: Say): void {
  const at = (statement?.actions ?? []).indexOf('iam:PassRole')
  if (at >= 0)
    say(['statement', 'actions', at], 'Hotwork passes the role of `runsAs` alone', 'remove it, and name the role there')
  if (runsAs === undefined) {
    if (runRules[action].passesTo !== undefined)
      say([], `\`${action}\` needs \`runsAs\``, 'add the ARN of the role as which it runs')
    return
  }
  const other = placesOf(runsAs).find((place) => !naming.places.includes(place))
  const example = runsAs.replaceAll('{partition}', 'aws').replaceAll('{account}', '000000000000')
  if (other !== undefined) say(['runsAs'], `an agent would choose \`{${other}}\``, 'name one role')
  else if (!isRole(example))
    say(['runsAs'], `\`${runsAs}\` is not the ARN of a role`, 'write arn:{partition}:iam::{account}:role/NAME')
}

function checkFollow({ follow }: RunEntry, action: RunAction, say: Say): void {
  if (action === 'lambda:InvokeFunction') {
    if (follow) say(['follow'], 'a function has ended when it answers', 'remove it')
    return
  }
  if (!follow) {
    say([], `\`${action}\` needs \`follow\``, 'add the read by which Hotwork sees the end of the run')
    return
  }
  const given = follow.rights.flatMap(({ actions }) => actions)
  const needed = [follow.action, ...(follow.cancel ? [follow.cancel.action] : [])]
  for (const each of needed)
    if (!given.includes(each))
      say(['follow', 'rights'], `no right gives \`${each}\``, 'add it, with the ARN of the run')
  const isSet = action === 'cloudformation:ExecuteChangeSet'
  const checkNamed = (path: Path, args: object, place: string) => {
    if (!JSON.stringify(args).includes(place)) say(path, `\`${place}\` is missing`, 'name the one run that was started')
  }
  checkNamed(['follow', 'arguments'], follow.arguments, isSet ? '{arguments.ChangeSetUuid}' : '{run}')
  if (follow.cancel)
    checkNamed(['follow', 'cancel', 'arguments'], follow.cancel.arguments, isSet ? '{arguments.StackUuid}' : '{run}')
  // A change set's note of a rollback is a read of its own.
  for (const [at, { actions }] of follow.rights.entries())
    for (const [index, each] of actions.entries())
      if (!needed.includes(each) && !(isSet && /^cloudformation:Describe/.test(each)))
        say(['follow', 'rights', at, 'actions', index], `nothing is done by \`${each}\``, 'remove it')
}

function checkForm({ arguments: { properties, required } }: RunEntry, form: Form, say: Say): void {
  for (const [name, schema] of Object.entries(properties)) {
    const path = ['arguments', 'properties', name]
    if (!Object.hasOwn(form, name)) say(path, `a run is not started with \`${name}\``, known(Object.keys(form)))
    else form[name]?.check?.(schema, path, say)
  }
  for (const [name, { required: needs }] of Object.entries(form))
    if (needs && !required.includes(name))
      say(
        ['arguments', 'required'],
        `\`${name}\` may be absent`,
        `add \`${name}\` to the arguments and to \`required\``,
      )
}

/** Checks that a text takes none of these. */
const never =
  (values: readonly string[], why: string, fix: string): Check =>
  (schema, path, say) => {
    if (!textIn(schema)) return say(path, 'only text is sent here', 'make it a `string`')
    const through = values.find((value) => takesArgument(schema, value))
    if (through !== undefined) say(path, `\`${through}\` ${why}`, fix)
  }

const plainName = never(
  ['arn:aws:ssm:us-east-1:999999999999:document/Other', '999999999999:function:other', 'name:1', '*', 'a name'],
  'would name something of another account, or several',
  'give it a `pattern` of a name, or an `enum`',
)
const number = never(
  ['$LATEST', '$DEFAULT', 'PROD', 'live', 'v1', '', '0'],
  'is no number of a version',
  'give it the pattern ^[1-9][0-9]{0,8}$, or an `enum`',
)
const commit = never(
  ['main', 'master', 'HEAD', 'refs/heads/main', 'pr/7', 'v1.2.3', 'abc1234', '', 'refs/heads/main^{0123456789abcdef}'],
  'is a branch, a tag or a short name, which moves',
  'give it the pattern ^[0-9a-f]{40}$, or that of the versions of an object in S3',
)

const versionArn = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[\w-]{1,80}:[1-9]\d*$/
const versionArns: Check = (schema, path, say) => {
  const values = textIn(schema)?.enum
  const other = values?.find((value) => !versionArn.test(value))
  if (!values) say(path, 'an agent would choose the state machine', 'write an `enum` of ARNs of versions')
  else if (other !== undefined)
    say(path, `\`${other}\` is not the ARN of a version of a state machine`, 'publish a version, and write its ARN')
}

/** Checks that an agent can add no parameter, choose no role, and give no secret. */
const parameters: Check = (schema, path, say) => {
  const form = formOf(schema)
  if (form !== 'object' && form !== 'oneOf')
    return say(path, 'an agent could add a parameter', 'name each in a closed object')
  const branches =
    form === 'object' ? [schema as ObjectSchema] : branchesOf(schema as OneOfSchema).map((each) => each.schema)
  for (const { properties } of branches)
    for (const [name, each] of Object.entries(properties)) {
      checkSecret(name, path, say)
      if (/assumerole$|rolearn$/i.test(name) && fixedIn(each) === undefined)
        say(path, `an agent would choose the role in \`${name}\``, 'write a list of one item, an `enum` of one ARN')
    }
}

/** Words of a secret's name, in small letters with underscores. */
const secretWords = [
  ...['passw(?:or)?d', 'passphrase', 'passcode', '(?:^|_)pass$', 'pwd', 'secret', 'token', 'credential', '(?:^|_)jwt'],
  ...['(?:^|_)authorization', 'connection_?string', '(?:^|_)dsn', '(?:database|db|redis|mongo(?:db)?)_?ur[il]'],
  '(?:api|access|private|secret|signing|encryption|shared|master|account|auth|hmac|ssh)_?key',
]
const secretName = new RegExp(`(?:${secretWords.join('|')})s?(?=_|\\d|$|(?:value|string|text|plaintext|base64)$)`)
/** Names of facts about a secret, such as its own name or ARN, or of a number of tokens. */
const aboutSecret = /_(?:id|arn|name|path|version|stage|policy|length|type|ttl|days|count|limit)s?$|(?:^|_)max_tokens$/

function checkSecret(name: string, path: Path, say: Say): void {
  const words = name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase()
  if (secretName.test(words) && !aboutSecret.test(words))
    say(
      path,
      `\`${name}\` would put a secret on record`,
      'let the run read it by name from Secrets Manager or Parameter Store',
    )
}

/** Checks each name of a member, however deep. */
const noSecrets: Check = (schema, path, say) => {
  const checkMembers = ({ properties }: ObjectSchema) => {
    for (const [name, each] of Object.entries(properties)) {
      checkSecret(name, path, say)
      noSecrets(each, path, say)
    }
  }
  const form = formOf(schema)
  if (form === 'list') noSecrets((schema as ListSchema).items, path, say)
  if (form === 'object') checkMembers(schema as ObjectSchema)
  if (form === 'oneOf') for (const branch of branchesOf(schema as OneOfSchema)) checkMembers(branch.schema)
}

/** The one value that a list of one item, or a text, can have. */
function fixedIn(schema: ArgumentSchema): string | undefined {
  const { items, minItems, maxItems } = schema as ListSchema
  const text = formOf(schema) === 'list' && minItems === 1 && maxItems === 1 ? textIn(items) : textIn(schema)
  const [only, ...more] = text?.enum ?? []
  return more.length === 0 ? only : undefined
}

/** Checks that each variable has a name of the entry, and a plain value. */
const variables: Check = (schema, path, say) => {
  const items = formOf(schema) === 'list' ? (schema as ListSchema).items : undefined
  if (!items || formOf(items) !== 'object')
    return say(
      path,
      'only a list of variables is sent here',
      'make each item a closed object of `name`, `value` and `type`',
    )
  const { properties, required } = items as ObjectSchema
  const names = properties['name'] && textIn(properties['name'])?.enum
  if (!names || !required.includes('name'))
    say(
      path,
      'an agent would choose the name of a variable',
      'make `name` required, an `enum` of those that it may set',
    )
  for (const name of names ?? []) if (name !== null) checkSecret(name, path, say)
  const type = properties['type'] && textIn(properties['type'])?.enum
  if (properties['type'] && type?.join() !== 'PLAINTEXT')
    say(path, 'a variable could read a secret', 'make `type` an `enum` of `PLAINTEXT` alone, or remove it')
}

const forms: { readonly [action in RunAction]: Form } = {
  'ssm:StartAutomationExecution': {
    DocumentName: { required: true, check: plainName },
    DocumentVersion: { required: true, check: number },
    Parameters: { check: parameters },
  },
  'states:StartExecution': { stateMachineArn: { required: true, check: versionArns }, input: { check: noSecrets } },
  'lambda:InvokeFunction': {
    FunctionName: { required: true, check: plainName },
    Qualifier: { required: true, check: number },
    Payload: { check: noSecrets },
  },
  'codebuild:StartBuild': {
    projectName: { required: true, check: plainName },
    sourceVersion: { check: commit },
    environmentVariablesOverride: { check: variables },
  },
  'cloudformation:ExecuteChangeSet': {
    StackName: { required: true, check: plainName },
    StackUuid: { required: true, check: plainName },
    ChangeSetName: { required: true, check: plainName },
    ChangeSetUuid: { required: true, check: plainName },
  },
}
