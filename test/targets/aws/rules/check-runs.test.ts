import { checkRuns } from '../../../../functions/targets/aws/rules/check-runs.ts'
import { isRun, runActions, runOf, runOperations, runRules } from '../../../../functions/targets/aws/rules/runs.ts'
import { problemsOf } from '../../../policies/catalogue/answered.ts'
import { entryNamed } from '../runs/played.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
type Json = any

/** The entry with another value at a path, such as `follow.rights.0.actions`. Undefined removes the member. */
function changed(name: string, path: string, value: unknown): Json {
  const entry = structuredClone(entryNamed(name).entry) as Json
  const names = path.split('.')
  const last = names.pop() ?? ''
  const holder = names.reduce((at, each) => at[each], entry)
  if (value === undefined) delete holder[last]
  else holder[last] = value
  return entry
}

/** The problems of an entry of the library after a change. */
function problemsAfter(name: string, path: string, value: unknown): readonly string[] {
  const found: string[] = []
  checkRuns(changed(name, path, value), (at, message, fix) => void found.push(`${at.join('.')}: ${message}; ${fix}`))
  return found
}

const restart = 'runbook:RestartInstance'
const [machine, fn, build] = ['states:StartExecution', 'lambda:InvokeFunction', 'codebuild:StartBuild']
const own = 'arguments.properties'
const text = (more: object = {}) => ({ type: 'string', maxLength: 200, ...more })
const roleArns = (...arns: string[]) => ({ type: 'array', minItems: 1, maxItems: 1, items: text({ enum: arns }) })
const openMap = { type: 'object', additionalProperties: true, maxProperties: 9, propertyNames: { maxLength: 99 } }
const variables = (more: object = {}, required = ['name', 'value']) => ({
  type: 'array',
  maxItems: 5,
  items: {
    type: 'object',
    additionalProperties: false,
    properties: { name: text({ enum: ['STAGE'] }), value: text(), ...more },
    required,
  },
})
const secretWithin = {
  ...{ type: 'object', additionalProperties: false, required: [] },
  properties: { password: text() },
}
const sets = `${own}.environmentVariablesOverride`
const stateMachine = 'arn:aws:states:us-east-1:111122223333:stateMachine:a'

