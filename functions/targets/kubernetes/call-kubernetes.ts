// Rules: test/targets/kubernetes/reach.test.ts
import { LambdaStatementSigner } from '../../adapters/lambda/statement-signer.ts'
import { callsDoor, type DoorPorts } from '../../handlers/agents/target-door.ts'
import type { Wiring } from '../../handlers/environment.ts'
import { type Acting, actingPorts } from '../../handlers/wiring/acting.ts'
import type { PlacePorts } from '../../operations/credentials/place.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { kubernetes } from './kind.ts'
import { type ClusterPorts, callMakerOf } from './reach.ts'

export const createHandler = (ports: DoorPorts & ReaderPorts & PlacePorts & ClusterPorts) =>
  callsDoor(kubernetes, { ...ports, reach: callMakerOf(ports) })

export const wire: Wiring<typeof createHandler, Acting> = (told) => {
  const ports = actingPorts(told)
  return { ...ports, statements: new LambdaStatementSigner(told.SIGN_FUNCTION, ports) }
}
