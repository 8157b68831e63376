import { sealedRoleOf } from '../support/break-glass/sealed-role.ts'
import { elsewhere, home, said, sealedAccounts, stackName, synthesize } from './support/assembly.ts'
import { everything, isAllowed, type Policy } from './support/judge.ts'
import {
  listOf,
  propertiesOf,
  type Resource,
  resourcesOf,
  statementsOf,
  type Template,
  textOf,
} from './support/template.ts'

/** A Hotwork whose own account has a sealed role, for two people, and another account in another Region, for one. */

const [gus, jade] = [`arn:aws:iam::${home}:user/gus`, `arn:aws:iam::${home}:user/oncall/jade`]
const { target } = sealedAccounts
const topic = 'arn:aws:sns:eu-west-1:222222222222:on-call'

const assembly = synthesize(sealedAccounts)

const targetOf = (accountId: string) => assembly.targets[accountId] as Template
const roleNamed = (of: Template, name: string) =>
  propertiesOf(of, 'AWS::IAM::Role').find(({ RoleName }) => RoleName === name) as Resource['Properties']
const sealed = (accountId = home) => roleNamed(targetOf(accountId), `${stackName}-sealed`)
const policiesOf = (accountId: string) =>
  Object.fromEntries(
    resourcesOf(targetOf(accountId), 'AWS::IAM::ManagedPolicy').map(([id, { Properties }]) => [
      id.replace(/[0-9A-F]{8}$/, ''),
      { ref: textOf({ Ref: id }), document: Properties['PolicyDocument'] as Policy },
    ]),
  )

describe('who becomes the sealed role', () => {
  type Caller = { user?: string; context?: { readonly [key: string]: string | undefined } }
  const said: Caller['context'] = {
    'aws:MultiFactorAuthPresent': 'true',
    'aws:MultiFactorAuthAge': '60',
    'sts:ExternalId': 'sealed',
    'sts:RoleSessionName': 'gus',
    'aws:username': 'gus',
    'aws:RequestedRegion': 'eu-central-1',
  }
  function may({ user = gus, context = {} }: Caller, action = 'sts:AssumeRole'): Promise<boolean> {
    const known = Object.entries({ ...said, ...context }).filter(
      (each): each is [string, string] => each[1] !== undefined,
    )
    return isAllowed({
      ...{ user, action, resource: sealedRoleOf(stackName, target as never) },
      context: Object.fromEntries(known),
      identity: [everything],
      trust: statementsOf(sealed()['AssumeRolePolicyDocument']).map((statement) => ({ ...statement })),
    })
  }

  test('a named person with a fresh second factor may assume the sealed role', async () => {
    expect(await may({})).toBe(true)
    const asJade = { 'sts:RoleSessionName': 'jade', 'aws:username': 'jade' }
    expect(await may({ user: jade, context: asJade })).toBe(true)
  })

  test.each<[how: string, context: NonNullable<Caller['context']>]>([
    ['a code in the call itself, with an age', { 'aws:MultiFactorAuthAge': '0' }],
    ['a code in the call itself, without an age', { 'aws:MultiFactorAuthAge': undefined }],
    ['a second factor of almost a quarter of an hour ago', { 'aws:MultiFactorAuthAge': '899' }],
  ])('the sealed role may be assumed with %s', (_how, context) => expect(may({ context })).resolves.toBe(true))

  test('long-lived keys without a code may not assume the sealed role', async () => {
    const keysAlone = { 'aws:MultiFactorAuthPresent': undefined, 'aws:MultiFactorAuthAge': undefined }
    expect(await may({ context: keysAlone })).toBe(false)
    expect(await may({ context: { ...keysAlone, 'aws:MultiFactorAuthPresent': 'false' } })).toBe(false)
  })

  test.each<[who: string, caller: Caller]>([
    ['an unnamed user', { user: `arn:aws:iam::${home}:user/eve` }],
    ['a user of that name in another account', { user: `arn:aws:iam::${elsewhere}:user/gus` }],
    ['a user without a second factor', { context: { 'aws:MultiFactorAuthPresent': 'false' } }],
    ['a user whose second factor is unknown', { context: { 'aws:MultiFactorAuthPresent': undefined } }],
    ['a user with an old second factor', { context: { 'aws:MultiFactorAuthAge': '900' } }],
    ['a session with the name of another user', { context: { 'sts:RoleSessionName': 'jade' } }],
    ['the console, which sends no external id', { context: { 'sts:ExternalId': undefined } }],
    ['a call to the STS of a Region without a bell', { context: { 'aws:RequestedRegion': 'us-east-1' } }],
  ])('the sealed role may not be assumed by %s', (_who, caller) => expect(may(caller)).resolves.toBe(false))

  test.each(['sts:TagSession', 'sts:SetSourceIdentity', 'sts:AssumeRoleWithWebIdentity'])(
    'the sealed role allows no %s',
    (action) => expect(may({}, action)).resolves.toBe(false),
  )

  test("the sealed role's sessions last an hour at most, and its trust policy fits AWS's limit", () => {
    expect(sealed()['MaxSessionDuration']).toBe(3600)
    const trust = JSON.stringify(sealed()['AssumeRolePolicyDocument'])
    // There are two people here and may be eight, with names and paths of usual length.
    expect(trust.length + 6 * `"arn:aws:iam::${home}:user/${'x'.repeat(100)}",`.length).toBeLessThanOrEqual(2048)
  })
})

