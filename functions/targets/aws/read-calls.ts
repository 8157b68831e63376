// Rules: test/stack/swift/actual.test.ts
import * as z from 'zod'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoLedgerStore } from '../../adapters/dynamodb/ledger-store.ts'
import { DynamoRequestStore } from '../../adapters/dynamodb/request-store.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import type { Actual } from '../../domain/uses/actual.ts'
import { RequestId } from '../../domain/values.ts'
import { type Stores, tablesOf, type Wiring } from '../../handlers/environment.ts'
import { factsOnly, textStore } from '../../handlers/wiring/ports.ts'
import { type ActualPorts, readActual } from './actual.ts'
import { CloudTrailCallRecord } from './cloudtrail/call-record.ts'
import { foreignAuditors } from './sts/foreign-revokers.ts'

const Ask = z.strictObject({ request: RequestId })

/** Reads CloudTrail in this and in target accounts, for functions without that right. Callers name requests. */
export const createHandler =
  (ports: ActualPorts) =>
  async (event: unknown): Promise<Actual | null> =>
    (await readActual(Ask.parse(event).request, ports)) ?? null

export const wire: Wiring<typeof createHandler, Stores | 'TEXTS_TABLE' | 'ACCOUNT' | 'REGION' | 'TARGET_ROLE'> = (
  told,
) => {
  const policy = factsOnly()
  const { accounts } = policy.bundle.deployment
  const [connection, tables, log] = [connect(), tablesOf(told), new PowertoolsLog()]
  return {
    requests: new DynamoRequestStore(connection, tables),
    ledger: new DynamoLedgerStore(connection, tables),
    texts: textStore(told),
    policy,
    clock: new SystemClock(),
    calls: new CloudTrailCallRecord(log, foreignAuditors({ home: told.ACCOUNT, accounts })),
    targetRole: told.TARGET_ROLE,
    region: told.REGION,
  }
}
