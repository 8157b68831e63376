import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoRequestStore } from '../../adapters/dynamodb/request-store.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'

/** The ports of those who read requests, and write none. Apart from `ports.ts`, which has the bundle in it. */
export const readingPorts = ({ REQUESTS_TABLE }: { REQUESTS_TABLE: string }) => ({
  requests: new DynamoRequestStore(connect(), { requests: REQUESTS_TABLE, ledger: '' }),
  clock: new SystemClock(),
  log: new PowertoolsLog(),
})