test.each<[what: string, name: string, path: string, value: unknown, problem: RegExp]>([
  ['credentials for the agent', restart, 'credential', 'sts', /^credential: .* make it `mediated`/],
  ['a look-up of its own', restart, 'resolve', { action: 'ssm:GetAutomationExecution' }, /^resolve: /],
  ['no rights to read the definition', restart, 'reads', [], /^reads: no `reads` give `ssm:DescribeDocument`/],
  ['no rights to look it up', restart, 'reads.1', undefined, /give `ssm:DescribeAutomationExecutions`/],
  ['no role', restart, 'runsAs', undefined, /needs `runsAs`/],
  ['a role of the agent’s choice', restart, 'runsAs', 'arn:aws:iam::1:role/{arguments.X}', /^runsAs: an agent would/],
  ['a user for a role', restart, 'runsAs', 'arn:{partition}:iam::{account}:user/ana', /is not the ARN of a role/],
  ['any role', restart, 'runsAs', 'arn:{partition}:iam::{account}:role/*', /is not the ARN of a role/],
  ['the right to pass roles', restart, 'statement.actions.1', 'iam:PassRole', /^statement.actions.1: Hotwork passes/],
  ['nothing that follows it', restart, 'follow', undefined, /needs `follow`/],
  [
    'no right to follow it',
    restart,
    'follow.rights.0.actions',
    ['ssm:StopAutomationExecution'],
    /no right gives `ssm:Get/,
  ],
  [
    'no right to cancel it',
    restart,
    'follow.rights.0.actions',
    ['ssm:GetAutomationExecution'],
    /no right gives `ssm:Stop/,
  ],
  [
    'another right beside',
    restart,
    'follow.rights.0.actions.2',
    'ssm:SendCommand',
    /nothing is done by `ssm:SendCommand`/,
  ],
  ['targets', restart, `${own}.Targets`, variables(), /a run is not started with `Targets`/],
  ['other Regions and accounts', restart, `${own}.TargetLocations`, variables(), /`TargetLocations`/],
  ['a token of its own', restart, `${own}.ClientToken`, text(), /`ClientToken`/],
  ['a version that may be absent', restart, 'arguments.required', ['DocumentName'], /`DocumentVersion` may be absent/],
  ['any version', restart, `${own}.DocumentVersion`, text(), /DocumentVersion: `\$LATEST` is no number/],
  ['the default version', restart, `${own}.DocumentVersion`, text({ enum: ['$DEFAULT'] }), /`\$DEFAULT` is no number/],
  ['any document', restart, `${own}.DocumentName`, text(), /DocumentName: .* another account/],
  ['any parameters', restart, `${own}.Parameters`, openMap, /an agent could add a parameter/],
  ['a role in a parameter', restart, `${own}.Parameters.properties.RoleArn`, text(), /choose the role in `RoleArn`/],
  [
    'one of two roles in a parameter',
    ...[restart, `${own}.Parameters.properties.AutomationAssumeRole`, roleArns('a', 'b')],
    /choose the role in `AutomationAssumeRole`/,
  ] as [string, string, string, unknown, RegExp],
  [
    'a secret in a parameter',
    restart,
    `${own}.Parameters.properties.DbPassword`,
    text(),
    /would put a secret on record/,
  ],
  [
    'a state machine without a version',
    machine,
    `${own}.stateMachineArn.enum`,
    [stateMachine],
    /is not the ARN of a version/,
  ],
  [
    'an alias of a state machine',
    machine,
    `${own}.stateMachineArn.enum`,
    [`${stateMachine}:PROD`],
    /is not the ARN of/,
  ],
  ['any state machine', machine, `${own}.stateMachineArn`, text(), /an agent would choose the state machine/],
  ['a name of the execution', machine, `${own}.name`, text(), /`name`/],
  ['the latest function', fn, `${own}.Qualifier`, text({ pattern: '^[$A-Z]+$' }), /`\$LATEST` is no number/],
  ['an alias of a function', fn, `${own}.Qualifier`, text({ enum: ['live'] }), /`live` is no number/],
  ['no qualifier', fn, 'arguments.required', ['FunctionName'], /`Qualifier` may be absent/],
  ['a function in another account', fn, `${own}.FunctionName`, text({ pattern: '^[0-9a-z:]+$' }), /another account/],
  ['an asynchronous call', fn, `${own}.InvocationType`, text({ enum: ['Event'] }), /`InvocationType`/],
  ['a secret deep in the payload', fn, `${own}.Payload.properties.db`, secretWithin, /`password` would put a secret/],
  ['a function that is followed', fn, 'follow', entryNamed(restart).entry.follow, /^follow: a function has ended/],
  ['a branch', build, `${own}.sourceVersion`, text({ pattern: '^[a-z]+$' }), /`main` is a branch/],
  [
    'short commits',
    build,
    `${own}.sourceVersion`,
    text({ pattern: '^[0-9a-f]+$' }),
    /`abc1234` is a branch, a tag or a short/,
  ],
  ['another buildspec', build, `${own}.buildspecOverride`, text(), /`buildspecOverride`/],
  ['another image', build, `${own}.imageOverride`, text(), /`imageOverride`/],
  ['another role', build, `${own}.serviceRoleOverride`, text(), /`serviceRoleOverride`/],
  ['a debug session', build, `${own}.debugSessionEnabled`, { type: 'boolean' }, /`debugSessionEnabled`/],
  ['any variable', build, sets, variables({ name: text() }), /an agent would choose the name of a variable/],
  ['a variable without a name', build, sets, variables({}, ['value']), /an agent would choose the name of a variable/],
  [
    'a variable that reads a secret',
    build,
    sets,
    variables({ type: text({ enum: ['SECRETS_MANAGER'] }) }),
    /could read a/,
  ],
  ['variables as a text', build, sets, text(), /only a list of variables/],
])('an entry with %s is refused, and the problem says how to mend it', (_what, name, path, value, problem) => {
  expect(problemsAfter(name, path, value).filter((each) => problem.test(each))).toHaveLength(1)
})

