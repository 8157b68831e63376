import { ambientOf } from '../../../functions/domain/agents/ambient.ts'
import { RunsOn } from '../../../functions/domain/people/host-kinds.ts'
import { HostUnseen } from '../../../functions/operations/faults.ts'
import models from '../../../functions/targets/aws/hosts/models.json' with { type: 'json' }
import { modelOf } from '../../../functions/targets/aws/models/models.ts'
import { hostReads } from '../../../tools/aws-models/make.ts'
import { MemoryAwsHosts } from '../../support/agents/memory-aws-hosts.ts'
import type { HostPolicy } from '../../support/agents/memory-host-simulator.ts'
import { sampleBundle } from '../../support/world.ts'

/** Roles that a host reaches: by trust, by association, and by one assumption; and the secrets that they may read. */

const bundle = sampleBundle()
const put: HostPolicy = { name: 'wide', action: 'ssm:*', resource: 'arn:aws:ssm:*:*:parameter/staging/*' }
const staging = 'arn:*:ssm:*:*:parameter/staging/*'
const githubIssuer = 'token.actions.githubusercontent.com'
const trustOf = (Federated: string, Condition: object) => ({
  ...{ Effect: 'Allow', Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated }, Condition },
})
const github = (sub: string, more: object = {}) =>
  trustOf(`arn:aws:iam::000000000000:oidc-provider/${githubIssuer}`, {
    StringEquals: { [`${githubIssuer}:aud`]: 'sts.amazonaws.com' },
    StringLike: { [`${githubIssuer}:sub`]: sub },
    ...more,
  })
const byRole = (AWS: string) => ({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS } })
const byService = (Service: string) => ({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service } })
const assume = (resource: string): HostPolicy => ({ name: 'assume', action: 'sts:AssumeRole', resource })

type Kind = keyof ReturnType<MemoryAwsHosts['probers']>
async function look(aws: MemoryAwsHosts, kind: Kind, where: string) {
  const probed = await aws.probers()[kind].probe(where, bundle)
  return { ...probed, answer: probed.actions['ssm:PutParameter']?.find(({ resource }) => resource === staging) }
}
const environment = 'example-org/checkout#release'

test('a role that trusts the environment of a repository gives it what IAM allows the role', async () => {
  const aws = new MemoryAwsHosts()
  const arn = aws.role('deploys', github('repo:example-org/checkout:environment:release'), put)
  aws.role('elsewhere', github('repo:example-org/other:*'), put)
  const { answer, roles, partial } = await look(aws, 'githubEnvironment', environment)
  expect(answer).toEqual({ resource: staging, answer: 'allowed', by: ['wide (role) of deploys'] })
  expect(roles).toEqual([{ arn, via: 'trust', answer: 'allowed', boundary: null }])
  expect(partial).toBeUndefined()
})

test('a repository reaches the roles of each of its branches and environments', async () => {
  const aws = new MemoryAwsHosts()
  aws.role('main', github('repo:example-org/checkout:ref:refs/heads/main'), put)
  expect((await look(aws, 'githubRepository', 'example-org/checkout')).answer?.answer).toBe('allowed')
  expect((await look(aws, 'githubEnvironment', environment)).answer?.answer).toBe('unknown')
})

test('a condition outside of the reading makes a right of the role unknown, and a role without the right changes nothing', async () => {
  const aws = new MemoryAwsHosts()
  const more = { StringEqualsIfExists: { 'aws:SourceVpc': 'vpc-1' } }
  aws.role('odd', github('repo:example-org/checkout:*', more))
  expect((await look(aws, 'githubEnvironment', environment)).answer?.answer).toBe('denied')
  aws.role('odder', github('repo:example-org/checkout:*', more), put)
  expect((await look(aws, 'githubEnvironment', environment)).answer?.answer).toBe('unknown')
})

