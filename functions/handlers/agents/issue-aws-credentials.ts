import { endpoint } from '../../adapters/http/endpoint.ts'
import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { StsBroker } from '../../adapters/sts/broker.ts'
import { rfc3339 } from '../../domain/ledger/ledger.ts'
import { issueAwsCredentials } from '../../operations/credentials/issue-aws-credentials.ts'
import { environmentOf } from '../environments.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'
import { AwsDoor } from './aws-door.ts'

const environment = environmentOf('issue-aws-credentials')
const issuer = environment.ISSUER
const policy = cedarPolicy()
const deciding = decidingPorts(environment, policy)
const ports = {
  ...deciding,
  broker: new StsBroker(deciding.log),
  targetRole: environment.TARGET_ROLE,
}
const keys = new KmsKeySet(environment.PUBLISHED_KEYS)
const door = new AwsDoor({ path: '/aws/credentials', issuer, bundle: policy.bundle, keys, clock: ports.clock })

/** `POST /aws/credentials`: AWS credentials for one approved action, as `credential_process` prints them. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { token, once } = await door.enter(call)
  const issued = await issueAwsCredentials(token, once, ports)
  if (!issued.ok) throw door.refuse(issued.code)
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = issued.value
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    // https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    body: {
      Version: 1,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: rfc3339(expiresAt),
    },
  }
})
