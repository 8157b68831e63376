import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { rfc3339 } from '../../domain/values.ts'
import { valueOrThrow } from '../../handlers/doors.ts'
import { bind } from '../../handlers/environments.ts'
import { portsWithAnswers } from '../../handlers/wiring/policy.ts'
import { withReader } from '../../handlers/wiring/reader.ts'
import { issueAwsCredentials } from '../../operations/credentials/issue-aws-credentials.ts'
import type { AwsCredentialBroker } from '../../operations/credentials/ports.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { type AwsPorts, awsDoor, refusalAt } from './aws-door.ts'
import { StsBroker } from './sts/broker.ts'

const path = '/aws/credentials'

/** `POST /aws/credentials`: AWS credentials for one approved action, as `credential_process` prints them. */
export const createHandler = (ports: AwsPorts & ReaderPorts & { broker: AwsCredentialBroker }) =>
  awsDoor(path, ports, async (_, token, once) => {
    const issued = valueOrThrow(await issueAwsCredentials(token, once, ports), (code) => refusalAt(path, code))
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      // https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
      body: {
        Version: 1,
        AccessKeyId: issued.accessKeyId,
        SecretAccessKey: issued.secretAccessKey,
        SessionToken: issued.sessionToken,
        Expiration: rfc3339(issued.expiresAt),
      },
    }
  })

export const handler = bind(
  'issue-aws-credentials',
  (told) => {
    const ports = withReader(told, portsWithAnswers(told))
    const keys = new KmsKeySet(told.PUBLISHED_KEYS)
    return { ...ports, keys, broker: new StsBroker(ports.log), targetRole: told.TARGET_ROLE }
  },
  createHandler,
)
