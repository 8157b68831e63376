// Rules: test/client/requests/credentials.test.ts
import { rfc3339 } from '../../domain/values.ts'
import { credentialsDoor, type DoorPorts } from '../../handlers/agents/target-door.ts'
import type { Wiring } from '../../handlers/environment.ts'
import { type Acting, actingPorts } from '../../handlers/wiring/acting.ts'
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

export const wire: Wiring<typeof createHandler, Acting> = (told) => {
  const ports = actingPorts(told)
  return { ...ports, broker: new StsBroker(ports.log) }
}