describe('a role that may take more rights', () => {
  const host = 'arn:aws:iam::000000000000:role/nightly-jobs'
  const policy = (action: string, resource: string, more: Partial<HostPolicy> = {}) => ({
    ...{ name: 'rise', action, resource },
    ...more,
  })

  test.each<[right: string, ...HostPolicy[]]>([
    ['iam:AttachRolePolicy', policy('iam:*', '*')],
    ['iam:PutRolePolicy', policy('iam:PutRolePolicy', host)],
    ['iam:UpdateAssumeRolePolicy', policy('iam:UpdateAssumeRolePolicy', host, { when: 'aws:SourceVpce' })],
    [
      'iam:DeleteRolePermissionsBoundary',
      policy('iam:DeleteRole*', host),
      policy('iam:DeleteRolePolicy', '*', { effect: 'Deny' }),
    ],
    ['iam:PassRole', policy('iam:PassRole', 'arn:aws:iam::000000000000:role/*')],
    ['iam:CreatePolicyVersion', policy('iam:CreatePolicy*', '*')],
    [
      'iam:UpdateAssumeRolePolicy',
      policy('iam:UpdateAssumeRolePolicy', '*'),
      policy('iam:*', host, { effect: 'Deny' }),
    ],
    ['iam:SetDefaultPolicyVersion', policy('iam:SetDefaultPolicyVersion', '*')],
    ['iam:CreateLoginProfile', policy('iam:CreateLoginProfile', '*')],
    ['iam:PutUserPolicy', policy('iam:PutUserPolicy', '*')],
    ['iam:CreateAccessKey', policy('iam:CreateAccessKey', '*')],
    ['cloudformation:UpdateStack', policy('cloudformation:*', '*')],
  ])('a role that may do %s is denied nothing', async (right, ...policies) => {
    const aws = new MemoryAwsHosts()
    aws.role('nightly-jobs', byService('ec2.amazonaws.com'), ...policies)
    const { answer, partial } = await look(aws, 'awsRole', host)
    expect(answer).toEqual({ resource: staging, answer: 'unknown' })
    expect(partial).toEqual([`\`${host}\` may do \`${right}\`, and so get the rights that it lacks`])
  })

  test('a role that may rise by one assumption is denied nothing, and five more questions tell it of one that may not', async () => {
    const aws = new MemoryAwsHosts()
    aws.role('nightly-jobs', byService('ec2.amazonaws.com'), assume('*'))
    expect((await look(aws, 'awsRole', host)).answer?.answer).toBe('denied')
    const { asked } = aws.simulator
    aws.simulator.attach(host, policy('*', '*'))
    await look(aws, 'awsRole', host)
    expect(asked - (aws.simulator.asked - asked)).toBe(5)
    aws.role('ci', byRole(host), policy('iam:*', '*'))
    aws.simulator.attach(host, assume('*'))
    expect((await look(aws, 'awsRole', host)).answer?.answer).toBe('unknown')
  })

  test('a guardrail that keeps itself is a denial, for a role that may do anything else', async () => {
    const aws = new MemoryAwsHosts()
    const deny = (action: string) => policy(action, '*', { effect: 'Deny' })
    const all = [policy('*', '*'), deny('ssm:*'), deny('cloudformation:*')]
    aws.role('nightly-jobs', byService('ec2.amazonaws.com'), ...all)
    expect((await look(aws, 'awsRole', host)).answer?.answer).toBe('unknown')
    aws.simulator.attach(host, ...all, deny('iam:*'))
    expect((await look(aws, 'awsRole', host)).answer).toEqual({ resource: staging, answer: 'denied', explicit: true })
  })

  test('a role about which IAM does not take the question is denied nothing, and a throttled one fails the look', async () => {
    const aws = new MemoryAwsHosts()
    aws.role('nightly-jobs', byService('ec2.amazonaws.com'))
    const simulate = aws.simulator.simulate.bind(aws.simulator)
    const failing = (why: 'fault' | 'throttled') =>
      jest.spyOn(aws.simulator, 'simulate').mockImplementation(async (of, asked) => {
        if (asked.actions.includes('iam:PassRole')) throw new HostUnseen(why)
        return simulate(of, asked)
      })
    failing('fault')
    const { answer, partial } = await look(aws, 'awsRole', host)
    expect([answer?.answer, partial]).toEqual(['unknown', [`whether \`${host}\` may do \`iam:PassRole\` is not known`]])
    failing('throttled')
    await expect(look(aws, 'awsRole', host)).rejects.toMatchObject({ why: 'throttled' })
  })
})

