import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { rfc3339 } from '../../domain/values.ts'
import { credentialsDoor, type DoorPorts } from '../../handlers/agents/target-door.ts'
import { bind, ofVerbs } from '../../handlers/environments.ts'
import { portsWithAnswers } from '../../handlers/wiring/policy.ts'
import { withReader } from '../../handlers/wiring/reader.ts'
import type { PlacePorts } from '../../operations/credentials/place.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { toy } from './kind.ts'
import { issuerOf } from './reach.ts'

export const createHandler = (ports: DoorPorts & ReaderPorts & PlacePorts) =>
  credentialsDoor(toy, { ...ports, reach: issuerOf(ports) }, ({ key, expiresAt }) => ({
    key,
    expires: rfc3339(expiresAt),
  }))

export const handler = bind(
  ofVerbs.issue,
  (told) => {
    const ports = withReader(told, portsWithAnswers(told))
    return { ...ports, keys: new KmsKeySet(told.PUBLISHED_KEYS), targetRole: told.TARGET_ROLE }
  },
  createHandler,
)
