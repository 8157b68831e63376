import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoHaltStore } from '../../adapters/dynamodb/halt-store.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import { decidingPorts } from './deciding.ts'

/** The ports of those who throw kill switches and put them back. */
export const haltPorts = (tables: { REQUESTS_TABLE: string; LEDGER_TABLE: string }, policy: Policy) => ({
  ...decidingPorts(tables, policy),
  halts: new DynamoHaltStore(connect(), { requests: tables.REQUESTS_TABLE, ledger: tables.LEDGER_TABLE }),
})
