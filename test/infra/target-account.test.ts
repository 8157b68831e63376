import { Stack } from 'aws-cdk-lib'
import { lookRights } from '../../infra/constructs/look-rights.ts'
import { TargetAccount, type TargetAccountProps } from '../../infra/constructs/target-account.ts'
import { readers as allReaders } from '../../infra/functions.ts'
import { everything, isAllowed, type Policy } from './support/judge.ts'
import { passingApp, passingTemplate } from './support/passing-app.ts'
import {
  listOf,
  propertiesOf,
  type Resource,
  resourcesOf,
  type Statement,
  statementsOf,
  type Template,
  textOf,
} from './support/template.ts'

const account = { accountId: '222222222222', region: 'eu-central-1', partition: 'aws' }
const broker = 'arn:aws:iam::111111111111:role/hotwork/Elsewhere-broker'
const target = 'arn:aws:iam::222222222222:role/hotwork/Elsewhere-target'
const revoker = 'arn:aws:iam::111111111111:role/hotwork/Elsewhere-revoker'
const arn = (service: string, resource: string) => `arn:{partition}:${service}:{region}:{account}:${resource}`
const props = {
  hotwork: 'Elsewhere',
  broker,
  accounts: { prod: { ...account, externalId: 'for-prod' }, staging: { ...account, externalId: 'for-staging' } },
  actions: [
    {
      account: 'prod',
      statement: { actions: ['ssm:PutParameter'], resources: [arn('ssm', 'parameter{arguments.Name}')] },
      resolve: { action: 'ssm:GetParameter' },
    },
    {
      account: 'prod',
      statement: {
        actions: ['lambda:PutFunctionConcurrency'],
        resources: [arn('lambda', 'function:{arguments.FunctionName}')],
      },
    },
    {
      account: 'staging',
      statement: {
        actions: ['ssm:PutParameter', 'ssm:AddTagsToResource'],
        resources: [arn('ssm', 'parameter{arguments.Name}')],
      },
    },
    { account: 'elsewhere', statement: { actions: ['dynamodb:UpdateItem'], resources: [arn('dynamodb', 'table/x')] } },
    {},
  ],
  ours: ['arn:*:ssm:*:*:parameter/prod/desk/*', 'arn:*:s3:*:*:desk-*'],
  desk: { queue: 'arn:aws:sqs:eu-central-1:222222222222:Elsewhere-sealed' },
}
function make(more: Partial<TargetAccountProps>): Template {
  const env = { account: account.accountId, region: account.region }
  const stack = new Stack(passingApp(), 'ElsewhereTarget', { env })
  new TargetAccount(stack, 'Default', { ...props, ...more })
  return passingTemplate(stack)
}
const template = make({ revoker })
const roleNamed = (of: Template, name: string) =>
  propertiesOf(of, 'AWS::IAM::Role').find(({ RoleName }) => RoleName === name)
const role = roleNamed(template, 'Elsewhere-target') as Resource['Properties']
const policies = resourcesOf(template, 'AWS::IAM::ManagedPolicy').map(
  ([id, { Properties }]) => ({ id, ...Properties }) as { id: string; PolicyDocument: Policy; Roles?: unknown[] },
)
const policyOf = (prefix: string) => policies.find(({ id }) => id.startsWith(prefix)) as (typeof policies)[number]
const [boundary, catalogue] = [policyOf('Boundary'), policyOf('Catalogue')]

/** The trust in these roles, with an external id of the account. */
const trusting = (...roles: readonly string[]) =>
  roles.map((AWS) => ({
    ...{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS } },
    Condition: { StringEquals: { 'sts:ExternalId': ['for-prod', 'for-staging'] } },
  }))

test('the target role has the name that broker and revoker know, and sessions of an hour at most', () => {
  expect([role['Path'], role['RoleName'], role['MaxSessionDuration']]).toEqual(['/hotwork/', 'Elsewhere-target', 3600])
})

