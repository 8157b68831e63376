import { KmsKeySet } from '../../adapters/kms/kms-key-set.ts'
import { callsDoor, type DoorPorts } from '../../handlers/agents/target-door.ts'
import { bind } from '../../handlers/environments.ts'
import { portsWithAnswers } from '../../handlers/wiring/policy.ts'
import { withReader } from '../../handlers/wiring/reader.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { SdkCaller } from './calls/sdk-caller.ts'
import { aws } from './kind.ts'
import type { AwsCaller } from './ports.ts'
import { type BrokerPorts, makerOf } from './reach.ts'
import { StsBroker } from './sts/broker.ts'

export const createHandler = (ports: DoorPorts & ReaderPorts & BrokerPorts & { caller: AwsCaller }) =>
  callsDoor(aws, { ...ports, reach: makerOf(ports) })

export const handler = bind(
  'call-aws',
  (told) => {
    const ports = withReader(told, portsWithAnswers(told))
    const [broker, caller] = [new StsBroker(ports.log), new SdkCaller()]
    return { ...ports, broker, caller, keys: new KmsKeySet(told.PUBLISHED_KEYS), targetRole: told.TARGET_ROLE }
  },
  createHandler,
)