describe('what it may do', () => {
  const parameter = (name: string) => `arn:aws:ssm:eu-central-1:${home}:parameter${name}`
  const may = (action: string, resource: string) =>
    isAllowed({
      ...{ role: sealedRoleOf(stackName, target as never), action, resource },
      identity: [policiesOf(home)['Catalogue']?.document as Policy],
      boundary: [policiesOf(home)['Boundary']?.document as Policy],
    })

  test("the sealed role reaches the catalogue's resources, under the target role's boundary", async () => {
    expect(textOf(sealed()['PermissionsBoundary'])).toBe(policiesOf(home)['Boundary']?.ref)
    expect(listOf(sealed()['ManagedPolicyArns']).map(textOf)).toEqual([policiesOf(home)['Catalogue']?.ref])
    expect(sealed()['Policies']).toBeUndefined()
    expect(await may('ssm:PutParameter', parameter('/prod/checkout/x'))).toBe(true)
  })

  test.each([
    ['ssm:PutParameter', `arn:aws:ssm:eu-central-1:${home}:parameter/prod/hotwork/x`],
    ['lambda:PutFunctionConcurrency', `arn:aws:lambda:eu-central-1:${home}:function:${stackName}-IssueToken`],
    ['dynamodb:UpdateItem', `arn:aws:dynamodb:eu-central-1:${home}:table/${stackName}-Requests`],
    ['iam:PutRolePolicy', sealedRoleOf(stackName, target as never)],
    ['sts:AssumeRole', `arn:aws:iam::${home}:role/hotwork/${stackName}-target`],
    ['cloudtrail:StopLogging', `arn:aws:cloudtrail:eu-central-1:${home}:trail/all`],
    ['s3:GetObject', 'arn:aws:s3:::secrets/all'],
  ])('the sealed role never allows %s on %s', (action, resource) => expect(may(action, resource)).resolves.toBe(false))
})

const bellsIn = (template: Template) => resourcesOf(template, 'AWS::Events::Rule').filter(([id]) => /Sealed/.test(id))
const bellOf = (accountId: string) => (bellsIn(targetOf(accountId))[0] as [string, Resource])[1].Properties

test.each([home, elsewhere])('the bell in %s hears each use, which AWS calls read-only', (accountId) => {
  const bell = bellOf(accountId)
  expect(bell).toMatchObject({
    Name: `${stackName}-sealed`,
    State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
    EventPattern: {
      source: ['aws.sts'],
      'detail-type': ['AWS API Call via CloudTrail'],
      detail: { eventName: ['AssumeRole'], errorCode: [{ exists: false }] },
    },
  })
  const { requestParameters } = (bell['EventPattern'] as { detail: { requestParameters: { roleArn: unknown[] } } })
    .detail
  const roleArn = textOf(requestParameters.roleArn[0]).replace('<AWS::Partition>', 'aws')
  expect(roleArn).toBe(`arn:aws:iam::${accountId}:role/hotwork/${stackName}-sealed`)
})