describe('a host with tokens, for which a role elsewhere may be', () => {
  test.each(['arn:aws:iam::999999999999:root', '999999999999', 'arn:aws:iam::999999999999:role/ci', '*'])(
    'a role that trusts %s is perhaps reached: what it is allowed is unknown, what it is denied is denied',
    async (principal) => {
      const aws = new MemoryAwsHosts()
      const arn = aws.role('deploy', byRole(principal))
      expect((await look(aws, 'githubEnvironment', environment)).answer).toEqual({
        resource: staging,
        answer: 'denied',
      })
      aws.simulator.attach(arn, put)
      const { answer, roles, partial } = await look(aws, 'githubEnvironment', environment)
      expect(answer?.answer).toBe('unknown')
      expect(roles).toEqual([{ arn, via: 'outside', answer: 'unknown', boundary: null }])
      expect(partial).toEqual([`\`${arn}\` trusts another account, by which the host may reach it`])
    },
  )

  test.each(['arn:aws:iam::000000000000:role/hotwork/broker', 'AROAEXAMPLE', '000000000000'])(
    'a role that trusts %s is not reached from outside, and a host that is a role keeps to one assumption',
    async (principal) => {
      const aws = new MemoryAwsHosts()
      aws.role('target', byRole(principal), put)
      expect((await look(aws, 'githubRepository', 'example-org/checkout')).roles).toEqual([])
      aws.role('deploy', byRole('arn:aws:iam::999999999999:root'), put)
      const host = aws.role('nightly-jobs', byService('ec2.amazonaws.com'))
      expect((await look(aws, 'awsRole', host)).answer?.answer).toBe('denied')
    },
  )

  test("a role of Hotwork's target stack is not reached from Hotwork's account, and another role is", async () => {
    const aws = new MemoryAwsHosts()
    const trust = byRole('arn:aws:iam::111111111111:role/broker')
    aws.role('hotwork/main-target', trust, put)
    expect((await look(aws, 'githubEnvironment', environment)).roles).toEqual([])
    aws.role('deploy', trust, put)
    expect((await look(aws, 'githubEnvironment', environment)).answer?.answer).toBe('unknown')
  })

  test('a role that trusts the host and another account is reached for certain', async () => {
    const aws = new MemoryAwsHosts()
    const trust = github('repo:example-org/checkout:environment:release')
    aws.role('deploys', { ...trust, Action: 'sts:*', Principal: { ...trust.Principal, AWS: '999999999999' } }, put)
    expect((await look(aws, 'githubEnvironment', environment)).answer?.answer).toBe('allowed')
  })

  test('a role that others use needs no guardrail, and that of the host does', async () => {
    const aws = new MemoryAwsHosts()
    const arn = aws.role('deploys', github('repo:example-org/checkout:*'))
    aws.role('vendor', byRole('999999999999'))
    expect((await look(aws, 'githubRepository', 'example-org/checkout')).answer?.explicit).toBeUndefined()
    aws.simulator.attach(arn, { name: 'guardrail', effect: 'Deny', action: '*', resource: '*' })
    expect((await look(aws, 'githubRepository', 'example-org/checkout')).answer?.explicit).toBe(true)
  })
})

test('a host that no role trusts is denied, and unknown in an account whose roles are not listed', async () => {
  const aws = new MemoryAwsHosts()
  expect((await look(aws, 'githubEnvironment', environment)).answer?.answer).toBe('denied')
  aws.listFault = new HostUnseen('not_permitted')
  const { answer, partial } = await look(aws, 'githubEnvironment', environment)
  expect(answer?.answer).toBe('unknown')
  expect(partial).toEqual(['the roles of account 000000000000 were not listed'])
})

test.each(['throttled', 'too_slow', 'fault'] as const)(
  'a list that fails for a while (%s) fails the look',
  async (why) => {
    const aws = new MemoryAwsHosts()
    aws.listFault = new HostUnseen(why)
    await expect(look(aws, 'githubEnvironment', environment)).rejects.toMatchObject({ why })
  },
)

