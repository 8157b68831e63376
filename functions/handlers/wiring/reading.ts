// Rules: test/infra/lambdas.test.ts
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoRequestStore } from '../../adapters/dynamodb/request-store.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'

/** The ports of Lambdas that only read requests. They are not in `ports.ts`, which imports the bundle. */
export const readingPorts = ({ REQUESTS_TABLE }: { REQUESTS_TABLE: string }) => ({
  requests: new DynamoRequestStore(connect(), { requests: REQUESTS_TABLE, ledger: '' }),
  clock: new SystemClock(),
  log: new PowertoolsLog(),
})
