import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { changesGuardrail } from '../../client/requests/change-set.ts'
import { guardrail, type Kind, kinds } from '../../infra/guardrail-policy.ts'
import { root } from '../support/repository.ts'
import { everything, isAllowed, type Policy } from './support/judge.ts'

/** The guardrails for the sample, judged by another engine. */

const account = '000000000000'
const home = '111111111111'
const sealed = `arn:aws:iam::${account}:role/emergency/sealed`
const roleOf = (role: string, path = 'role/hotwork') => `arn:aws:iam::${account}:${path}/${role}`
const parameter = `arn:aws:ssm:us-east-1:${account}:parameter/prod/checkout/timeout`

function run(...args: string[]) {
  const program = [join(root, 'infra/guardrail.ts'), '--deployment', join(root, 'test/policies/deployment.json')]
  const { status, stdout, stderr } = spawnSync(process.execPath, [...program, ...args], { cwd: root, encoding: 'utf8' })
  return { status, stdout, stderr }
}

type Document = Policy & { Statement: { Sid: string; Effect: string; Principal?: string; Action: string | string[] }[] }
const printed = new Map<Kind, { text: string; document: Document; warning: string }>()
beforeAll(() => {
  for (const kind of kinds) {
    const { stdout, stderr } = run('--as', kind, '--home', home, '--exempt', sealed, '--rcp-service', 'dynamodb')
    printed.set(kind, { text: stdout.trim(), document: JSON.parse(stdout), warning: stderr })
  }
}, 60_000)
const of = (kind: Kind) => printed.get(kind) as NonNullable<ReturnType<typeof printed.get>>

type Caller = { principal: string; sourceIdentity?: string; service?: boolean }
type Call = { action: string; resource: string }

/** Whether a call by an all-powerful caller passes one kind of guardrail. */
function passes(kind: Kind, { principal, sourceIdentity, service = false }: Caller, call: Call): Promise<boolean> {
  const guard = [of(kind).document as Policy]
  return isAllowed({
    ...call,
    role: principal,
    context: {
      'aws:PrincipalIsAWSService': String(service),
      ...(sourceIdentity !== undefined && { 'aws:SourceIdentity': sourceIdentity }),
    },
    identity: [everything],
    // A resource of another account, and a role from anywhere, must allow the caller itself.
    trust: call.action.startsWith('sts:') ? { ...everything.Statement[0], Principal: { AWS: '*' } } : undefined,
    ...(kind === 'boundary' ? { boundary: guard } : { [kind]: guard }),
  })
}

const administrator: Caller = { principal: roleOf('Administrator', 'role') }
const hotwork: Caller = { principal: roleOf('Hotwork-target'), sourceIdentity: 'req_00000000000000000000000001' }
const put: Call = { action: 'ssm:PutParameter', resource: parameter }
const update: Call = { action: 'dynamodb:UpdateItem', resource: `arn:aws:dynamodb:us-east-1:${account}:table/flags` }

describe.each(['scp', 'boundary'] as const)('a guardrail as %s', (kind) => {
  const may = (caller: Caller, call: Call) => passes(kind, caller, call)

  test.each([put, update])(
    "lets the catalogue's $action through in a session of Hotwork that carries a request",
    (call) => expect(may(hotwork, call)).resolves.toBe(true),
  )

  test("a person's session passes the guardrail with an opening, and only then", async () => {
    const person = { ...hotwork, sourceIdentity: 'bgl_00000000000000000000000001' }
    for (const call of [put, update]) expect(await may(person, call)).toBe(true)
    expect(await may({ ...person, principal: administrator.principal }, put)).toBe(false)
  })

  test.each<[who: string, caller: Caller]>([
    ['an administrator', administrator],
    ['an administrator whose session has a source identity of their own', { ...administrator, sourceIdentity: 'ana' }],
    ['an administrator with a request as source identity', { ...hotwork, principal: administrator.principal }],
    ['the target role without a request', { principal: hotwork.principal }],
    ['a role that is named alike elsewhere', { ...hotwork, principal: roleOf('Hotwork-target', 'role/other') }],
  ])('the guardrail stops %s', async (_who, caller) => {
    for (const call of [put, update]) expect(await may(caller, call)).toBe(false)
  })

  test.each<[what: string, call: Call]>([
    ['a read of a guarded resource', { action: 'ssm:GetParameter', resource: parameter }],
    ['another action on it', { action: 'ssm:AddTagsToResource', resource: parameter }],
    ['the action elsewhere', { ...put, resource: put.resource.replace('us-east-1', 'eu-west-1') }],
  ])('the guardrail allows %s', (_what, call) => expect(may(administrator, call)).resolves.toBe(true))

  test('the guardrail allows an exempted role, such as the sealed one', () =>
    expect(may({ principal: sealed }, put)).resolves.toBe(true))

  test.each<[what: string, call: Call]>([
    ['the trust of the target role', { action: 'iam:UpdateAssumeRolePolicy', resource: roleOf('Hotwork-target') }],
    ['its boundary', { action: 'iam:DeleteRolePermissionsBoundary', resource: roleOf('Hotwork-target') }],
    ['the denies of ended sessions', { action: 'iam:DeleteRolePolicy', resource: roleOf('Hotwork-target') }],
    ['what its boundary says', { action: 'iam:CreatePolicyVersion', resource: roleOf('Boundary', 'policy/hotwork') }],
    ['the role itself', { action: 'iam:DeleteRole', resource: roleOf('Hotwork-target') }],
  ])('the guardrail protects %s', (_what, call) => expect(may(administrator, call)).resolves.toBe(false))

  test('the guardrail lets the revoker write denies', () => {
    const call = { action: 'iam:PutRolePolicy', resource: roleOf('Hotwork-target') }
    return expect(may({ principal: roleOf('Hotwork-revoker') }, call)).resolves.toBe(true)
  })
})

