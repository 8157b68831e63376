import { DynamoDBClient, UpdateItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import {
  LambdaClient,
  PutFunctionConcurrencyCommand,
  type PutFunctionConcurrencyCommandInput,
  UpdateFunctionConfigurationCommand,
  type UpdateFunctionConfigurationCommandInput,
} from '@aws-sdk/client-lambda'
import { PutParameterCommand, type PutParameterCommandInput, SSMClient } from '@aws-sdk/client-ssm'
import type { Settings } from './settings.ts'
import type { Ask, AwsCredentials } from './wire.ts'

/** This agent has no way to do it: it is not an AWS action, or one that it was not written for. */
export class CannotAct extends Error {
  override readonly name = 'CannotAct'
}

/** Settings of an AWS SDK client that calls with a credential from Hotwork. */
export const withCredentials = (
  { region, endpoint }: Settings['aws'],
  { AccessKeyId, SecretAccessKey, SessionToken }: AwsCredentials,
) => ({
  region,
  ...(endpoint === undefined ? {} : { endpoint }),
  credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  maxAttempts: 1,
})

/**
 * Does what was approved: the arguments are the AWS API's own, so they go to the SDK as they are.
 * @throws CannotAct, or whatever AWS answers. A no from IAM is an error named `AccessDenied...`.
 */
export async function act({ name, properties }: Ask['action'], aws: Settings['aws'], credentials: AwsCredentials) {
  const config = withCredentials(aws, credentials)
  switch (name) {
    case 'ssm:PutParameter':
      return new SSMClient(config).send(new PutParameterCommand(properties as unknown as PutParameterCommandInput))
    case 'lambda:PutFunctionConcurrency':
      return new LambdaClient(config).send(
        new PutFunctionConcurrencyCommand(properties as unknown as PutFunctionConcurrencyCommandInput),
      )
    case 'lambda:UpdateFunctionConfiguration':
      return new LambdaClient(config).send(
        new UpdateFunctionConfigurationCommand(properties as unknown as UpdateFunctionConfigurationCommandInput),
      )
    case 'dynamodb:UpdateItem':
      return new DynamoDBClient(config).send(new UpdateItemCommand(properties as unknown as UpdateItemCommandInput))
    default:
      throw new CannotAct(`this example has no client for \`${name}\``)
  }
}
