import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { type DoorPorts, personDoor } from '../doors.ts'
import type { Wiring } from '../environment.ts'
import { factsOnly } from '../wiring/ports.ts'

/** `GET /v1/actions`: the names of the catalogue. */
export const createHandler = (ports: DoorPorts) =>
  personDoor(ports, async () => ({ status: 200, body: { actions: Object.keys(ports.policy.bundle.actions) } }))

export const wire: Wiring<typeof createHandler, 'ISSUER'> = (told) => ({
  issuer: told.ISSUER,
  policy: factsOnly(),
  clock: new SystemClock(),
  log: new PowertoolsLog(),
})
