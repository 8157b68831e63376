import { rfc3339 } from '../../domain/values.ts'
import { credentialsDoor, type DoorPorts } from '../../handlers/agents/target-door.ts'
import type { Wiring } from '../../handlers/environment.ts'
import { type Acting, actingPorts } from '../../handlers/wiring/acting.ts'
import type { PlacePorts } from '../../operations/credentials/place.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { toy } from './kind.ts'
import { issuerOf } from './reach.ts'

export const createHandler = (ports: DoorPorts & ReaderPorts & PlacePorts) =>
  credentialsDoor(toy, { ...ports, reach: issuerOf(ports) }, ({ key, expiresAt }) => ({
    key,
    expires: rfc3339(expiresAt),
  }))

export const wire: Wiring<typeof createHandler, Acting> = actingPorts
