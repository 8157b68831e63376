import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { Call } from './probe.ts'

/** Makes one call in the account, with a role of Hotwork's. @returns `done`, or the name of the refusal */
export async function handler({ service, input }: Call): Promise<string> {
  try {
    if (service === 'dynamodb') await new DynamoDBClient({}).send(new PutItemCommand(input as never))
    if (service === 'kms') await new KMSClient({}).send(new SignCommand(input as never))
    if (service === 's3') await new S3Client({ forcePathStyle: true }).send(new PutObjectCommand(input as never))
    return 'done'
  } catch (fault) {
    return (fault as Error).name
  }
}
