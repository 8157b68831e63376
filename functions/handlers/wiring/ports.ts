// Rules: test/infra/lambdas.test.ts
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DynamoAgentRows } from '../../adapters/dynamodb/agent-rows.ts'
import { connect, type Patience } from '../../adapters/dynamodb/client.ts'
import { DynamoHaltStore } from '../../adapters/dynamodb/halt-store.ts'
import { DynamoLedgerIndex } from '../../adapters/dynamodb/ledger-index.ts'
import { DynamoLedgerStore } from '../../adapters/dynamodb/ledger-store.ts'
import { DynamoPermitStore } from '../../adapters/dynamodb/permit-store.ts'
import { DynamoRequestStore } from '../../adapters/dynamodb/request-store.ts'
import { DynamoSessionStore } from '../../adapters/dynamodb/session-store.ts'
import { DynamoStandInStore } from '../../adapters/dynamodb/stand-in-store.ts'
import { DynamoTextStore } from '../../adapters/dynamodb/text-store.ts'
import { DynamoUnknownCallers } from '../../adapters/dynamodb/unknown-callers.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SystemClock, SystemIds, SystemSalts } from '../../adapters/system/system.ts'
import { Bundle } from '../../domain/policy/bundle.ts'
import { CurrentPolicy } from '../../operations/agents/current-policy.ts'
import { UnknownCallers } from '../../operations/agents/unknown-callers.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { MakingPorts } from '../../operations/record/ports.ts'
import type { ApiPorts, NotingPorts } from '../doors.ts'
import { type Tables, tablesOf } from '../environment.ts'

export const readBundle = (): Bundle => Bundle.parse(JSON.parse(readFileSync(join(__dirname, 'bundle.json'), 'utf8')))

/** The bundle's facts without an engine, for Lambdas that never ask policy. If asked, it denies. */
export const factsOnly = (bundle: Bundle = readBundle()): Policy => ({
  bundle,
  ask: () => ({ permit: false, policies: [], error: true, detail: 'this Lambda asks no policy' }),
})

export function decidingPorts(
  tables: Tables,
  policy: Policy,
  patience?: Patience,
): MakingPorts & { agents: DynamoAgentRows } {
  const connection = connect(patience)
  const names = tablesOf(tables)
  const [clock, log] = [new SystemClock(), new PowertoolsLog()]
  const agents = new DynamoAgentRows(connection, names)
  return {
    requests: new DynamoRequestStore(connection, names),
    ledger: new DynamoLedgerStore(connection, names),
    agents,
    policy: new CurrentPolicy(policy, { agents, clock, log }),
    clock,
    ids: new SystemIds(),
    salts: new SystemSalts(),
    log,
  }
}

/** The present policy of a Lambda that commits nothing, by default without an engine. */
export const currentPolicy = ({ REQUESTS_TABLE }: { REQUESTS_TABLE: string }, policy = factsOnly()): CurrentPolicy =>
  new CurrentPolicy(policy, {
    agents: new DynamoAgentRows(connect(), { requests: REQUESTS_TABLE, ledger: '' }),
    clock: new SystemClock(),
    log: new PowertoolsLog(),
  })

export type ApiTold = Tables & { ISSUER: string }

export const apiPorts = (told: ApiTold, policy: Policy, patience?: Patience): ApiPorts => ({
  ...decidingPorts(told, policy, patience),
  issuer: told.ISSUER,
})

/** At most one short write, since the caller waits. */
const brief: Patience = { attempts: 1, attemptMs: 250, totalMs: 300 }

/** Adds the notes on unknown callers, for endpoints where an agent begins. */
export const noting = <P extends ApiPorts>(ports: P, told: { REQUESTS_TABLE: string }): P & NotingPorts => {
  const store = new DynamoUnknownCallers(connect(brief), told.REQUESTS_TABLE)
  return { ...ports, notes: new UnknownCallers({ ...ports, store }) }
}
export const unknownCallers = (told: { REQUESTS_TABLE: string }) =>
  new DynamoUnknownCallers(connect(), told.REQUESTS_TABLE)

export const portsWithFacts = (told: ApiTold): ApiPorts => apiPorts(told, factsOnly())

export const agentRows = (told: Tables) => new DynamoAgentRows(connect(), tablesOf(told))
export const permitStore = (told: Tables) => new DynamoPermitStore(connect(), tablesOf(told))
export const haltStore = (told: Tables) => new DynamoHaltStore(connect(), tablesOf(told))
export const ledgerIndex = (told: Tables) => new DynamoLedgerIndex(connect(), tablesOf(told))
export const standInStore = (told: Tables) => new DynamoStandInStore(connect(), tablesOf(told))
/** Adds the texts, for Lambdas that show personal texts. */
export const withTexts = <P extends object>(ports: P, told: { TEXTS_TABLE: string }) => ({
  ...ports,
  texts: textStore(told),
})
export const textStore = (told: { TEXTS_TABLE: string }) => new DynamoTextStore(connect(), told.TEXTS_TABLE)
export const sessionStore = (told: { REQUESTS_TABLE: string }) => new DynamoSessionStore(connect(), told.REQUESTS_TABLE)

export const pagePorts = (told: ApiTold, policy: Policy) => ({
  ...apiPorts(told, policy),
  sessions: sessionStore(told),
})
