import { openPartsOf, textsOf } from '../../../../functions/targets/aws/change-sets/open-parts.ts'
import { changeOf, modified, readSetOf, setId, stackId } from '../../../support/change-sets/described.ts'

const digest = `sha256:${'a'.repeat(64)}`
const of = (Type: string, Properties: object, more: object = {}) =>
  openPartsOf(readSetOf([], { Resources: { R: { Type, Properties } }, ...more }))
const lambda = (Code: object) => of('AWS::Lambda::Function', { Code })

test.each<[part: string, found: readonly string[], expected: readonly string[]]>([
  ['an S3 object', lambda({ S3Bucket: 'b', S3Key: 'k.zip' }), ['the S3 object k.zip without a version (R)']],
  ['an S3 object with a version', lambda({ S3Bucket: 'b', S3Key: 'k.zip', S3ObjectVersion: 'v1' }), []],
  [
    'an S3 object whose version is absent by a condition',
    lambda({ S3Bucket: 'b', S3Key: 'k', S3ObjectVersion: { Ref: 'AWS::NoValue' } }),
    ['the S3 object k without a version (R)'],
  ],
  [
    'the definition of a state machine',
    of('AWS::StepFunctions::StateMachine', { DefinitionS3Location: { Bucket: 'b', Key: 'd.json' } }),
    ['the S3 object d.json without a version (R)'],
  ],
  [
    'the body of an API',
    of('AWS::ApiGateway::RestApi', { BodyS3Location: { Bucket: 'b', Key: 'api.json', Version: '3' } }),
    [],
  ],
  [
    'a script by its address',
    of('AWS::Glue::Job', { Command: { ScriptLocation: 's3://scripts/etl.py' } }),
    ['the S3 object s3://scripts/etl.py without a version (R)'],
  ],
  [
    'a schema by a web address',
    of('AWS::X', { A: 'https://b.s3.eu-west-1.amazonaws.com/k?versionId=3', B: 'https://b.s3.amazonaws.com/k' }),
    ['the S3 object https://b.s3.amazonaws.com/k without a version (R)'],
  ],
  [
    'an address that functions make',
    of('AWS::CloudFormation::StackSet', {
      A: { 'Fn::Sub': 'https://b.s3.$' + '{AWS::Region}.$' + '{AWS::URLSuffix}/a' },
      B: { 'Fn::Sub': 'https://$' + '{B}.s3.amazonaws.com/b' },
      C: { 'Fn::Join': ['', ['https://s3.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }, '/c']] },
    }),
    ['b.s3.eu-west-1.amazonaws.com/a', '$' + '{B}.s3.amazonaws.com/b', 's3.eu-west-1.amazonaws.com/c'].map(
      (each) => `the S3 object https://${each} without a version (R)`,
    ),
  ],
  [
    'a version that a function adds to an address',
    of('AWS::X', { A: { 'Fn::Join': ['', ['https://b.s3.amazonaws.com/k?versionId=', { Ref: 'V' }]] } }),
    [],
  ],
  ['an image', lambda({ ImageUri: 'repo:live' }), ['the image repo:live without a digest (R)']],
  ['an image by its digest', lambda({ ImageUri: `repo@${digest}` }), []],
  [
    'an image that is joined',
    of('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [
        { Image: { 'Fn::Join': ['', [{ Ref: 'AWS::AccountId' }, '.dkr.ecr/app@', digest]] } },
        { Image: { 'Fn::Sub': '$' + '{AWS::AccountId}.dkr.ecr/app:7' } },
      ],
    }),
    ['the image 111122223333.dkr.ecr/app:7 without a digest (R)'],
  ],
  ['a machine image, which is never changed', of('AWS::EC2::Instance', { ImageId: 'ami-1' }), []],
  [
    'dynamic references',
    of('AWS::X', {
      A: '{{resolve:ssm:/a:3}}',
      B: '{{resolve:ssm:/b}}',
      C: '{{resolve:secretsmanager:s:SecretString:k}}',
    }),
    ['the value of {{resolve:ssm:/b}} (R)', 'the value of {{resolve:secretsmanager:s:SecretString:k}} (R)'],
  ],
  [
    'dynamic references that functions make',
    of('AWS::X', {
      A: { 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: 'S' }, ':SecretString:k::}}']] },
      B: { 'Fn::Join': [':', ['{{resolve:ssm', '/a', '3}}']] },
      C: { 'Fn::Sub': ['{{$' + '{x}:ssm:/$' + '{AWS::Region}}}', { x: 'resolve' }] },
    }),
    ['the value of {{resolve:secretsmanager:{S}:SecretString:k::}} (R)', 'the value of {{resolve:ssm:/eu-west-1}} (R)'],
  ],
  [
    'the source of a build',
    of('AWS::CodeBuild::Project', {
      ...{ Source: { Type: 'S3', Location: 'b/src.zip' }, Artifacts: { Type: 'S3', Location: 'b' } },
      SecondarySources: [
        { Type: 'S3', Location: 'b/more.zip' },
        { Type: 'GITHUB', Location: 'https://github.com/a' },
      ],
    }),
    ['the S3 object b/src.zip without a version (R)', 'the S3 object b/more.zip without a version (R)'],
  ],
  [
    'the source of a build with a version',
    of('AWS::CodeBuild::Project', {
      ...{ Source: { Type: 'S3', Location: 'b/src.zip' }, SourceVersion: 'v1' },
      SecondarySources: [{ Type: 'S3', Location: 'b/more.zip' }],
    }),
    ['the S3 object b/more.zip without a version (R)'],
  ],
  [
    'a version of a secret',
    of('AWS::X', {
      A: '{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:s:SecretString:k::v1}}',
      B: '{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:s:SecretString:k:AWSCURRENT}}',
    }),
    [
      'the value of {{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:s:SecretString:k:AWSCURRENT}} (R)',
    ],
  ],
  ['a custom resource', of('Custom::Seed', { ServiceToken: 'arn' }), ['the code behind the custom resource R']],
  [
    'a custom resource by its other name',
    of('AWS::CloudFormation::CustomResource', {}),
    ['the code behind the custom resource R'],
  ],
  ['a macro', of('AWS::X', {}, { Transform: 'Company' }), ['what the macro Company makes of it']],
  [
    'an include',
    of('AWS::X', { 'Fn::Transform': { Name: 'AWS::Include', Parameters: { Location: 's3://b/k' } } }),
    ['what the macro AWS::Include makes of it (R)', 'the S3 object s3://b/k without a version (R)'],
  ],
  [
    'a value of another stack',
    of('AWS::X', { A: { 'Fn::ImportValue': 'vpc' } }),
    ["the value of another stack's export vpc (R)"],
  ],
  [
    'a nested template',
    of('AWS::CloudFormation::Stack', { TemplateURL: 'https://b.s3.amazonaws.com/t.json' }),
    [
      'the template and the changes of the nested stack R',
      'the S3 object https://b.s3.amazonaws.com/t.json without a version (R)',
    ],
  ],
  ['a plain template', of('AWS::SQS::Queue', { QueueName: 'q', KmsMasterKeyId: 'alias/k' }), []],
])('%s is listed exactly as far as it is open', (_part, found, expected) => expect(found).toEqual(expected))

