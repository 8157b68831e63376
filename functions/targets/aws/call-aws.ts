// Rules: test/stack/uses/mediated.test.ts
import { callsDoor, type DoorPorts } from '../../handlers/agents/target-door.ts'
import type { Wiring } from '../../handlers/environment.ts'
import { type Acting, actingPorts } from '../../handlers/wiring/acting.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { SdkCaller } from './calls/sdk-caller.ts'
import { aws } from './kind.ts'
import type { AwsCaller } from './ports.ts'
import { type BrokerPorts, callMakerOf } from './reach.ts'
import { SdkReader } from './reads/aws-reads.ts'
import { ReaderSessions } from './reads/reader-sessions.ts'
import { SdkModelCaller } from './reads/sdk-model-caller.ts'
import type { RunPorts } from './runs/start-run.ts'
import { StsBroker } from './sts/broker.ts'

export const createHandler = (ports: DoorPorts & ReaderPorts & BrokerPorts & { caller: AwsCaller; runs?: RunPorts }) =>
  callsDoor(aws, { ...ports, reach: callMakerOf(ports) })

export const wire: Wiring<typeof createHandler, Acting | 'RUNNER_ROLE'> = (told) => {
  const ports = actingPorts(told)
  const runs = {
    runnerRole: told.RUNNER_ROLE,
    models: new SdkModelCaller(),
    aws: new SdkReader(new ReaderSessions(told.READER_ROLE)),
  }
  return { ...ports, broker: new StsBroker(ports.log), caller: new SdkCaller(), runs }
}
