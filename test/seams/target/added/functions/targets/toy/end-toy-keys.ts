import type { Stores, Wiring } from '../../handlers/environment.ts'
import { endsWorker } from '../../handlers/streams/ends-worker.ts'
import { decidingPorts, factsOnly, haltStore } from '../../handlers/wiring/ports.ts'
import type { EndingPorts } from '../../operations/credentials/end-credentials.ts'
import type { Log } from '../../operations/ports.ts'
import { enderOf, type ToyPorts } from './reach.ts'

export const createHandler = (ports: Omit<EndingPorts, 'reach'> & ToyPorts & { log: Log }) =>
  endsWorker({ ...ports, reach: enderOf(ports) })

export const wire: Wiring<typeof createHandler, Stores> = (told) => ({
  ...decidingPorts(told, factsOnly()),
  halts: haltStore(told),
})