test('an image by a parameter is judged by its value, and a parameter from Parameter Store is open', () => {
  const template = {
    Resources: { R: { Type: 'AWS::X', Properties: { Image: { Ref: 'A' }, Other: { Image: { Ref: 'B' } } } } },
  }
  const Parameters = [
    { ParameterKey: 'A', ParameterValue: `repo@${digest}` },
    { ParameterKey: 'B', ParameterValue: '/images/app', ResolvedValue: 'repo:7' },
  ]
  expect(openPartsOf(readSetOf([], template, { Parameters }))).toEqual([
    'the image repo:7 without a digest (R)',
    'the value of the parameter B, from /images/app',
  ])
})

test('a parameter without a value that people can see is open', () => {
  const template = { Parameters: { A: { NoEcho: 'true' }, D: { NoEcho: true }, E: { Type: 'String' } } }
  const values = { A: '****', B: '*****', C: undefined, E: 'e*' }
  const Parameters = Object.entries(values).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }))
  expect(openPartsOf(readSetOf([], template, { Parameters }))).toEqual(
    ['A', 'D', 'B', 'C'].map((name) => `the hidden value of the parameter ${name}`),
  )
})

test('an S3 object whose version is or may be an empty parameter has none', () => {
  const code = (S3Key: string, S3ObjectVersion: unknown) => ({ Code: { S3Bucket: 'b', S3Key, S3ObjectVersion } })
  const Properties = [
    code('1', { Ref: 'Empty' }),
    code('2', { 'Fn::If': ['IsFixed', 'v1', { Ref: 'AWS::NoValue' }] }),
    code('3', { Ref: 'Set' }),
  ]
  const Parameters = [
    { ParameterKey: 'Empty', ParameterValue: '' },
    { ParameterKey: 'Set', ParameterValue: 'v1' },
  ]
  expect(openPartsOf(readSetOf([], { Resources: { R: { Type: 'AWS::X', Properties } } }, { Parameters }))).toEqual([
    'the S3 object 1 without a version (R)',
    'the S3 object 2 without a version (R)',
  ])
})