test('a look at more than 200 roles counts the rest, and then no answer is better than unknown', async () => {
  const aws = new MemoryAwsHosts()
  for (let at = 0; at < 203; at++) aws.role(`r${at}`, github('repo:example-org/*'))
  const { answer, roles, unseen, partial } = await look(aws, 'githubEnvironment', environment)
  expect([answer?.answer, roles?.length, unseen]).toEqual(['unknown', 200, 3])
  expect(partial).toContain('3 roles were not looked at')
})

test('an action beyond the questions of one look is unknown', async () => {
  const aws = new MemoryAwsHosts()
  const where = aws.role('nightly-jobs', byService('ec2.amazonaws.com'), put)
  const entry = bundle.actions['ssm:PutParameter']
  if (!entry) throw new TypeError('the sample has the action')
  const more = Object.fromEntries(
    Array.from({ length: 2000 }, (_, at) => [`ssm:${at}`, { ...entry, name: `ssm:${at}` }]),
  )
  const large = { ...bundle, actions: { ...more, ...bundle.actions } }
  const looked = { at: 0, role: where, ...(await aws.probers().awsRole.probe(where, large)) }
  const about = { action: entry.name, resource: { type: 'ssm:parameter', id: staging }, rules: bundle.resources }
  expect(ambientOf(looked, { runsOn: { awsRole: where } }, { ...about, action: 'ssm:0' }, 1)).toBe('allowed')
  expect(ambientOf(looked, { runsOn: { awsRole: where } }, about, 1)).toBe('unknown')
})

describe('one step of assumption', () => {
  const host = 'arn:aws:iam::000000000000:role/nightly-jobs'

  test('a role that the host may assume counts as its own, and the next one does not', async () => {
    const aws = new MemoryAwsHosts()
    aws.role('nightly-jobs', byService('ec2.amazonaws.com'), assume('*'))
    const second = aws.role('second', byRole('arn:aws:iam::000000000000:root'), assume('*'))
    aws.role('third', byRole(second), put)
    expect((await look(aws, 'awsRole', host)).answer?.answer).toBe('denied')
    aws.simulator.attach(second, put)
    const { answer, roles } = await look(aws, 'awsRole', host)
    expect(answer).toEqual({ resource: staging, answer: 'allowed', by: ['wide (role) of second'] })
    expect(roles).toContainEqual({ arn: second, via: 'assume', answer: 'allowed', boundary: null })
  })

  test('a trust policy that names the role is enough in one account, unless a policy denies it', async () => {
    const aws = new MemoryAwsHosts()
    aws.role('nightly-jobs', byService('ec2.amazonaws.com'))
    aws.role('second', byRole(host), put)
    expect((await look(aws, 'awsRole', host)).answer?.answer).toBe('allowed')
    aws.simulator.attach(host, { ...assume('*'), effect: 'Deny' })
    expect((await look(aws, 'awsRole', host)).answer?.answer).toBe('denied')
  })

  test('a trust policy that lets everyone in is enough in one account', async () => {
    const aws = new MemoryAwsHosts()
    aws.role('nightly-jobs', byService('ec2.amazonaws.com'))
    aws.role('second', byRole('*'), put)
    expect((await look(aws, 'awsRole', host)).answer?.answer).toBe('allowed')
  })

  test('a trust policy that names a session of the role makes its rights unknown, and one of another role none', async () => {
    const aws = new MemoryAwsHosts()
    aws.role('nightly-jobs', byService('ec2.amazonaws.com'))
    aws.role('third', byRole('arn:aws:sts::000000000000:assumed-role/other-jobs/nightly'), put)
    expect((await look(aws, 'awsRole', host)).answer?.answer).toBe('denied')
    aws.role('second', byRole('arn:aws:sts::000000000000:assumed-role/nightly-jobs/nightly'), put)
    expect((await look(aws, 'awsRole', host)).answer?.answer).toBe('unknown')
  })

  test('roles beyond 200 that may trust the role are said, and then no answer is better than unknown', async () => {
    const aws = new MemoryAwsHosts()
    aws.role('nightly-jobs', byService('ec2.amazonaws.com'), assume('arn:aws:iam::000000000000:role/last'))
    for (let at = 0; at < 200; at++) aws.role(`r${at}`, byRole('arn:aws:iam::000000000000:root'))
    aws.role('last', byRole('arn:aws:iam::000000000000:root'), put)
    const { answer, partial } = await look(aws, 'awsRole', host)
    expect(answer?.answer).toBe('unknown')
    expect(partial).toEqual([`1 roles that may trust \`${host}\` were not looked at`])
  })

  test('a trust policy that names the account needs a right of the role', async () => {
    const aws = new MemoryAwsHosts()
    aws.role('nightly-jobs', byService('ec2.amazonaws.com'))
    aws.role('second', byRole('arn:aws:iam::000000000000:root'), put)
    expect((await look(aws, 'awsRole', host)).answer?.answer).toBe('denied')
  })

  test('a right to assume that only the call can tell is unknown', async () => {
    const aws = new MemoryAwsHosts()
    aws.role('nightly-jobs', byService('ec2.amazonaws.com'), { ...assume('*'), when: 'aws:SourceVpce' })
    aws.role('second', byRole('arn:aws:iam::000000000000:root'), put)
    expect((await look(aws, 'awsRole', host)).answer?.answer).toBe('unknown')
  })
})

