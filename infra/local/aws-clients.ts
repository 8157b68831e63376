import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { AwsAccess } from './emulator.ts'

/** Settings of an SDK client that calls as the local administrator, whatever this machine's own AWS settings are. */
export const clientSettings = ({ endpointUrl, region, accessKeyId, secretAccessKey }: AwsAccess) => ({
  endpoint: endpointUrl,
  region,
  credentials: { accessKeyId, secretAccessKey },
})

/** The account that these keys belong to. @throws When the emulator does not answer or refuses the keys. */
export async function readAccountId(aws: AwsAccess): Promise<string> {
  const sts = new STSClient(clientSettings(aws))
  const { Account } = await sts.send(new GetCallerIdentityCommand({})).catch((cause: unknown) => {
    throw new Error(`the emulator at ${aws.endpointUrl} (AWS_ENDPOINT_URL) does not say which account it is`, { cause })
  })
  sts.destroy()
  return Account as string
}

/** Stores a secret's value, as a person would after a deploy to AWS. */
export async function putSecret(aws: AwsAccess, secretId: string, value: object): Promise<void> {
  const secrets = new SecretsManagerClient(clientSettings(aws))
  await secrets.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify(value) }))
  secrets.destroy()
}