describe('who may assume it', () => {
  const trust = statementsOf(role['AssumeRolePolicyDocument'])
  type Session = {
    by?: string
    name: string
    externalId?: string
    sourceIdentity?: string | undefined
    tags: { readonly [tag: string]: string }
  }
  const [request, breakGlass] = ['req_00000000000000000000000001', 'bgl_00000000000000000000000001']
  const common = { credential: 'crd_1', owner: 'person:omar', digest: 'sha-256:x' }
  const ofAgent: Session = { name: request, tags: { ...common, request, agent: 'agent:remediator' } }
  const ofPerson: Session = { name: breakGlass, tags: { ...common, request: breakGlass, agent: 'person:omar' } }

  /** Whether all three calls of such a session are allowed: each is judged by itself. */
  async function may({ by = broker, name, externalId = 'for-prod', tags: said, ...more }: Session): Promise<boolean> {
    const sourceIdentity = 'sourceIdentity' in more ? more.sourceIdentity : name
    const tagged = Object.fromEntries(Object.entries(said).map(([tag, value]) => [`hotwork:${tag}`, value]))
    const ofTags = {
      'aws:TagKeys': Object.keys(tagged),
      ...Object.fromEntries(Object.entries(tagged).map(([tag, value]) => [`aws:RequestTag/${tag}`, value])),
    }
    const named = sourceIdentity === undefined ? {} : { 'sts:SourceIdentity': sourceIdentity }
    const judge = (action: string, context: { [key: string]: string | string[] }) =>
      isAllowed({
        ...{ role: by, action, resource: target, context, identity: [everything] },
        trust: trust.map((statement) => ({ ...statement })),
      })
    const verdicts = await Promise.all([
      judge('sts:AssumeRole', { 'sts:RoleSessionName': name, 'sts:ExternalId': externalId, ...ofTags, ...named }),
      judge('sts:TagSession', ofTags),
      ...(sourceIdentity === undefined ? [] : [judge('sts:SetSourceIdentity', named)]),
    ])
    return verdicts.every((verdict) => verdict)
  }
  const without = (tag: string, { tags: said, ...session }: Session): Session => ({
    ...session,
    tags: Object.fromEntries(Object.entries(said).filter(([each]) => each !== tag)),
  })
  const kinds = { 'of a request by an agent': ofAgent, 'of a break-glass by a person': ofPerson }

  test('the target role trusts the broker alone', () => {
    expect(trust.map(({ Action, Principal }) => [Action, Principal.AWS])).toEqual([
      ['sts:AssumeRole', broker],
      ['sts:AssumeRole', broker],
      ['sts:TagSession', broker],
      ['sts:SetSourceIdentity', broker],
    ])
  })

  test("the target role's trust policy fits AWS's default limit with the longest names", () => {
    const longest = make({
      hotwork: 'H'.repeat(48),
      broker: broker.replace('Elsewhere', 'H'.repeat(48)),
      accounts: { prod: { ...account, externalId: 'x'.repeat(96) } },
    })
    const { AssumeRolePolicyDocument } = roleNamed(longest, `${'H'.repeat(48)}-target`) as Resource['Properties']
    expect(JSON.stringify(AssumeRolePolicyDocument).length).toBeLessThanOrEqual(2048)
  })

  describe.each(Object.entries(kinds))('in a session %s', (_kind, session) => {
    test('a session needs an external id of this account', async () => {
      expect(await may(session)).toBe(true)
      expect(await may({ ...session, externalId: 'for-staging' })).toBe(true)
      expect(await may({ ...session, externalId: 'for-another' })).toBe(false)
    })
    test('a session needs the broker', () =>
      expect(may({ ...session, by: 'arn:aws:iam::111111111111:role/Administrator' })).resolves.toBe(false))
    test('a session has a source identity of its own kind, or none', async () => {
      expect(await may({ ...session, sourceIdentity: undefined })).toBe(true)
      for (const sourceIdentity of ['ana', ...Object.values(kinds).map(({ name }) => name)])
        expect(await may({ ...session, sourceIdentity })).toBe(sourceIdentity === session.name)
    })
    test.each(Object.keys(ofAgent.tags))('a session needs the tag %s, by which it can be ended', (tag) =>
      expect(may(without(tag, session))).resolves.toBe(false),
    )
    test('a session has no other tag', () =>
      expect(may({ ...session, tags: { ...session.tags, more: 'x' } })).resolves.toBe(false))
  })

  test.each<[what: string, session: Session]>([
    ['a session of neither kind', { ...ofAgent, name: 'ana' }],
    ['an agent in a session that is named as a break-glass', { ...ofAgent, name: breakGlass }],
    ['an agent that used break-glass', { ...ofPerson, tags: { ...ofPerson.tags, agent: 'agent:remediator' } }],
    ['a person with a request', { ...ofAgent, tags: { ...ofAgent.tags, agent: 'person:omar' } }],
    ['a break-glass that would be denied by a request', { ...ofPerson, tags: { ...ofPerson.tags, request } }],
    ['a request that would be denied by a break-glass', { ...ofAgent, tags: { ...ofAgent.tags, request: breakGlass } }],
  ])('the target role is never assumed by %s', (_what, session) => expect(may(session)).resolves.toBe(false))
})