describe('a service account of Kubernetes', () => {
  const issuer = 'oidc.eks.us-east-1.amazonaws.com/id/ABC'
  const provider = `arn:aws:iam::000000000000:oidc-provider/${issuer}`
  const cluster = { cluster: { identity: { oidc: { issuer: `https://${issuer}` } } } }

  test('a service account reaches the roles that trust its subject, and those of its Pod Identity association', async () => {
    const aws = new MemoryAwsHosts()
    aws.answer('eks:DescribeCluster', cluster)
    aws.answer('eks:ListPodIdentityAssociations', { associations: [{ associationId: 'a-1' }] })
    const [pod, target] = [aws.role('pod', byService('pods.eks.amazonaws.com')), aws.role('target', byRole('x'), put)]
    aws.answer('eks:DescribePodIdentityAssociation', { association: { roleArn: pod, targetRoleArn: target } })
    const sub = (name: string) => ({ StringEquals: { [`${issuer}:sub`]: `system:serviceaccount:agents:${name}` } })
    const irsa = aws.role('irsa', trustOf(provider, sub('remediator')))
    aws.role('other', trustOf(provider, sub('other')), put)
    const { answer, roles } = await look(aws, 'kubernetesServiceAccount', 'prod/agents/remediator')
    expect(answer?.by).toEqual(['wide (role) of target'])
    expect(roles?.map(({ arn, via }) => [arn, via])).toEqual([
      [irsa, 'trust'],
      [pod, 'association'],
      [target, 'association'],
    ])
  })

  test('a service account without a role may use that of its node, so that nothing is denied', async () => {
    const aws = new MemoryAwsHosts()
    aws.answer('eks:DescribeCluster', cluster)
    aws.answer('eks:ListPodIdentityAssociations', { associations: [] })
    const { answer, partial } = await look(aws, 'kubernetesServiceAccount', 'prod/agents/remediator')
    expect(answer?.answer).toBe('unknown')
    expect(partial).toEqual(['the service account has no role: its pods may use that of their node'])
  })

  test('a cluster that no account has is missing', async () => {
    const looked = look(new MemoryAwsHosts(), 'kubernetesServiceAccount', 'prod/agents/remediator')
    await expect(looked).rejects.toMatchObject({ why: 'no_such_role' })
  })
})