test.each([
  [home, said.alarmTopic],
  [elsewhere, topic],
])('the bell in %s raises an alarm within a minute, without Hotwork', (accountId, told) => {
  const [Properties = {}] = resourcesOf(targetOf(accountId), 'AWS::CloudWatch::Alarm')
    .filter(([id]) => id.startsWith('SealedUsed'))
    .map(([, each]) => each.Properties)
  expect(Properties).toMatchObject({
    Namespace: 'AWS/Events',
    MetricName: 'TriggeredRules',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    AlarmActions: [told],
  })
  const [dimension] = Properties['Dimensions'] as { Name: string; Value: unknown }[]
  expect([dimension?.Name, textOf(dimension?.Value)]).toEqual(['RuleName', '<SealedBell>'])
})

/** The dead-letter queue of a rule's one target, and its alarm. */
const lostOf = (template: Template, rule: RegExp, alarm: RegExp) => {
  const [, bell] = resourcesOf(template, 'AWS::Events::Rule').find(([id]) => rule.test(id)) ?? []
  const [target] = (bell?.Properties['Targets'] ?? []) as { DeadLetterConfig?: { Arn: { 'Fn::GetAtt': [string] } } }[]
  const [queue] = target?.DeadLetterConfig?.Arn['Fn::GetAtt'] ?? ['']
  const [, watch] = resourcesOf(template, 'AWS::CloudWatch::Alarm').find(([id]) => alarm.test(id)) ?? []
  return { queue, target, properties: template.Resources[queue]?.Properties, watch: watch?.Properties }
}

test.each([
  ['its rule at home', () => lostOf(targetOf(home), /^SealedBell/, /^SealedBellDeadLetters/)],
  ['its rule elsewhere', () => lostOf(targetOf(elsewhere), /^SealedBell/, /^SealedBellDeadLetters/)],
  ["the rule of Hotwork's bus", () => lostOf(assembly.hotwork, /^BreakGlassSealedFrom/, /SealedBellDeadLetters/)],
])('undelivered events of %s are kept for fourteen days, with an alarm', (_of, lost) => {
  const { queue, target, properties, watch } = lost()
  expect(target).toHaveProperty('DeadLetterConfig')
  expect(properties).toMatchObject({ MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true })
  expect(watch).toMatchObject({ MetricName: 'ApproximateNumberOfMessagesVisible', Threshold: 1 })
  expect(JSON.stringify(watch?.['Dimensions'])).toContain(`"${queue}"`)
  expect(watch?.['AlarmActions']).toHaveLength(1)
})

test("the bell at home sends to Hotwork's queue", () => {
  const [{ Arn } = { Arn: '' }, ...more] = bellOf(home)['Targets'] as { Arn: string }[]
  expect([Arn, more]).toEqual([`arn:aws:sqs:eu-central-1:${home}:${stackName}-sealed`, []])
})

test("a message of the bell has the actor and the call, but not STS's answer with the session's token", () => {
  const fromElsewhere = bellsIn(assembly.hotwork).map(([, { Properties }]) => Properties['Targets'])
  const rules = [bellOf(home)['Targets'], ...fromElsewhere] as {
    InputTransformer: { InputPathsMap: { [name: string]: string } }
  }[][]
  expect(rules).toHaveLength(2)
  for (const [target] of rules)
    expect(Object.values(target?.InputTransformer.InputPathsMap ?? {}).sort()).toEqual([
      '$.detail.eventID',
      '$.detail.eventName',
      '$.detail.eventTime',
      '$.detail.requestParameters',
      '$.detail.userIdentity',
      '$.source',
    ])
})

