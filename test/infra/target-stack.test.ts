import { App } from 'aws-cdk-lib'
import { Template as Assertions } from 'aws-cdk-lib/assertions'
import { TargetStack } from '../../infra/target-stack.ts'
import { listOf, resourcesOf, statementsOf, type Template, textOf, theOnly } from './support/template.ts'

const account = { accountId: '222222222222', region: 'eu-central-1', partition: 'aws' }
const broker = 'arn:aws:iam::111111111111:role/hotwork/Elsewhere-broker'
const stack = new TargetStack(new App(), 'ElsewhereTarget', {
  env: { account: account.accountId, region: account.region },
  hotwork: 'Elsewhere',
  broker,
  accounts: { prod: { ...account, externalId: 'for-prod' }, staging: { ...account, externalId: 'for-staging' } },
  actions: [
    { account: 'prod', statement: { actions: ['ssm:PutParameter', 'lambda:PutFunctionConcurrency'] } },
    { account: 'staging', statement: { actions: ['ssm:PutParameter', 'ssm:AddTagsToResource'] } },
    { account: 'elsewhere', statement: { actions: ['dynamodb:UpdateItem'] } },
    {},
  ],
})
const template = Assertions.fromStack(stack).toJSON() as Template
const role = theOnly(template, 'AWS::IAM::Role').Properties
const policies = resourcesOf(template, 'AWS::IAM::ManagedPolicy').map(
  ([id, { Properties }]) => ({ id, ...Properties }) as { id: string; PolicyDocument: unknown; Roles?: unknown[] },
)
const tags = ['request', 'credential', 'agent', 'owner', 'digest'].map((tag) => `hotwork:${tag}`)

test('the role has the name that the broker and the revoker know, and sessions of an hour at most', () => {
  expect([role['Path'], role['RoleName'], role['MaxSessionDuration']]).toEqual(['/hotwork/', 'Elsewhere-target', 3600])
})

describe('who may assume it', () => {
  const trust = statementsOf(role['AssumeRolePolicyDocument'])
  const of = (action: string) =>
    trust.find(({ Action }) => Action === action)?.Condition as { [operator: string]: { [key: string]: unknown } }

  test('the broker and nobody else', () => {
    expect(trust.map(({ Action, Principal }) => [Action, Principal.AWS])).toEqual([
      ['sts:AssumeRole', broker],
      ['sts:TagSession', broker],
      ['sts:SetSourceIdentity', broker],
    ])
  })
  test('with an external id of this account', () =>
    expect(of('sts:AssumeRole')['StringEquals']).toEqual({ 'sts:ExternalId': ['for-prod', 'for-staging'] }))
  test('in a session named by its request', () =>
    expect(of('sts:AssumeRole')['StringLike']).toMatchObject({ 'sts:RoleSessionName': 'req_*' }))
  test.each(tags)('with the session tag %s, without which it could not be ended', (tag) => {
    for (const action of ['sts:AssumeRole', 'sts:TagSession'])
      expect(of(action)['StringLike']).toHaveProperty([`aws:RequestTag/${tag}`])
  })
  test('and with no other tag', () =>
    expect(of('sts:TagSession')['ForAllValues:StringEquals']).toEqual({ 'aws:TagKeys': tags }))
})

describe('what it may do', () => {
  test("the catalogue's actions for this account, in its Region, and no wildcard among them", () => {
    for (const { PolicyDocument } of policies) {
      const allowed = statementsOf(PolicyDocument).filter(({ Effect }) => Effect === 'Allow')
      expect(allowed.map(({ Action, Resource }) => [listOf(Action), Resource])).toEqual([
        [['lambda:PutFunctionConcurrency'], 'arn:aws:lambda:eu-central-1:222222222222:*'],
        [['ssm:AddTagsToResource', 'ssm:PutParameter'], 'arn:aws:ssm:eu-central-1:222222222222:*'],
      ])
    }
  })

  test.each(['iam:*', 'sts:AssumeRole*', 'organizations:*', 'kms:PutKeyPolicy', 'kms:CreateGrant'])(
    'never %s',
    (action) => {
      for (const { PolicyDocument } of policies) {
        const [deny] = statementsOf(PolicyDocument).filter(({ Effect }) => Effect === 'Deny')
        expect([listOf(deny?.Action).includes(action), deny?.Resource]).toEqual([true, '*'])
      }
    },
  )

  test('its boundary says the same again, so that writing its policies widens nothing', () => {
    const [boundary] = policies.filter(({ Roles }) => !Roles)
    expect(textOf(role['PermissionsBoundary'])).toBe(textOf({ Ref: boundary?.id }))
  })

  test('nothing inline: that room is for the denies that end sessions', () => {
    expect(role['Policies']).toBeUndefined()
    expect(resourcesOf(template, 'AWS::IAM::Policy')).toEqual([])
  })
})
