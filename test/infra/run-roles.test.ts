import { Stack } from 'aws-cdk-lib'
import { runActions as actionsOfCode, runRules } from '../../functions/targets/aws/rules/runs.ts'
import { TargetAccount, type TargetAccountProps } from '../../infra/constructs/target-account.ts'
import { runActions } from '../../infra/policy-bundle.ts'
import { everything, isAllowed, type Policy } from './support/judge.ts'
import { passingApp, passingTemplate } from './support/passing-app.ts'
import {
  listOf,
  propertiesOf,
  type Resource,
  resourcesOf,
  statementsOf,
  type Template,
  textOf,
} from './support/template.ts'

/** The roles of runs: one starts them, another follows them. Judged by another engine. */

const account = { accountId: '222222222222', region: 'eu-central-1', partition: 'aws', externalId: 'for-prod' }
const roleHere = (name: string) => `arn:aws:iam::222222222222:role/${name}`
const here = (service: string, resource: string) => `arn:aws:${service}:eu-central-1:222222222222:${resource}`
const template = (service: string, resource: string) => `arn:{partition}:${service}:{region}:{account}:${resource}`
const put = {
  ...{ name: 'ssm:PutParameter', account: 'prod' },
  statement: { actions: ['ssm:PutParameter'], resources: [template('ssm', 'parameter{arguments.Name}')] },
}
const restart = {
  ...{ name: 'runbook:Restart', call: 'ssm:StartAutomationExecution', account: 'prod' },
  runsAs: 'arn:{partition}:iam::{account}:role/runbooks',
  statement: {
    actions: ['ssm:StartAutomationExecution'],
    resources: [template('ssm', 'document/Restart'), template('ssm', 'automation-execution/{run}')],
  },
  follow: {
    rights: [
      {
        actions: ['ssm:GetAutomationExecution', 'ssm:StopAutomationExecution'],
        resources: [template('ssm', 'automation-execution/{run}')],
      },
    ],
  },
}
const backfill = {
  ...{ name: 'states:StartExecution', account: 'prod' },
  statement: { actions: ['states:StartExecution'], resources: [template('states', 'stateMachine:{arguments.name}')] },
  follow: { rights: [{ actions: ['states:DescribeExecution'], resources: [template('states', 'execution:{run}')] }] },
}
const props = {
  hotwork: 'Elsewhere',
  broker: 'arn:aws:iam::111111111111:role/hotwork/Elsewhere-broker',
  followRuns: 'arn:aws:iam::111111111111:role/hotwork/Elsewhere-follow-runs',
  accounts: { prod: account },
  actions: [put, restart, backfill],
  ours: ['arn:*:states:*:*:stateMachine:desk-*'],
  desk: { queue: here('sqs', 'Elsewhere-sealed') },
}
function make(more: Partial<TargetAccountProps> = {}): Template {
  const stack = new Stack(passingApp(), 'Target', { env: { account: account.accountId, region: account.region } })
  new TargetAccount(stack, 'Default', { ...props, ...more })
  return passingTemplate(stack)
}
const roleNamed = (of: Template, name: string) =>
  propertiesOf(of, 'AWS::IAM::Role').find(({ RoleName }) => RoleName === `Elsewhere-${name}`)
const managed = (of: Template, prefix: string) =>
  resourcesOf(of, 'AWS::IAM::ManagedPolicy').find(([id]) => id.startsWith(prefix))?.[1].Properties[
    'PolicyDocument'
  ] as Policy
const inline = (of: Template, prefix: string) =>
  resourcesOf(of, 'AWS::IAM::Policy').find(([id]) => id.startsWith(prefix))?.[1].Properties['PolicyDocument'] as Policy

const made = make()
const judging =
  (role: 'Runner' | 'Follower', identity = [inline(made, role)]) =>
  (action: string, resource: string, context: { [key: string]: string } = {}) =>
    isAllowed({
      ...{ role: roleHere(`hotwork/Elsewhere-${role.toLowerCase()}`), action, resource, context, identity },
      boundary: [managed(made, `${role}Boundary`)],
    })
const toSystemsManager = { 'iam:PassedToService': 'ssm.amazonaws.com' }

