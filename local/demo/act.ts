// Rules: test/local/demo-options.test.ts
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { LambdaClient, PutFunctionConcurrencyCommand, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { Ask, AwsCredentials } from '../../functions/domain/cards/wire/task.ts'

/** An action outside AWS, or without a client here. */
export class CannotAct extends Error {
  override readonly name = 'CannotAct'
}

/** The place of AWS calls: an emulator on this machine. */
export type AwsPlace = { region: string; endpoint?: string }

export const withCredentials = (place: AwsPlace, { AccessKeyId, SecretAccessKey, SessionToken }: AwsCredentials) => ({
  ...place,
  credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  maxAttempts: 1,
})

/** @throws CannotAct, or AWS's error. A refusal by IAM is named `AccessDenied...`. */
export async function act({ name, properties }: Ask['action'], aws: AwsPlace, credentials: AwsCredentials) {
  const config = withCredentials(aws, credentials)
  // The arguments are in the form of AWS's API, so the SDK accepts them.
  const input = properties as never
  switch (name) {
    case 'ssm:PutParameter':
      return new SSMClient(config).send(new PutParameterCommand(input))
    case 'lambda:PutFunctionConcurrency':
      return new LambdaClient(config).send(new PutFunctionConcurrencyCommand(input))
    case 'lambda:UpdateFunctionConfiguration':
      return new LambdaClient(config).send(new UpdateFunctionConfigurationCommand(input))
    case 'dynamodb:UpdateItem':
      return new DynamoDBClient(config).send(new UpdateItemCommand(input))
    default:
      throw new CannotAct(`the demo has no client for \`${name}\``)
  }
}