test("a guardrail as SCP lets the CDK deploy Hotwork's part of the account", () => {
  const deployer = { principal: roleOf(`cdk-hnb659fds-cfn-exec-role-${account}-us-east-1`, 'role') }
  const call = { action: 'iam:UpdateAssumeRolePolicy', resource: roleOf('Hotwork-target') }
  return expect(passes('scp', deployer, call)).resolves.toBe(true)
})

test.each(['iam:DeleteRolePermissionsBoundary', 'iam:CreateRole', 'iam:PutRolePermissionsBoundary'])(
  'a principal does not escape the guardrail as its boundary by %s',
  (action) =>
    expect(passes('boundary', administrator, { action, resource: roleOf('Other', 'role') })).resolves.toBe(false),
)

const become = { action: 'sts:AssumeRole', resource: roleOf('Hotwork-target') }

test.each<[who: string, caller: Caller, may: boolean]>([
  ['the broker', { principal: `arn:aws:iam::${home}:role/hotwork/Hotwork-broker` }, true],
  ['an administrator', administrator, false],
  ["an administrator of Hotwork's account", { principal: `arn:aws:iam::${home}:role/Administrator` }, false],
  ['a broker of another account', { principal: 'arn:aws:iam::333333333333:role/hotwork/Hotwork-broker' }, false],
  ['a role that is exempted from what it guards', { principal: sealed }, false],
])('the RCP lets %s become a target role that trusts them: %p', (_who, caller, may) =>
  expect(passes('rcp', caller, become)).resolves.toBe(may),
)

test.each<[who: string, caller: Caller, may: boolean]>([
  ['a session of Hotwork', hotwork, true],
  ['an administrator', administrator, false],
  ['a service of AWS that calls as itself', { ...administrator, service: true }, true],
])('the RCP lets %s make a guarded call: %p', (_who, caller, may) =>
  expect(passes('rcp', caller, update)).resolves.toBe(may),
)

test('the RCP guards the services that take RCPs, and warns of the others', async () => {
  expect(await passes('rcp', administrator, put)).toBe(true)
  expect(of('rcp').warning).toMatch(/^not guarded.*ssm:PutParameter/)
  expect(of('rcp').warning).not.toMatch(/dynamodb:UpdateItem/)
})

test.each(kinds)("a guardrail as %s lets the readers make the catalogue's look-ups and previews", (kind) => {
  const target = { accountId: account, region: 'us-east-1', partition: 'aws', externalId: 'x' }
  const resources = ['arn:{partition}:dynamodb:{region}:{account}:table/x']
  const entry = {
    account: 'target',
    statement: { actions: ['dynamodb:UpdateItem'], resources },
    reads: [{ actions: ['dynamodb:GetItem'], resources }],
  }
  const { document } = guardrail({
    ...{ kind, stackName: 'Hotwork', home, accounts: { target }, actions: [entry] },
    ...{ exempt: [], deployers: [], rcpServices: ['dynamodb'] },
  })
  const deny = document.Statement.filter(({ Sid }) => ['OnlyForARequest', 'OnlyByHotwork'].includes(Sid))
  for (const { Condition } of deny)
    expect(Condition?.['ArnNotLike']?.['aws:PrincipalArn']).toContain(roleOf('Hotwork-reader'))
})

test.each(kinds)('a guardrail as %s lets the runner start the runs of the catalogue, and guards its trust', (kind) => {
  const target = { accountId: account, region: 'us-east-1', partition: 'aws', externalId: 'x' }
  const resources = ['arn:{partition}:dynamodb:{region}:{account}:table/x']
  const run = {
    name: 'codebuild:StartBuild',
    account: 'target',
    statement: { actions: ['dynamodb:UpdateItem'], resources },
  }
  const { document } = guardrail({
    ...{ kind, stackName: 'Hotwork', home, accounts: { target }, actions: [run] },
    ...{ exempt: [], deployers: [], rcpServices: ['dynamodb'] },
  })
  const hotworks = [roleOf('Hotwork-target'), roleOf('Hotwork-runner')]
  const [deny] = document.Statement.filter(({ Sid }) => Sid === 'OnlyByHotwork')
  expect([deny?.Action, deny?.Condition?.['ArnNotLike']]).toEqual([
    ['dynamodb:UpdateItem'],
    { 'aws:PrincipalArn': hotworks },
  ])
  const [trust] = document.Statement.filter(({ Sid }) => Sid === 'OnlyTheBroker')
  expect(trust?.Resource).toEqual(kind === 'rcp' ? hotworks : undefined)
})

