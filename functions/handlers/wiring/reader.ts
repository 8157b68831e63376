// Rules: test/infra/lambdas.test.ts
import { JmesPathExpressions } from '../../adapters/jmespath/expressions.ts'
import { KmsStateKey } from '../../adapters/kms/kms-state-key.ts'
import { LambdaStatementSigner } from '../../adapters/lambda/statement-signer.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { Clock, Log } from '../../operations/ports.ts'
import type { StateReader } from '../../operations/previews/ports.ts'
import { CatalogueStateReader } from '../../operations/previews/read-state.ts'
import { makeReaders, type ReadersTold } from '../../targets/readers.ts'

type Ports = { policy: Policy; clock: Clock; log: Log }
type Told = ReadersTold & { STATE_KEY: string; SIGN_FUNCTION: string }

/** The part of a click's three seconds that a read may take. Milliseconds. */
export const ofAClick = 650

function stateReader(told: Told, ports: Ports, milliseconds: number | undefined): StateReader {
  const { policy, clock, log } = ports
  const statements = new LambdaStatementSigner(told.SIGN_FUNCTION, { clock, log })
  const reading = {
    readers: makeReaders(told, { policy, statements, clock }),
    expressions: new JmesPathExpressions(),
    stateKey: new KmsStateKey(told.STATE_KEY),
    ...{ policy, clock, log },
  }
  return new CatalogueStateReader(reading, milliseconds)
}

/** The same ports with a reader of the present state of resources. */
export const withReader = <P extends Ports>(told: Told, ports: P, milliseconds?: number) => ({
  ...ports,
  reader: stateReader(told, ports, milliseconds),
})
