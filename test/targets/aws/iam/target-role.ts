import { randomUUID } from 'node:crypto'
import { CreateRoleCommand, type CreateRoleCommandInput, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateFunctionCommand, type CreateFunctionCommandInput, LambdaClient } from '@aws-sdk/client-lambda'
import { AssumeRoleCommand, type AssumeRoleCommandInput, STSClient } from '@aws-sdk/client-sts'
import type { AwsCredentials } from '../../../../functions/targets/aws/ports.ts'
import { zipOne } from '../../../../local/sample-target.ts'

export const externalId = 'hotwork-test'

export const documentOf = (...Statement: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement })

export const policyFor = (...actions: string[]) =>
  documentOf(...actions.map((Action) => ({ Effect: 'Allow', Action, Resource: '*' })))

/** A role with this trust. @returns its ARN */
export async function makeRole(
  RoleName: string,
  trust: { Principal: object; Action?: readonly string[]; Condition?: object },
  more: Partial<CreateRoleCommandInput> = {},
): Promise<string> {
  const AssumeRolePolicyDocument = documentOf({ Effect: 'Allow', Action: 'sts:AssumeRole', ...trust })
  const { Role } = await new IAMClient({}).send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument, ...more }))
  return Role?.Arn as string
}

export const putPolicy = (RoleName: string, PolicyName: string, PolicyDocument: string) =>
  new IAMClient({}).send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }))

/** A target role that trusts a caller with its external id. By default it may list queues and make some. @returns its ARN */
export async function makeTargetRole(...actions: readonly string[]): Promise<string> {
  const name = `target-${randomUUID()}`
  const Action = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']
  const Condition = { StringEquals: { 'sts:ExternalId': externalId } }
  const role = await makeRole(name, { Principal: { AWS: '*' }, Action, Condition }, { Path: '/hotwork/' })
  await putPolicy(name, 'target', policyFor(...(actions.length > 0 ? actions : ['sqs:ListQueues', 'sqs:CreateQueue'])))
  return role
}

/** The credentials of a session of a role. */
export async function become(
  RoleArn: string,
  RoleSessionName = 'test',
  { tags = {}, ...more }: Partial<AssumeRoleCommandInput> & { tags?: { [tag: string]: string } } = {},
): Promise<AwsCredentials> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  const { Credentials } = await new STSClient({}).send(
    new AssumeRoleCommand({
      RoleArn,
      RoleSessionName,
      ExternalId: externalId,
      ...(Tags.length > 0 && { Tags }),
      ...more,
    }),
  )
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

/** A Lambda by this source. @returns its ARN */
export async function makeFunction(
  FunctionName: string,
  source = 'exports.handler = async () => ({})\n',
  more: Partial<CreateFunctionCommandInput> = {},
): Promise<string> {
  const Role = await makeRole(FunctionName, { Principal: { Service: 'lambda.amazonaws.com' } })
  const code = {
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Code: { ZipFile: zipOne('index.js', source) },
  } as const
  const made = await new LambdaClient({}).send(new CreateFunctionCommand({ FunctionName, Role, ...code, ...more }))
  return made.FunctionArn as string
}