test.each(kinds)("a guardrail as %s exempts an account's sealed role by default", (kind) => {
  const target = {
    ...{ accountId: account, region: 'us-east-1', partition: 'aws', externalId: 'x' },
    sealed: { people: { 'person:gus': `arn:aws:iam::${account}:user/gus` } },
  }
  const table = { actions: ['dynamodb:UpdateItem'], resources: ['arn:{partition}:dynamodb:{region}:{account}:table/x'] }
  const { document } = guardrail({
    ...{ kind, stackName: 'Hotwork', home, accounts: { target }, actions: [{ account: 'target', statement: table }] },
    ...{ exempt: [], deployers: [], rcpServices: ['dynamodb'] },
  })
  const deny = document.Statement.filter(({ Sid }) => ['OnlyForARequest', 'OnlyByHotwork'].includes(Sid))
  expect(deny.map(({ Condition }) => Condition?.['ArnNotLike']?.['aws:PrincipalArn'])).toEqual([
    [roleOf('Hotwork-sealed')],
    [roleOf('Hotwork-target'), roleOf('Hotwork-sealed')],
  ])
})

test.each<[Kind, number]>([
  ['scp', 5120],
  ['rcp', 5120],
  ['boundary', 6144],
])("a printed %s has AWS's form, and at most %d characters", (kind, longest) => {
  const { text, document } = of(kind)
  expect(text.length).toBeLessThanOrEqual(longest)
  const { Statement } = document
  expect(new Set(Statement.map(({ Sid }) => Sid)).size).toBe(Statement.length)
  for (const { Sid } of Statement) expect(Sid).toMatch(/^[A-Za-z0-9]+$/)
  // An RCP only denies, names all principals, and never all actions at once; the others name no principal.
  for (const { Effect, Principal, Action } of Statement)
    if (kind === 'rcp') expect([Effect, Principal, Action]).toEqual(['Deny', '*', expect.not.arrayContaining(['*'])])
    else expect(Principal).toBeUndefined()
})

test.each<[what: string, args: string[], sentence: RegExp]>([
  ['no kind', ['--home', home], /--as is one of scp, rcp, boundary/],
  ['an unknown kind', ['--as', 'nacl', '--home', home], /--as is one of scp, rcp, boundary/],
  ['no home', ['--as', 'rcp'], /--home is the 12 digits/],
  ['an unknown account', ['--as', 'scp', '--home', home, '--account', 'x'], /`x` is not in .* has target/],
  ['an unknown option', ['--as', 'scp', '--force'], /usage: npx node infra\/guardrail\.ts/],
])('a call of the program with %s is refused, with the fix', (_what, args, sentence) => {
  const { status, stdout, stderr } = run(...args)
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(sentence)
})

const [deployer, own] = [roleOf('deployer', 'role'), roleOf('checkout-deploys', 'role')]
const cdk = roleOf(`cdk-hnb659fds-cfn-exec-role-${account}-us-east-1`, 'role')
const [agent, runner] = [roleOf('agent', 'role'), roleOf('Hotwork-runner')]
test.each<
  [what: string, call: [principal: string, action: string, named?: string], passes: boolean, listed?: string[]]
>([
  ['an administrator who executes', [administrator.principal, 'ExecuteChangeSet'], false],
  ['an administrator who updates', [administrator.principal, 'UpdateStack'], false],
  ['the runner', [runner, 'ExecuteChangeSet'], true],
  ['a deployer', [deployer, 'DeleteStack'], true],
  ['a deployer with a role of its own', [deployer, 'CreateChangeSet', own], true],
  ['a change set without a role', [agent, 'CreateChangeSet'], true],
  ["a change set with CDK's role", [agent, 'CreateChangeSet', cdk], true],
  ['a change set with another role', [agent, 'CreateChangeSet', own], false],
  ['a change set with a listed role', [agent, 'CreateChangeSet', own], true, [own]],
  ["a change set with CDK's role, which is not listed", [agent, 'CreateChangeSet', cdk], false, [own]],
])(
  'the guardrail of changes lets %s through exactly as it should',
  async (_what, [role, action, named], ...[passes, listed]) => {
    const lines: string[] = []
    const surroundings = { out: (line: string) => lines.push(line), err: () => {} }
    const typed = { target: 'aws', stack: 'Hotwork', except: [deployer], ...(listed && { serviceRole: listed }) }
    await changesGuardrail(typed, { surroundings } as unknown as Parameters<typeof changesGuardrail>[1])
    const allowed = await isAllowed({
      ...{ role, action: `cloudformation:${action}`, identity: [everything], scp: [JSON.parse(lines.join(''))] },
      resource: `arn:aws:cloudformation:us-east-1:${account}:stack/Checkout/1`,
      ...(named !== undefined && { context: { 'cloudformation:RoleArn': named } }),
    })
    expect(allowed).toBe(passes)
  },
)
