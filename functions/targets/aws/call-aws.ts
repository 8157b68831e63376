// Rules: test/stack/uses/mediated.test.ts
import { callsDoor, type DoorPorts } from '../../handlers/agents/target-door.ts'
import type { Wiring } from '../../handlers/environment.ts'
import { type Acting, actingPorts } from '../../handlers/wiring/acting.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { SdkCaller } from './calls/sdk-caller.ts'
import { aws } from './kind.ts'
import type { AwsCaller } from './ports.ts'
import { type BrokerPorts, callMakerOf } from './reach.ts'
import { StsBroker } from './sts/broker.ts'

export const createHandler = (ports: DoorPorts & ReaderPorts & BrokerPorts & { caller: AwsCaller }) =>
  callsDoor(aws, { ...ports, reach: callMakerOf(ports) })

export const wire: Wiring<typeof createHandler, Acting> = (told) => {
  const ports = actingPorts(told)
  return { ...ports, broker: new StsBroker(ports.log), caller: new SdkCaller() }
}