test("the bell elsewhere sends to Hotwork's bus, with a role for that alone", () => {
  const [told, ...more] = bellOf(elsewhere)['Targets'] as { Arn: string; RoleArn: unknown }[]
  const bus = `arn:aws:events:eu-central-1:${home}:event-bus/${stackName}-sealed`
  expect([told?.Arn, more]).toEqual([bus, []])
  const role = roleNamed(targetOf(elsewhere), `${stackName}-bell`)
  expect(statementsOf(role['AssumeRolePolicyDocument'])).toEqual([
    {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Service: 'events.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': elsewhere } },
    },
  ])
  const policies = resourcesOf(targetOf(elsewhere), 'AWS::IAM::Policy').filter(([, { Properties }]) =>
    textOf(Properties['Roles']).includes('Bell'),
  )
  expect(policies.flatMap(([, { Properties }]) => statementsOf(Properties['PolicyDocument']))).toEqual([
    { Effect: 'Allow', Action: 'events:PutEvents', Resource: bus },
    ...policies.slice(1).map(() => ({ Effect: 'Allow', Action: 'events:PutEvents', Resource: bus })),
  ])
})

const queue = () =>
  resourcesOf(assembly.hotwork, 'AWS::SQS::Queue').find(
    ([, { Properties }]) => Properties['QueueName'] === `${stackName}-sealed`,
  ) as readonly [string, Resource]

test('the queue of uses and its dead letters keep messages for fourteen days', () => {
  const [id, { Properties }] = queue()
  const { deadLetterTargetArn } = Properties['RedrivePolicy'] as { deadLetterTargetArn: unknown }
  const [deadLetters] = (deadLetterTargetArn as { 'Fn::GetAtt': [string] })['Fn::GetAtt']
  for (const each of [id, deadLetters])
    expect(assembly.hotwork.Resources[each]?.Properties['MessageRetentionPeriod']).toBe(1_209_600)
})

test('the queue of uses accepts only messages of the two rules', () => {
  const [id] = queue()
  const policies = resourcesOf(assembly.hotwork, 'AWS::SQS::QueuePolicy').filter(([, { Properties }]) =>
    JSON.stringify(Properties['Queues']).includes(id),
  )
  const statements = policies.flatMap(([, { Properties }]) => statementsOf(Properties['PolicyDocument']))
  for (const { Action, Principal, Condition } of statements)
    expect([listOf(Action), Principal, Object.keys(Object(Condition))]).toEqual([
      expect.arrayContaining(['sqs:SendMessage']),
      { Service: 'events.amazonaws.com' },
      expect.arrayContaining(['ArnEquals']),
    ])
  const sources = statements.flatMap(({ Condition }) =>
    listOf((Condition as { ArnEquals: { 'aws:SourceArn': unknown } }).ArnEquals['aws:SourceArn']).map(textOf),
  )
  expect([...new Set(sources)].sort()).toEqual([
    '<SealedFromElsewhere>',
    expect.stringMatching(/:rule\/Elsewhere-sealed$/),
  ])
})

test("the bus accepts only events of other accounts' bells", () => {
  const policies = resourcesOf(assembly.hotwork, 'AWS::Events::EventBusPolicy')
    .filter(([id]) => /Sealed/.test(id))
    .map(([, { Properties }]) => Properties)
  expect(policies.map(({ Statement }) => Statement)).toEqual([
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${elsewhere}:root` },
      Action: 'events:PutEvents',
      Resource: expect.anything(),
      Condition: { ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${elsewhere}:role/hotwork/${stackName}-bell` } },
    },
  ])
  const rule = resourcesOf(assembly.hotwork, 'AWS::Events::Rule').find(([id]) => id.startsWith('BreakGlassSealed'))?.[1]
  expect(rule?.Properties).toMatchObject({
    State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
    EventPattern: { source: ['aws.sts'], detail: { eventName: ['AssumeRole'] } },
  })
})

test('an account without people for it has no sealed role and no bus', () => {
  const without = synthesize()
  const [template, desk] = [without.targets[home] as Template, without.hotwork]
  expect(roleNamed(template, `${stackName}-sealed`)).toBeUndefined()
  expect(bellsIn(template)).toEqual([])
  // The buses of decision events and of changes at AWS always exist.
  const buses = resourcesOf(desk, 'AWS::Events::EventBus').map(([, { Properties }]) => Properties['Name'])
  expect(buses.sort()).toEqual([`${stackName}-changes`, `${stackName}-decisions`])
})
