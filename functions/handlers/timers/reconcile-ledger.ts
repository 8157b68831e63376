// Rules: test/stack/anchor.test.ts
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoLedgerRows } from '../../adapters/dynamodb/ledger-rows.ts'
import { DynamoLogIndex } from '../../adapters/dynamodb/log-index.ts'
import { KmsNoteSigner, verifyEcdsa } from '../../adapters/kms/note-signer.ts'
import { LambdaNotary } from '../../adapters/lambda/notary.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { S3LogBucket } from '../../adapters/s3/log-bucket.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import type { Difference } from '../../domain/anchor/compare.ts'
import { type ReconcileLogPorts, reconcileLog } from '../../operations/anchor/reconcile-log.ts'
import { faultName } from '../../operations/faults.ts'
import { type Anchor, type Stores, tablesOf, type Wiring } from '../environment.ts'

/** The time reserved for the read in progress. Seconds. */
const reserve = 20
/** The most differences in the answer to a manual invocation. */
const shown = 50

/** Compares the tables and the log in both directions once an hour. A difference raises an alarm. */
export const createHandler =
  (ports: ReconcileLogPorts) =>
  async (
    _: unknown,
    context: { getRemainingTimeInMillis(): number },
  ): Promise<{ found: number; differences: readonly Difference[] }> => {
    const until = ports.clock.now() + Math.floor(context.getRemainingTimeInMillis() / 1000) - reserve
    try {
      const differences = await reconcileLog(ports, until)
      return { found: differences.length, differences: differences.slice(0, shown) }
    } catch (fault) {
      ports.log.error('reconciliation_failed', { part: 'log', fault: faultName(fault) })
      throw fault
    }
  }

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | Anchor | 'NOTARY_KEYS' | 'NOTARY_FUNCTION'> = (
  told,
) => ({
  issuer: told.ISSUER,
  bucket: new S3LogBucket(told.LOG_BUCKET),
  index: new DynamoLogIndex(connect(), told.LOG_INDEX_TABLE),
  rows: new DynamoLedgerRows(connect(), tablesOf(told)),
  key: new KmsNoteSigner(told.NOTARY_KEYS),
  verify: verifyEcdsa,
  notary: new LambdaNotary(told.NOTARY_FUNCTION),
  clock: new SystemClock(),
  log: new PowertoolsLog(),
})