test("the target role may make the catalogue's actions of this account, in its Region, on their kind of resource", () => {
  for (const { PolicyDocument } of [boundary, catalogue]) {
    const allowed = statementsOf(PolicyDocument).filter(({ Effect }) => Effect === 'Allow')
    expect(allowed.map(({ Action, Resource }) => [listOf(Action), Resource])).toEqual([
      [['lambda:PutFunctionConcurrency'], 'arn:aws:lambda:eu-central-1:222222222222:function:*'],
      [
        ['ssm:AddTagsToResource', 'ssm:GetParameter', 'ssm:PutParameter'],
        'arn:aws:ssm:eu-central-1:222222222222:parameter*',
      ],
    ])
  }
})

test.each(['iam:*', 'sts:*', 'organizations:*', 'kms:PutKeyPolicy', 'kms:CreateGrant'])(
  'the target role is denied %s',
  (action) => {
    for (const { PolicyDocument } of [boundary, catalogue]) {
      const [deny] = statementsOf(PolicyDocument).filter(({ Effect }) => Effect === 'Deny')
      expect([listOf(deny?.Action).includes(action), deny?.Resource]).toEqual([true, '*'])
    }
  },
)

test("the target role's boundary repeats its rights, so that writing its policies widens nothing", () => {
  expect(textOf(role['PermissionsBoundary'])).toBe(textOf({ Ref: boundary.id }))
  expect(boundary.Roles).toBeUndefined()
})

test('the target role has no inline policy, to leave the room for denies', () => {
  expect(role['Policies']).toBeUndefined()
  const inline = resourcesOf(template, 'AWS::IAM::Policy').flatMap(([, { Properties }]) => listOf(Properties['Roles']))
  expect(inline.map(textOf)).toEqual(['<Revoker>'])
})

describe('a revoker that was taken over, and grants the target role everything', () => {
  const parameter = 'arn:aws:ssm:eu-central-1:222222222222:parameter/prod/timeout'
  const approved: Policy = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'ssm:PutParameter', Resource: parameter }],
  }
  const may = (action: string, resource: string, more: { session?: Policy } = {}) =>
    isAllowed({
      ...{ role: target, action, resource },
      identity: [everything, catalogue.PolicyDocument],
      boundary: [boundary.PolicyDocument],
      session: approved,
      ...more,
    })

  test('a subverted revoker gives a session nothing beyond its approval', async () => {
    expect(await may('ssm:PutParameter', parameter)).toBe(true)
    expect(await may('ssm:PutParameter', `${parameter}-other`)).toBe(false)
    expect(await may('lambda:PutFunctionConcurrency', 'arn:aws:lambda:eu-central-1:222222222222:function:f')).toBe(
      false,
    )
  })

  test.each([
    ['ssm:DeleteParameter', parameter],
    ['ssm:PutParameter', parameter.replace('eu-central-1', 'us-east-1')],
    ['ssm:PutParameter', parameter.replace('222222222222', '333333333333')],
    ['dynamodb:UpdateItem', 'arn:aws:dynamodb:eu-central-1:222222222222:table/x'],
    ['s3:GetObject', 'arn:aws:s3:::secrets/all'],
    ['sts:AssumeRole', 'arn:aws:iam::222222222222:role/Administrator'],
    ['iam:PutRolePolicy', target],
    ['iam:DeleteRolePermissionsBoundary', target],
    ['iam:CreateAccessKey', 'arn:aws:iam::222222222222:user/ana'],
  ])('a subverted revoker gives even a session without a session policy no %s on %s', (action, resource) =>
    expect(may(action, resource, { session: everything })).resolves.toBe(false),
  )

  test("the boundary denies everything else explicitly, even if a resource's own policy allows it", () => {
    const denied = statementsOf(boundary.PolicyDocument).at(-1) as unknown as { Effect: string; NotAction: string[] }
    expect(denied).toMatchObject({
      Effect: 'Deny',
      NotAction: ['lambda:PutFunctionConcurrency', 'ssm:AddTagsToResource', 'ssm:GetParameter', 'ssm:PutParameter'],
      Resource: '*',
    })
  })
})