test('the package and the code know the same runs, and the same one that is given its role', () => {
  expect(runActions).toEqual(actionsOfCode)
  const passing = Object.entries(runRules).filter(([, { passesTo }]) => passesTo !== undefined)
  expect(passing).toMatchObject([['ssm:StartAutomationExecution', { passesTo: 'ssm.amazonaws.com' }]])
})

describe('the target role beside runs', () => {
  test.each(['Boundary', 'Catalogue'])('a run adds no statement to the %s of the target role', (prefix) => {
    expect(managed(made, prefix)).toEqual(managed(make({ actions: [put] }), prefix))
  })
  test.each([
    ['ssm:StartAutomationExecution', here('ssm', 'document/Restart')],
    ['states:StartExecution', here('states', 'stateMachine:backfill')],
    ['iam:PassRole', roleHere('runbooks')],
  ])('the target role may not %s', (action, resource) =>
    expect(
      isAllowed({
        ...{ role: roleHere('hotwork/Elsewhere-target'), action, resource, identity: [everything] },
        ...{ boundary: [managed(made, 'Boundary')], context: toSystemsManager },
      }),
    ).resolves.toBe(false),
  )
})

describe('the runner', () => {
  const may = judging('Runner')
  const subverted = judging('Runner', [everything])

  test('the runner trusts the same broker as the target role, with the same tags, for requests but no opening', () => {
    const [runner, target] = ['runner', 'target'].map((name) => roleNamed(made, name) as Resource['Properties'])
    const trust = target?.['AssumeRolePolicyDocument'] as { Statement: object[] }
    const ofRequests = trust.Statement.filter((each) => !JSON.stringify(each).includes('"sts:RoleSessionName":"bgl_*"'))
    const alone = JSON.stringify({ ...trust, Statement: ofRequests })
      .replaceAll('["req_*","bgl_*"]', '["req_*"]')
      .replaceAll('["agent:*","person:*"]', '["agent:*"]')
    expect(runner?.['AssumeRolePolicyDocument']).toEqual(JSON.parse(alone))
    expect(alone).not.toContain('bgl_')
    expect([runner?.['Path'], runner?.['MaxSessionDuration']]).toEqual(['/hotwork/', 3600])
  })

  test.each([
    ['ssm:StartAutomationExecution', here('ssm', 'document/Restart')],
    ['states:StartExecution', here('states', 'stateMachine:backfill:3')],
  ])('the runner may %s', (action, resource) => expect(may(action, resource)).resolves.toBe(true))

  test('the runner passes the one role of the catalogue, to Systems Manager alone', async () => {
    expect(await may('iam:PassRole', roleHere('runbooks'), toSystemsManager)).toBe(true)
    for (const judge of [may, subverted]) {
      expect(await judge('iam:PassRole', roleHere('runbooks'), { 'iam:PassedToService': 'ec2.amazonaws.com' })).toBe(
        false,
      )
      expect(await judge('iam:PassRole', roleHere('runbooks'))).toBe(false)
      expect(await judge('iam:PassRole', roleHere('runbooks-admin'), toSystemsManager)).toBe(false)
      expect(await judge('iam:PassRole', roleHere('other/runbooks'), toSystemsManager)).toBe(false)
    }
  })

  test.each([
    ['another document', 'ssm:StartAutomationExecution', here('ssm', 'document/Other')],
    ['another action on the same document', 'ssm:UpdateDocument', here('ssm', 'document/Restart')],
    ['the end of a run', 'states:StopExecution', here('states', 'execution:backfill:1')],
    ['another Region', 'states:StartExecution', here('states', 'stateMachine:x').replace('eu-central-1', 'us-east-1')],
    ['a call of the target role', 'ssm:PutParameter', here('ssm', 'parameter/prod/x')],
    ["Hotwork's own machine, by its stack's name", 'states:StartExecution', here('states', 'stateMachine:Elsewhere')],
    ["Hotwork's machine of runs", 'states:StartExecution', here('states', 'stateMachine:Elsewhere-runs')],
    ["another Hotwork's machine", 'states:StartExecution', here('states', 'stateMachine:Hotwork-tier2')],
    ['a machine that the policy folder calls its own', 'states:StartExecution', here('states', 'stateMachine:desk-1')],
    ["a role of Hotwork's", 'iam:PassRole', roleHere('hotwork/Elsewhere-target')],
    ['a change of the passed role', 'iam:PutRolePolicy', roleHere('runbooks')],
    ['another role', 'sts:AssumeRole', roleHere('runbooks')],
  ])('the runner is never allowed %s, even by wider policies', async (_what, action, resource) => {
    for (const judge of [may, subverted]) expect(await judge(action, resource, toSystemsManager)).toBe(false)
  })

  test("Hotwork's own resources are denied to sessions with an approved request too, and everything else by name", () => {
    const denied = statementsOf(managed(made, 'RunnerBoundary')).filter(({ Effect }) => Effect === 'Deny')
    expect(denied.map((each) => [(each as { Sid?: string }).Sid, each.Condition])).toEqual([
      ['NeverPivot', undefined],
      ['NeverPassAnother', undefined],
      ['HotworkIsNotRun', undefined],
      ['NothingBesideTheCatalogue', undefined],
    ])
  })

  test('a runner without a role to pass is denied all of IAM', () => {
    const boundary = managed(make({ actions: [backfill] }), 'RunnerBoundary')
    const [first] = statementsOf(boundary).filter(({ Effect }) => Effect === 'Deny')
    expect([listOf(first?.Action).includes('iam:*'), first?.Resource]).toEqual([true, '*'])
  })

  test('a runner whose sessions the broker cuts may scope them', () => {
    const scoping = make({ accounts: { prod: { ...account, scopedCredentials: true } } })
    expect(statementsOf(managed(scoping, 'RunnerBoundary')).flatMap(({ Action }) => Action)).toContain(
      'sts:GetScopedCredentials',
    )
  })
})

