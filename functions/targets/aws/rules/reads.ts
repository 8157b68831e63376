// Rules: test/policies/bad-folder.test.ts, test/targets/aws/rules/reads.test.ts
/** Mediated calls that AWS can make conditional on a state. */
export const conditionalCalls: readonly string[] = ['dynamodb:UpdateItem', 'lambda:UpdateFunctionConfiguration']

/**
 * Whether an operation's name means a read. IAM's access level is useless here: it lists `sqs:ReceiveMessage`,
 * `bedrock:InvokeModel` and `iam:GenerateCredentialReport` as reads.
 */
export const isReading = (operation: string): boolean =>
  /^(?:Batch)?(?:Get|List|Describe|Head|Search|Query|Scan|Lookup|Filter|Select|View)(?![a-z])/.test(operation)

/** Whether this is Cloud Control's read: AWS runs a resource type's read handler with the caller's rights. */
export const usesHandlers = (action: string): boolean => action === 'cloudcontrol:GetResource'

/** The IAM action of an operation: Cloud Control's has a different name. */
export const iamActionOf = (action: string): string => (usesHandlers(action) ? 'cloudformation:GetResource' : action)

/** Whether each part of an expression over Cloud Control's answer names one member: a handler returns secrets too. */
export const namesMembers = (expression: string): boolean =>
  !/[@*&\\]|\bResourceDescription\b(?!\.(?:Properties|Identifier\b))|\bProperties\b(?!\.["\w])/.test(expression)

/** Reads by IAM's level that Hotwork refuses: the answer is or links to a secret or credential. By reason. */
const refused: { readonly [why: string]: readonly string[] } = {
  'gives a secret': [
    'amplify:GetApp',
    'amplify:GetBranch',
    'appsync:ListApiKeys',
    'bedrock-agentcore:GetResourceApiKey',
    'chime:ListApiKeys',
    'cognito-idp:DescribeIdentityProvider',
    'cognito-idp:DescribeUserPoolClient',
    'cognito-idp:ListUserPoolClientSecrets',
    'directconnect:DescribeRouterConfiguration',
    'directconnect:DescribeVirtualInterfaces',
    'ec2:DescribeVpnConnections',
    'ec2:GetPasswordData',
    'geo:DescribeKey',
    'geo:ListKeys',
    'glue:GetConnection',
    'glue:GetConnections',
    'ivs:BatchGetStreamKey',
    'ivs:GetStreamKey',
    'lightsail:GetRelationalDatabaseMasterUserPassword',
    'managedblockchain:GetAccessor',
    'mediapackage:DescribeChannel',
    'pca-connector-scep:GetChallengePassword',
    'secretsmanager:BatchGetSecretValue',
    'secretsmanager:GetRandomPassword',
    'secretsmanager:GetSecretValue',
    'storagegateway:DescribeChapCredentials',
    'wafv2:GetDecryptedAPIKey',
    'wafv2:ListAPIKeys',
  ],
  'gives a credential': [
    'acm:GetAcmeExternalAccountBindingCredentials',
    'aidevops:GetAccessToken',
    'amplifybackend:GetToken',
    'bedrock-agentcore:GetResourceOauth2Token',
    'bedrock-agentcore:GetResourcePaymentToken',
    'chime:GetAttendee',
    'chime:ListAttendees',
    'chime:ListVoiceConnectorTerminationCredentials',
    'cloudwatch:GetSpaceCredentials',
    'cloudwatch:GetSpaceCredentialsForOrganization',
    'codeartifact:GetAuthorizationToken',
    'codeconnections:GetConnectionToken',
    'codeconnections:GetIndividualAccessToken',
    'codestar-connections:GetConnectionToken',
    'codestar-connections:GetIndividualAccessToken',
    'cognito-identity:GetCredentialsForIdentity',
    'cognito-identity:GetId',
    'cognito-identity:GetOpenIdToken',
    'cognito-identity:GetOpenIdTokenForDeveloperIdentity',
    'connect:GetFederationToken',
    'datazone:GetDomainExecutionRoleCredentials',
    'datazone:GetEnvironmentCredentials',
    'ecr-public:GetAuthorizationToken',
    'ecr:GetAuthorizationToken',
    'emr-serverless:GetSessionEndpoint',
    'finspace-api:GetProgrammaticAccessCredentials',
    'gamelift:GetComputeAccess',
    'gamelift:GetComputeAuthToken',
    'gamelift:GetInstanceAccess',
    'iq:GetChatToken',
    'kinesisvideo:GetIceServerConfig',
    'lakeformation:GetTemporaryGluePartitionCredentials',
    'lakeformation:GetTemporaryGlueTableCredentials',
    'license-manager:GetAccessToken',
    'lightsail:GetInstanceAccessDetails',
    'quicksight:GetAuthCode',
    'redshift-serverless:GetIdentityCenterAuthToken',
    'redshift:GetIdentityCenterAuthToken',
    'route53globalresolver:GetAccessToken',
    'ssm:GetAccessToken',
  ],
  'gives a link to code or data': [
    'amplify:GetArtifactUrl',
    'auditmanager:GetAssessmentReportUrl',
    'auditmanager:GetEvidenceFileUploadUrl',
    'bedrock:GetDataSourceAuthorizationUrl',
    'codeconnections:GetInstallationUrl',
    'codestar-connections:GetInstallationUrl',
    'connect:GetPromptFile',
    'ecr:GetDownloadUrlForLayer',
    'evs:GetDepotUrl',
    'freertos:GetEmpPatchUrl',
    'freertos:GetSoftwareURL',
    'freertos:GetSoftwareURLForConfiguration',
    'gamelift:GetGameSessionLogUrl',
    'gameliftstreams:GetStreamUrl',
    'glue:GetDashboardUrl',
    'greengrass:GetComponentVersionArtifact',
    'groundstation:GetAgentTaskResponseUrl',
    'invoicing:GetInvoicePDF',
    'kinesisvideo:GetDASHStreamingSessionURL',
    'kinesisvideo:GetHLSStreamingSessionURL',
    'lambda:GetFunction',
    'lambda:GetLayerVersion',
    'lex:GetTestExecutionArtifactsUrl',
    'm2:GetSignedBluinsightsUrl',
    'mechanicalturk:GetFileUploadURL',
    'panorama:GetWebSocketURL',
    'profile:GetUploadJobPath',
    'quicksight:GetAnonymousUserEmbedUrl',
    'quicksight:GetDashboardEmbedUrl',
    'quicksight:GetSessionEmbedUrl',
    'rhelkb:GetRhelURL',
    'sagemaker-mlflow:GetDownloadURIForModelVersionArtifacts',
    'security-ir:GetCaseAttachmentDownloadUrl',
    'snowball:GetJobManifest',
    'snowball:GetSoftwareUpdates',
    'tax:GetDocumentUploadUrl',
    'transform-custom:GetAnalysisArtifactDownloadUrl',
    'transform-custom:GetTransformationPackageUrl',
    'wisdom:GetContent',
  ],
}
const whyRefused = new Map(Object.entries(refused).flatMap(([why, actions]) => actions.map((each) => [each, why])))

/** Rights that read handlers need: their answers come without the link. */
const inHandlers = ['lambda:GetFunction']

/** The reason why Hotwork refuses a read, or a right for its reader. */
export function whyNever(action: string, { byHandlers = false } = {}): string | undefined {
  const [prefix, operation = ''] = action.split(':')
  if (prefix === 'sts') return 'is of sessions'
  if (!isReading(operation)) return 'is not a read by its name'
  return byHandlers && inHandlers.includes(action) ? undefined : whyRefused.get(action)
}