test.each([
  ...['DbPassword', 'PasswordValue', 'DB_PASS', 'DbPwd', 'dbpwd', 'API_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'SIGNING_KEY'],
  ...['apiKey', 'ConnectionString', 'SecretString', 'credentials', 'Passwords', 'ApiKeys', 'Tokens', 'PrivateKeyPem'],
  ...['SecretKeyBase', 'DbPasswordProd', 'PASSWORD_1', 'Authorization', 'Jwt', 'DATABASE_URL', 'passwordvalue'],
])('a variable that is named %s would put a secret on record', (name) => {
  const found = problemsAfter(build, sets, variables({ name: text({ enum: [name] }) }))
  expect(found).toEqual([expect.stringContaining('would put a secret on record')])
})

test('plain variables of names in the entry are allowed, also the name of a secret', () => {
  const name = text({
    enum: ['STAGE', 'SecretId', 'SECRET_ARN', 'AccessKeyId', 'S3Key', 'BYPASS', 'Compass', 'MaxTokens', 'PassThrough'],
  })
  expect(problemsAfter(build, sets, variables({ name, type: text({ enum: ['PLAINTEXT'] }) }))).toEqual([])
})

test('parameters told apart by their branch are each checked', () => {
  const branch = (kind: string, more: object) => ({
    ...{ type: 'object', additionalProperties: false, required: ['Kind'] },
    properties: { Kind: { const: kind }, ...more },
  })
  const Parameters = { oneOf: [branch('one', { Size: text() }), branch('two', { RootPassword: text() })] }
  expect(problemsAfter(restart, `${own}.Parameters`, Parameters)).toEqual([
    expect.stringContaining('`RootPassword` would put a secret on record'),
  ])
})

const everyRun = ['arn:{partition}:ssm:{region}:{account}:automation-execution/*']
test.each<[what: string, path: string, value: unknown, problem: string]>([
  ['a right over every run', 'follow.rights.0.resources', everyRun, 'has a wildcard'],
  ['a read that AWS does not have', 'follow.action', 'ssm:GetAutomationRun', 'has no read `GetAutomationRun`'],
  ['a read that changes something', 'follow.action', 'ssm:SendCommand', 'is not a read by its name'],
  ['an argument that the read does not have', 'follow.arguments.Name', '{run}', 'has no `Name`'],
  ['a cancel without the run', 'follow.cancel.arguments', {}, 'needs `AutomationExecutionId`'],
  ['a right over everything', 'follow.rights.0.resources', ['*'], 'name exactly what is followed'],
  ['a start of everything', 'statement.resources', ['*'], 'name exactly what is acted on'],
  ['a look at another run', 'follow.arguments.AutomationExecutionId', 'fixed', '`{run}` is missing'],
  ['a cancel of another run', 'follow.cancel.arguments.AutomationExecutionId', 'fixed', '`{run}` is missing'],
  ['the start of another run', 'statement.actions.1', 'states:StartExecution', 'starts a run, without its role'],
  [
    'a statement for another action',
    'statement.actions',
    ['ssm:SendCommand'],
    'does not allow `ssm:StartAutomationExecution`',
  ],
])('an entry with %s does not compile', (_what, path, value, problem) => {
  expect(problemsOf(changed(restart, path, value)).join('\n')).toContain(problem)
})

test.each([
  ...['lambda:InvokeFunction', 'ssm:startAutomationExecution', 'codebuild:StartBuildBatch', 'codebuild:RetryBuild'],
  ...[
    'states:RedriveExecution',
    'states:StartSyncExecution',
    'lambda:InvokeAsync',
    'cloudformation:UpdateStack',
    'cloudformation:RollbackStack',
  ],
  'ssm:StartChangeRequestExecution',
])('a call that is no run may not have the right to %s beside', (action) => {
  const entry = changed('lambda:UpdateFunctionConfiguration', 'statement.actions.1', action)
  expect(problemsOf(entry).join('\n')).toContain(`\`${action}\` starts a run, without its role`)
})

test('a call that is no run is not checked as one', () => {
  const { entry } = entryNamed('lambda:UpdateFunctionConfiguration')
  const found: string[] = []
  checkRuns(entry, (_path, message) => void found.push(message))
  expect(found).toEqual([])
})

test('a run is known by its name or by its call, and each has its operations', () => {
  expect(runOf({ name: 'runbook:RestartInstance', call: 'ssm:StartAutomationExecution' })).toBe(
    'ssm:StartAutomationExecution',
  )
  expect(runOf({ name: 'codebuild:StartBuild' })).toBe('codebuild:StartBuild')
  expect([isRun('ssm:SendCommand'), runOf({ name: 'ssm:SendCommand' })]).toEqual([false, undefined])
  expect(Object.keys(runRules)).toEqual([...runActions])
  expect(runOperations).toContain('lambda:Invoke')
})
