import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoPermitStore } from '../../adapters/dynamodb/permit-store.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import { decidingPorts } from './deciding.ts'

/** The ports of those who give standing permits, draw from them and take them back. */
export const permitPorts = (tables: { REQUESTS_TABLE: string; LEDGER_TABLE: string }, policy: Policy) => ({
  ...decidingPorts(tables, policy),
  permits: new DynamoPermitStore(connect(), { requests: tables.REQUESTS_TABLE, ledger: tables.LEDGER_TABLE }),
})