describe('the follower', () => {
  const may = judging('Follower')
  const subverted = judging('Follower', [everything])

  test('the follower trusts the one function that follows runs', () => {
    const { AssumeRolePolicyDocument } = roleNamed(made, 'follower') as Resource['Properties']
    expect(statementsOf(AssumeRolePolicyDocument)).toEqual([
      {
        ...{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: [props.followRuns] } },
        Condition: { StringEquals: { 'sts:ExternalId': ['for-prod'] } },
      },
    ])
  })

  test('the follower has exactly the rights that the entries list to follow their runs', () => {
    expect(
      statementsOf(inline(made, 'Follower')).map(({ Action, Resource }) => [listOf(Action), textOf(Resource)]),
    ).toEqual([
      [['ssm:GetAutomationExecution', 'ssm:StopAutomationExecution'], here('ssm', 'automation-execution/*')],
      [['states:DescribeExecution'], here('states', 'execution:*')],
    ])
  })

  test.each([
    ['the start of a run', 'ssm:StartAutomationExecution', here('ssm', 'document/Restart')],
    ['an execution of Hotwork', 'states:DescribeExecution', here('states', 'execution:Elsewhere:1')],
    ['a read that no entry lists', 'states:DescribeStateMachine', here('states', 'stateMachine:backfill')],
    ['a role', 'iam:PassRole', roleHere('runbooks')],
  ])('the follower is never allowed %s, even by wider policies', async (_what, action, resource) => {
    expect(await may('states:DescribeExecution', here('states', 'execution:backfill:1'))).toBe(true)
    for (const judge of [may, subverted]) expect(await judge(action, resource, toSystemsManager)).toBe(false)
  })
})

test('an account without a run has no runner and no follower', () => {
  for (const name of ['runner', 'follower']) expect(roleNamed(make({ actions: [put] }), name)).toBeUndefined()
})

test("the auditor reads the runner's policies too, and the revoker writes the target role's alone", () => {
  const of = 'arn:aws:iam::111111111111:role/hotwork/Elsewhere'
  const away = make({ revoker: `${of}-revoker`, auditors: [`${of}-auditor`] })
  const [audited] = statementsOf(inline(away, 'Auditor'))
  expect(listOf(audited?.Resource).map(textOf)).toEqual(['<Role>', '<Runner>'])
  const [written] = statementsOf(inline(away, 'Revoker'))
  expect(listOf(written?.Resource).map(textOf)).toEqual(['<Role>'])
})