describe('a scheduled host', () => {
  const at = (service: string, rest: string) => `arn:aws:${service}:us-east-1:000000000000:${rest}`
  const lambda = at('lambda', 'function:nightly')

  test.each<[where: string, answers: (aws: MemoryAwsHosts, role: string) => void]>([
    [lambda, (aws, Role) => aws.answer('lambda:GetFunctionConfiguration', { Role })],
    [
      at('ecs', 'task-definition/nightly:3'),
      (aws, taskRoleArn) => aws.answer('ecs:DescribeTaskDefinition', { taskDefinition: { taskRoleArn } }),
    ],
    [
      at('ecs', 'service/main/nightly'),
      (aws, taskRoleArn) => {
        aws.answer('ecs:DescribeServices', { services: [{ taskDefinition: at('ecs', 'task-definition/nightly:3') }] })
        aws.answer('ecs:DescribeTaskDefinition', { taskDefinition: { taskRoleArn } })
      },
    ],
    [at('states', 'stateMachine:nightly'), (aws, roleArn) => aws.answer('states:DescribeStateMachine', { roleArn })],
    [
      at('codebuild', 'project/nightly'),
      (aws, serviceRole) => aws.answer('codebuild:BatchGetProjects', { projects: [{ serviceRole }] }),
    ],
    [
      at('scheduler', 'schedule/default/nightly'),
      (aws, Role) => {
        aws.answer('scheduler:GetSchedule', { Target: { Arn: lambda } })
        aws.answer('lambda:GetFunctionConfiguration', { Role })
      },
    ],
  ])('%s has the rights of its role', async (where, answers) => {
    expect(RunsOn.safeParse({ scheduler: where }).success).toBe(true)
    const aws = new MemoryAwsHosts()
    const role = aws.role('nightly', byService('lambda.amazonaws.com'), put)
    answers(aws, role)
    const { answer, roles } = await look(aws, 'scheduler', where)
    expect(answer?.answer).toBe('allowed')
    expect(roles?.map(({ arn }) => arn)).toEqual([role])
    await expect(look(new MemoryAwsHosts(), 'scheduler', where)).rejects.toBeInstanceOf(HostUnseen)
  })

  test('a schedule whose target is not looked at is not complete', async () => {
    const aws = new MemoryAwsHosts()
    const RoleArn = aws.role('nightly', byService('scheduler.amazonaws.com'))
    aws.answer('scheduler:GetSchedule', { Target: { Arn: at('sqs', 'jobs'), RoleArn } })
    const { answer, partial } = await look(aws, 'scheduler', at('scheduler', 'schedule/default/nightly'))
    expect(answer?.answer).toBe('unknown')
    expect(partial).toContain('the target of the schedule is of a kind that is not looked at, or a version or an alias')
  })

  test.each([at('lambda', 'function:nightly:live'), at('states', 'stateMachine:nightly:3')])(
    'a schedule of %s does not take the role of the newest version for that of this one',
    async (Arn) => {
      const aws = new MemoryAwsHosts()
      const role = aws.role('newest', byService('lambda.amazonaws.com'))
      aws.answer('scheduler:GetSchedule', { Target: { Arn } })
      aws.answer('lambda:GetFunctionConfiguration', { Role: role })
      aws.answer('states:DescribeStateMachine', { roleArn: role })
      const { answer, roles } = await look(aws, 'scheduler', at('scheduler', 'schedule/default/nightly'))
      expect([answer?.answer, roles]).toEqual(['unknown', []])
    },
  )

  const role = 'arn:aws:iam::000000000000:role/other'
  test.each([
    ['unknown', 'ecs', JSON.stringify({ taskRoleArn: role })],
    ['unknown', 'ecs', JSON.stringify({ containerOverrides: [], taskRoleArn: role }).replace('taskR', '\\u0074askR')],
    ['denied', 'ecs', JSON.stringify({ containerOverrides: [{ name: 'job', command: ['echo', '"now"'] }] })],
    ['unknown', 'codebuild', JSON.stringify({ serviceRoleOverride: role })],
    ['denied', 'lambda', JSON.stringify({ taskRoleArn: role })],
  ] as const)(
    'a right is %s if a schedule starts a target of %s with the input %s',
    async (expected, service, Input) => {
      const aws = new MemoryAwsHosts()
      const low = aws.role('low', byService('ecs-tasks.amazonaws.com'))
      const EcsParameters = { TaskDefinitionArn: at('ecs', 'task-definition/nightly:3') }
      const targets = {
        ecs: { Arn: at('ecs', 'cluster/main'), EcsParameters },
        codebuild: { Arn: at('codebuild', 'project/nightly') },
        lambda: { Arn: lambda },
      }
      aws.answer('scheduler:GetSchedule', { Target: { ...targets[service], Input } })
      aws.answer('ecs:DescribeTaskDefinition', { taskDefinition: { taskRoleArn: low } })
      aws.answer('codebuild:BatchGetProjects', { projects: [{ serviceRole: low }] })
      aws.answer('lambda:GetFunctionConfiguration', { Role: low })
      expect((await look(aws, 'scheduler', at('scheduler', 'schedule/default/nightly'))).answer?.answer).toBe(expected)
    },
  )
})

