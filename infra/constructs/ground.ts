import type { ILogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { type FunctionName, rowOf } from '../functions.ts'
import type { PolicyBundle } from '../policy-bundle.ts'
import { showsTexts, writesOf } from '../rows.ts'
import type { Alarms } from './alarms.ts'
import type { Anchor } from './anchor.ts'
import type { SigningKey } from './credential-key.ts'
import type { DeadLetters } from './event-sources.ts'
import type { FunctionCode } from './function-code.ts'
import type { HotworkApi } from './hotwork-api.ts'
import { type FunctionRole, HotworkFunction } from './hotwork-function.ts'
import type { Reading } from './reading.ts'
import type { ChatSecret, IncidentSecret, SourceSecret } from './secrets.ts'
import type { CardTable, LedgerTable, RequestTable, TextTable, WaitTable } from './tables.ts'
import type { TargetRoles } from './target-roles.ts'

export type Tables = {
  requests: RequestTable
  ledger: LedgerTable
  texts: TextTable
  waits: WaitTable
  cards: CardTable
}

export type Ground = {
  bundle: PolicyBundle
  tables: Tables
  key: SigningKey
  anchor: Anchor
  reading: Reading
  chats: readonly ChatSecret[]
  incidents: IncidentSecret
  sourceSecrets: readonly SourceSecret[]
  api: HotworkApi
  alarms: Alarms
  deadLetters: DeadLetters
  roles: TargetRoles
  make: MakeFunction
}

/** By its rows in infra/functions.ts and infra/rows.ts. One that goes by policy as of now reads what was recertified. */
export type MakeFunction = (scope: Construct, name: FunctionName, role?: FunctionRole) => HotworkFunction

type Given = { code: FunctionCode; log: ILogGroup; reserve: boolean; shards: number; alarms: Alarms; tables: Tables }

export function functionMaker({ code, log, reserve, shards, alarms, tables }: Given): MakeFunction {
  return (scope, name, role) => {
    const made = new HotworkFunction(scope, pascal(name), { name, code, log, reserve, ...(role && { role }) })
    const { policy, asDeployed, alarm } = rowOf(name)
    if (shards > 1) made.tell({ SHARDS: String(shards) })
    if (alarm) alarms.watchFunction(made)
    const { requests, ledger, texts } = writesOf(name)
    if (policy !== 'none' && !asDeployed) tables.requests.grantReadMany(made)
    if (requests.length > 0) tables.requests.grantPut(made, requests)
    if (ledger.length > 0) {
      // Where its chain ends.
      tables.requests.grantRead(made)
      tables.ledger.grantAppend(made, ledger)
    }
    if (texts) tables.texts.grantPut(made)
    if (showsTexts(name)) tables.texts.grantRead(made)
    return made
  }
}

const pascal = (name: string) => name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
