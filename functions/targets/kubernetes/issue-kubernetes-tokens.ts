// Rules: test/targets/kubernetes/reach.test.ts
import { LambdaStatementSigner } from '../../adapters/lambda/statement-signer.ts'
import { defined, rfc3339 } from '../../domain/values.ts'
import { credentialsDoor, type DoorPorts } from '../../handlers/agents/target-door.ts'
import type { Wiring } from '../../handlers/environment.ts'
import { type Acting, actingPorts } from '../../handlers/wiring/acting.ts'
import type { PlacePorts } from '../../operations/credentials/place.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { kubernetes } from './kind.ts'
import { type ClusterPorts, issuerOf } from './reach.ts'

/** A token of one act as an ExecCredential, by which `kubectl` gets it, with the token for the reads around the act. */
export const createHandler = (ports: DoorPorts & ReaderPorts & PlacePorts & ClusterPorts) =>
  credentialsDoor(kubernetes, { ...ports, reach: issuerOf(ports) }, ({ token, readToken, cluster, expiresAt }) => ({
    // https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
    ...{ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' },
    status: { token, expirationTimestamp: rfc3339(expiresAt) },
    ...{ readToken, cluster: defined(cluster) },
  }))

export const wire: Wiring<typeof createHandler, Acting> = (told) => {
  const ports = actingPorts(told)
  return { ...ports, statements: new LambdaStatementSigner(told.SIGN_FUNCTION, ports) }
}