test('the texts of a change set are those and the members of its changes, parameters and templates, also nested', () => {
  const child = readSetOf([changeOf('Remove', 'AWS::SQS::Queue', 'Q', { PhysicalResourceId: 'Desk-Q' })], 'YAML: text')
  const Roles = [{ 'Fn::Join': ['', ['Desk-', { Ref: 'Part' }]] }]
  const set = readSetOf(
    [],
    { Resources: { R: { Type: 'AWS::IAM::Policy', Properties: { Roles, 'Desk-Table': [] } } } },
    { Parameters: [{ ParameterKey: 'Part', ParameterValue: 'broker' }], nested: { [setId('nested')]: child } },
  )
  const texts = [stackId, 'Desk-broker', 'Desk-Q', 'YAML: text', 'broker', 'Desk-Table']
  expect(textsOf(set)).toEqual(expect.arrayContaining(texts))
})

test('the template of a nested change set is pinned by the digest, and its own open parts are listed', () => {
  const child = readSetOf([], { Resources: { F: { Type: 'Custom::Seed' } } }, { StackName: 'Checkout-Data' })
  const parent = readSetOf(
    [modified('AWS::CloudFormation::Stack', 'Data', { ChangeSetId: setId('nested') })],
    { Resources: { Data: { Type: 'AWS::CloudFormation::Stack', Properties: {} } } },
    { nested: { [setId('nested')]: child } },
  )
  expect(openPartsOf(parent)).toEqual(['the code behind the custom resource F, in Checkout-Data'])
})

test('a template in YAML is scanned by lines, and the list says that it may miss parts', () => {
  const yaml = [
    'Resources:',
    '  F:',
    '    Type: AWS::Lambda::Function',
    '    Properties:',
    '      Timeout: 3',
    '      Code:',
    '        S3Bucket: b',
    '        S3Key: k.zip',
    `      ImageUri: repo@${digest}`,
    "      Secret: '{{resolve:ssm:/b}}'",
  ].join('\n')
  expect(openPartsOf(readSetOf([], yaml))).toEqual([
    'parts that a scan of its lines misses: the template is YAML, which is read by lines',
    'the line `S3Key: k.zip`',
    "the line `Secret: '{{resolve:ssm:/b}}'`",
  ])
})