test('secrets and parameters that the role may read are listed by name, and nothing reads a value', async () => {
  const aws = new MemoryAwsHosts()
  const secret = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:db-x'
  aws.answer('secretsmanager:ListSecrets', {
    SecretList: [
      { Name: 'db', ARN: secret },
      { Name: 'no', ARN: `${secret}y` },
    ],
  })
  aws.answer('ssm:DescribeParameters', { Parameters: [{ Name: '/prod/key' }, { Name: 'plain' }] })
  const role = aws.role(
    'nightly-jobs',
    byService('ec2.amazonaws.com'),
    { name: 'read', action: 'secretsmanager:GetSecretValue', resource: secret },
    { name: 'read', action: 'ssm:GetParameter', resource: 'arn:aws:ssm:us-east-1:000000000000:parameter/plain' },
  )
  expect((await look(aws, 'awsRole', role)).secrets).toEqual([
    { kind: 'secret', name: 'db', role },
    { kind: 'parameter', name: 'plain', role },
  ])
  expect(hostReads.some((action) => /Get(?:SecretValue|Parameter)/.test(action))).toBe(false)
})

test('secrets that were not looked at are said: of a role that IAM is silent about, and beyond 200 names', async () => {
  const aws = new MemoryAwsHosts()
  const role = aws.role('nightly-jobs', byService('ec2.amazonaws.com'))
  const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:db-x'
  aws.answer('secretsmanager:ListSecrets', {
    SecretList: Array.from({ length: 200 }, (_, at) => ({ Name: `s${at}`, ARN })),
    NextToken: 'more',
  })
  const simulate = aws.simulator.simulate.bind(aws.simulator)
  jest.spyOn(aws.simulator, 'simulate').mockImplementation(async (of, asked) => {
    if (asked.actions.includes('secretsmanager:GetSecretValue')) throw new HostUnseen('not_permitted')
    return simulate(of, asked)
  })
  const { secrets, partial } = await look(aws, 'awsRole', role)
  expect(secrets).toEqual([])
  expect(partial).toEqual([
    'more secrets of account 000000000000 were not looked at',
    `the secrets that \`${role}\` may read are not known`,
  ])
})

test('several looks of one run list the roles of an account once and ask about a role, and its secrets, once', async () => {
  const aws = new MemoryAwsHosts()
  const deploys = aws.role('deploys', github('repo:example-org/*'), put)
  aws.role('second', byRole(deploys))
  aws.answer('ssm:DescribeParameters', { Parameters: [{ Name: 'plain' }] })
  const probers = aws.probers()
  await probers.githubEnvironment.probe(environment, bundle)
  const { asked } = aws.simulator
  await probers.githubRepository.probe('example-org/checkout', bundle)
  expect([aws.lists, aws.simulator.asked]).toEqual([1, asked])
})

test('IAM is asked no more when the time of the run is up, and the look is too slow', async () => {
  const aws = new MemoryAwsHosts()
  for (let at = 0; at < 10; at++) aws.role(`r${at}`, github('repo:example-org/*'), put)
  aws.isLate = () => aws.simulator.asked >= 4
  await expect(look(aws, 'githubEnvironment', environment)).rejects.toMatchObject({ why: 'too_slow' })
  expect(aws.simulator.asked).toBe(4)
})

test.each(hostReads)("the model of %s is that of AWS's client", (action) => {
  expect(models[action]).toEqual(JSON.parse(JSON.stringify(modelOf(action, []))))
})