describe("Hotwork's own resources", () => {
  const may = (resource: string, request?: string) =>
    isAllowed({
      ...{ role: target, resource },
      action: resource.includes(':lambda:') ? 'lambda:PutFunctionConcurrency' : 'ssm:PutParameter',
      ...(request !== undefined && { context: { 'aws:PrincipalTag/hotwork:request': request } }),
      identity: [catalogue.PolicyDocument],
      boundary: [boundary.PolicyDocument],
    })
  const here = (service: string, resource: string) => `arn:aws:${service}:eu-central-1:222222222222:${resource}`

  test.each([
    ['by its name', here('lambda', 'function:Elsewhere-IssueToken')],
    ["by another Hotwork's name", here('ssm', 'parameter/prod/hotwork/x')],
    ["by the policy folder's patterns", here('ssm', 'parameter/prod/desk/x')],
  ])(
    'a resource of Hotwork, known %s, is beyond break-glass and the sealed role, but not an approved request',
    async (_how, resource) => {
      expect(await may(resource, 'req_00000000000000000000000001')).toBe(true)
      expect(await may(resource, 'bgl_00000000000000000000000001')).toBe(false)
      expect(await may(resource)).toBe(false)
    },
  )

  test("a resource beside Hotwork's is within reach of break-glass", () =>
    expect(may(here('ssm', 'parameter/prod/checkout/x'), 'bgl_00000000000000000000000001')).resolves.toBe(true))
})

describe('the revoker of an account that is not the home of Hotwork', () => {
  const properties = roleNamed(template, 'Elsewhere-revoker') as Resource['Properties']
  const [inline] = resourcesOf(template, 'AWS::IAM::Policy').map(([, { Properties }]) => Properties['PolicyDocument'])

  test("the revoker may be assumed by Hotwork's own revoker alone, with an external id of this account", () => {
    expect(statementsOf(properties['AssumeRolePolicyDocument'])).toEqual(trusting(revoker))
  })

  test('the revoker may only write the policies of the target role, while that has its boundary', () => {
    const [statement, ...more] = statementsOf(inline)
    expect(more).toEqual([])
    expect(statement).toEqual({
      Effect: 'Allow',
      Action: ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'],
      Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Role/), 'Arn'] },
      Condition: { StringEquals: { 'iam:PermissionsBoundary': { Ref: boundary.id } } },
    })
    const own = policyOf('RevokerBoundary')
    expect(textOf(properties['PermissionsBoundary'])).toBe(textOf({ Ref: own.id }))
    expect(statementsOf(own.PolicyDocument)).toEqual([statement])
  })

  test('the home account has no revoker', () => expect(roleNamed(make({}), 'Elsewhere-revoker')).toBeUndefined())
})

