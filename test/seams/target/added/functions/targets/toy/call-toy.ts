import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { callsDoor, type DoorPorts } from '../../handlers/agents/target-door.ts'
import { bind, ofVerbs } from '../../handlers/environments.ts'
import { portsWithAnswers } from '../../handlers/wiring/policy.ts'
import { withReader } from '../../handlers/wiring/reader.ts'
import type { PlacePorts } from '../../operations/credentials/place.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { toy } from './kind.ts'
import { makerOf } from './reach.ts'

export const createHandler = (ports: DoorPorts & ReaderPorts & PlacePorts) =>
  callsDoor(toy, { ...ports, reach: makerOf(ports) })

export const handler = bind(
  ofVerbs.call,
  (told) => {
    const ports = withReader(told, portsWithAnswers(told))
    return { ...ports, keys: new KmsKeySet(told.PUBLISHED_KEYS), targetRole: told.TARGET_ROLE }
  },
  createHandler,
)
