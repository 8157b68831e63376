import { callsDoor, type DoorPorts } from '../../handlers/agents/target-door.ts'
import type { Wiring } from '../../handlers/environment.ts'
import { type Acting, actingPorts } from '../../handlers/wiring/acting.ts'
import type { PlacePorts } from '../../operations/credentials/place.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { toy } from './kind.ts'
import { callMakerOf } from './reach.ts'

export const createHandler = (ports: DoorPorts & ReaderPorts & PlacePorts) =>
  callsDoor(toy, { ...ports, reach: callMakerOf(ports) })

export const wire: Wiring<typeof createHandler, Acting> = actingPorts
