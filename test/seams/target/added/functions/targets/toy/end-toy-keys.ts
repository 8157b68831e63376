import { bind, ofVerbs } from '../../handlers/environments.ts'
import { endsWorker } from '../../handlers/streams/ends-worker.ts'
import { decidingPorts, factsOnly, haltStore } from '../../handlers/wiring/ports.ts'
import type { EndingPorts } from '../../operations/credentials/end-credentials.ts'
import type { Log } from '../../operations/ports.ts'
import { enderOf, type ToyPorts } from './reach.ts'

export const createHandler = (ports: Omit<EndingPorts, 'reach'> & ToyPorts & { log: Log }) =>
  endsWorker({ ...ports, reach: enderOf(ports) })

export const handler = bind(
  ofVerbs.end,
  (told) => ({ ...decidingPorts(told, factsOnly()), halts: haltStore(told) }),
  createHandler,
)
