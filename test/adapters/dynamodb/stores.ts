import { DynamoAgentLives } from '../../../functions/adapters/dynamodb/agent-lives.ts'
import { DynamoAgentRows } from '../../../functions/adapters/dynamodb/agent-rows.ts'
import { DynamoBundleStore } from '../../../functions/adapters/dynamodb/bundle-store.ts'
import { DynamoBurstStore, DynamoCardStore } from '../../../functions/adapters/dynamodb/card-store.ts'
import { connect, patient } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../../../functions/adapters/dynamodb/deny-store.ts'
import { DynamoGroupReadings } from '../../../functions/adapters/dynamodb/group-readings.ts'
import { DynamoHaltStore } from '../../../functions/adapters/dynamodb/halt-store.ts'
import { DynamoLedgerIndex } from '../../../functions/adapters/dynamodb/ledger-index.ts'
import { DynamoLedgerStore } from '../../../functions/adapters/dynamodb/ledger-store.ts'
import { DynamoPermitStore } from '../../../functions/adapters/dynamodb/permit-store.ts'
import { DynamoPersonLinks } from '../../../functions/adapters/dynamodb/person-links.ts'
import { DynamoRequestStore } from '../../../functions/adapters/dynamodb/request-store.ts'
import { DynamoSessionStore } from '../../../functions/adapters/dynamodb/session-store.ts'
import { DynamoStandInStore } from '../../../functions/adapters/dynamodb/stand-in-store.ts'
import { DynamoStreamStore } from '../../../functions/adapters/dynamodb/stream-store.ts'
import { DynamoTextStore } from '../../../functions/adapters/dynamodb/text-store.ts'
import { DynamoUnknownCallers } from '../../../functions/adapters/dynamodb/unknown-callers.ts'
import { DynamoWaitStore } from '../../../functions/adapters/dynamodb/wait-store.ts'
import { MemoryAgentLives } from '../../support/agents/memory-agent-lives.ts'
import { MemoryAgentRows } from '../../support/agents/memory-agent-rows.ts'
import { MemoryUnknownCallers } from '../../support/agents/memory-unknown-callers.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemoryBurstStore } from '../../support/cards/memory-burst-store.ts'
import { MemoryCardStore } from '../../support/cards/memory-card-store.ts'
import { MemoryDenyStore } from '../../support/credentials/memory-deny-store.ts'
import { MemoryStreamStore } from '../../support/events/memory-stream-store.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { MemoryLedgerStore } from '../../support/ledger/memory-ledger-store.ts'
import { MemoryGroupReadings } from '../../support/people/memory-group-readings.ts'
import { MemoryPersonLinks } from '../../support/people/memory-person-links.ts'
import { MemorySessionStore } from '../../support/people/memory-session-store.ts'
import { MemoryStandInStore } from '../../support/people/memory-stand-in-store.ts'
import { MemoryBundleStore } from '../../support/policies/memory-bundle-store.ts'
import { MemoryPermitStore } from '../../support/requests/memory-permit-store.ts'
import { MemoryRequestStore } from '../../support/requests/memory-request-store.ts'
import { MemoryWaitStore } from '../../support/requests/memory-wait-store.ts'
import { onBoth } from '../both.ts'
import { makeTables } from './tables.ts'

/** Long enough for a busy machine: faults.test.ts holds the bounds of a call. */
const unhurried = { ...patient, attemptMs: 20_000, totalMs: 50_000 }

/** All stores over one set of tables. */
async function onDynamo() {
  const [connection, tables] = [connect(unhurried), await makeTables()]
  return {
    requests: new DynamoRequestStore(connection, tables, () => submittedAt + 86_400),
    ledger: new DynamoLedgerStore(connection, tables),
    index: new DynamoLedgerIndex(connection, tables),
    texts: new DynamoTextStore(connection, tables.texts),
    halts: new DynamoHaltStore(connection, tables),
    permits: new DynamoPermitStore(connection, tables),
    standIns: new DynamoStandInStore(connection, tables),
    links: new DynamoPersonLinks(connection, tables),
    streams: new DynamoStreamStore(connection, tables),
    lives: new DynamoAgentLives(connection, tables),
    rows: new DynamoAgentRows(connection, tables),
    unknown: new DynamoUnknownCallers(connection, tables.requests),
    readings: new DynamoGroupReadings(connection, tables.requests),
    sessions: new DynamoSessionStore(connection, tables.requests),
    bundles: new DynamoBundleStore(connection, tables.requests),
    denies: new DynamoDenyStore(connection, tables.requests),
    cards: new DynamoCardStore(connection, tables.cards),
    bursts: new DynamoBurstStore(connection, tables.cards),
    waits: new DynamoWaitStore(connection, tables.waits),
  }
}

type OnDynamo = Awaited<ReturnType<typeof onDynamo>>
type Stores = { [store in keyof OnDynamo]: Pick<OnDynamo[store], keyof OnDynamo[store]> }

function inMemory(): Stores {
  const ledger = new MemoryLedgerStore()
  const requests = new MemoryRequestStore(ledger)
  return {
    ...{ requests, ledger, index: ledger, texts: ledger.texts },
    halts: new MemoryHaltStore(requests, ledger),
    permits: new MemoryPermitStore(requests, ledger),
    standIns: new MemoryStandInStore(requests, ledger),
    links: new MemoryPersonLinks(ledger),
    streams: new MemoryStreamStore(ledger),
    lives: new MemoryAgentLives(ledger),
    unknown: new MemoryUnknownCallers(),
    rows: new MemoryAgentRows(ledger),
    readings: new MemoryGroupReadings(requests),
    sessions: new MemorySessionStore(requests),
    bundles: new MemoryBundleStore(),
    denies: new MemoryDenyStore(),
    cards: new MemoryCardStore(),
    bursts: new MemoryBurstStore(),
    waits: new MemoryWaitStore(),
  }
}

/** Holds the stores in memory and those on DynamoDB to the same promises, each test with empty ones. */
export function onBothStores(name: string, promises: (stores: Stores) => void): void {
  onBoth<Stores>(name, { memory: inMemory, real: onDynamo }, (make) => {
    const stores = {} as Stores
    beforeEach(async () => {
      Object.assign(stores, await make())
    })
    promises(stores)
  })
}
