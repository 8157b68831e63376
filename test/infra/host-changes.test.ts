import { join } from 'node:path'
import { elsewhere, home, stackName, synthesize } from './support/assembly.ts'
import { propertiesOf, resourcesOf, statementsOf, type Template, templateOf, textOf } from './support/template.ts'

/** The way of a change at AWS to the one function that looks at hosts: a rule in each Region, a bus, a queue. */

const assembly = synthesize()
const bus = `arn:aws:events:eu-central-1:${home}:event-bus/${stackName}-changes`
const watch = (alias: string) => templateOf(join(assembly.outdir, `${stackName}Watch-${alias}-us-east-1.template.json`))
const ruleIn = (template: Template) => {
  const [[, rule] = [], ...more] = resourcesOf(template, 'AWS::Events::Rule').filter(([id]) => /Change/.test(id))
  if (!rule || more.length > 0) throw new Error('not exactly one rule of changes')
  return rule.Properties
}

test.each<[where: string, account: string, template: () => Template]>([
  ['the target stack at home', home, () => assembly.targets[home] as Template],
  ['the target stack elsewhere', elsewhere, () => assembly.targets[elsewhere] as Template],
  ['the stack elsewhere for IAM', elsewhere, () => watch('other')],
])(
  'the rule of %s tells the bus of successful changes, and of the look’s own two reads',
  (_where, account, template) => {
    const rule = ruleIn(template())
    expect(rule['State']).toBe('ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS')
    const { detail, ...rest } = rule['EventPattern'] as { detail: { $or: { eventName: unknown[] }[] } }
    expect(rest).toMatchObject({ 'detail-type': ['AWS API Call via CloudTrail'] })
    // EventBridge takes no longer pattern.
    expect(JSON.stringify(rule['EventPattern']).length).toBeLessThanOrEqual(2048)
    const [changes, proofs] = detail.$or
    expect(detail).toMatchObject({ errorCode: [{ exists: false }] })
    for (const name of ['PutRolePolicy', 'UpdateAssumeRolePolicy', 'CreatePodIdentityAssociation', 'UpdateSchedule'])
      expect(changes?.eventName).toContain(name)
    for (const name of ['DeregisterTaskDefinition', 'UpdateServicePrimaryTaskSet'])
      expect(changes?.eventName).toContain(name)
    expect(JSON.stringify(changes)).not.toMatch(/"(?:List|Get|Describe|Simulate)/)
    expect(proofs).toEqual({
      eventName: ['ListRoles', 'ListSecrets'],
      userIdentity: {
        sessionContext: { sessionIssuer: { arn: [`arn:aws:iam::${account}:role/hotwork/${stackName}-simulator`] } },
      },
    })
    const [target, ...more] = rule['Targets'] as { Arn: string; RoleArn: unknown }[]
    expect([target?.Arn, more]).toEqual([bus, []])
    expect(textOf(target?.RoleArn)).toMatch(/^<Changes>$|:role\/hotwork\/Elsewhere-changes$/)
  },
)

test('the sender of an account is used by EventBridge in that account, and may put events on the one bus', () => {
  const template = assembly.targets[elsewhere] as Template
  const role = propertiesOf(template, 'AWS::IAM::Role').find(({ RoleName }) => RoleName === `${stackName}-changes`)
  expect(statementsOf(role?.['AssumeRolePolicyDocument'])).toEqual([
    {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Service: 'events.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': elsewhere } },
    },
  ])
  const policies = propertiesOf(template, 'AWS::IAM::Policy').filter(({ Roles }) => textOf(Roles) === '<Changes>')
  expect(policies.flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument))).toEqual([
    { Effect: 'Allow', Action: 'events:PutEvents', Resource: bus },
  ])
  // The stack in the other Region makes no role and no right.
  expect(Object.values(watch('other').Resources).map(({ Type }) => Type)).not.toContain('AWS::IAM::Policy')
})

test('the bus takes events of other accounts from their senders alone', () => {
  const [policy, ...more] = propertiesOf(assembly.hotwork, 'AWS::Events::EventBusPolicy')
  expect(more).toEqual([])
  expect(policy?.['Statement']).toMatchObject({
    Action: 'events:PutEvents',
    Principal: { AWS: [`arn:aws:iam::${elsewhere}:root`] },
    Condition: { ArnEquals: { 'aws:PrincipalArn': [`arn:aws:iam::${elsewhere}:role/hotwork/${stackName}-changes`] } },
  })
})

test('the rule of the bus sends names alone, of accounts of the deployment', () => {
  const rule = ruleIn(assembly.hotwork)
  expect(textOf(rule['EventBusName'])).toBe('<HostsChangesBus>')
  expect(rule['EventPattern']).toEqual({
    // An event of one's own has no such source.
    source: [{ prefix: 'aws.' }],
    'detail-type': ['AWS API Call via CloudTrail'],
    account: [home, elsewhere],
  })
  const [target] = rule['Targets'] as { InputTransformer: { InputTemplate: string; InputPathsMap: object } }[]
  const paths = Object.values(target?.InputTransformer.InputPathsMap ?? {}) as string[]
  expect(paths).not.toContain('$.detail.requestParameters')
  for (const name of ['service', 'serviceName', 'taskDefinition'])
    expect(paths).toContain(`$.detail.requestParameters.${name}`)
  expect(paths.join()).not.toMatch(/userIdentity|responseElements|Document|environment/)
  // A name that a call has not is an empty text, and the message is still JSON.
  const message = target?.InputTransformer.InputTemplate.replaceAll(/<[^>]+>/g, (path) =>
    target.InputTransformer.InputTemplate.includes(` ${path}`) ? '' : '"x"',
  )
  expect(Object.keys(JSON.parse(message ?? ''))).toEqual(['account', 'region', 'source', 'name', 'at', 'about'])
})

test('only that rule sends to the queue, and only the looker takes from it', () => {
  const [, queue] = resourcesOf(assembly.hotwork, 'AWS::SQS::Queue').find(([id]) => /HostsChanges/.test(id)) ?? []
  expect(queue?.Properties).toMatchObject({ SqsManagedSseEnabled: true, VisibilityTimeout: 600 })
  const policies = propertiesOf(assembly.hotwork, 'AWS::SQS::QueuePolicy').filter(({ Queues }) =>
    textOf(Queues).includes('HostsChanges'),
  )
  const senders = policies.flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument))
  expect(senders).toMatchObject([
    {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Condition: {
        ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [expect.stringMatching(/^HostsChangesRule/), 'Arn'] } },
      },
    },
  ])
})

test('a message waits longer than the time between two looks, and a burst is gathered in few batches', () => {
  const [, queue] = resourcesOf(assembly.hotwork, 'AWS::SQS::Queue').find(([id]) => /HostsChanges/.test(id)) ?? []
  expect(queue?.Properties['DelaySeconds']).toBeGreaterThanOrEqual(60 + 10)
  const mappings = propertiesOf(assembly.hotwork, 'AWS::Lambda::EventSourceMapping')
  const mapping = mappings.find(({ EventSourceArn }) => textOf(EventSourceArn).includes('HostsChanges'))
  expect(mapping).toMatchObject({
    BatchSize: 1000,
    MaximumBatchingWindowInSeconds: 20,
    ScalingConfig: { MaximumConcurrency: 2 },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  })
})
