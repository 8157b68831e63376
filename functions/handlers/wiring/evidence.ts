import { CloudTrailCallRecord } from '../../adapters/cloudtrail/call-record.ts'
import { DynamoCardStore } from '../../adapters/dynamodb/card-store.ts'
import { connect } from '../../adapters/dynamodb/client.ts'
import type { CardStore } from '../../operations/cards/ports.ts'
import type { EvidencePorts } from '../../operations/ledger/read-evidence.ts'
import type { Log } from '../../operations/ports.ts'

/** What a review and a drill's report go by beside the tables of decisions: the calls on record, and what was posted. */
export const evidenceIn = (
  { CARDS_TABLE, ACCOUNT }: { CARDS_TABLE: string; ACCOUNT: string },
  log: Log,
): Pick<EvidencePorts, 'calls' | 'account'> & { cards: Pick<CardStore, 'load'> } => ({
  calls: new CloudTrailCallRecord(log),
  account: ACCOUNT,
  cards: new DynamoCardStore(connect(), CARDS_TABLE),
})
