import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { rfc3339 } from '../../domain/values.ts'
import { credentialsDoor, type DoorPorts } from '../../handlers/agents/target-door.ts'
import { bind } from '../../handlers/environments.ts'
import { portsWithAnswers } from '../../handlers/wiring/policy.ts'
import { withReader } from '../../handlers/wiring/reader.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { aws } from './kind.ts'
import { type BrokerPorts, issuerOf } from './reach.ts'
import { StsBroker } from './sts/broker.ts'

/** AWS credentials, as `credential_process` prints them. */
export const createHandler = (ports: DoorPorts & ReaderPorts & BrokerPorts) =>
  credentialsDoor(aws, { ...ports, reach: issuerOf(ports) }, (issued) => ({
    // https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    Version: 1,
    AccessKeyId: issued.accessKeyId,
    SecretAccessKey: issued.secretAccessKey,
    SessionToken: issued.sessionToken,
    Expiration: rfc3339(issued.expiresAt),
  }))

export const handler = bind(
  'issue-aws-credentials',
  (told) => {
    const ports = withReader(told, portsWithAnswers(told))
    const keys = new KmsKeySet(told.PUBLISHED_KEYS)
    return { ...ports, keys, broker: new StsBroker(ports.log), targetRole: told.TARGET_ROLE }
  },
  createHandler,
)
