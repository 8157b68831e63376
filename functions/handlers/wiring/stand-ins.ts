import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoStandInStore } from '../../adapters/dynamodb/stand-in-store.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import { decidingPorts } from './deciding.ts'

type Tables = { REQUESTS_TABLE: string; LEDGER_TABLE: string }

export const standInStore = ({ REQUESTS_TABLE, LEDGER_TABLE }: Tables) =>
  new DynamoStandInStore(connect(), { requests: REQUESTS_TABLE, ledger: LEDGER_TABLE })

/** The ports of those who name who decides in their stead, and of those who end it. */
export const standInPorts = (tables: Tables, policy: Policy) => ({
  ...decidingPorts(tables, policy),
  standIns: standInStore(tables),
})
