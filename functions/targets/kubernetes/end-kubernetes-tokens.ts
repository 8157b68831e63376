// Rules: test/targets/kubernetes/reach.test.ts
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../../adapters/dynamodb/deny-store.ts'
import { LambdaStatementSigner } from '../../adapters/lambda/statement-signer.ts'
import type { Stores, Wiring } from '../../handlers/environment.ts'
import { endsWorker } from '../../handlers/streams/ends-worker.ts'
import { decidingPorts, factsOnly, haltStore } from '../../handlers/wiring/ports.ts'
import type { EndingPorts } from '../../operations/credentials/end-credentials.ts'
import { enderOf } from './reach.ts'

type Ports = Omit<EndingPorts, 'reach'> & Parameters<typeof enderOf>[0]

export const createHandler = (ports: Ports) => endsWorker({ ...ports, reach: enderOf(ports) })

export const wire: Wiring<typeof createHandler, Stores | 'SIGN_FUNCTION'> = (told) => {
  const ports = decidingPorts(told, factsOnly())
  return {
    ...{ ...ports, halts: haltStore(told), denies: new DynamoDenyStore(connect(), told.REQUESTS_TABLE) },
    statements: new LambdaStatementSigner(told.SIGN_FUNCTION, ports),
  }
}