describe('the reader', () => {
  const readers = ['broker', 'decide-request', 'submit-request'].map(
    (role) => `arn:aws:iam::111111111111:role/hotwork/Elsewhere-${role}`,
  )
  const flags = { tool: 'tool:flags' }
  const ecs = {
    account: 'prod',
    statement: {
      actions: ['ecs:UpdateService'],
      resources: [arn('ecs', 'service/{arguments.cluster}/{arguments.service}')],
    },
    tool: 'aws',
    reads: [
      {
        actions: ['ecs:DescribeServices'],
        resources: [arn('ecs', 'service/{arguments.cluster}/{arguments.service}')],
      },
      // The read of a database that this service has.
      { actions: ['cloudformation:GetResource'], resources: ['*'] },
      { actions: ['rds:DescribeDBInstances'], resources: [arn('rds', 'db:{arguments.service}')] },
    ],
  }
  const [putParameter, putConcurrency, ...others] = props.actions
  const reading = (action: string, { statement }: (typeof props.actions)[number] = {}) => [
    { actions: [action], resources: statement?.resources ?? [] },
  ]
  const actions = [
    { ...putParameter, reads: reading('ssm:GetParameter', putParameter) },
    { ...putConcurrency, reads: reading('lambda:GetFunctionConcurrency', putConcurrency) },
    ...others,
    ecs,
    flags,
  ]
  const read = make({ readers, actions })
  const name = 'Elsewhere-reader'
  const arnOfReader = `arn:aws:iam::222222222222:role/hotwork/${name}`
  const properties = roleNamed(read, name) as Resource['Properties']
  const own = resourcesOf(read, 'AWS::IAM::ManagedPolicy').find(([id]) => id.startsWith('ReaderBoundary'))?.[1]
  const ownBoundary = own?.Properties['PolicyDocument'] as Policy
  const inline = resourcesOf(read, 'AWS::IAM::Policy').find(([id]) => id.startsWith('Reader'))?.[1]
  const here = (service: string, resource: string) => `arn:aws:${service}:eu-central-1:222222222222:${resource}`
  const may = (action: string, resource: string, identity = inline?.Properties['PolicyDocument'] as Policy) =>
    isAllowed({ role: arnOfReader, action, resource, identity: [identity], boundary: [ownBoundary] })

  test("the reader may be assumed by Hotwork's readers alone, with an external id of this account", () => {
    const trust = statementsOf(properties['AssumeRolePolicyDocument'])
    expect(trust.every(({ Action }) => Action === 'sts:AssumeRole')).toBe(true)
    expect(trust.flatMap(({ Principal }) => listOf(Principal.AWS)).sort()).toEqual(readers)
    for (const { Condition } of trust)
      expect(Condition).toEqual({ StringEquals: { 'sts:ExternalId': ['for-prod', 'for-staging'] } })
    expect([properties['Path'], properties['MaxSessionDuration']]).toEqual(['/hotwork/', 3600])
  })

  test("the reader's trust policy fits AWS's limit with the longest names", () => {
    const hotwork = 'H'.repeat(48)
    const longest = make({
      ...{ hotwork, actions, accounts: { prod: { ...account, externalId: 'x'.repeat(96) } } },
      readers: allReaders.map((role) => `arn:aws-us-gov:iam::111111111111:role/hotwork/${hotwork}-${role}`),
    })
    const { AssumeRolePolicyDocument } = roleNamed(longest, `${hotwork}-reader`) as Resource['Properties']
    expect(JSON.stringify(AssumeRolePolicyDocument).length).toBeLessThanOrEqual(2048)
  })

  test.each([
    ['ssm:GetParameter', here('ssm', 'parameter/prod/checkout/x')],
    ['lambda:GetFunctionConcurrency', here('lambda', 'function:checkout')],
    ['ecs:DescribeServices', here('ecs', 'service/prod/checkout')],
    ['rds:DescribeDBInstances', here('rds', 'db:checkout')],
    ['cloudformation:GetResource', '*'],
  ])('the reader may %s of previewed resources', (action, resource) =>
    expect(may(action, resource)).resolves.toBe(true),
  )

  test.each([
    ['a write of the catalogue', 'ssm:PutParameter', here('ssm', 'parameter/prod/checkout/x')],
    ['many at once', 'ssm:GetParametersByPath', here('ssm', 'parameter/prod/checkout/x')],
    ['another service', 'dynamodb:GetItem', here('dynamodb', 'table/x')],
    ['a read that no entry lists', 'rds:DescribeDBSnapshots', here('rds', 'snapshot:checkout')],
    ['the code of a function', 'lambda:GetFunction', here('lambda', 'function:checkout')],
    ['to decrypt', 'kms:Decrypt', here('kms', 'key/1')],
    ['another Region', 'ssm:GetParameter', 'arn:aws:ssm:us-east-1:222222222222:parameter/prod/checkout/x'],
    ['another account', 'ssm:GetParameter', 'arn:aws:ssm:eu-central-1:333333333333:parameter/prod/checkout/x'],
    ['Hotwork by its name', 'ssm:GetParameter', here('ssm', 'parameter/prod/hotwork/x')],
    ['Hotwork by what the policy folder calls its own', 'ssm:GetParameter', here('ssm', 'parameter/prod/desk/x')],
    ['to become another role', 'sts:AssumeRole', 'arn:aws:iam::222222222222:role/hotwork/Elsewhere-target'],
  ])('the reader is never allowed %s, even by wider policies', async (_what, action, resource) => {
    expect(await may(action, resource)).toBe(false)
    expect(await may(action, resource, everything)).toBe(false)
  })

  test('the reader has exactly the rights that the entries list, each argument as a wildcard', () => {
    const rights = statementsOf(inline?.Properties['PolicyDocument'] as Policy)
    expect(rights.map(({ Effect, Action, Resource }) => [Effect, Action, Resource])).toEqual([
      ['Allow', 'cloudformation:GetResource', '*'],
      ['Allow', 'ecs:DescribeServices', here('ecs', 'service/*/*')],
      ['Allow', 'lambda:GetFunctionConcurrency', here('lambda', 'function:*')],
      ['Allow', 'rds:DescribeDBInstances', here('rds', 'db:*')],
      ['Allow', 'ssm:GetParameter', here('ssm', 'parameter*')],
    ])
  })

  test('there is no reader without a read or a reading role', () => {
    expect(roleNamed(make({ readers }), name)).toBeUndefined()
    expect(roleNamed(make({ actions }), name)).toBeUndefined()
  })
})

