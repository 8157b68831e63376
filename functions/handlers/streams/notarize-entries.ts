// Rules: test/stack/anchor.test.ts
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoLedgerRows, objectIn } from '../../adapters/dynamodb/ledger-rows.ts'
import { DynamoLogIndex } from '../../adapters/dynamodb/log-index.ts'
import { KmsNoteSigner, verifyEcdsa } from '../../adapters/kms/note-signer.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { S3LogBucket } from '../../adapters/s3/log-bucket.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { Notary, type NotaryPorts } from '../../operations/anchor/notarize.ts'
import type { Arrival } from '../../operations/anchor/select-leaves.ts'
import { faultName } from '../../operations/faults.ts'
import { failing } from '../batches.ts'
import type { Anchor, Wiring } from '../environment.ts'

/** `look`: chains with entries that the reconciliation missed in the log. */
type NotarizeEvent = Pick<DynamoDBStreamEvent, 'Records'> | { look: readonly string[] }

/**
 * Follows the ledger table: new entries are added to the log, and changed or removed ones raise an alarm. A failed
 * batch is retried in order until it succeeds.
 */
export const createHandler = (ports: NotaryPorts) => {
  const notary = new Notary(ports)
  return async (event: NotarizeEvent): Promise<DynamoDBBatchResponse> => {
    const records = 'Records' in event ? event.Records : []
    try {
      await notary.notarize(records.map(arrivalOf), 'look' in event ? event.look : [])
      return failing([])
    } catch (fault) {
      const said = { fault: faultName(fault), ...(fault instanceof Error && { detail: fault.message }) }
      if (said.fault === 'AnchorUnavailable') ports.log.error('anchor_refuses', said)
      else ports.log.error('notary_failed', said)
      const first = records[0]?.dynamodb?.SequenceNumber
      if (first === undefined) throw fault
      return failing([first])
    }
  }
}

function arrivalOf({ dynamodb, eventName }: DynamoDBRecord): Arrival {
  const { aggregate, sequence } = dynamodb?.Keys ?? {}
  const id = `${aggregate?.S}/${sequence?.N}`
  return eventName === 'REMOVE' ? { id } : { id, entry: objectIn(dynamodb?.NewImage?.['entry']?.S ?? '') }
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | 'LEDGER_TABLE' | Anchor | 'NOTARY_KEYS'> = (told) => ({
  issuer: told.ISSUER,
  bucket: new S3LogBucket(told.LOG_BUCKET),
  index: new DynamoLogIndex(connect(), told.LOG_INDEX_TABLE),
  key: new KmsNoteSigner(told.NOTARY_KEYS),
  verify: verifyEcdsa,
  // Needs no requests table: the notary only reads entries.
  ledger: new DynamoLedgerRows(connect(), { requests: '', ledger: told.LEDGER_TABLE }),
  clock: new SystemClock(),
  log: new PowertoolsLog(),
})
