import { connect, type Patience } from '../../adapters/dynamodb/client.ts'
import { DynamoLedgerStore } from '../../adapters/dynamodb/ledger-store.ts'
import { DynamoRequestStore } from '../../adapters/dynamodb/request-store.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock, SystemIds } from '../../adapters/system/system.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { DecidingPorts } from '../../operations/requests/ports.ts'

/** The ports that deciding operations share, made once a cold start. */
export function decidingPorts(
  tables: { REQUESTS_TABLE: string; LEDGER_TABLE: string },
  policy: Policy,
  patience?: Patience,
): DecidingPorts {
  const connection = connect(patience)
  const names = { requests: tables.REQUESTS_TABLE, ledger: tables.LEDGER_TABLE }
  return {
    requests: new DynamoRequestStore(connection, names),
    ledger: new DynamoLedgerStore(connection, names),
    policy,
    clock: new SystemClock(),
    ids: new SystemIds(),
    log: new PowertoolsLog(),
  }
}