describe('the auditor of an account that is not the home of Hotwork', () => {
  const auditors = ['auditor', 'call-reader'].map((each) => `arn:aws:iam::111111111111:role/hotwork/Elsewhere-${each}`)
  const audited = make({ auditors })

  test("the auditor may be assumed by Hotwork's auditor and call reader, and may only read the target role and calls", () => {
    const properties = roleNamed(audited, 'Elsewhere-auditor') as Resource['Properties']
    expect(statementsOf(properties['AssumeRolePolicyDocument'])).toEqual(trusting(...auditors))
    const [inline, ...more] = propertiesOf(audited, 'AWS::IAM::Policy')
    expect(more).toEqual([])
    expect(statementsOf(inline?.['PolicyDocument'])).toEqual([
      {
        Effect: 'Allow',
        Action: ['iam:GetRolePolicy', 'iam:ListRolePolicies'],
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Role/), 'Arn'] },
      },
      { Effect: 'Allow', Action: 'cloudtrail:LookupEvents', Resource: '*' },
    ])
  })

  test('the home account has no auditor', () => expect(roleNamed(make({}), 'Elsewhere-auditor')).toBeUndefined())
})

describe('the simulator of an account that is not the home of Hotwork', () => {
  const looker = 'arn:aws:iam::111111111111:role/hotwork/Elsewhere-simulator'
  const at = (service: string, rest: string) => `arn:aws:${service}:eu-central-1:222222222222:${rest}`
  const agents = [
    { runsOn: { githubRepository: 'example-org/checkout' } },
    { runsOn: { kubernetesServiceAccount: 'prod/agents/remediator' } },
    ...[
      ...[at('lambda', 'function:nightly'), at('ecs', 'service/main/nightly'), at('states', 'stateMachine:nightly')],
      ...[at('codebuild', 'project/nightly'), at('scheduler', 'schedule/default/nightly')],
      'arn:aws:lambda:eu-central-1:333333333333:function:elsewhere',
    ].map((scheduler) => ({ runsOn: { scheduler } })),
  ]
  const looks = lookRights({ agents }, { ...account, externalId: 'x' })

  test('the simulator may be assumed by the host looker alone, and reads roles, lists and the named hosts of its account', () => {
    const simulated = make({ looker, looks })
    const properties = roleNamed(simulated, 'Elsewhere-simulator') as Resource['Properties']
    expect(statementsOf(properties['AssumeRolePolicyDocument'])).toEqual(trusting(looker))
    const [inline, ...more] = propertiesOf(simulated, 'AWS::IAM::Policy')
    expect(more).toEqual([])
    const allow = (Action: string | string[], Resource: string) => ({ Effect: 'Allow', Action, Resource })
    expect(statementsOf(inline?.['PolicyDocument'])).toEqual([
      allow(['iam:GetRole', 'iam:SimulatePrincipalPolicy'], 'arn:aws:iam::222222222222:role/*'),
      allow(
        ['ecs:DescribeTaskDefinition', 'iam:ListRoles', 'secretsmanager:ListSecrets', 'ssm:DescribeParameters'],
        '*',
      ),
      allow(['eks:DescribeCluster', 'eks:ListPodIdentityAssociations'], at('eks', 'cluster/prod')),
      allow('eks:DescribePodIdentityAssociation', at('eks', 'podidentityassociation/prod/*')),
      allow('scheduler:GetSchedule', at('scheduler', 'schedule/default/nightly')),
      allow('lambda:GetFunctionConfiguration', at('lambda', 'function:nightly')),
      allow('ecs:DescribeServices', at('ecs', 'service/main/nightly')),
      allow('states:DescribeStateMachine', at('states', 'stateMachine:nightly')),
      allow('codebuild:BatchGetProjects', at('codebuild', 'project/nightly')),
    ])
  })

  test('an account without named hosts is asked about its roles and the names of its secrets alone', () => {
    expect(lookRights({ agents: [] }, { ...account, externalId: 'x' }).flatMap(({ actions }) => actions)).toEqual([
      ...['iam:GetRole', 'iam:SimulatePrincipalPolicy', 'iam:ListRoles', 'secretsmanager:ListSecrets'],
      'ssm:DescribeParameters',
    ])
  })

  test('there is no simulator at home', () => expect(roleNamed(make({ looks }), 'Elsewhere-simulator')).toBeUndefined())
})

