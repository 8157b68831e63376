import { iamActionOf, isReading, whyNever } from '../../../../functions/targets/aws/rules/reads.ts'
import { readsOfIam } from '../../../../tools/aws-models/make.ts'

const iam = Object.entries(readsOfIam()).flatMap(([prefix, names]) =>
  names.split(' ').map((name) => `${prefix}:${name.replace('*', '')}`),
)

test.each(['GetItem', 'BatchGetProjects', 'ListTagsForResource', 'DescribeInstances', 'FilterLogEvents', 'Scan'])(
  'an operation %s reads by its name',
  (operation) => expect(isReading(operation)).toBe(true),
)

test.each([
  'bedrock:InvokeModel',
  'cloudformation:DetectStackDrift',
  'iam:GenerateCredentialReport',
  'kms:Decrypt',
  'logs:StartQuery',
  'sqs:ReceiveMessage',
  'ssm:Getaway',
])('%s is no read by its name, with any access level', (action) =>
  expect(whyNever(action)).toBe('is not a read by its name'),
)

/** Names of IAM's reads that sound like a secret, and are not one. */
const harmless = [
  'bedrock-agentcore:GetApiKeyCredentialProvider',
  'bedrock-agentcore:GetOauth2CredentialProvider',
  'bedrock-agentcore:GetPaymentCredentialProvider',
  'bedrock-agentcore:GetTokenVault',
  'bedrock-agentcore:ListApiKeyCredentialProviders',
  'bedrock-agentcore:ListOauth2CredentialProviders',
  'bedrock-agentcore:ListPaymentCredentialProviders',
  'workmail:GetPersonalAccessTokenMetadata',
]

test('each read of IAM whose name has a secret in it is refused, or only describes one', () => {
  const sounding = iam.filter((action) =>
    /^[^:]+:(?:Batch)?Get\w*(?:SecretValue|Password(?!Policy)|Credentials|Authori[sz]ationToken|AuthToken|AccessToken|OpenIdToken|FederationToken|ApiKey$|APIKey$|AccessDetails|SignedUrl)/.test(
      action,
    ),
  )
  expect(sounding.length).toBeGreaterThan(20)
  expect(sounding.filter((action) => whyNever(action) === undefined && !harmless.includes(action))).toEqual([])
})

test('a right to a code link is for read handlers alone, and no other exception is', () => {
  expect(whyNever('lambda:GetFunction')).toBe('gives a link to code or data')
  expect(whyNever('lambda:GetFunction', { byHandlers: true })).toBeUndefined()
  for (const action of ['secretsmanager:GetSecretValue', 'sts:GetSessionToken', 'lambda:GetLayerVersion'])
    expect(whyNever(action, { byHandlers: true })).toBeDefined()
})

test("IAM knows the actions by which Cloud Control's operations are judged", () => {
  const actions = ['cloudcontrol:GetResource', 'cloudcontrol:ListResources'].map(iamActionOf)
  for (const action of actions) expect(iam).toContain(action)
  expect(iamActionOf('ssm:GetParameter')).toBe('ssm:GetParameter')
})