describe('where the broker scopes sessions', () => {
  const { prod } = props.accounts
  const scoping = make({ accounts: { prod: { ...prod, scopedCredentials: true } } })
  const documentOf = (prefix: string) =>
    resourcesOf(scoping, 'AWS::IAM::ManagedPolicy')
      .filter(([id]) => id.startsWith(prefix))
      .map(([, { Properties }]) => Properties['PolicyDocument'] as Policy)

  // The engine does not know the call yet.
  test('the target role may scope sessions, and no deny forbids it', () => {
    for (const document of [...documentOf('Boundary'), ...documentOf('Catalogue')]) {
      const [allowed, denied] = [statementsOf(document), statementsOf(document)].map((all, index) =>
        all.filter(({ Effect }) => Effect === ['Allow', 'Deny'][index]),
      ) as [Statement[], Statement[]]
      expect(allowed.flatMap(({ Action }) => Action)).toContain('sts:GetScopedCredentials')
      expect(denied.flatMap(({ Action }) => Action ?? []).filter((action) => action.startsWith('sts:'))).toEqual([])
    }
    expect(statementsOf(documentOf('Boundary')[0]).at(-1)).toMatchObject({
      NotAction: expect.arrayContaining(['sts:GetScopedCredentials']),
    })
  })

  test.each(['sts:AssumeRole', 'sts:GetFederationToken', 'sts:TagSession', 'sts:GetSessionToken'])(
    'a scoping target role may still not %s',
    (action) =>
      expect(
        isAllowed({
          ...{ role: target, action },
          resource: action === 'sts:GetFederationToken' ? 'arn:aws:sts::222222222222:federated-user/a' : '*',
          identity: [everything, ...documentOf('Catalogue')],
          boundary: documentOf('Boundary'),
        }),
      ).resolves.toBe(false),
  )
})

test('an account without actions has a role without rights', () => {
  const documents = resourcesOf(make({ actions: [] }), 'AWS::IAM::ManagedPolicy').map(
    ([, { Properties }]) => Properties['PolicyDocument'],
  )
  expect(documents.length).toBe(2)
  for (const document of documents)
    expect(statementsOf(document).filter(({ Effect }) => Effect === 'Allow')).toEqual([])
})
